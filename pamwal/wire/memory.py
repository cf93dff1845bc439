"""The log in memory: partitions, offsets, transactions and fencing as Kafka has them, and faults by seed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from pamwal.contracts.errors import LogError, LogTruncated, LogUnavailable, TooLarge, TopicMissing
from pamwal.contracts.topics import MIB, PARTITIONS_DEFAULT, TOPICS, Topic
from pamwal.wire.log import (
    Isolation,
    Outgoing,
    Receipt,
    Record,
    TopicPartition,
    refuse_another_cluster,
    refuse_lost_head,
    size_of,
)
from pamwal.wire.memory_clients import MemoryProducer, MemoryReader, MemoryTransactor
from pamwal.wire.memory_partition import MemoryPartition, Transaction
from pamwal.wire.partitioning import partition_of


@dataclass(frozen=True, slots=True)
class Faults:
    """How often, from 0 to 1, an operation fails, and how. A seed replays the same failures."""

    send_lost: float = 0.0
    """A send is not answered, and nothing was written."""
    send_unanswered: float = 0.0
    """A send is not answered although the record stands."""
    send_stalled: float = 0.0
    """A send is not answered before its producer is closed, and nothing was written."""
    commit_lost: float = 0.0
    """A transaction is not answered and stays open until the id is fenced."""
    commit_unanswered: float = 0.0
    """A transaction is not answered although it was committed."""
    fenced: float = 0.0
    """The broker gave up on a transactor (its transaction timed out); the transaction is aborted."""
    read_failed: float = 0.0
    """A read raises LogUnavailable."""
    read_skips: float = 0.0
    """A client leaves out a record and hands over those behind it, until somebody seeks back."""
    read_again: float = 0.0
    """A client hands over records that it had handed over before."""


class MemoryLog:
    """A log of one process; `create_topics` first, as nothing creates itself."""

    def __init__(
        self,
        partitions: int = PARTITIONS_DEFAULT,
        *,
        seed: int = 0,
        faults: Faults | None = None,
        clock_ms: Callable[[], int] = lambda: 0,
        cluster: str = "memory",
    ) -> None:
        self.faults = faults or Faults()
        self._partitions = partitions
        self._random = Random(seed)  # noqa: S311  chance for simulations, not for secrets
        self._clock_ms = clock_ms
        self.cluster = cluster
        """Another id here is what a log sees when another cluster took its address."""
        self._first_cluster = cluster
        self.stuck: set[TopicPartition] = set()
        """Partitions that take no records of producers."""
        self.unfetched: set[TopicPartition] = set()
        """Partitions of which no single record can be fetched."""
        self._topics: dict[str, tuple[Topic, list[MemoryPartition]]] = {}
        self._epochs: dict[str, int] = {}
        self._left_open: dict[str, Transaction] = {}
        self._waiting: dict[asyncio.Future[None], None] = {}

    def create_topics(self, topics: Iterable[Topic] = TOPICS) -> None:
        """Makes the topics that are not there yet."""
        for topic in topics:
            count = topic.partitions or self._partitions
            self._topics.setdefault(
                topic.name, (topic, [MemoryPartition(topic.name, number) for number in range(count)])
            )

    def create_topic(self, name: str, partitions: int = 1, max_bytes: int = MIB) -> None:
        """Makes one topic that is not in the contracts' list."""
        self.create_topics(
            [
                Topic(
                    name=name,
                    writing="tests only",
                    key="any",
                    max_bytes=max_bytes,
                    kept="for ever",
                    partitions=partitions,
                )
            ]
        )

    def grow(self, topic: str, partitions: int) -> None:
        """More partitions for a topic that is there: what Kafka's tools let anybody do, and nobody may."""
        there = self._topic(topic)[1]
        there += [MemoryPartition(topic, number) for number in range(len(there), partitions)]

    def partition(self, at: TopicPartition) -> MemoryPartition:
        """The partition itself, for tests that harm it. LogError if there is none."""
        _, partitions = self._topic(at.topic)
        if not 0 <= at.partition < len(partitions):
            raise LogError(f"{at.topic} has no partition {at.partition}; it has {len(partitions)}")
        return partitions[at.partition]

    def strikes(self, rate: float) -> bool:
        """Whether a fault of this rate happens now."""
        return rate > 0 and self._random.random() < rate

    def place(self, topic: str, partition: int | None, record: Outgoing) -> TopicPartition:
        """The partition a record goes to. LogError for an unknown topic."""
        _, partitions = self._topic(topic)
        number = partition_of(record.key, len(partitions)) if partition is None else partition
        return TopicPartition(topic, number)

    def store(
        self, topic: str, partition: int | None, record: Outgoing, transaction: Transaction | None = None
    ) -> Receipt:
        """Appends one record. TooLarge over the topic's limit; LogError for an unknown topic or partition."""
        limits, _ = self._topic(topic)
        if size_of(record) > limits.max_bytes:
            raise TooLarge(f"{size_of(record)} bytes; {topic} takes {limits.max_bytes}")
        at = self.place(topic, partition, record)
        offset = self.partition(at).append(record, self._clock_ms(), transaction)
        self._wake()
        return Receipt(*at, offset)

    def finish(self, transaction: Transaction, *, commit: bool) -> None:
        """Ends a transaction: its markers are written wherever it wrote."""
        transaction.state = "committed" if commit else "aborted"
        for _, partitions in self._topics.values():
            for partition in partitions:
                partition.finish(transaction)
        self._left_open = {key: value for key, value in self._left_open.items() if value is not transaction}
        self._wake()

    def leave_open(self, transactional_id: str, transaction: Transaction) -> None:
        """The transactor is gone with this one open: it hangs until somebody fences the id."""
        self._left_open[transactional_id] = transaction

    def expire(self, transactional_id: str) -> None:
        """The broker gives up on what is open (`transaction.timeout.ms`) and shuts its transactor out."""
        self._epochs[transactional_id] = self._epochs.get(transactional_id, 0) + 1
        left = self._left_open.get(transactional_id)
        if left is not None:
            self.finish(left, commit=False)

    def epoch(self, transactional_id: str) -> int:
        """The number of the newest transactor of this id."""
        return self._epochs[transactional_id]

    async def wait_for_growth(self, wait_ms: int) -> None:
        """Returns when something was written anywhere, or after `wait_ms`."""
        future = asyncio.get_running_loop().create_future()
        self._waiting[future] = None
        try:
            await asyncio.wait([future], timeout=wait_ms / 1000)
        finally:
            self._waiting.pop(future, None)

    async def cluster_id(self, *, anew: bool = False) -> str:
        if anew:
            refuse_another_cluster(self._first_cluster, self.cluster)
        return self._first_cluster

    async def partition_count(self, topic: str) -> int:
        return len(self._topic(topic)[1])

    async def end_offsets(
        self, at: Sequence[TopicPartition], isolation: Isolation = "uncommitted"
    ) -> dict[TopicPartition, int]:
        if isolation == "committed":
            return {place: self.partition(place).stable_end for place in at}
        return {place: self.partition(place).end for place in at}

    async def begin_offsets(self, at: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        return {place: self.partition(place).begin for place in at}

    async def reader(
        self,
        starts: Mapping[TopicPartition, int],
        isolation: Isolation = "committed",
        *,
        rest_s: float = 0.0,  # noqa: ARG002  nothing comes late here
        bare: bool = False,  # noqa: ARG002  it reads both ways
    ) -> MemoryReader:
        for place in starts:
            self.partition(place)
        return MemoryReader(self, starts, isolation)

    async def fetch(
        self,
        at: TopicPartition,
        offset: int,
        isolation: Isolation = "uncommitted",
        *,
        urgent: bool = False,  # noqa: ARG002  nothing waits here
    ) -> Record | None:
        if at in self.unfetched:
            raise LogUnavailable(f"{at} has no leader")
        partition = self.partition(at)
        if offset > (await self.end_offsets([at], isolation))[at]:
            raise LogTruncated(f"{at.topic}-{at.partition} ends at {partition.end}, before {offset}")
        refuse_lost_head(at, offset, partition.begin)
        slots = partition.slots_from(max(offset, partition.begin), isolation)
        return next((record for _, record in slots if record is not None), None)

    async def producer(self) -> MemoryProducer:
        await self.cluster_id(anew=True)
        return MemoryProducer(self)

    async def fence(self, transactional_id: str) -> MemoryTransactor:
        await self.cluster_id(anew=True)
        self.expire(transactional_id)
        epoch = self._epochs[transactional_id]
        await asyncio.sleep(0)
        return MemoryTransactor(self, transactional_id, epoch)

    async def close(self) -> None:
        """Nothing to free; a reader that waits is woken."""
        self._wake()

    def _topic(self, name: str) -> tuple[Topic, list[MemoryPartition]]:
        if name not in self._topics:
            raise TopicMissing(f"there is no topic {name}; run 'pamwal topics apply'")
        return self._topics[name]

    def _wake(self) -> None:
        for future in list(self._waiting):
            if not future.done():
                future.set_result(None)
