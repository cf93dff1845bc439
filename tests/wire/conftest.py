"""Both logs, so that one suite can hold them to the same promises."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import NamedTuple

import pytest
from kafka.admin import KafkaAdminClient, NewTopic

from pamwal.edge.clock import system_ms
from pamwal.local.kafka import LocalKafka
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.log import Log
from pamwal.wire.memory import MemoryLog
from tests.wire.counting import CountingCore


class Bench(NamedTuple):
    """A log and a topic of four partitions that nobody else uses."""

    log: Log
    topic: str


def create_topic(bootstrap_servers: str, name: str, partitions: int = 1, **settings: str) -> None:
    """A topic of one replica that nobody else uses."""
    configs = {
        "max.message.bytes": "2000000",
        **{key.replace("_", "."): text for key, text in settings.items()},
    }
    admin = KafkaAdminClient(bootstrap_servers=bootstrap_servers)
    try:
        admin.create_topics([NewTopic(name, partitions, 1, topic_configs=configs)])
        admin.wait_for_topics([name])
    finally:
        admin.close()


@pytest.fixture
async def memory_bench() -> AsyncIterator[Bench]:
    log = MemoryLog()
    log.create_topic("suite", partitions=4)
    yield Bench(log, "suite")
    await log.close()


@pytest.fixture
async def kafka_log(kafka: LocalKafka) -> AsyncIterator[KafkaLog]:
    log = KafkaLog(kafka.bootstrap_servers)
    yield log
    await log.close()


@pytest.fixture
async def kafka_bench(kafka: LocalKafka, kafka_log: KafkaLog) -> Bench:
    topic = f"suite-{uuid.uuid4()}"
    create_topic(kafka.bootstrap_servers, topic, partitions=4)
    return Bench(kafka_log, topic)


@pytest.fixture(params=["memory", pytest.param("kafka", marks=pytest.mark.kafka)])
async def stamping_bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    """A topic whose records have the log's own time, in one log after the other."""
    if request.param == "kafka":
        kafka: LocalKafka = request.getfixturevalue("kafka")
        log, topic = KafkaLog(kafka.bootstrap_servers), f"stamped-{uuid.uuid4()}"
        create_topic(kafka.bootstrap_servers, topic, message_timestamp_type="LogAppendTime")
        yield Bench(log, topic)
        await log.close()
    else:
        memory = MemoryLog(clock_ms=system_ms)
        memory.create_topic("stamped")
        yield Bench(memory, "stamped")


@pytest.fixture
def core(kafka: LocalKafka) -> CountingCore:
    """A counting core whose topics, of four partitions, nobody else uses."""
    core = CountingCore(scope=f"w{uuid.uuid4().hex[:10]}")
    for topic in (core.requests_topic, core.decisions_topic):
        create_topic(kafka.bootstrap_servers, topic, partitions=4)
    return core


@pytest.fixture(params=["memory", pytest.param("kafka", marks=pytest.mark.kafka)])
def bench(request: pytest.FixtureRequest) -> Bench:
    """One log after the other."""
    found: Bench = request.getfixturevalue(f"{request.param}_bench")
    return found
