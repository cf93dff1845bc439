"""A broker is started, used, stopped, killed, and comes back at the same address with the same data."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import NewTopic
from kafka.errors import KafkaError

from pamwal.contracts.errors import LocalKafkaError
from pamwal.local import readiness
from pamwal.local.kafka import LocalKafka, running_kafka
from pamwal.local.kept import kept_broker
from pamwal.local.processes import identify
from tests.ports import reserved_port

pytestmark = pytest.mark.kafka

EIGHT_MIB = 8 * 1024 * 1024


def keep_one_large_record(bootstrap_servers: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=bootstrap_servers)
    admin.create_topics([NewTopic("large", 1, 1)])
    admin.close()
    producer = KafkaProducer(
        bootstrap_servers=bootstrap_servers, max_request_size=EIGHT_MIB + 4096, acks="all"
    )
    producer.send("large", value=b"x" * EIGHT_MIB).get(timeout=30)
    producer.close()


def length_of_the_record(bootstrap_servers: str) -> int:
    consumer = KafkaConsumer(
        "large",
        bootstrap_servers=bootstrap_servers,
        auto_offset_reset="earliest",
        consumer_timeout_ms=20_000,
        max_partition_fetch_bytes=2 * EIGHT_MIB,
        fetch_max_bytes=2 * EIGHT_MIB,
    )
    record = next(iter(consumer))
    consumer.close()
    return len(record.value)


def test_it_comes_back_with_its_data_after_a_stop_and_after_a_kill(state: Path) -> None:
    with reserved_port() as port, running_kafka(state, port=port) as broker:
        address, cluster_id = broker.bootstrap_servers, broker.cluster_id
        assert address.startswith("127.0.0.1:")
        keep_one_large_record(address)
        if broker.data_dir.exists():  # it runs here, and in no container
            assert stat.filemode(broker.data_dir.stat().st_mode) == "drwx------"
            assert {stat.filemode(path.stat().st_mode) for path in broker.data_dir.rglob("*.log")} == {
                "-rw-------"
            }

        broker.stop()
        assert broker.pid is None
        assert readiness.ask(address, 0.5) is None
        broker.start()
        assert (broker.bootstrap_servers, broker.cluster_id) == (address, cluster_id)

        killed = broker.pid
        broker.kill()
        assert killed is not None
        assert identify(killed) is None
        broker.start()
        assert broker.pid != killed
        assert length_of_the_record(broker.bootstrap_servers) == EIGHT_MIB
        assert broker.log_file is not None
        assert "Kafka Server started" in broker.log_file.read_text()

    assert kept_broker(state) is None
    assert readiness.ask(address, 0.5) is None
    assert len(list((state / "kafka" / "logs").iterdir())) == 3, "every start keeps its log"


def test_a_topic_nobody_made_is_an_error(kafka: LocalKafka) -> None:
    producer = KafkaProducer(bootstrap_servers=kafka.bootstrap_servers, max_block_ms=1_000)
    with pytest.raises(KafkaError):
        producer.send("mistyped", b"x").get(timeout=5)
    producer.close(timeout=0)
    admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
    assert "mistyped" not in admin.list_topics()
    admin.close()


async def test_a_cancelled_start_leaves_no_broker(state: Path) -> None:
    async def hold() -> None:
        async with running_kafka(state):
            await asyncio.Event().wait()

    holding = asyncio.create_task(hold())
    record = state / "kafka" / "broker.json"
    async with asyncio.timeout(60):
        while not record.exists():
            await asyncio.sleep(0.02)
    holding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await holding
    assert kept_broker(state) is None


def test_before_its_start_it_has_no_address(state: Path) -> None:
    with pytest.raises(LocalKafkaError, match="not started yet"):
        _ = LocalKafka(state).bootstrap_servers
