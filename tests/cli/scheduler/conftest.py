"""The scheduler on a log in memory, and the command beside it: a thread that reaches it as if by network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from click.testing import Result

from pamwal.client.answers import Answer
from pamwal.client.scheduler import Scheduler
from pamwal.client.service import ServiceClient
from pamwal.contracts.claims import Claims
from pamwal.contracts.envelope import RequestData
from pamwal.contracts.persons import PersonalWords
from pamwal.contracts.scheduling import RegisterOfficers
from pamwal.edge.app import Authority, Clock, EdgeSettings, build_edge
from pamwal.edge.clock import system_ms
from pamwal.edge.issuer import Issuer
from pamwal.service import Process
from pamwal.wire.memory import MemoryLog
from services.scheduler.app import edge_spec
from services.scheduler.core import SchedulerCore
from tests.edge.house import PATIENT_MS
from tests.unit.scheduler.asked import ADMIN, OPERATION, OPS_HEAD, entry, opening, plan, site, sites
from tests.wire.witness import Worker

DEADLINE_S = 60
HERE = "http://127.0.0.1:8101"
Run = Callable[..., Awaitable[Result]]


class Across(httpx.AsyncBaseTransport):
    """Carries a request from the command's loop to the service's."""

    def __init__(self, loop: asyncio.AbstractEventLoop, inner: httpx.AsyncBaseTransport) -> None:
        self._loop, self._inner = loop, inner
        self.asked: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.method} {request.url.raw_path.decode()}")
        there = asyncio.run_coroutine_threadsafe(self._inner.handle_async_request(request), self._loop)
        return await asyncio.wrap_future(there)


class Served:
    """The service, who speaks to it, and the command."""

    def __init__(self, across: Across, inner: httpx.AsyncBaseTransport, issuer: Issuer, run: Run) -> None:
        self.across, self._inner, self._issuer, self._run = across, inner, issuer, run
        self._receipts: list[str] = []

    def token(self, by: Claims, operation: str = OPERATION) -> str:
        return self._issuer.issue(
            role=by.role, operation=operation, mode=by.mode, subject="operator-7", post=by.post,
            officer=by.officer,
        )  # fmt: skip

    def scheduler(self, by: Claims = OPS_HEAD, operation: str = OPERATION, post: str = "oebobo") -> Scheduler:
        """The client, in the service's own loop."""
        http = httpx.AsyncClient(transport=self._inner)
        client = ServiceClient(http, f"{HERE}/scheduler/v1", self.token(by, operation))
        return Scheduler(client, operation, now=lambda: "2024-10-02T23:00:00.000Z", post=post)

    async def say(self, data: RequestData, by: Claims = OPS_HEAD, operation: str = OPERATION) -> Answer:
        """Said, accepted, and seen by every read from now on."""
        scheduler = self.scheduler(by, operation)
        answer = await scheduler.ask(data)
        assert answer.meaning == "accepted", answer
        await scheduler.operation(after=[answer.receipt or ""])
        return answer

    async def call(self, *arguments: str, by: Claims | None = OPS_HEAD, stdin: str | None = None) -> Result:
        """The command, with a token unless `by` is None."""
        words = [*arguments, "--token", self.token(by)] if by else list(arguments)
        return await self._run(*words, stdin=stdin)


@pytest.fixture
async def served(tmp_path: Path, pamwal, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Served]:
    log = MemoryLog(partitions=1, clock_ms=system_ms)
    log.create_topics()
    clock, settings = Clock(), EdgeSettings(state=tmp_path / "state", decision_wait_ms=PATIENT_MS)
    edge = build_edge(
        edge_spec(Process(log, clock, settings, "none")), log, clock,
        Authority.from_settings(settings, clock), settings,
    )  # fmt: skip
    inner = httpx.ASGITransport(edge.app)
    across, plain = Across(asyncio.get_running_loop(), inner), httpx.AsyncClient

    async def run(*arguments: str, stdin: str | None = None) -> Result:
        with monkeypatch.context() as patched:
            patched.setattr(httpx, "AsyncClient", lambda **more: plain(transport=across, **more))
            return await asyncio.to_thread(pamwal, *arguments, stdin=stdin)

    async with AsyncExitStack() as stack:
        await stack.enter_async_context(Worker(log, SchedulerCore(), 0))
        await edge.start()
        stack.push_async_callback(edge.stop)
        async with asyncio.timeout(DEADLINE_S):
            while not edge.health.readiness().ready:
                await asyncio.sleep(0.001)
        yield Served(across, inner, Issuer(settings.issuer_path), run)


@pytest.fixture
async def opened(served: Served) -> Served:
    """An operation without anything in it."""
    await served.say(opening(), ADMIN)
    return served


@pytest.fixture
async def planned(opened: Served) -> Served:
    """Three officers with names that are nobody's, two rallies on 3 October, a site."""
    officers = [
        entry(f"k-{number}", person=PersonalWords(name=f"Personel {number}", nrp=f"NRP-{number}"))
        for number in (1, 2, 3)
    ]
    await opened.say(RegisterOfficers(officers=officers))
    await opened.say(plan("oebobo-1"))
    await opened.say(plan("lasiana-1"))
    await opened.say(sites(site()))
    return opened
