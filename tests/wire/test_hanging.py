"""A transaction that Kafka took for ended without writing its marker holds up nobody for good."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from aiokafka import TopicPartition as Place
from kafka.admin import ConfigResource, ConfigResourceType

from pamwal.contracts.errors import LogUnavailable
from pamwal.contracts.kafka_users import transactional_id_of
from pamwal.local.kafka import LocalKafka
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.kafka_admin import kafka_admin
from pamwal.wire.kafka_producer import kill, new_producer
from pamwal.wire.log import TopicPartition
from pamwal.wire.replay import replay
from tests.wire.counting import CountingCore, a_request
from tests.wire.witness import Worker, post, prove

pytestmark = pytest.mark.kafka


@pytest.fixture
def unverified(kafka: LocalKafka) -> Iterator[None]:
    """The broker takes a transaction's records without asking whether the transaction is known."""

    def verify(text: str) -> None:
        setting = {"transaction.partition.verification.enable": text}
        with kafka_admin(kafka.bootstrap_servers) as admin:
            admin.alter_configs([ConfigResource(ConfigResourceType.BROKER, "1", setting)])

    verify("false")
    yield
    verify("true")


async def leave_hanging(kafka: LocalKafka, transactional_id: str, at: TopicPartition) -> None:
    """Writes a record of a transaction of which the transaction coordinator is not told."""
    producer = new_producer(kafka.bootstrap_servers, transactional_id)
    await producer.start()
    try:
        await producer.begin_transaction()
        producer._txn_manager.txn_partitions.add(Place(*at))
        await producer.send_and_wait(at.topic, b"hanging", partition=at.partition)
    finally:
        await kill(producer)


@pytest.mark.usefixtures("unverified")
async def test_a_decider_aborts_what_hangs_and_goes_on(
    kafka: LocalKafka, kafka_log: KafkaLog, core: CountingCore, caplog: pytest.LogCaptureFixture
) -> None:
    at = TopicPartition(core.decisions_topic, 0)
    await post(kafka_log, a_request("first"), a_request("second"), topic=core.requests_topic)
    await leave_hanging(kafka, transactional_id_of(core.service, 0), at)
    fenced = await kafka_log.fence(transactional_id_of(core.service, 0))
    await fenced.close()
    with pytest.raises(LogUnavailable, match="no progress"):
        await replay(kafka_log, {at: 0}, lambda _, __: None, stalled_after_ms=500)

    async with Worker(kafka_log, core, 0) as worker:
        await worker.until_next(2)

    assert "was hanging in" in caplog.text
    await prove(kafka_log, 2, 0, core)
