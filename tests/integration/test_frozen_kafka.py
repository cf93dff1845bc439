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
from pamwal.local.kafka import LocalKafka
from pamwal.stack.stack import Part, Stack

pytestmark = pytest.mark.kafka

ENDS_WITHIN_S = 5
PATIENCE_S = 30


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
def frozen(own_kafka: LocalKafka) -> Iterator[signal.Signals]:
    """What stops the broker where it is; afterwards it goes on."""
    assert own_kafka.pid is not None
    yield signal.SIGSTOP
    os.kill(own_kafka.pid, signal.SIGCONT)


async def test_a_service_told_to_end_while_kafka_stalls_answers_503_and_ends_within_5_s(
    state: Path, own_kafka: LocalKafka, frozen: signal.Signals, monkeypatch: pytest.MonkeyPatch
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
        assert own_kafka.pid is not None
        os.kill(own_kafka.pid, frozen)
        posting = [asyncio.create_task(http.post(url, json=check_in(name))) for name in ("a", "b", "c")]
        await asyncio.sleep(0.3)

        # when it is told to end
        process = stack.process("checkin")
        process.ask_to_end()
        assert await process.ended(ENDS_WITHIN_S), "it had to be killed"

        # then nobody was told anything but the truth
        for answer in await asyncio.gather(*posting):
            assert (answer.status_code, answer.json()["code"]) == (503, "not_kept")
