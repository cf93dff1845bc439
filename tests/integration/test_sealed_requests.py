"""Requests that somebody writes past the edges, over a real Kafka: parked, and found so by an audit."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace

from pamwal.contracts.claims import Claims
from pamwal.contracts.codec import Fact, decode_decision
from pamwal.contracts.envelope import DecisionData
from pamwal.contracts.topics import FIELD_REQUESTS
from pamwal.edge.issuer import Issuer, shared_secret
from pamwal.local.kafka import LocalKafka
from pamwal.stack.process import ServicePlan, ServiceProcess
from pamwal.wire.finding import find_decision
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.log import Outgoing, Receipt
from pamwal.wire.metrics import DECISIONS
from pamwal.wire.request_seal import UNSEALED, RequestSeals
from pamwal.wire.topics_admin import apply_topics
from tests.chaos.fleet import until
from tests.integration.commands import pamwal
from tests.unit.checkin.said import OPERATION, check_in
from tests.wire.counting import outgoing

pytestmark = pytest.mark.kafka
READY_S = 90


@pytest.fixture
async def log(own_kafka: LocalKafka) -> AsyncIterator[KafkaLog]:
    apply_topics(own_kafka.bootstrap_servers, 1)
    found = KafkaLog(own_kafka.bootstrap_servers)
    yield found
    await found.close()


@pytest.fixture
def checkin(state: Path, own_kafka: LocalKafka, tmp_path: Path) -> Iterator[ServiceProcess]:
    """Edge and decider of checkin, not started yet."""
    environment = {
        "PAMWAL_BOOTSTRAP_SERVERS": own_kafka.bootstrap_servers,
        "PAMWAL_STATE": str(state),
        "PAMWAL_CLOCK": "system",
    }
    plan = ServicePlan(name="checkin", service="checkin", role="all")
    process = ServiceProcess(plan, {**os.environ, **environment}, tmp_path / "checkin.log")
    yield process
    process.abandon()


async def decided(log: KafkaLog, receipt: Receipt) -> DecisionData[Fact]:
    """What became of the request that stands there."""

    async def is_decided() -> bool:
        return await find_decision(log, receipt) is not None

    await until(is_decided, READY_S, lambda: f"{receipt} is not decided")
    record = await find_decision(log, receipt)
    assert record is not None
    return decode_decision(record.value).data


async def test_only_what_an_edge_sealed_is_decided_once_there_are_seals(
    log: KafkaLog, checkin: ServiceProcess, state: Path, own_kafka: LocalKafka, tmp_path: Path
) -> None:
    topic = FIELD_REQUESTS.name
    producer = await log.producer()

    async def say(name: str, record: Outgoing | None = None) -> Receipt:
        return await producer.send(topic, record or outgoing(check_in(name, "08:00")))

    # given a log from before there were seals
    old = await say("old")
    async with httpx.AsyncClient(trust_env=False) as http:
        checkin.start()
        await checkin.until_ready(http, READY_S)
        # when somebody writes past the edges, with the claims of anybody, and with a seal of his own
        claims = Claims(role="ops_head", operation=OPERATION, mode="real").to_text()
        as_head = outgoing(replace(check_in("forged", "08:00"), claims=claims))
        forged = await say("forged", as_head)
        guessed = RequestSeals(b"guess" * 8, {}).sealed(topic, outgoing(check_in("guessed", "08:01")))
        wrong = await say("guessed", guessed)
        # and an edge as ever
        token = Issuer(state / "issuer").issue(
            role="command_post", operation=OPERATION, mode="real", subject="s", post="oebobo"
        )
        answer = await http.post(
            f"{checkin.plan.api}/operations/{OPERATION}/heartbeats",
            headers={"authorization": f"Bearer {token}"},
            json={
                "id": "beat", "source": "/posts/oebobo/devices/1", "type": "pamwal.field.heartbeat.v1",
                "time": "2024-10-03T00:00:00.000Z", "channel": "app", "data": {},
            },
        )  # fmt: skip
        assert answer.status_code in {200, 201}, answer.text
        # then what an edge wrote is decided, and what was written before
        assert (await decided(log, old)).outcome == "accepted"
        for receipt in (forged, wrong):
            data = await decided(log, receipt)
            assert (data.outcome, data.reason and data.reason.code) == ("parked", UNSEALED)
        metrics = (await http.get(f"{checkin.plan.operators_address}/metrics")).text
        counted = [
            float(line.rpartition(" ")[2])
            for line in metrics.splitlines()
            if line.startswith(f"{DECISIONS.name}{{") and 'outcome="parked"' in line
        ]
        assert sum(counted) == 2, counted
    await producer.close()

    # and who decides all of it again finds the same, with the secret and without
    assert shared_secret(state / "issuer" / "secret")
    for folder in (state, tmp_path / "elsewhere"):
        said = await _audit(own_kafka, folder)
        assert "consistent" in said
    listed = await pamwal(own_kafka, state, "parked", "list")
    assert all(str(receipt) in listed for receipt in (forged, wrong))


async def _audit(kafka: LocalKafka, state: Path) -> str:
    return await pamwal(kafka, state, "audit", "--redecide")
