"""Uploaded files that need much memory or time, over HTTP: they are refused, and the edge stays as it is."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from services.scheduler.app import edge_spec
from services.scheduler.core import SchedulerCore
from services.scheduler.file_reader import FileReader
from services.scheduler.files.process import FUNCTION
from services.scheduler.settings import FILE_LIMITS
from tests.unit.edges import a_served_edge
from tests.unit.scheduler.asked import ADMIN, opening
from tests.unit.scheduler.conftest import Desk
from tests.unit.scheduler.files.books import as_excel_writes

DEADLINE_S = 300.0
JOBS = "tests.unit.processes.jobs"


@asynccontextmanager
async def desk_with(
    folder: Path, function: str = FUNCTION, **limits: Any
) -> AsyncIterator[tuple[Desk, FileReader]]:
    reader = FileReader(replace(FILE_LIMITS, **limits), function)
    async with a_served_edge(folder, lambda process: edge_spec(process, reader), SchedulerCore()) as running:
        desk = Desk(running.log, running.client, running.issuer)
        assert (await desk.say(opening(), by=ADMIN)).status_code == 201
        yield desk, reader


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not condition():
            await asyncio.sleep(0.01)


async def roster(desk: Desk, content: bytes, name: str = "a.xlsx") -> httpx.Response:
    async with asyncio.timeout(DEADLINE_S):
        return await desk.post(f"/imports/roster?filename={name}&post=oebobo", content)


async def test_a_row_of_too_many_cells_is_refused_before_it_is_built(tmp_path: Path) -> None:
    book = as_excel_writes("<row>" + "<c><v>1</v></c>" * 400_000 + "</row>", [])
    assert len(book) < 50_000

    async with desk_with(tmp_path, memory_bytes=256 * 1024 * 1024) as (desk, _):
        answer = await roster(desk, book)

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert "a row of over 16,384 cells" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("job", "limits", "says"),
    [
        ("fill_memory", {"memory_bytes": 256 * 1024 * 1024}, "needs over 256 MB of memory"),
        ("compute", {"cpu_s": 1}, "takes over 1 s of CPU time"),
        ("never_end", {"wall_s": 0.5}, "takes over 0.5 s"),
    ],
)
async def test_a_file_that_takes_too_much_is_refused_and_says_what(
    tmp_path: Path, job: str, limits: dict[str, Any], says: str
) -> None:
    async with desk_with(tmp_path, f"{JOBS}:{job}", **limits) as (desk, reader):
        answer = await roster(desk, b"any")

        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
        assert says in answer.json()["detail"]
        assert reader.processes.running == set()


async def test_the_process_ends_when_the_client_leaves(tmp_path: Path) -> None:
    async with desk_with(tmp_path, f"{JOBS}:never_end", wall_s=3600.0) as (desk, reader):
        sending = asyncio.ensure_future(roster(desk, b"any"))
        await until(lambda: reader.processes.running)
        (pid,) = reader.processes.running
        os.kill(pid, 0)

        sending.cancel()
        await asyncio.wait({sending})

        await until(lambda: not reader.processes.running)
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


async def test_files_beyond_those_that_may_wait_are_told_to_come_again(tmp_path: Path) -> None:
    async with desk_with(tmp_path, f"{JOBS}:never_end", at_once=1, waiting_max=0, wall_s=3600.0) as (
        desk,
        reader,
    ):
        first = asyncio.ensure_future(roster(desk, b"any"))
        await until(lambda: reader.processes.running)

        answer = await roster(desk, b"any")

        assert (answer.status_code, answer.json()["code"]) == (503, "busy")
        assert answer.headers["retry-after"] == "5"
        first.cancel()
        await asyncio.wait({first})
