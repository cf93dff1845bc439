"""The log as services and tests know it. Two implementations pass one suite: `kafka.py` and `memory.py`."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Mapping, Sequence
from typing import Literal, NamedTuple, Protocol

from msgspec import Struct

from pamwal.contracts.errors import AnotherCluster, ContractError, LogTruncated, LogUnavailable
from pamwal.contracts.topics import BY_NAME

Isolation = Literal["committed", "uncommitted"]
_NUMBER = re.compile(r"[0-9]{1,18}")
"""What Kafka counts in 64 bits; Python refuses to read a number of thousands of digits with a ValueError."""
Headers = tuple[tuple[str, bytes], ...]


class TopicPartition(NamedTuple):
    """One partition of one topic."""

    topic: str
    partition: int

    def __str__(self) -> str:
        return f"{self.topic}-{self.partition}"


class Receipt(NamedTuple):
    """Where the log keeps a record; as text `topic-partition-offset`, the header `Pamwal-At`."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}-{self.partition}-{self.offset}"

    @staticmethod
    def parse(text: str) -> Receipt:
        """Reads the text form. ContractError if it is none."""
        topic, _, rest = text.rpartition("-")
        topic, _, partition = topic.rpartition("-")
        if not (topic and _NUMBER.fullmatch(partition) and _NUMBER.fullmatch(rest)):
            raise ContractError(f"{text[:200]!r} is not a receipt such as pamwal.field.requests.v1-3-17")
        return Receipt(topic, int(partition), int(rest))


class Outgoing(Struct, frozen=True, gc=False):
    """A record to be written; the partition is murmur2 of `key` unless the caller names one.

    An empty `value` is a tombstone: Kafka gets null, and compaction removes earlier records of the key.
    """

    key: bytes
    value: bytes
    headers: Headers = ()


class Record(Struct, frozen=True, gc=False):
    """A record as read. `timestamp_ms` is the log's (or producer's) stamp, since 1970.

    A tombstone of a compacted topic reads as an empty `value`; no contract encodes to nothing. Tombstones
    of earlier versions are empty on Kafka too, instead of null.
    """

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes
    headers: Headers
    timestamp_ms: int

    def header(self, name: str) -> bytes | None:
        """The first header of that name, or None."""
        return next((value for key, value in self.headers if key == name), None)


Bare = tuple[int, bytes | None, bytes]
"""Offset, key and value of a record. To read one with headers and all takes a third longer."""


def bare_of(record: Record) -> Bare:
    """The same of a record."""
    return record.offset, record.key, record.value


def record_of(at: TopicPartition, found: Record | Bare) -> Record:
    """One of a partition; a bare one without headers and timestamp."""
    return found if isinstance(found, Record) else Record(at.topic, at.partition, *found, (), 0)


def refuse_elsewhere(begins_at: int | None, found: int) -> None:
    """LogUnavailable if what was written begins elsewhere than it had to."""
    if begins_at is not None and found != begins_at:
        raise LogUnavailable(f"the log went on at {found}, not at {begins_at}: nothing of this is committed")


def refuse_another_cluster(first: str | None, found: str) -> None:
    """AnotherCluster if a log began on another cluster than the one found now."""
    if first is not None and found != first:
        raise AnotherCluster(
            f"another cluster is at this address: {found}. This process began on {first} and writes nothing "
            "there. Mend the address, or start the process anew"
        )


def refuse_lost_head(at: TopicPartition, offset: int, begin: int) -> None:
    """LogTruncated if a partition begins behind an offset, and its topic is kept for ever."""
    topic = BY_NAME.get(at.topic)
    if offset < begin and (topic is None or topic.kept == "for ever"):
        raise LogTruncated(
            f"{at} begins at {begin}, and was to be read from {offset} on: what was before is gone, although "
            "this topic is kept for ever. Restore the log, correct the topic's settings ('pamwal topics "
            "check' compares them), and restart this process"
        )


def size_of(record: Outgoing) -> int:
    """Bytes that count against a topic's limit: key, value and headers."""
    size = len(record.key) + len(record.value)
    for name, value in record.headers:
        size += len(name) + len(value)
    return size


class Producer(Protocol):
    """Idempotent, acks=all, never transactional. After LogUnavailable close it unflushed and open another.

    After PartitionStuck go on with it: its other partitions work.
    """

    @property
    def stuck(self) -> Sequence[TopicPartition]:
        """Partitions that take no records now, although the log answers."""
        ...

    async def post(self, topic: str, record: Outgoing, *, partition: int | None = None) -> Awaitable[Receipt]:
        """Queues one record; the returned awaitable ends when the log has it. LogUnavailable, TooLarge.

        PartitionStuck: it is not kept, or it was sent and may be written later.
        """
        ...

    async def send(self, topic: str, record: Outgoing, *, partition: int | None = None) -> Receipt:
        """`post` and wait."""
        ...

    async def stamp(self, topic: str, record: Outgoing, *, partition: int) -> int:
        """Sends one record, and returns when the log took it by the log's own clock, ms since 1970.

        LogError also where a topic's records keep the time of their senders.
        """
        ...

    async def close(self, *, flush: bool = True) -> None:
        """Frees it; without `flush` what is queued is dropped at once."""
        ...


