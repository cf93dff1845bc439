"""Reads that need much CPU: a few at a time, in processes that end when the client leaves; 503 beyond."""

from __future__ import annotations

import asyncio
import csv
import io
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from msgspec.structs import replace

from pamwal.bounded_queue import BoundedQueue
from pamwal.contracts.errors import HttpProblem
from pamwal.edge.http import Message
from pamwal.tables import Table, TableForm
from services.reporting.exported import CELLS_AT_ONCE, TableWriter
from services.reporting.settings import TABLE_LIMITS
from tests.unit.edges import client_that_waits
from tests.unit.reporting.house import ROOT, House, Written, a_house

DEADLINE_S = 300.0
JOBS = "tests.unit.processes.jobs"
LARGE = CELLS_AT_ONCE // 4 + 1
"""Times the rows of `SMALL` that no CSV is written in the loop of."""
SMALL = Table(title="t", columns=["a", "b"], rows=[["=x", 1], [None, -2.5]])


def writer_of(job: str | None = None, **limits: Any) -> TableWriter:
    within = replace(TABLE_LIMITS, **limits)
    return TableWriter(within) if job is None else TableWriter(within, f"{JOBS}:{job}")


@pytest.fixture
async def full_house(tmp_path: Path) -> AsyncIterator[House]:
    """A replica in which no place for costly work is ever free."""
    written = Written()
    await written.plan()
    writer, audits, checks = writer_of(at_once=0, waiting_max=0), BoundedQueue(0, 0, 5), BoundedQueue(0, 0, 5)
    async with a_house(tmp_path, written, writer=writer, audits=audits, checks=checks) as house:
        await house.until_folded()
        yield house


@pytest.mark.parametrize(
    "path",
    [
        "/situation.xlsx",
        "/children/situation.xlsx",
        "/hours.xlsx",
        "/timeline.xlsx",
        "/children/timeline.xlsx",
        "/parity?election=walikota",
    ],
)
async def test_who_asks_while_too_many_wait_is_told_to_come_again(full_house: House, path: str) -> None:
    answer = await full_house.get(path, "ops_head")

    assert (answer.status_code, answer.json()["code"]) == (503, "busy")
    assert answer.headers["retry-after"] == "5"


async def test_a_claim_check_is_told_so_too(full_house: House) -> None:
    body = {"text": "2 personel"}
    answer = await full_house.client.post(f"{ROOT}/claims:check", json=body, headers=full_house.bearer())

    assert (answer.status_code, answer.json()["code"]) == (503, "busy")


async def test_small_tables_without_a_workbook_wait_for_nothing(full_house: House) -> None:
    for path in ("/situation.csv", "/children/situation.csv", "/hours.csv", "/timeline.csv"):
        answer = await full_house.get(path, "ops_head")
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_a_process_writes_what_the_loop_would(form: TableForm) -> None:
    large = replace(SMALL, rows=[*SMALL.rows] * LARGE)

    answer = await writer_of(waiting_max=0).answer([large], form, "t", client_that_waits, exercise=True)

    if form == "csv":
        rows: list[Any] = list(csv.reader(io.StringIO(bytes(answer.body).decode("utf-8-sig"))))
        expected: list[Any] = [["LATIHAN", "'=x", "1"], ["LATIHAN", "", "-2.5"]]
    else:
        (sheet,) = openpyxl.load_workbook(io.BytesIO(bytes(answer.body)), read_only=True)
        rows = [list(row) for row in sheet.iter_rows(values_only=True)]
        expected = [["LATIHAN", "'=x", 1], ["LATIHAN", None, -2.5]]
    assert rows[0] == ["LATIHAN", "a", "b"]
    assert rows[1:] == expected * LARGE


async def test_the_process_ends_when_the_client_leaves() -> None:
    writer, leaves = writer_of("never_end"), asyncio.Event()

    async def receive() -> Message:
        await leaves.wait()
        return {"type": "http.disconnect"}

    asking = asyncio.ensure_future(writer.answer([SMALL], "xlsx", "t", receive, exercise=False))
    async with asyncio.timeout(DEADLINE_S):
        while not writer.processes.running:
            await asyncio.sleep(0.01)
    (pid,) = writer.processes.running
    os.kill(pid, 0)

    leaves.set()

    with pytest.raises(HttpProblem, match="closed the connection"):
        await asking
    assert not writer.processes.running
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.parametrize(
    ("job", "limits", "status", "code", "says"),
    [
        ("never_end", {"wall_s": 0.1}, 422, "too_large", "over 0.1 s; ask for fewer days"),
        ("be_killed", {}, 500, "not_written", "log says why"),
    ],
)
async def test_a_table_that_is_not_written_is_refused_and_says_what_to_do(
    job: str, limits: dict[str, Any], status: int, code: str, says: str
) -> None:
    with pytest.raises(HttpProblem, match=says) as refused:
        await writer_of(job, **limits).answer([SMALL], "xlsx", "t", client_that_waits, exercise=False)

    assert (refused.value.status, refused.value.code) == (status, code)
