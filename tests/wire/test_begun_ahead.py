"""Behind a write a transactor begins the next transaction: nobody sees that, nobody is held up by it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable

import pytest
from aiokafka.errors import NodeNotReadyError
from kafka import KafkaConsumer
from kafka import TopicPartition as Place

from pamwal.contracts.errors import Fenced
from pamwal.local.kafka import LocalKafka
from pamwal.wire import kafka_producer, kafka_transactor
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.kafka_transactor import KafkaTransactor
from pamwal.wire.log import Outgoing, TopicPartition
from tests.wire.conftest import Bench

DEADLINE_S = 60

pytestmark = pytest.mark.kafka


@pytest.fixture
async def transactor(kafka_bench: Bench) -> AsyncIterator[KafkaTransactor]:
    """It has written one record, and its next transaction is open at the broker."""
    found = await kafka_bench.log.fence(kafka_bench.topic)
    assert isinstance(found, KafkaTransactor)
    await found.write(kafka_bench.topic, 0, [Outgoing(b"op", b"first")])
    found.begin_next(kafka_bench.topic, 0)
    await until(lambda: is_open(found))
    yield found
    await found.close()


def is_open(transactor: KafkaTransactor) -> bool:
    """Whether the broker has added a partition to a transaction nothing was written in."""
    return transactor._begun and bool(transactor._producer._txn_manager.txn_partitions)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not holds():
            await asyncio.sleep(0.005)


async def committed(bench: Bench) -> list[bytes]:
    """Whatever is to be read up to where committed records end."""
    at = TopicPartition(bench.topic, 0)
    end, found = (await bench.log.end_offsets([at], "committed"))[at], list[bytes]()
    reader = await bench.log.reader({at: 0})
    async with asyncio.timeout(DEADLINE_S):
        while await reader.position(at) < end:
            for records in (await reader.read(max_records=10, wait_ms=100)).values():
                found += [record.value for record in records]
    await reader.close()
    return found


async def test_what_was_written_can_be_read_and_the_next_is_written_into_it(
    transactor: KafkaTransactor, kafka_bench: Bench
) -> None:
    assert await committed(kafka_bench) == [b"first"]

    last = await transactor.write(kafka_bench.topic, 0, [Outgoing(b"op", b"second")])

    assert last == 2, "behind the first record and its marker: nothing else was ended between them"
    assert await committed(kafka_bench) == [b"first", b"second"]


async def test_one_that_is_not_used_is_ended_and_no_other_is_begun(
    monkeypatch: pytest.MonkeyPatch, kafka: LocalKafka, kafka_bench: Bench
) -> None:
    monkeypatch.setattr(kafka_transactor, "UNUSED_S", 0.05)
    transactor = await kafka_bench.log.fence(kafka_bench.topic)
    assert isinstance(transactor, KafkaTransactor)
    await transactor.write(kafka_bench.topic, 0, [Outgoing(b"op", b"first")])
    transactor.begin_next(kafka_bench.topic, 0)

    await until(lambda: transactor._ending is not None and transactor._ending.done())

    await until(lambda: end_of(kafka, kafka_bench) == 3)  # a record, its marker, and that of the unused one
    assert not transactor._begun
    await transactor.write(kafka_bench.topic, 0, [Outgoing(b"op", b"second")])
    assert await committed(kafka_bench) == [b"first", b"second"]
    await transactor.close()


async def test_who_was_shut_out_meanwhile_writes_nothing(
    transactor: KafkaTransactor, kafka_bench: Bench
) -> None:
    newer = await kafka_bench.log.fence(kafka_bench.topic)

    with pytest.raises(Fenced):
        await transactor.write(kafka_bench.topic, 0, [Outgoing(b"op", b"too late")])

    await newer.write(kafka_bench.topic, 0, [Outgoing(b"op", b"second")])
    assert await committed(kafka_bench) == [b"first", b"second"]
    await newer.close()


async def test_who_was_shut_out_before_the_unused_one_ends_is_told_by_the_next_write(
    monkeypatch: pytest.MonkeyPatch, kafka_bench: Bench
) -> None:
    monkeypatch.setattr(kafka_transactor, "UNUSED_S", 0.5)
    transactor = await kafka_bench.log.fence(kafka_bench.topic)
    assert isinstance(transactor, KafkaTransactor)
    await transactor.write(kafka_bench.topic, 0, [Outgoing(b"op", b"first")])
    transactor.begin_next(kafka_bench.topic, 0)
    await until(lambda: is_open(transactor))
    newer = await kafka_bench.log.fence(kafka_bench.topic)

    await until(lambda: transactor._ending is not None and transactor._ending.done())

    with pytest.raises(Fenced):
        await transactor.write(kafka_bench.topic, 0, [Outgoing(b"op", b"too late")])
    await transactor.close()
    await newer.close()


async def test_what_is_done_ahead_is_tried_again_in_no_hurry(
    kafka: LocalKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka_transactor, "UNUSED_S", 0.01)
    producer = kafka_producer.new_producer(kafka.bootstrap_servers, f"away-{uuid.uuid4()}")
    await producer.start()
    asked = 0

    async def away(*_: object, **__: object) -> int:
        nonlocal asked
        asked += 1
        raise NodeNotReadyError

    transactor = KafkaTransactor(KafkaLog(kafka.bootstrap_servers), producer, "away")
    monkeypatch.setattr(producer.client, "send", away)
    transactor.begin_next("nowhere", 0)
    await asyncio.sleep(1.2)

    assert 1 <= asked <= 4, "with the wait of a write it would be some two hundred"
    monkeypatch.undo()
    await transactor.close()


async def test_closing_leaves_it_to_the_next_owner(transactor: KafkaTransactor, kafka_bench: Bench) -> None:
    await transactor.close()

    newer = await kafka_bench.log.fence(kafka_bench.topic)

    await newer.write(kafka_bench.topic, 0, [Outgoing(b"op", b"second")])
    assert await committed(kafka_bench) == [b"first", b"second"]
    await newer.close()


def end_of(kafka: LocalKafka, bench: Bench) -> int:
    """Where the partition ends, markers counted."""
    consumer = KafkaConsumer(bootstrap_servers=kafka.bootstrap_servers)
    try:
        place = Place(bench.topic, 0)
        return int(consumer.end_offsets([place])[place])
    finally:
        consumer.close()
