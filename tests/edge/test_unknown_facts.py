"""Facts of a newer version: readers leave them out and say so, and go on with everything else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from fastapi import APIRouter

from pamwal.contracts.codec import decode_decision, decode_known
from pamwal.contracts.errors import HttpProblem, Undecodable
from pamwal.contracts.topics import FIELD_DECISIONS
from pamwal.edge.access import FOR_ANY_TOKEN
from pamwal.edge.app import Authority, Clock, EdgeSettings, EdgeSpec, Reader, build_edge
from pamwal.edge.clock import system_ms
from pamwal.edge.follow import Follower
from pamwal.edge.issuer import Issuer
from pamwal.edge.operators import unknown_facts
from pamwal.wire.log import Outgoing, Record, TopicPartition
from pamwal.wire.memory import MemoryLog
from tests.contracts.golden import as_stored, golden
from tests.edge.house import DEADLINE_S, until

CHECKED_IN = next(path for path in golden("decisions") if path.stem == "pamwal.field.check_in.v1")
NEW: dict[str, Any] = {"type": "parade_inspected", "id": "new/0", "officers": 12}
MISFIT: dict[str, Any] = {"type": "checked_in", "id": "new/1", "officer_id": ["a", "list"]}


def decision(*more: Any, operation: str = "op") -> bytes:
    """A stored check-in of that operation, and further facts that were decided with it."""
    found = msgspec.json.decode(as_stored(CHECKED_IN))
    found["operationid"] = operation
    found["data"]["facts"] += more
    return msgspec.json.encode(found)


def test_facts_that_are_not_known_are_named_and_the_others_are_read() -> None:
    found, unknown = decode_known(decision(NEW, MISFIT, 7, {"type": "numbered", "id": 7}))
    assert found == decode_decision(decision())
    assert unknown == [
        ("parade_inspected", "new/0"),
        ("checked_in", "new/1"),
        ("unreadable", None),
        ("numbered", None),
    ]


def test_what_is_no_decision_is_not_read_as_one() -> None:
    with pytest.raises(Undecodable):
        decode_known(b'{"type": "pamwal.decision.v1"}')


class Edge:
    """An edge that follows field decisions, and what it read of them."""

    def __init__(self, folder: Path, broken: bool) -> None:
        self.log = MemoryLog(partitions=1, clock_ms=system_ms)
        self.log.create_topics()
        self.facts: list[str] = []
        self.broken = broken
        self.follower = Follower(self.log, [FIELD_DECISIONS.name], self._fold)
        settings, clock, router = EdgeSettings(state=folder), Clock(), APIRouter()

        @router.get("/guard/v1/operations/{operation_id}/facts", openapi_extra=FOR_ANY_TOKEN)
        async def facts(operation_id: str, caller: Reader) -> list[str]:
            return self.facts

        spec = EdgeSpec(
            service="guard", reads=(router,), folded=self.follower, followers=(self.follower,),
            checks={"reads": self.follower.trouble},
            on_start=(self.follower.start,), on_stop=(self.follower.stop,),
        )  # fmt: skip
        self.edge = build_edge(spec, self.log, clock, Authority.from_settings(settings, clock), settings)
        self._issuer = Issuer(settings.issuer_path)
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.edge.app), base_url="http://127.0.0.1", timeout=DEADLINE_S
        )

    def _fold(self, _: TopicPartition, records: list[Record]) -> None:
        for _record, found in self.follower.decisions(records):
            if self.broken:
                raise ValueError("bad code")
            self.facts += [fact.id for fact in found.data.facts]

    def decide(self, value: bytes, operation: str = "op") -> None:
        self.log.store(FIELD_DECISIONS.name, 0, Outgoing(operation.encode(), value, ()))

    async def until_read(self, records: int) -> None:
        at = TopicPartition(FIELD_DECISIONS.name, 0)
        await until(lambda: self.follower.vector().get(at) == records)

    async def operators(self, path: str) -> httpx.Response:
        transport = httpx.ASGITransport(self.edge.operators)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.get(path)

    async def get(self, path: str, operation: str = "op") -> httpx.Response:
        token = self._issuer.issue(
            role="ops_head", operation=operation, mode="exercise", subject="s", post=None, officer=None
        )
        return await self._client.get(path, headers={"authorization": f"Bearer {token}"})


@pytest.fixture
def running(tmp_path: Path) -> Callable[..., Any]:
    @asynccontextmanager
    async def run(*, broken: bool = False) -> AsyncIterator[Edge]:
        found = Edge(tmp_path, broken)
        await found.edge.start()
        try:
            async with asyncio.timeout(DEADLINE_S):
                yield found
        finally:
            await found.edge.stop()

    return run


async def test_a_follower_goes_on_and_says_what_it_left_out(running: Callable[..., Any]) -> None:
    async with running() as edge:
        edge.decide(decision(NEW))
        edge.decide(b"no decision")
        edge.decide(decision(operation="other"), "other")
        await edge.until_read(3)
        await until(lambda: edge.edge.health.readiness().ready)

        ready = await edge.operators("/readyz")
        assert ready.status_code == 200, ready.text
        assert "parade_inspected (1), unreadable (1)" in ready.json()["notices"][0]
        assert (await edge.get("/healthz")).json() == {"status": "alive"}
        metrics = (await edge.operators("/metrics")).text
        assert 'pamwal_edge_unknown_facts{type="parade_inspected"} 1.0' in metrics

        found = await edge.get("/guard/v1/operations/op/facts")
        assert found.headers["pamwal-unknown-facts"] == "parade_inspected (1), unreadable (1)"
        known = [fact.id for fact in decode_decision(decision()).data.facts]
        assert found.json() == known * 2
        whole = await edge.get("/guard/v1/operations/other/facts", "other")
        assert (whole.status_code, "pamwal-unknown-facts" in whole.headers) == (200, False)

        assert [each.decision for each in edge.follower.places] == [
            f"{FIELD_DECISIONS.name}-0-0", f"{FIELD_DECISIONS.name}-0-1"
        ]  # fmt: skip
        told = msgspec.json.decode(unknown_facts(edge.edge))
        assert told[0] == {
            "operation": "op", "type": "parade_inspected", "decision": f"{FIELD_DECISIONS.name}-0-0",
            "fact": "new/0",
        }  # fmt: skip
        edge.follower.require_known("other")
        with pytest.raises(HttpProblem, match=r"parade_inspected \(1\)"):
            edge.follower.require_known("op")


async def test_a_process_whose_follower_ended_is_not_healthy(running: Callable[..., Any]) -> None:
    async with running(broken=True) as edge:
        assert (await edge.get("/healthz")).status_code == 200
        edge.decide(decision())
        await until(lambda: edge.edge.health.liveness().status == "ended")
        health = await edge.get("/healthz")
        assert (health.status_code, health.json()["status"]) == (503, "ended")
        assert health.json()["checks"] == {"reads": {"ok": False}}
        told = (await edge.operators("/healthz")).json()["checks"]["reads"]
        assert "bad code" in told["reason"]
        ready = await edge.get("/readyz")
        assert (ready.status_code, ready.json()["checks"]["reads"]["ok"]) == (503, False)
