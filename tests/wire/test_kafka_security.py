"""Clients that speak TLS and say who they are, on a real broker that takes no others."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from typing import NamedTuple

import pytest
from kafka.admin import NewTopic

from pamwal.contracts.kafka_users import ADMIN
from pamwal.wire import kafka_reader
from pamwal.wire.faust_worker import DeciderWorker
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.kafka_admin import kafka_admin
from pamwal.wire.kafka_security import KafkaSecurity
from pamwal.wire.log import Outgoing, TopicPartition
from tests.secured_kafka import SecuredKafka
from tests.wire.counting import NOW, CountingCore
from tests.wire.test_worker import post_home, until_next
from tests.wire.witness import prove

pytestmark = pytest.mark.kafka


class Way(NamedTuple):
    """Where a client connects, and how."""

    servers: str
    security: KafkaSecurity


def by_scram(secured: SecuredKafka) -> Way:
    """TLS, and a password."""
    return Way(secured.scram_servers, secured.security(ADMIN))


def by_certificate(secured: SecuredKafka) -> Way:
    """TLS, and a certificate."""
    return Way(secured.mtls_servers, secured.security(ADMIN, PAMWAL_KAFKA_SECURITY_PROTOCOL="SSL"))


@pytest.fixture(params=[by_scram, by_certificate], ids=lambda way: way.__name__)
def way(request: pytest.FixtureRequest, secured: SecuredKafka) -> Way:
    """One way after the other. A super user's: rights are another test's."""
    found: Callable[[SecuredKafka], Way] = request.param
    return found(secured)


@pytest.fixture
async def log(way: Way) -> AsyncIterator[KafkaLog]:
    log = KafkaLog(*way)
    yield log
    await log.close()


def create_topics(way: Way, *names: str) -> None:
    with kafka_admin(*way) as admin:
        admin.create_topics([NewTopic(name, 4, 1) for name in names])
        admin.wait_for_topics(list(names))


async def test_every_kind_of_client_writes_and_reads(way: Way, log: KafkaLog) -> None:
    topic = f"secured-{uuid.uuid4()}"
    create_topics(way, topic)

    producer = await log.producer()
    first = await producer.send(topic, Outgoing(b"a", b"1"), partition=2)
    transactor = await log.fence(f"secured-{topic}")
    last = await transactor.write(topic, 2, [Outgoing(b"a", b"2" * 900_000), Outgoing(b"a", b"3")])

    at = TopicPartition(topic, 2)
    found = await log.fetch(at, first.offset)
    assert found is not None
    assert found.value == b"1"
    assert await log.end_offsets([at]) == {at: last + 2}, "a commit's marker counts"
    reader = await log.reader({at: 0})
    values: list[bytes] = []
    while len(values) < 3:
        for records in (await reader.read(max_records=10, wait_ms=1_000)).values():
            values += [record.value for record in records]
    assert [value[:1] for value in values] == [b"1", b"2", b"3"]


async def test_a_reader_that_waits_for_records_closes_at_once(
    way: Way, log: KafkaLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = f"secured-{uuid.uuid4()}"
    create_topics(way, topic)
    for name, value in (("FETCH_WAIT_LONG_MS", 60_000), ("REQUEST_TIMEOUT_MS", 90_000), ("CLOSE_S", 90.0)):
        monkeypatch.setattr(kafka_reader, name, value)
    reader = await log.reader({TopicPartition(topic, 0): 0})

    assert await reader.read(max_records=1, wait_ms=500) == {}
    async with asyncio.timeout(60):
        await reader.close()


async def test_a_decider_joins_its_group_and_decides(way: Way, log: KafkaLog) -> None:
    core = CountingCore(scope=f"w{uuid.uuid4().hex[:10]}")
    create_topics(way, core.requests_topic, core.decisions_topic)
    worker = DeciderWorker(core, way.servers, log, lambda: NOW, security=way.security)
    await worker.start()
    try:
        await post_home(log, core, "a", "b")
        await until_next(worker, 2, 2, 2, 2)
        assert worker.trouble() is None
    finally:
        await worker.stop()
    for partition in range(4):
        await prove(log, 2, partition, core)
