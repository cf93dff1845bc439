"""Scheduler and checkin on one log in memory: a plan that is there, and a field that speaks over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import msgspec

from pamwal.contracts.claims import Role
from pamwal.contracts.codec import TYPE_OF, decode_decision, decode_request
from pamwal.contracts.envelope import Decision, Request, RequestData
from pamwal.contracts.routes import ROUTES
from pamwal.contracts.scheduling import OpenOperation, RegisterOfficers
from pamwal.contracts.topics import FIELD_DECISIONS, FIELD_REQUESTS, SCHEDULING_DECISIONS
from pamwal.contracts.zones import Zone
from pamwal.edge.app import Authority, Clock, Edge, EdgeSettings, build_edge
from pamwal.edge.clock import system_ms
from pamwal.edge.issuer import Issuer
from pamwal.service import Process
from pamwal.wire.log import TopicPartition
from pamwal.wire.memory import MemoryLog
from services.checkin.app import CHECKIN
from services.checkin.core import CheckinCore
from services.checkin.plans import Plans
from services.scheduler.app import SCHEDULER
from services.scheduler.core import SchedulerCore
from tests.edge.house import PATIENT_MS
from tests.unit.scheduler.asked import OPERATION, at, entry, opening, plan, site, sites
from tests.wire.witness import Worker, everything

DEADLINE_S = 60
BY_NAME = {"scheduler": SCHEDULER, "checkin": CHECKIN}
ROOT = f"/checkin/v1/operations/{OPERATION}"


class District:
    """One operation; `settings` are those of both edges."""

    def __init__(self, log: MemoryLog, settings: EdgeSettings) -> None:
        self.log, self.settings = log, settings
        self.issuer = Issuer(settings.issuer_path)
        self.edges: dict[str, Edge] = {}
        self.clients: dict[str, httpx.AsyncClient] = {}
        self._number = count(1)

    def token(
        self,
        role: Role = "command_post",
        post: str | None = "oebobo",
        officer: str | None = None,
        subject: str = "operator-1",
        operation: str = OPERATION,
    ) -> dict[str, str]:
        """The header of such a token."""
        text = self.issuer.issue(
            role=role, operation=operation, mode="exercise", subject=subject, post=post, officer=officer
        )
        return {"authorization": f"Bearer {text}"}

    def body(self, data: RequestData, *, time: str = at("16:00"), post: str = "oebobo", **more: Any) -> Any:
        """What a post sends of it."""
        return {
            "id": f"f-{next(self._number)}", "source": f"/posts/{post}/devices/1",
            "type": TYPE_OF[type(data)], "time": time, "channel": "app",
            "data": msgspec.to_builtins(data), **more,
        }  # fmt: skip

    async def say(self, body: Any, headers: dict[str, str] | None = None) -> httpx.Response:
        """One request of its type."""
        route = ROUTES[body["type"]]
        return await self.clients[route.service].post(
            f"/{route.service}/v1/operations/{OPERATION}{route.path}",
            json=body, headers=headers or self.token(),
        )  # fmt: skip

    async def batch(self, *bodies: Any, headers: dict[str, str] | None = None) -> list[dict[str, Any]]:
        """Many of the field's, an answer each."""
        answer = await self.clients["checkin"].post(
            f"{ROOT}/batch", json=list(bodies), headers=headers or self.token()
        )
        assert answer.status_code == 200, answer.text
        return list(answer.json())

    async def get(self, path: str, headers: dict[str, str] | None = None, **query: str) -> httpx.Response:
        """A read of checkin's."""
        return await self.clients["checkin"].get(path, params=query, headers=headers or self.token())

    async def must_plan(self, *asked: RequestData) -> None:
        """Said to the scheduler by the head of operations, accepted, and known to checkin's edge."""
        for data in asked:
            role: Role = "admin" if isinstance(data, OpenOperation) else "ops_head"
            answer = await self.say(self.body(data), self.token(role))
            assert answer.status_code == 201, answer.text
        at_log = TopicPartition(SCHEDULING_DECISIONS.name, 0)
        plans = getattr(self.edges["checkin"].spec.advise, "__self__", None)
        assert isinstance(plans, Plans)
        end = (await everything(self.log, at_log.topic))[-1].offset + 1
        async with asyncio.timeout(DEADLINE_S):
            while plans.follower.vector().get(at_log, 0) < end:
                await asyncio.sleep(0.001)

    async def requests(self) -> list[Request[Any]]:
        """What stands in the field's log."""
        return [decode_request(each.value) for each in await everything(self.log, FIELD_REQUESTS.name, 0)]

    async def decisions(self) -> list[Decision[Any]]:
        """What was decided of it."""
        return [decode_decision(each.value) for each in await everything(self.log, FIELD_DECISIONS.name, 0)]


@asynccontextmanager
async def district(folder: Path, zone: Zone = "Asia/Makassar", **settings: Any) -> AsyncIterator[District]:
    """Given three officers, rallies at Oebobo, Lasiana and Sikumana from 16:00 to 20:00 WITA, and a site."""
    log = MemoryLog(partitions=1, clock_ms=system_ms)
    log.create_topics()
    found = District(log, EdgeSettings(**{"state": folder, "decision_wait_ms": PATIENT_MS, **settings}))
    async with AsyncExitStack() as stack:
        for core in (SchedulerCore(), CheckinCore()):
            await stack.enter_async_context(Worker(log, core, 0, now=Clock().now))
        for name, service in BY_NAME.items():
            clock = Clock()
            spec = service.edge(Process(log, clock, found.settings, "none"))
            authority = Authority.from_settings(found.settings, clock)
            edge = found.edges[name] = build_edge(spec, log, clock, authority, found.settings)
            found.clients[name] = await stack.enter_async_context(
                httpx.AsyncClient(
                    transport=httpx.ASGITransport(edge.app), base_url="http://127.0.0.1", timeout=DEADLINE_S
                )
            )
            await edge.start()
            stack.push_async_callback(edge.stop)
        async with asyncio.timeout(DEADLINE_S):
            while not all(edge.health.readiness().ready for edge in found.edges.values()):
                await asyncio.sleep(0.001)
        await found.must_plan(
            opening(zone=zone),
            RegisterOfficers(officers=[entry(f"k-{number}") for number in (1, 2, 3)]),
            plan("oebobo-1"),
            plan("lasiana-1"),
            plan("sikumana-1"),
            sites(site()),
        )
        yield found
