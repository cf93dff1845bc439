"""Kafka stalls while a service is told to end: everybody is told, and the process is gone in time."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from pamwal.edge.issuer import Issuer
from pamwal.edge.metrics import UNACKED
from pamwal.local.kafka import LocalKafka
from pamwal.stack.stack import Part, Stack
from tests.chaos.fleet import ENDS_WITHIN_S
from tests.integration.freezing import freeze, until

pytestmark = pytest.mark.kafka

PATIENCE_S = 90


def check_in(name: str) -> dict[str, Any]:
    return {
        "id": name,
        "source": "/posts/posko/devices/1",
        "type": "pamwal.field.check_in.v1",
        "time": "2024-10-03T01:15:00.000Z",
        "channel": "app",
        "data": {"officer_id": "NTT-0001", "place": "rally/r-1", "method": "manual"},
    }


@pytest.fixture
def broker_pid(own_kafka: LocalKafka) -> Iterator[int]:
    """The process of the broker, which goes on after the test if it was stopped."""
    assert own_kafka.pid is not None
    yield own_kafka.pid
    os.kill(own_kafka.pid, signal.SIGCONT)


async def test_a_service_told_to_end_while_kafka_stalls_answers_503_and_ends_by_itself(
    state: Path,
    own_kafka: LocalKafka,
    broker_pid: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PAMWAL_BOOTSTRAP_SERVERS", own_kafka.bootstrap_servers)
    token = Issuer(state / "issuer").issue(
        role="command_post", operation="op", mode="real", subject="a", post="posko"
    )
    part = Part(name="checkin", service="checkin", role="all", own_port=False)
    async with (
        Stack(state, (part,)) as stack,
        httpx.AsyncClient(timeout=PATIENCE_S, headers={"authorization": f"Bearer {token}"}) as http,
    ):
        # given edge and decider in one process, and posts that a stalled Kafka does not acknowledge
        url = f"{stack.plan('checkin').api}/operations/op/check-ins"
        first = await http.post(url, json=check_in("before"), headers={"prefer": "respond-async"})
        assert first.status_code == 202
        await freeze(broker_pid)
        posting = [asyncio.create_task(http.post(url, json=check_in(name))) for name in ("a", "b", "c")]

        async def all_sent() -> bool:
            metrics = await http.get(f"{stack.plan('checkin').operators_address}/metrics")
            return f"\n{UNACKED.name} {len(posting)}.0\n" in metrics.text

        await until(all_sent, PATIENCE_S, f"{len(posting)} posts wait for Kafka to acknowledge them")

        # when it is told to end
        process = stack.process("checkin")
        process.ask_to_end()
        assert await process.ended(ENDS_WITHIN_S), "it had to be killed"

        # then nobody was told anything but the truth
        for answer in await asyncio.gather(*posting):
            told = (answer.status_code, answer.json().get("code"))
            assert told == (503, "not_kept"), f"{answer.status_code} {answer.text}"
