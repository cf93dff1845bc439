"""The log on Kafka, by aiokafka."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any, Final

from aiokafka import TopicPartition as TheirPartition

from pamwal.contracts.errors import LogError, TooLarge
from pamwal.contracts.topics import BY_NAME, MIB
from pamwal.wire.ending import start_within
from pamwal.wire.kafka_cluster import KafkaCluster
from pamwal.wire.kafka_errors import our_errors
from pamwal.wire.kafka_fetchers import Fetchers
from pamwal.wire.kafka_offsets import Offsets
from pamwal.wire.kafka_producer import KafkaProducer, new_producer, start
from pamwal.wire.kafka_reader import KafkaReader, fetch_one, new_consumer, stop_consumer
from pamwal.wire.kafka_security import PLAINTEXT, KafkaSecurity
from pamwal.wire.kafka_transactor import KafkaTransactor
from pamwal.wire.log import Isolation, Outgoing, Record, TopicPartition, size_of
from pamwal.wire.partitioning import partition_of

ANSWER_WITHIN_MS: Final = 5_000


def refuse_too_large(topic: str, records: Sequence[Outgoing]) -> None:
    """TooLarge if one of the records is over its topic's limit."""
    limits = BY_NAME.get(topic)
    bytes_max = limits.max_bytes if limits else MIB
    for record in records:
        if size_of(record) > bytes_max:
            raise TooLarge(f"{size_of(record)} bytes; {topic} takes {bytes_max}")


