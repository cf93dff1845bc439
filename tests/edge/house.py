"""One edge on a log in memory, with a decider that can be stopped, and a client that speaks HTTP to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
from fastapi import APIRouter

from pamwal.contracts.claims import ROLES, Role
from pamwal.contracts.envelope import Decision
from pamwal.contracts.field import ReportIncident
from pamwal.edge.access import FOR_ANY_TOKEN, for_roles
from pamwal.edge.app import (
    Authority,
    Clock,
    Edge,
    EdgeSettings,
    EdgeSpec,
    Keep,
    Reader,
    RequestRoute,
    build_edge,
)
from pamwal.edge.clock import system_ms
from pamwal.edge.issuer import Issuer
from pamwal.wire.log import Record, TopicPartition
from pamwal.wire.memory import MemoryLog
from tests.edge.guard_core import GuardCore
from tests.wire.witness import Worker, everything

DEADLINE_S = 60
PATIENT_MS = 30_000
"""How long an edge of these tests waits for a decision, so that a busy machine makes none pending."""
CHECK_IN, REPORT = "pamwal.field.check_in.v1", "pamwal.field.report_incident.v1"
ROOT = "/guard/v1/operations/op"
ROUTES = (
    RequestRoute(path="/check-ins", type=CHECK_IN, roles=ROLES, summary="An officer is at a place"),
    RequestRoute(path="/incidents", type=REPORT, roles=ROLES, summary="Something happened"),
)


def set_apart(data: Any, keep: Keep) -> Any:
    """As a service does it: words out, reference in."""
    if isinstance(data, ReportIncident):
        ref = keep(data.text) if data.text is not None else None
        return msgspec.structs.replace(data, text=None, text_ref=ref)
    return data


def a_read() -> APIRouter:
    router = APIRouter()

    @router.get("/guard/v1/operations/{operation_id}/seen", openapi_extra=for_roles("viewer", "command_post"))
    async def seen(operation_id: str, caller: Reader, limit: int = 10) -> dict[str, Any]:
        return {"operation": operation_id, "actor": caller.actor, "limit": limit}

    @router.get("/guard/v1/broken", openapi_extra=FOR_ANY_TOKEN)
    async def broken() -> None:
        raise RuntimeError("a secret of the inside")

    return router


def check_in(name: str, *, post: str = "posko", officer: str = "NTT-0001", **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "source": f"/posts/{post}/devices/1",
        "type": CHECK_IN,
        "time": "2024-10-03T01:15:00.000Z",
        "channel": "app",
        "data": {"officer_id": officer, "place": "rally/r-1", "method": "qr"},
        **more,
    }


class House:
    """What a test sees."""

    def __init__(self, log: MemoryLog, edge: Edge, client: httpx.AsyncClient, issuer: Issuer) -> None:
        self.log, self.edge, self.client, self.issuer = log, edge, client, issuer

    def bearer(
        self,
        *,
        role: Role = "command_post",
        operation: str = "op",
        post: str | None = "posko",
        subject: str = "bripka-a",
        officer: str = "NTT-0001",
    ) -> dict[str, str]:
        token = self.issuer.issue(
            role=role, operation=operation, mode="exercise", subject=subject, post=post, officer=officer
        )
        return {"authorization": f"Bearer {token}"}

    async def post(
        self, body: Any, *, path: str = "/check-ins", root: str = ROOT, **headers: str
    ) -> httpx.Response:
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        auth = {} if "authorization" in given else self.bearer()
        return await self.client.post(root + path, content=content, headers={**auth, **given})

    async def get(self, path: str, **headers: str) -> httpx.Response:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.get(path, headers={**self.bearer(), **given})

    async def operators(self, path: str) -> httpx.Response:
        """What an operator is told at the port for operators."""
        transport = httpx.ASGITransport(self.edge.operators)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.get(path)

    async def requests(self) -> list[Record]:
        return await everything(self.log, GuardCore.requests_topic)

    async def outcomes(self) -> list[str]:
        found = await everything(self.log, GuardCore.decisions_topic)
        return [msgspec.json.decode(each.value, type=Decision[Any]).data.outcome for each in found]

    @asynccontextmanager
    async def deciding(self) -> AsyncIterator[None]:
        """A decider runs meanwhile."""
        async with Worker(self.log, GuardCore(), 0):
            yield

    async def until_decided(self, requests: int) -> None:
        """Waits until this edge's tail brought so many decisions."""
        tail = self.edge.tail
        assert tail is not None
        await until(lambda: tail.decided(TopicPartition(GuardCore.decisions_topic, 0)) >= requests)

    async def until_ready(self) -> None:
        await until(lambda: self.edge.health.readiness().ready)


async def until(holds: Callable[[], bool]) -> None:
    """Waits, at most the deadline, until something holds."""
    async with asyncio.timeout(DEADLINE_S):
        while not holds():
            await asyncio.sleep(0.001)


@asynccontextmanager
async def a_house(
    folder: Path,
    *,
    decides: bool = True,
    log: MemoryLog | None = None,
    clock: Clock | None = None,
    ready: bool = True,
    **settings: Any,
) -> AsyncIterator[House]:
    """An edge that is ready, closed at the end."""
    if log is None:
        log = MemoryLog(partitions=1, clock_ms=system_ms)
        log.create_topics()
    clock = clock or Clock()
    found = EdgeSettings(**{"state": folder, "decision_wait_ms": PATIENT_MS, **settings})
    spec = EdgeSpec(
        service="guard",
        requests_topic=GuardCore.requests_topic,
        decisions_topic=GuardCore.decisions_topic,
        routes=ROUTES,
        reads=(a_read(),),
        set_apart=set_apart,
    )
    edge = build_edge(spec, log, clock, Authority.from_settings(found, clock), found)
    transport = httpx.ASGITransport(edge.app)
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(
            httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=DEADLINE_S)
        )
        house = House(log, edge, client, Issuer(found.issuer_path))
        if decides:
            await stack.enter_async_context(house.deciding())
        await edge.start()
        stack.push_async_callback(edge.stop)
        if ready:
            await house.until_ready()
        yield house
