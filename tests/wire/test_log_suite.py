"""What every log promises: one suite, both implementations."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING

import pytest
from kafka import KafkaConsumer
from kafka import TopicPartition as TheirPartition
from kafka.admin import KafkaAdminClient
from msgspec.structs import replace

from pamwal.contracts.errors import ContractError, Fenced, LogError, LogTruncated, LogUnavailable, TooLarge
from pamwal.contracts.topics import MIB
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.kafka_reader import KafkaReader
from pamwal.wire.log import (
    Isolation,
    Log,
    Outgoing,
    Reader,
    Receipt,
    Record,
    TopicPartition,
    record_of,
)
from pamwal.wire.memory import MemoryLog
from pamwal.wire.partitioning import partition_of
from tests.wire.conftest import create_topic

if TYPE_CHECKING:
    from pamwal.local.kafka import LocalKafka
    from tests.wire.conftest import Bench

DEADLINE_S = 60


async def read_all(log: Log, at: TopicPartition, isolation: Isolation, start: int = 0) -> list[Record]:
    """Reads to where the log ends (`uncommitted`) or is stable (`committed`) now."""
    end = (await log.end_offsets([at], isolation))[at]
    reader = await log.reader({at: start}, isolation)
    found: list[Record] = []
    async with asyncio.timeout(DEADLINE_S):
        while await reader.position(at) < end:
            for records in (await reader.read(max_records=1000, wait_ms=200)).values():
                found += records
    await reader.close()
    return found


async def until_something_is_read(reader: Reader) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not await reader.read(max_records=1, wait_ms=100):
            pass


def numbered(count: int, first: int = 0) -> list[Outgoing]:
    return [Outgoing(b"op", b"%d" % number) for number in range(first, first + count)]


def values(records: list[Record]) -> list[int]:
    return [int(record.value) for record in records]


async def test_a_record_comes_back_as_it_was_sent(bench: Bench) -> None:
    producer = await bench.log.producer()
    receipt = await producer.send(bench.topic, Outgoing(b"key", b"value", (("a", b"1"), ("a", b"2"))))
    (record,) = await read_all(
        bench.log, TopicPartition(bench.topic, receipt.partition), "uncommitted", receipt.offset
    )
    assert type(record) is Record
    assert (record.key, record.value, record.headers) == (b"key", b"value", (("a", b"1"), ("a", b"2")))
    assert (record.topic, record.partition, record.offset) == receipt
    await producer.close()


@pytest.mark.kafka
async def test_an_empty_value_is_null_on_kafka_and_reads_as_an_empty_one(
    kafka: LocalKafka, kafka_log: KafkaLog
) -> None:
    topic = f"compacted-{uuid.uuid4()}"
    create_topic(kafka.bootstrap_servers, topic, cleanup_policy="compact")
    producer, transactor = await kafka_log.producer(), await kafka_log.fence(f"t-{uuid.uuid4()}")
    await producer.send(topic, Outgoing(b"a", b""))
    await transactor.write(topic, 0, [Outgoing(b"b", b"")])
    at = TopicPartition(topic, 0)
    assert [each.value for each in await read_all(kafka_log, at, "uncommitted")] == [b"", b""]
    consumer = KafkaConsumer(bootstrap_servers=kafka.bootstrap_servers, auto_offset_reset="earliest")
    consumer.assign([TheirPartition(topic, 0)])
    found: list[tuple[bytes, bytes | None]] = []
    while len(found) < 2:
        found += [(each.key, each.value) for part in consumer.poll(500).values() for each in part]
    assert found == [(b"a", None), (b"b", None)]
    consumer.close()
    await producer.close()
    await transactor.close()


async def test_where_the_log_stamps_records_it_says_with_what(stamping_bench: Bench) -> None:
    producer, at = await stamping_bench.log.producer(), TopicPartition(stamping_bench.topic, 0)
    stamps = [await producer.stamp(at.topic, record, partition=0) for record in numbered(3)]
    await producer.close()
    assert stamps == [each.timestamp_ms for each in await read_all(stamping_bench.log, at, "uncommitted")]
    assert 0 < stamps[0] <= stamps[1] <= stamps[2]


@pytest.mark.kafka
async def test_where_senders_do_it_is_an_error_to_ask(kafka_bench: Bench) -> None:
    producer = await kafka_bench.log.producer()
    with pytest.raises(LogError, match="did not say when it took a record"):
        await producer.stamp(kafka_bench.topic, Outgoing(b"op", b"x"), partition=0)
    with pytest.raises(LogError, match="nowhere"):
        await producer.stamp("nowhere", Outgoing(b"op", b"x"), partition=0)
    await producer.close()


async def test_the_key_chooses_the_partition_by_murmur2_unless_one_is_named(bench: Bench) -> None:
    producer = await bench.log.producer()
    for key in (b"op-1", b"op-2", b"omp-turangga-2024"):
        assert (await producer.send(bench.topic, Outgoing(key, b"x"))).partition == partition_of(key, 4)
        assert (await producer.send(bench.topic, Outgoing(key, b"x"), partition=3)).partition == 3
    await producer.close()


async def test_posts_keep_their_order_and_offsets_are_dense(bench: Bench) -> None:
    producer = await bench.log.producer()
    answers = [await producer.post(bench.topic, record, partition=0) for record in numbered(200)]
    receipts = [await answer for answer in answers]
    assert [receipt.offset for receipt in receipts] == list(range(200))
    assert values(await read_all(bench.log, TopicPartition(bench.topic, 0), "uncommitted")) == list(
        range(200)
    )
    await producer.close()


async def test_a_read_takes_no_more_than_it_was_asked_for_and_goes_on_there(bench: Bench) -> None:
    producer = await bench.log.producer()
    for record in numbered(10):
        await producer.send(bench.topic, record, partition=0)
    at = TopicPartition(bench.topic, 0)
    reader = await bench.log.reader({at: 0}, "uncommitted")
    found: list[int] = []
    async with asyncio.timeout(DEADLINE_S):
        while len(found) < 10:
            part = (await reader.read(max_records=3, wait_ms=200)).get(at, [])
            assert len(part) <= 3
            found += values(part)
    assert found == list(range(10))
    reader.seek(at, 7)
    assert await reader.position(at) == 7
    assert values((await reader.read(max_records=10, wait_ms=2000))[at]) == [7, 8, 9]
    await reader.close()
    await producer.close()


async def test_a_bare_reader_reads_the_same_records(bench: Bench) -> None:
    at = TopicPartition(bench.topic, 0)
    producer, transactor = await bench.log.producer(), await bench.log.fence(f"id-{uuid.uuid4()}")
    for record in (Outgoing(b"op", b"", (("a", b"1"),)), Outgoing(b"op-2", b"v" * 9_000)):
        await producer.send(bench.topic, record, partition=0)
    await transactor.write(bench.topic, 0, numbered(3))
    reader, found = await bench.log.reader({at: 1}, bare=True), list[Record]()
    async with asyncio.timeout(DEADLINE_S):
        while await reader.position(at) < 6:
            for bare in (await reader.read_bare(max_records=2, wait_ms=200)).values():
                assert len(bare) <= 2
                found += [record_of(at, each) for each in bare]
    await reader.close()
    asked = await read_all(bench.log, at, "committed", 1)
    assert found == [replace(record, headers=(), timestamp_ms=0) for record in asked]
    assert [record.offset for record in found] == [1, 2, 3, 4]
    for client in (producer, transactor):
        await client.close()


async def test_a_reader_that_waits_gets_what_is_written_meanwhile(bench: Bench) -> None:
    at = TopicPartition(bench.topic, 0)
    reader = await bench.log.reader({at: 0})
    assert await reader.read(max_records=10, wait_ms=1) == {}
    waiting = asyncio.create_task(reader.read(max_records=10, wait_ms=8000))
    producer = await bench.log.producer()
    await producer.send(bench.topic, Outgoing(b"op", b"1"), partition=0)
    assert values((await waiting)[at]) == [1]
    await reader.close()
    await producer.close()


async def test_a_transaction_takes_an_offset_for_its_marker(bench: Bench) -> None:
    at = TopicPartition(bench.topic, 0)
    transactor = await bench.log.fence(f"id-{uuid.uuid4()}")
    assert await transactor.write(bench.topic, 0, numbered(3)) == 2
    assert await transactor.write(bench.topic, 0, numbered(2, 3)) == 5
    found = await read_all(bench.log, at, "committed")
    assert [(record.offset, int(record.value)) for record in found] == [
        (0, 0),
        (1, 1),
        (2, 2),
        (4, 3),
        (5, 4),
    ]
    assert (await bench.log.end_offsets([at]))[at] == 7
    await transactor.close()


async def test_a_transaction_that_comes_to_stand_elsewhere_is_not_committed(bench: Bench) -> None:
    at, name = TopicPartition(bench.topic, 0), f"id-{uuid.uuid4()}"
    transactor = await bench.log.fence(name)
    assert await transactor.write(bench.topic, 0, numbered(2), begins_at=0) == 1
    with pytest.raises(LogUnavailable, match="went on at 3, not at 4"):
        await transactor.write(bench.topic, 0, numbered(2, 7), begins_at=4)
    await transactor.close()
    newer = await bench.log.fence(name)
    (end,) = (await bench.log.end_offsets([at])).values()
    assert end == 6  # two records and a marker that nobody shall read
    assert await newer.write(bench.topic, 0, numbered(1, 2), begins_at=end) == end
    assert values(await read_all(bench.log, at, "committed")) == [0, 1, 2]
    await newer.close()


async def test_committed_readers_reach_the_uncommitted_end_through_markers(bench: Bench) -> None:
    """This is how a fold knows that it has seen everything: markers count in positions."""
    at = TopicPartition(bench.topic, 0)
    name = f"id-{uuid.uuid4()}"
    for _ in range(3):
        transactor = await bench.log.fence(name)
        await transactor.write(bench.topic, 0, numbered(1))
        await transactor.close()
    end = (await bench.log.end_offsets([at], "uncommitted"))[at]
    reader = await bench.log.reader({at: 0}, "committed")
    async with asyncio.timeout(DEADLINE_S):
        while await reader.position(at) < end:
            await reader.read(max_records=100, wait_ms=100)
    assert await reader.position(at) == end == 6
    await reader.close()


async def test_a_newer_transactor_shuts_out_the_older_one(bench: Bench) -> None:
    at = TopicPartition(bench.topic, 0)
    name = f"id-{uuid.uuid4()}"
    older = await bench.log.fence(name)
    await older.write(bench.topic, 0, numbered(1))
    newer = await bench.log.fence(name)
    with pytest.raises(Fenced):
        await older.write(bench.topic, 0, numbered(1, 100))
    await older.close()
    await newer.write(bench.topic, 0, numbered(1, 1))
    assert values(await read_all(bench.log, at, "committed")) == [0, 1]
    await newer.close()


async def test_a_transactor_that_was_closed_writes_no_more(bench: Bench) -> None:
    transactor = await bench.log.fence(f"id-{uuid.uuid4()}")
    await transactor.close()
    with pytest.raises(LogUnavailable):
        await transactor.write(bench.topic, 0, numbered(1))


async def test_a_record_over_its_topics_limit_is_too_large(bench: Bench) -> None:
    producer = await bench.log.producer()
    fits = Outgoing(b"op", bytes(MIB - 2))
    assert (await producer.send(bench.topic, fits)).offset >= 0
    with pytest.raises(TooLarge):
        await producer.send(bench.topic, replace(fits, value=bytes(MIB - 1)))
    await producer.close()
    transactor = await bench.log.fence(f"id-{uuid.uuid4()}")
    with pytest.raises(TooLarge):
        await transactor.write(bench.topic, 0, [Outgoing(b"op", b"0"), replace(fits, value=bytes(MIB))])
    await transactor.close()
    assert [
        len(record.value) for record in await read_all(bench.log, TopicPartition(bench.topic, 0), "committed")
    ] == ([MIB - 2] if partition_of(b"op", 4) == 0 else [])


async def test_no_topic_makes_itself(bench: Bench) -> None:
    unknown = f"nobody-made-{uuid.uuid4()}"
    producer = await bench.log.producer()
    with pytest.raises(LogError, match="no topic"):
        await producer.send(unknown, Outgoing(b"op", b"1"))
    with pytest.raises(LogError, match="no topic"):
        await bench.log.partition_count(unknown)
    with pytest.raises(LogError, match="no topic"):
        await bench.log.end_offsets([TopicPartition(unknown, 0)])
    await producer.close()


async def test_a_fetch_finds_the_first_record_at_or_behind_an_offset(bench: Bench) -> None:
    at = TopicPartition(bench.topic, 0)
    transactor = await bench.log.fence(f"id-{uuid.uuid4()}")
    await transactor.write(bench.topic, 0, numbered(2))
    await transactor.write(bench.topic, 0, numbered(1, 2))
    fetched = [await bench.log.fetch(at, offset, "committed") for offset in (0, 1, 2, 3)]
    assert [record and (record.offset, int(record.value)) for record in fetched] == [
        (0, 0),
        (1, 1),
        (3, 2),
        (3, 2),
    ]
    assert await bench.log.fetch(at, 4) is None, "only a marker stands there"
    assert await bench.log.fetch(at, 5) is None
    with pytest.raises(LogTruncated):
        await bench.log.fetch(at, 6)
    await transactor.close()


async def test_a_log_knows_its_cluster_and_its_bounds(bench: Bench) -> None:
    at = TopicPartition(bench.topic, 1)
    assert await bench.log.cluster_id() == await bench.log.cluster_id() != ""
    assert await bench.log.partition_count(bench.topic) == 4
    assert await bench.log.begin_offsets([at]) == {at: 0}
    assert await bench.log.end_offsets([at], "committed") == {at: 0}


async def test_a_position_behind_the_end_says_that_the_tail_was_lost(bench: Bench) -> None:
    at = TopicPartition(bench.topic, 2)
    reader = await bench.log.reader({at: 5}, "uncommitted")
    with pytest.raises(LogTruncated):
        await until_something_is_read(reader)
    await reader.close()


async def test_records_that_are_kept_for_ever_and_gone_are_not_skipped(bench: Bench) -> None:
    at = TopicPartition(bench.topic, 3)
    producer = await bench.log.producer()
    for record in numbered(4):
        await producer.send(bench.topic, record, partition=3)
    await lose_head(bench, at, 2)
    reader = await bench.log.reader({at: 0}, "uncommitted")
    with pytest.raises(LogTruncated, match=rf"^{at} begins at 2, and was to be read from 0 on: .* Restore"):
        await until_something_is_read(reader)
    with pytest.raises(LogTruncated, match=rf"^{at} begins at 2"):
        await bench.log.fetch(at, 1)
    assert values(await read_all(bench.log, at, "uncommitted", start=2)) == [2, 3]
    await reader.close()


@pytest.mark.kafka
async def test_a_reader_whose_fetching_ended_says_so(kafka_bench: Bench) -> None:
    at = TopicPartition(kafka_bench.topic, 0)
    reader = await kafka_bench.log.reader({at: 0})
    assert isinstance(reader, KafkaReader)
    fetching = reader._consumer._fetcher._fetch_task
    fetching.cancel()
    await asyncio.wait([fetching])
    with pytest.raises(LogUnavailable, match="fetches no more"):
        await reader.read(max_records=1, wait_ms=10)
    await reader.close()


async def lose_head(bench: Bench, at: TopicPartition, records: int) -> None:
    """Deletes a partition's first records."""
    if isinstance(bench.log, MemoryLog):
        bench.log.partition(at).lose_head(records)
        return
    assert isinstance(bench.log, KafkaLog)
    admin = KafkaAdminClient(bootstrap_servers=bench.log._bootstrap_servers)
    try:
        await asyncio.to_thread(admin.delete_records, {TheirPartition(*at): records})
    finally:
        admin.close()


@pytest.mark.parametrize("offset", ["9" * 5_000, "9" * 19, "\u0661", "1 "])
def test_what_no_log_gives_out_is_no_receipt(offset: str) -> None:
    with pytest.raises(ContractError, match="is not a receipt"):
        Receipt.parse(f"pamwal.field.requests.v1-3-{offset}")
    with pytest.raises(ContractError, match="is not a receipt"):
        Receipt.parse(f"pamwal.field.requests.v1-{offset}-3")
