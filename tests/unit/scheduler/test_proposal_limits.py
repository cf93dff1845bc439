"""Drafts that need much memory or time, over HTTP: they are refused, and the edge stays as it is."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from services.scheduler.app import edge_spec
from services.scheduler.core import SchedulerCore
from services.scheduler.proposal_route import Solver
from services.scheduler.settings import SOLVER_LIMITS
from tests.unit.edges import a_served_edge
from tests.unit.scheduler.asked import ADMIN, opening
from tests.unit.scheduler.conftest import Desk

DEADLINE_S = 300.0
JOBS = "tests.unit.processes.jobs"


@asynccontextmanager
async def desk_with(folder: Path, job: str, **limits: Any) -> AsyncIterator[tuple[Desk, Solver]]:
    solver = Solver(replace(SOLVER_LIMITS, **limits), f"{JOBS}:{job}")
    async with a_served_edge(
        folder, lambda process: edge_spec(process, solver=solver), SchedulerCore()
    ) as running:
        desk = Desk(running.log, running.client, running.issuer)
        assert (await desk.say(opening(), by=ADMIN)).status_code == 201
        yield desk, solver


async def proposal(desk: Desk) -> httpx.Response:
    async with asyncio.timeout(DEADLINE_S):
        return await desk.post("/proposals", b'{"day": "2024-10-03"}')


async def process_of(solver: Solver) -> int:
    """The process that solves, once there is one."""
    async with asyncio.timeout(DEADLINE_S):
        while not solver.processes.running:
            await asyncio.sleep(0.01)
    (pid,) = solver.processes.running
    return pid


async def test_a_day_that_takes_too_much_is_refused_and_says_what(tmp_path: Path) -> None:
    async with desk_with(tmp_path, "fill_memory", memory_bytes=256 * 1024 * 1024) as (desk, solver):
        answer = await proposal(desk)

        assert (answer.status_code, answer.json()["code"]) == (422, "too_large")
        assert "needs over 256 MB of memory; name fewer places" in answer.json()["detail"]
        assert solver.processes.running == set()


async def test_a_process_that_ends_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    async with desk_with(tmp_path, "be_killed") as (desk, _):
        answer = await proposal(desk)

    assert (answer.status_code, answer.json()["code"]) == (500, "solver_ended")
    assert "ask again" in answer.json()["detail"]


async def test_solving_ends_when_the_client_leaves(tmp_path: Path) -> None:
    async with desk_with(tmp_path, "never_end") as (desk, solver):
        asking = asyncio.ensure_future(proposal(desk))
        pid = await process_of(solver)
        os.kill(pid, 0)

        asking.cancel()
        await asyncio.wait({asking})

        async with asyncio.timeout(DEADLINE_S):
            while solver.processes.running:
                await asyncio.sleep(0.01)
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


async def test_clients_beyond_those_that_may_wait_are_told_to_come_again(tmp_path: Path) -> None:
    async with desk_with(tmp_path, "never_end", waiting_max=0) as (desk, solver):
        first = asyncio.ensure_future(proposal(desk))
        await process_of(solver)

        answer = await proposal(desk)

        assert (answer.status_code, answer.json()["code"]) == (503, "busy")
        assert answer.headers["retry-after"] == "10"
        first.cancel()
        await asyncio.wait({first})
