"""A decider that is killed comes back by a snapshot which its own process had made while it ran."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from pamwal.contracts.topics import FIELD_REQUESTS
from pamwal.edge.issuer import shared_secret
from pamwal.edge.key_registry import KeyRegistry
from pamwal.edge.settings import EdgeSettings
from pamwal.local.kafka import LocalKafka
from pamwal.stack.process import ServicePlan, ServiceProcess
from pamwal.wire.audit import audit
from pamwal.wire.finding import find_decision
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.log import Outgoing
from pamwal.wire.partitioning import partition_of
from pamwal.wire.request_seal import RequestSeals
from pamwal.wire.topics_admin import apply_topics
from services.checkin.core import CheckinCore
from tests.chaos.fleet import until
from tests.unit.checkin.said import OPERATION, check_in
from tests.wire.counting import outgoing

pytestmark = pytest.mark.kafka
DECIDED = 300


@pytest.fixture
async def decider(state: Path, own_kafka: LocalKafka) -> AsyncIterator[ServiceProcess]:
    """Checkin's, which looks for snapshots every second and wants one behind a hundred records."""
    apply_topics(own_kafka.bootstrap_servers, exercise=True)
    environment = {
        "PAMWAL_BOOTSTRAP_SERVERS": own_kafka.bootstrap_servers,
        "PAMWAL_STATE": str(state),
        "PAMWAL_SNAPSHOT_EVERY_S": "1",
        "PAMWAL_SNAPSHOT_BEHIND": "100",
    }
    plan = ServicePlan(name="checkin", service="checkin", role="decider")
    process = ServiceProcess(plan, {**os.environ, **environment}, state / "checkin.log")
    yield process
    process.abandon()


def requests(first: int, count: int, state: Path) -> list[Outgoing]:
    """Check-ins of one officer, a minute apart, sealed with the secret that the decider has."""
    seals = RequestSeals(shared_secret(state / "issuer" / "secret"), {})
    said = (check_in(f"r{n}", f"{1 + n // 60:02d}:{n % 60:02d}") for n in range(first, first + count))
    return [seals.sealed(FIELD_REQUESTS.name, outgoing(each)) for each in said]


async def test_a_killed_decider_comes_back_by_its_snapshot(
    decider: ServiceProcess, own_kafka: LocalKafka, state: Path
) -> None:
    log = KafkaLog(own_kafka.bootstrap_servers)
    await KeyRegistry(log, EdgeSettings(state=state), requests_topic=FIELD_REQUESTS.name).agree()
    producer = await log.producer()
    async with httpx.AsyncClient() as http:

        async def metric(name: str) -> float:
            lines = (await http.get(f"{decider.plan.operators_address}/metrics")).text.splitlines()
            return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))

        async def decide(records: list[Outgoing]) -> None:
            receipts = [await producer.send(FIELD_REQUESTS.name, each) for each in records]

            async def decided() -> bool:
                return await find_decision(log, receipts[-1]) is not None

            await until(decided, 60, lambda: f"{receipts[-1]} is not decided")

        decider.start()
        await decider.until_ready(http, 60)
        await decide(requests(0, DECIDED, state))
        folder = state / "snapshots" / await log.cluster_id()
        partition = partition_of(OPERATION.encode(), await log.partition_count(FIELD_REQUESTS.name))
        of_partition = folder / f"{CheckinCore.decisions_topic}-{partition}"

        async def kept() -> bool:
            return (
                any(of_partition.glob("*.snapshot")) and await metric("pamwal_snapshot_behind_records") < 100
            )

        await until(kept, 60, lambda: f"in {folder} are {sorted(folder.rglob('*'))}")
        decider.kill()
        decider.start()
        await decider.until_ready(http, 60)
        assert await metric("pamwal_snapshot_load_seconds_count") == 1
        assert await metric("pamwal_snapshots_ignored_total") == 0
        await decide([*requests(0, 3, state), *requests(DECIDED, 3, state)])

    await producer.close()
    topics = {FIELD_REQUESTS.name: CheckinCore()}
    report = await audit(log, topics=topics, redecide=topics)
    await log.close()
    assert report.findings == ()
    assert report.outcomes == {"accepted": DECIDED + 3, "repeat": 3}