class KafkaLog:
    """Connects when first asked something. One event loop only; `close` frees all that it handed out."""

    def __init__(
        self,
        bootstrap_servers: str,
        security: KafkaSecurity = PLAINTEXT,
        *,
        answer_within_ms: int = ANSWER_WITHIN_MS,
    ) -> None:
        self._bootstrap_servers, self._security = bootstrap_servers, security
        self._answer_within_ms = answer_within_ms
        self._cluster = KafkaCluster(bootstrap_servers, answer_within_ms, security)
        self._askers: dict[str, Any] = {}
        self._asked: dict[tuple[Isolation, str], Offsets] = {}
        self._lock = asyncio.Lock()
        self._fetchers: dict[tuple[Isolation, bool], Fetchers] = {}
        self._open: set[KafkaProducer | KafkaTransactor | KafkaReader] = set()

    async def cluster_id(self, *, anew: bool = False) -> str:
        return await self._cluster.id(anew=anew)

    async def partition_count(self, topic: str) -> int:
        return await self._cluster.partition_count(topic)

    async def place(self, topic: str, record: Outgoing, partition: int | None) -> int:
        """The partition a record goes to. LogError for an unknown topic or partition, TooLarge."""
        count = self._cluster.partitions.get(topic) or await self.partition_count(topic)
        refuse_too_large(topic, [record])
        if partition is None:
            return partition_of(record.key, count)
        if not 0 <= partition < count:
            raise LogError(f"{topic} has no partition {partition}; it has {count}")
        return partition

    async def check(self, topic: str, partition: int, records: Sequence[Outgoing]) -> None:
        """LogError for an unknown topic or partition, TooLarge."""
        await self._known(TopicPartition(topic, partition))
        refuse_too_large(topic, records)

    async def end_offsets(
        self, at: Sequence[TopicPartition], isolation: Isolation = "uncommitted"
    ) -> dict[TopicPartition, int]:
        return await self._offsets(at, isolation, "end_offsets")

    async def begin_offsets(self, at: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        return await self._offsets(at, "uncommitted", "beginning_offsets")

    async def reader(
        self,
        starts: Mapping[TopicPartition, int],
        isolation: Isolation = "committed",
        *,
        rest_s: float = 0.0,
        bare: bool = False,
    ) -> KafkaReader:
        for at in starts:
            await self._known(at)
        reader = KafkaReader(self, await self._started_consumer(isolation), starts, rest_s, bare=bare)
        self._open.add(reader)
        return reader

    async def fetch(
        self, at: TopicPartition, offset: int, isolation: Isolation = "uncommitted", *, urgent: bool = False
    ) -> Record | None:
        await self._known(at)
        fetchers = self._fetchers_for(isolation, urgent=urgent)
        with our_errors(f"fetching {at.topic}-{at.partition}-{offset}"):
            async with asyncio.timeout(self._answer_within_ms / 1000), fetchers.lend() as consumer:
                return await fetch_one(consumer, at, offset)

    def _fetchers_for(self, isolation: Isolation, *, urgent: bool) -> Fetchers:
        """What is urgent has its own, and never waits behind the lookups of an edge in the same process."""
        return self._fetchers.setdefault(
            (isolation, urgent), Fetchers(partial(self._started_consumer, isolation))
        )

    async def producer(self) -> KafkaProducer:
        await self.cluster_id(anew=True)
        producer = new_producer(self._bootstrap_servers, security=self._security)
        await start(producer, self._answer_within_ms, "starting a producer")
        ours = KafkaProducer(self, producer, self._answer_within_ms)
        self._open.add(ours)
        return ours

    async def fence(self, transactional_id: str) -> KafkaTransactor:
        await self.cluster_id(anew=True)
        producer = new_producer(self._bootstrap_servers, transactional_id, self._security)
        await start(producer, 2 * self._answer_within_ms, f"fencing {transactional_id}")
        ours = KafkaTransactor(self, producer, transactional_id)
        self._open.add(ours)
        return ours

    def forget(self, client: KafkaProducer | KafkaTransactor | KafkaReader) -> None:
        """A client of this log was closed by its holder."""
        self._open.discard(client)

    async def close(self) -> None:
        askers, self._askers = list(self._askers.values()), {}
        closing = [client.close() for client in self._open]
        closing += [asked.close() for asked in self._asked.values()]
        closing += [stop_consumer(consumer) for consumer in askers]
        closing += [fetchers.close() for fetchers in self._fetchers.values()]
        await asyncio.gather(*closing, return_exceptions=True)

    async def _offsets(
        self, at: Sequence[TopicPartition], isolation: Isolation, which: str
    ) -> dict[TopicPartition, int]:
        for place in at:
            await self._known(place)
        asked = self._asked.get((isolation, which))
        if asked is None:
            asked = self._asked[isolation, which] = Offsets(partial(self._ask, isolation, which))
        return await asked.of(at)

    async def _ask(
        self, isolation: Isolation, which: str, at: Collection[TopicPartition]
    ) -> dict[TopicPartition, int]:
        consumer = await self._asker(isolation)
        with our_errors(f"asking for offsets of {len(at)} partitions"):
            async with asyncio.timeout(self._answer_within_ms / 1000):
                # else it learns of one topic after the other, and rests 50 ms between them
                await asyncio.gather(*map(consumer._client.add_topic, sorted({each.topic for each in at})))
                found = await getattr(consumer, which)([TheirPartition(*place) for place in at])
        return {place: int(found[TheirPartition(*place)]) for place in at}

    async def _known(self, at: TopicPartition) -> None:
        if not 0 <= at.partition < await self.partition_count(at.topic):
            raise LogError(f"{at.topic} has no partition {at.partition}")

    async def _asker(self, isolation: Isolation) -> Any:
        """A consumer that only asks for offsets; one for each isolation."""
        async with self._lock:
            if isolation not in self._askers:
                self._askers[isolation] = await self._started_consumer(isolation)
            return self._askers[isolation]

    async def _started_consumer(self, isolation: Isolation) -> Any:
        consumer = new_consumer(self._bootstrap_servers, isolation, self._security)
        try:
            with our_errors("starting a reader"):
                await start_within(self._answer_within_ms / 1000, consumer)
                # aiokafka: one that is stopped before its tasks ever ran raises CancelledError
                await asyncio.sleep(0)
        except BaseException:
            await stop_consumer(consumer)
            raise
        return consumer
