"""aiokafka's consumer, made to give our records: a batch at once, and each built once.

Its consumer checks a batch by a CRC in software, makes an object of eleven fields of each record and hands it
through a generator: half of what reading costs. Here the bytes that a fetch brought are walked by batches.
Fetching, positions and what is known of aborted transactions stay its own.
`tests/wire/test_aiokafka_canary.py` pins what this leans on.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from operator import attrgetter, itemgetter
from struct import Struct
from typing import Any, Final

from aiokafka.consumer import fetcher as their_fetcher
from aiokafka.consumer.fetcher import READ_COMMITTED, FetchResult, PartitionRecords
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatch
from crc32c import crc32c

from pamwal.wire.kafka_pace import Pace
from pamwal.wire.log import Bare, Record

_HEAD: Final = Struct(">qi4xbIhi16xq10x")
"""Of a batch: base offset, length, format, CRC, attributes, last offset over the base, producer."""
_COUNTED: Final = 12
"""Its length is counted from here."""
_CHECKED: Final = 21
"""Its CRC is of all from here on."""
_FORMAT: Final = 2
"""That of every Kafka since 0.11."""
_TRANSACTIONAL: Final = 0x10
_CONTROL: Final = 0x20


class Fetched(their_fetcher.MemoryRecords):  # type: ignore[misc]  # aiokafka is not typed
    """The bytes that a fetch brought of one partition, kept beside what reads them."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.data = data


class OurRecords(PartitionRecords):  # type: ignore[misc]
    """What one fetch brought of one partition, as ours."""

    next_fetch_offset: int
    offset_of: Callable[[Any], int] = attrgetter("offset")

    def begin(self) -> None:
        """Before anything is read of it."""
        self._behind = self.next_fetch_offset
        """Behind the last batch that was read."""
        self._records_iterator = None  # it would hold this, and all that was fetched, for ever
        self._batches = self._read(self._records.data)
        self._left: list[Any] = []
        """What was read of a batch and not taken yet."""

    def take(self, most: int) -> tuple[list[Any], bool]:
        """The next records, at most so many; and whether these are the last.

        CorruptRecordException at a batch with another CRC; what stands before it is taken next.
        """
        found, last = self._left, False
        while not last and len(found) < most:
            batch = next(self._batches, None)
            if batch is None:
                last = True
            else:
                found += batch
        self._left = [] if last else found[most:]
        del found[most:]
        self.next_fetch_offset = self.offset_of(self._left[0]) if self._left else self._behind
        return found, last

    def _read(self, data: bytes) -> Iterator[list[Any]]:
        view, at, end = memoryview(data), 0, len(data)
        while at + _HEAD.size <= end:
            base, length, kind, crc, attributes, further, producer = _HEAD.unpack_from(data, at)
            behind = at + _COUNTED + length
            if behind > end:  # the rest of it comes with another fetch
                return
            batch = view[at:behind]
            if kind != _FORMAT or crc32c(batch[_CHECKED:]) != crc:
                raise CorruptRecordException(
                    f"{self._tp} has a batch at {base} that is not as it was written"
                )
            begin, start, self._behind, at = at, self._behind, base + further + 1, behind
            if self._holds(base, attributes, producer, batch):
                found = self.records_of(data, begin, behind)
                if found and self.offset_of(found[0]) < start:  # a fetch begins with a whole batch
                    found = [each for each in found if self.offset_of(each) >= start]
                yield found

    def _holds(self, base: int, attributes: int, producer: int, batch: memoryview) -> bool:
        """Whether these are records that somebody wrote and, where that is asked, committed."""
        control = attributes & _CONTROL
        if producer >= 0 and self._isolation_level == READ_COMMITTED:
            self._consume_aborted_up_to(base)
            if control and self._contains_abort_marker(DefaultRecordBatch(batch)):
                self._aborted_producers.discard(producer)
            elif attributes & _TRANSACTIONAL and producer in self._aborted_producers:
                return False
        return not control

    def records_of(self, data: bytes, begin: int, end: int) -> list[Any]:
        """Those of the batch that stands there, each as it is given to whoever reads."""
        topic, partition = self._tp
        return [
            Record(
                topic,
                partition,
                each.offset,
                each.key,
                each.value or b"",
                tuple(each.headers),
                each.timestamp,
            )
            for each in DefaultRecordBatch(memoryview(data)[begin:end])
        ]


class BareRecords(OurRecords):
    """The same as bare ones."""

    offset_of: Callable[[Any], int] = itemgetter(0)

    def records_of(self, data: bytes, begin: int, end: int) -> list[Bare]:
        batch = DefaultRecordBatch(memoryview(data)[begin:end])
        return [(each.offset, each.key, each.value or b"") for each in batch]


class OurFetch(FetchResult):  # type: ignore[misc]
    """What one fetch brought, and where that leaves the consumer."""

    _partition_records: Any

    def getall(self, max_records: int | None = None) -> list[Any]:
        """As aiokafka's own; of ours by batches."""
        brought = self._partition_records
        if not isinstance(brought, OurRecords):
            theirs: list[Any] = super().getall(max_records)
            return theirs
        if not self.check_assignment(self._topic_partition):
            return []
        records, last = brought.take(sys.maxsize if max_records is None else max_records)
        self._update_position()
        if last:
            self._partition_records = None
        return records


their_fetcher.MemoryRecords, their_fetcher.FetchResult = Fetched, OurFetch


def give_our_records(consumer: Any, pace: Pace | None = None, kind: type[OurRecords] = OurRecords) -> None:
    """From now on this started consumer gives what `kind` does, and its fetches keep a pace if there is one.

    Call it before anything is assigned.
    """
    fetcher = consumer._fetcher
    theirs = fetcher._proc_fetch_request

    async def fetch(*arguments: Any) -> bool:
        if pace is not None:
            try:
                await pace.turn()
            except asyncio.CancelledError:  # as theirs does: it is closed, or is to read something else
                return False
        woken: bool = await theirs(*arguments)
        size_bytes = 0
        for found in fetcher._records.values():
            brought: Any = found._partition_records if type(found) is OurFetch else None
            if brought is not None:
                size_bytes += len(brought._records.data)
            if type(brought) is PartitionRecords:
                brought.__class__ = kind
                brought.begin()
        if pace is not None:
            pace.brought(size_bytes)
        return woken

    fetcher._proc_fetch_request = fetch
