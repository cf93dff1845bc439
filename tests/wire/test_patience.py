"""A fetch waits long where it asks for everything, and holds up nothing it left out.

The long wait here is longer than any of these tests may take: what only its end would bring never comes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka import TopicPartition as Place

from pamwal.local.kafka import LocalKafka
from pamwal.wire.kafka_patience import have_patience
from pamwal.wire.log import Outgoing
from tests.wire.conftest import Bench

DEADLINE_S = 60
LONG_MS, SHORT_MS = 60_000, 20
PARTITIONS = 4

pytestmark = pytest.mark.kafka


@pytest.fixture
async def consumer(kafka: LocalKafka, kafka_bench: Bench) -> AsyncIterator[Any]:
    """Patient, and reading all partitions from their beginning."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka.bootstrap_servers,
        auto_offset_reset="none",
        isolation_level="read_committed",
        request_timeout_ms=2 * LONG_MS,
    )
    await consumer.start()
    have_patience(consumer, LONG_MS, SHORT_MS)
    places = [Place(kafka_bench.topic, number) for number in range(PARTITIONS)]
    consumer.assign(places)
    for place in places:
        consumer.seek(place, 0)
    yield consumer
    await consumer.stop()


async def read(consumer: Any, count: int, *, at_once: int | None = None) -> list[bytes]:
    found: list[bytes] = []
    async with asyncio.timeout(DEADLINE_S):
        while len(found) < count:
            for records in (await consumer.getmany(timeout_ms=500, max_records=at_once)).values():
                found += [record.value for record in records]
    return found


async def until_it_waits(consumer: Any, wait_ms: int) -> None:
    """Until a fetch is under way that may wait so long."""
    fetcher = consumer._fetcher
    async with asyncio.timeout(DEADLINE_S):
        while fetcher._fetch_max_wait_ms != wait_ms or not fetcher._in_flight:
            await asyncio.sleep(0.01)


async def test_a_commits_marker_ends_the_wait(consumer: Any, kafka_bench: Bench) -> None:
    transactor = await kafka_bench.log.fence(f"{kafka_bench.topic}-0")
    for number in range(3):
        await until_it_waits(consumer, LONG_MS)
        value = b"%d" % number
        await transactor.write(kafka_bench.topic, 0, [Outgoing(b"op", value)])
        assert await read(consumer, 1) == [value]
    await transactor.close()


async def test_a_partition_that_was_paused_waits_for_no_long_fetch(consumer: Any, kafka_bench: Bench) -> None:
    # given a fetch that leaves the paused one out
    await until_it_waits(consumer, LONG_MS)
    producer = await kafka_bench.log.producer()
    paused = Place(kafka_bench.topic, 0)
    consumer.pause(paused)
    await producer.send(kafka_bench.topic, Outgoing(b"op", b"other"), partition=1)
    assert await read(consumer, 1) == [b"other"]
    await until_it_waits(consumer, SHORT_MS)

    # when something comes for it after it may go on
    consumer.resume(paused)
    await producer.send(kafka_bench.topic, Outgoing(b"op", b"here"), partition=0)

    assert await read(consumer, 1) == [b"here"]
    await until_it_waits(consumer, LONG_MS)
    await producer.close()


async def test_a_partition_that_is_consumed_slowly_waits_for_no_long_fetch(
    consumer: Any, kafka_bench: Bench
) -> None:
    # given a record of one transaction that lies here, so that fetches ask for the other partitions only
    transactor = await kafka_bench.log.fence(f"{kafka_bench.topic}-0")
    await until_it_waits(consumer, LONG_MS)
    await transactor.write(kafka_bench.topic, 0, [Outgoing(b"op", b"0"), Outgoing(b"op", b"1")])
    assert await read(consumer, 1, at_once=1) == [b"0"]
    await until_it_waits(consumer, SHORT_MS)

    # when it is consumed and another one comes
    assert await read(consumer, 1) == [b"1"]
    await transactor.write(kafka_bench.topic, 0, [Outgoing(b"op", b"2")])

    assert await read(consumer, 1) == [b"2"]
    await transactor.close()
