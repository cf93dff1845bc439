"""An edge of any service on a log in memory, ready, and a client of it over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx

from pamwal.edge.app import Authority, Clock, Edge, EdgeSettings, EdgeSpec, build_edge
from pamwal.edge.clock import system_ms
from pamwal.edge.issuer import Issuer
from pamwal.service import Process
from pamwal.wire.core import Core
from pamwal.wire.memory import MemoryLog
from tests.edge.house import PATIENT_MS
from tests.wire.witness import NOW, Worker

DEADLINE_S: Final = 10.0


class Running(NamedTuple):
    """What a test holds of it."""

    log: MemoryLog
    client: httpx.AsyncClient
    issuer: Issuer
    edge: Edge


@asynccontextmanager
async def an_edge(
    state: Path,
    spec_of: Callable[[Process], EdgeSpec],
    core: Core[Any],
    now: Callable[[], str] = lambda: NOW,
) -> AsyncIterator[Running]:
    """The edge with a decider of its one partition, whose clock is `now`."""
    log = MemoryLog(partitions=1, clock_ms=system_ms)
    log.create_topics()
    clock, settings = Clock(), EdgeSettings(state=state, decision_wait_ms=PATIENT_MS)
    edge = build_edge(
        spec_of(Process(log, clock, settings, "none")),
        log, clock, Authority.from_settings(settings, clock), settings,
    )  # fmt: skip
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(
            httpx.AsyncClient(
                transport=httpx.ASGITransport(edge.app), base_url="http://127.0.0.1", timeout=DEADLINE_S
            )
        )
        await stack.enter_async_context(Worker(log, core, 0, now=now))
        await edge.start()
        stack.push_async_callback(edge.stop)
        async with asyncio.timeout(DEADLINE_S):
            while not edge.health.readiness().ready:
                await asyncio.sleep(0.001)
        yield Running(log, client, Issuer(settings.issuer_path), edge)