class Transactor(Protocol):
    """The fenced owner of one transactional id: opening a newer one shuts this one out."""

    async def write(
        self, topic: str, partition: int, records: Sequence[Outgoing], *, begins_at: int | None = None
    ) -> int:
        """Writes all in one transaction, commits, returns the last one's offset (a commit marker follows).

        LogUnavailable, and nothing committed, if the first does not come to stand at a `begins_at`. After any
        error (Fenced, LogUnavailable, TooLarge) it is not known whether the records stand: close this
        transactor, never use it again, and fold afresh.
        """
        ...

    async def abort_hanging(self, at: TopicPartition) -> None:
        """Aborts what an older transactor of this id left open there and `fence` did not end.

        A transaction hangs when the log's coordinator took it for ended but its marker was never written: no
        committed reader gets past it, and it ends by itself only when somebody ends it. Call this before the
        first `write`. LogUnavailable.
        """
        ...

    def begin_next(self, topic: str, partition: int) -> None:
        """Has the next transaction, of a write to there, begun soon, so that the write takes less.

        If none comes it is ended, and one commit marker more stands behind the last record.
        """
        ...

    async def close(self) -> None:
        """Frees it at once; a transaction left open is aborted by the next `fence` or by the broker."""
        ...


class Reader(Protocol):
    """Reads assigned partitions in order, without a group."""

    async def read(self, *, max_records: int, wait_ms: int) -> dict[TopicPartition, list[Record]]:
        """What is there now, at most `max_records` over all partitions; waits up to `wait_ms` for the first.

        LogUnavailable. LogTruncated where a position lies behind the log's end, for its tail was lost, and,
        in topics that are kept for ever, where one lies before its beginning.
        """
        ...

    async def read_bare(self, *, max_records: int, wait_ms: int) -> dict[TopicPartition, list[Bare]]:
        """The same by a reader that was opened `bare`, which has no `read`."""
        ...

    def seek(self, at: TopicPartition, offset: int) -> None:
        """The next record read of that partition is the first at or behind `offset`.

        In a topic that is not kept for ever it is the first that is still there.
        """
        ...

    async def position(self, at: TopicPartition) -> int:
        """The offset that would be read next; control records of transactions count."""
        ...

    async def close(self) -> None:
        """Frees it."""
        ...


class Log(Protocol):
    """A partitioned log with transactions. Any call may raise LogUnavailable; an unknown topic, LogError."""

    async def cluster_id(self, *, anew: bool = False) -> str:
        """The cluster's own name, part of every chain's beginning; `anew` does not rely on an earlier answer.

        AnotherCluster if this log has seen another one before. Neither `producer` nor `fence` opens there.
        """
        ...

    async def partition_count(self, topic: str) -> int:
        """How many partitions a topic has. LogError if there is no such topic."""
        ...

    async def end_offsets(
        self, at: Sequence[TopicPartition], isolation: Isolation = "uncommitted"
    ) -> dict[TopicPartition, int]:
        """The offset behind the last record (`uncommitted`) or behind the last stable one (`committed`)."""
        ...

    async def begin_offsets(self, at: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        """The first offset still kept."""
        ...

    async def reader(
        self,
        starts: Mapping[TopicPartition, int],
        isolation: Isolation = "committed",
        *,
        rest_s: float = 0.0,
        bare: bool = False,
    ) -> Reader:
        """A reader standing at the given offsets.

        It asks the log for more at most once in `rest_s`, unless it reads a backlog: what comes meanwhile
        comes together. One that is opened `bare` reads sooner, but only what `Bare` has.
        """
        ...

    async def fetch(
        self, at: TopicPartition, offset: int, isolation: Isolation = "uncommitted", *, urgent: bool = False
    ) -> Record | None:
        """The first record at or behind `offset`, asked of the log itself, past every reader's buffers.

        What is `urgent` (a decider's questions) waits for nobody else's lookups.

        None if there is none up to where the log ends now; LogTruncated if it ends before `offset`, or begins
        behind it in a topic that is kept for ever.
        """
        ...

    async def producer(self) -> Producer:
        """A started idempotent producer."""
        ...

    async def fence(self, transactional_id: str) -> Transactor:
        """A started transactional writer; older ones of the same id can write no more.

        When this returns, whatever they had left open has been aborted: nothing of theirs can appear later.
        """
        ...

    async def close(self) -> None:
        """Frees everything this log opened."""
        ...
