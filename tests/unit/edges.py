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
from pamwal.edge.http import Message
from pamwal.edge.issuer import Issuer
from pamwal.edge.serve import listening_socket, serve
from pamwal.service import Process
from pamwal.wire.core import Core
from pamwal.wire.memory import MemoryLog
from tests.edge.house import PATIENT_MS
from tests.wire.witness import NOW, Worker

DEADLINE_S: Final = 60.0
PATIENT: Final[dict[str, Any]] = {"decision_wait_ms": PATIENT_MS, "read_wait_ms": PATIENT_MS}
SERVED_WITHIN_S: Final = 300.0
"""How long a client waits for what may start processes, on a busy machine."""


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
    """The edge with a decider of its one partition, whose clock is `now`; its client is in this process."""
    edge, log = _built(spec_of, EdgeSettings(state=state, **PATIENT))
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(
            httpx.AsyncClient(
                transport=httpx.ASGITransport(edge.app), base_url="http://127.0.0.1", timeout=DEADLINE_S
            )
        )
        await stack.enter_async_context(Worker(log, core, 0, now=now))
        await edge.start()
        stack.push_async_callback(edge.stop)
        await _ready(edge)
        yield Running(log, client, Issuer(edge.settings.issuer_path), edge)


@asynccontextmanager
async def a_served_edge(
    state: Path, spec_of: Callable[[Process], EdgeSpec], core: Core[Any], **settings: Any
) -> AsyncIterator[Running]:
    """The edge at a port of its own, with a decider of its one partition; its client uses TCP connections."""
    given = EdgeSettings(**{"state": state, **PATIENT, **settings})
    edge, log = _built(spec_of, given)
    listener, stop = listening_socket("127.0.0.1", 0), asyncio.Event()
    async with AsyncExitStack() as stack:
        client = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{listener.getsockname()[1]}",
            timeout=SERVED_WITHIN_S,
            limits=httpx.Limits(max_connections=None),
        )
        await stack.enter_async_context(Worker(log, core, 0, now=lambda: NOW))
        serving = asyncio.ensure_future(serve(edge, stop=stop, listener=listener))
        stack.push_async_callback(asyncio.wait, {serving})
        stack.callback(stop.set)
        await stack.enter_async_context(client)
        await _ready(edge)
        yield Running(log, client, Issuer(given.issuer_path), edge)


def _built(spec_of: Callable[[Process], EdgeSpec], settings: EdgeSettings) -> tuple[Edge, MemoryLog]:
    log = MemoryLog(partitions=1, clock_ms=system_ms)
    log.create_topics()
    clock = Clock()
    spec = spec_of(Process(log, clock, settings, "none"))
    return build_edge(spec, log, clock, Authority.from_settings(settings, clock), settings), log


async def _ready(edge: Edge) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not edge.health.readiness().ready:
            await asyncio.sleep(0.001)


async def client_that_waits() -> Message:
    """`receive` of a request whose client waits for its answer."""
    return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]
