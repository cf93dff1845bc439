"""The service of these tests, running."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from pamwal.edge.app import Authority, Clock, EdgeSettings, build_edge
from pamwal.edge.clock import system_ms
from pamwal.edge.issuer import Issuer
from pamwal.service import Process
from pamwal.wire.memory import MemoryLog
from services.checkin.app import edge_spec
from services.checkin.core import CheckinCore
from tests.edge.house import PATIENT_MS
from tests.unit.checkin.house import DEADLINE_S, Field
from tests.wire.witness import Worker


@pytest.fixture
async def field(tmp_path: Path) -> AsyncIterator[Field]:
    log = MemoryLog(partitions=1, clock_ms=system_ms)
    log.create_topics()
    clock, settings = Clock(), EdgeSettings(state=tmp_path, decision_wait_ms=PATIENT_MS)
    spec = edge_spec(Process(log, clock, settings, "none"))
    edge = build_edge(spec, log, clock, Authority.from_settings(settings, clock), settings)
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(
            httpx.AsyncClient(
                transport=httpx.ASGITransport(edge.app), base_url="http://127.0.0.1", timeout=DEADLINE_S
            )
        )
        await stack.enter_async_context(Worker(log, CheckinCore(), 0))
        await edge.start()
        stack.push_async_callback(edge.stop)
        async with asyncio.timeout(DEADLINE_S):
            while not edge.health.readiness().ready:
                await asyncio.sleep(0.001)
        yield Field(log, client, Issuer(settings.issuer_path), edge, tmp_path)
