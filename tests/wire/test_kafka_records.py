"""Records as a fetch brought them, read batch by batch."""

from __future__ import annotations

import gc
from types import SimpleNamespace
from typing import Any
from weakref import ref

import pytest
from aiokafka import TopicPartition as TheirPartition
from aiokafka.consumer import fetcher as their_fetcher
from aiokafka.consumer.fetcher import READ_COMMITTED, READ_UNCOMMITTED, PartitionRecords
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from crc32c import crc32c

from pamwal.wire.kafka_pace import Pace
from pamwal.wire.kafka_records import OurRecords, give_our_records
from pamwal.wire.log import Record

AT = TheirPartition("decisions", 3)
MOMENT_MS = 1_727_900_000_000
ABORTED, COMMITTED = bytes(4), b"\0\0\0\1"
ATTRIBUTES, CONTROL = 22, 0x20


def batch(base: int, *values: bytes | None, producer: int = -1, key: bytes = b"op") -> bytearray:
    """Records in the log's own format, from an offset on; of a producer with a number in a transaction."""
    built = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=0,
        is_transactional=int(producer >= 0),
        producer_id=producer,
        producer_epoch=0,
        base_sequence=0,
        batch_size=4096,
    )
    for offset, value in enumerate(values):
        built.append(offset, MOMENT_MS, key, value, [("chain", b"1f")])
    return signed(built.build(), base)


def signed(found: bytearray, base: int) -> bytearray:
    """With its place, and the CRC it has to have."""
    found[0:8] = base.to_bytes(8, "big")
    found[17:21] = crc32c(bytes(found[21:])).to_bytes(4, "big")
    return found


def marker(base: int, ends: bytes, producer: int) -> bytearray:
    """The end of a transaction."""
    found = batch(base, b"", producer=producer, key=ends)
    found[ATTRIBUTES] |= CONTROL
    return signed(found, base)


def record(offset: int, value: bytes) -> Record:
    """As it should be read."""
    return Record("decisions", 3, offset, b"op", value, (("chain", b"1f"),), MOMENT_MS)


class Consumer:
    """As aiokafka's own loop uses its fetcher: what a fetch brought lies in `_records`."""

    def __init__(
        self,
        start: int,
        *batches: bytearray,
        level: int = READ_COMMITTED,
        aborted: Any = (),
        kind: type[OurRecords] = OurRecords,
    ) -> None:
        self.paused, self.position = False, start
        self._data, self._level, self._aborted = b"".join(map(bytes, batches)), level, list(aborted)
        self._records: dict[Any, Any] = {}
        give_our_records(SimpleNamespace(_fetcher=self), Pace(), kind)

    def consumed_to(self, position: int) -> None:
        self.position = position

    async def _proc_fetch_request(self, *_: Any) -> bool:
        records = their_fetcher.MemoryRecords(self._data)
        brought = PartitionRecords(AT, records, self._aborted, self.position, None, None, True, self._level)
        assignment = SimpleNamespace(active=True, state_value=lambda _: self)
        self._records[AT] = their_fetcher.FetchResult(
            AT, assignment=assignment, partition_records=brought, backoff=0
        )
        return True

    async def fetch(self) -> Any:
        assert await self._proc_fetch_request("assignment", 1, "request")
        return self._records[AT]


async def test_a_fetch_begins_within_a_batch_and_ends_within_another() -> None:
    cut_off = batch(5, b"five", b"six")[:-3]
    consumer = Consumer(1, batch(0, b"before", b"asked for", None), batch(3, b"three", b"four"), cut_off)
    found = await consumer.fetch()

    read, positions = [], []
    while found.has_more():
        read.append(found.getall(2))
        positions.append(consumer.position)

    assert read == [
        [record(1, b"asked for"), record(2, b"")],
        [record(3, b"three"), record(4, b"four")],
        [],
    ]
    assert positions == [3, 5, 5], "where the next fetch begins"


async def test_as_many_as_are_asked_for_and_the_rest_later() -> None:
    consumer = Consumer(0, batch(0, b"a", b"b", b"c"), batch(3, b"d"))
    found = await consumer.fetch()

    assert found.getall(1) == [record(0, b"a")]
    assert consumer.position == 1
    assert found.getall(1) == [record(1, b"b")]
    assert found.getall() == [record(2, b"c"), record(3, b"d")]
    assert (consumer.position, found.has_more()) == (4, False)


async def test_who_went_elsewhere_meanwhile_is_given_nothing() -> None:
    consumer = Consumer(0, batch(0, b"a", b"b"))
    found = await consumer.fetch()
    found.getall(1)

    consumer.position = 0

    assert found.getall() == []
    assert (consumer.position, found.has_more()) == (0, False)


def in_transactions() -> tuple[bytearray, ...]:
    """Of two producers at once: what 7 wrote first is aborted, all the rest committed."""
    return (
        batch(0, b"lost", b"lost too", producer=7),
        batch(2, b"kept", producer=8),
        marker(3, ABORTED, 7),
        batch(4, b"again", producer=7),
        marker(5, COMMITTED, 8),
        marker(6, COMMITTED, 7),
        batch(7, b"plain"),
    )


async def test_what_was_aborted_is_not_read_and_the_end_of_a_transaction_is_no_record() -> None:
    consumer = Consumer(0, *in_transactions(), aborted=[(7, 0)])

    records = (await consumer.fetch()).getall(100)

    assert records == [record(2, b"kept"), record(4, b"again"), record(7, b"plain")]
    assert consumer.position == 8


async def test_uncommitted_it_is_read() -> None:
    consumer = Consumer(0, *in_transactions(), level=READ_UNCOMMITTED)

    records = (await consumer.fetch()).getall()

    assert [each.offset for each in records] == [0, 1, 2, 4, 7]


async def test_a_fetch_that_holds_only_the_end_of_a_transaction_moves_on() -> None:
    consumer = Consumer(3, marker(3, ABORTED, 7), marker(4, COMMITTED, 8))

    found = await consumer.fetch()

    assert (found.getall(10), consumer.position, found.has_more()) == ([], 5, False)


async def test_a_batch_that_is_not_as_it_was_written_is_not_read() -> None:
    damaged = batch(1, b"b")
    damaged[-9] ^= 1
    consumer = Consumer(0, batch(0, b"a"), damaged, batch(2, b"c"))
    found = await consumer.fetch()

    with pytest.raises(CorruptRecordException, match="a batch at 1"):
        found.getall(10)

    assert consumer.position == 0
    assert found.getall(10) == [record(0, b"a")], "what stands before it is read"
    assert (consumer.position, found.has_more()) == (1, False)


async def test_a_consumer_that_was_not_asked_for_ours_gives_its_own() -> None:
    consumer = Consumer(0, batch(0, b"a"))
    await Consumer._proc_fetch_request(consumer)

    (own,) = consumer._records[AT].getall()

    assert (own.topic, own.value, own.checksum) == ("decisions", b"a", None)


async def test_what_was_fetched_is_freed_once_it_is_read() -> None:
    consumer = Consumer(0, batch(0, b"a"))
    found = await consumer.fetch()
    held = ref(found._partition_records)
    collects = gc.isenabled()
    gc.disable()  # as it is while a log is read from its beginning
    try:
        found.getall()
        assert held() is None
    finally:
        if collects:
            gc.enable()
