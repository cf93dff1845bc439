"""`pamwal field` against checkin on a log in memory."""

from __future__ import annotations

import asyncio
import csv
import io
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from click.testing import Result

from pamwal.cli.field import _polls_table
from pamwal.client.field_sheets import FieldSheets
from pamwal.client.service import ServiceClient
from pamwal.contracts.posts_shown import OperationPolls, PolledOfficer, PollRow, Polls
from tests.cli.scheduler.conftest import Across, Run
from tests.unit.checkin.conftest import field
from tests.unit.checkin.house import OPERATION, Field, said
from tests.unit.checkin.test_sheets_over_http import CHECK_OUT, PLACE, report

__all__ = ["field"]


@pytest.fixture
async def call(field: Field, pamwal: Any, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command, by the token of post Maulafa."""
    across, plain = Across(asyncio.get_running_loop(), field.transport), httpx.AsyncClient
    token = field.token("command_post", "maulafa", None, "operator-1")["authorization"].split()[1]

    async def run(*arguments: str, stdin: str | None = None) -> Result:
        with monkeypatch.context() as patched:
            patched.setattr(httpx, "AsyncClient", lambda **more: plain(transport=across, **more))
            words = [*arguments, "--operation", OPERATION, "--token", token]
            return await asyncio.to_thread(pamwal, *words, stdin=stdin)

    return run


@pytest.fixture
async def told(field: Field) -> str:
    """One officer came and went, one came; the receipt of the last word."""
    await field.post(report("a", "01:00"))
    await field.post(report("b", "09:00", kind=CHECK_OUT))
    last = await field.post(report("c", "01:10", "NTT-0042"))
    await field.get(f"/places/{PLACE}/attendance?day=2024-10-03", after=last)
    return last.headers["pamwal-at"]


@pytest.mark.usefixtures("told")
async def test_a_sheet_in_each_form(call: Run, tmp_path: Path) -> None:
    words = ("field", "attendance", PLACE, "--day", "2024-10-03")
    shown = (await call(*words)).stdout
    assert "2024-10-03 09:00 WITA" in shown
    assert "2024-10-03 17:00 WITA" in shown
    whole = msgspec.json.decode((await call(*words, "--form", "json")).stdout)
    assert [row["officer_id"] for row in whole["rows"]] == ["NTT-0041", "NTT-0042"]
    assert msgspec.json.decode((await call(*words, "--form", "ics")).stdout)["form"] == "ICS 211"
    file = tmp_path / "list.csv"
    assert (await call(*words, "--form", "csv", "--to", str(file))).exit_code == 0
    assert len(file.read_text("utf-8-sig").splitlines()) == 3


@pytest.mark.usefixtures("told")
async def test_a_log_in_each_form(call: Run) -> None:
    words = ("field", "log", "maulafa", "--day", "2024-10-03")
    shown = (await call(*words)).stdout
    assert "check_out" in shown
    assert "operator-1" in shown
    whole = msgspec.json.decode((await call(*words, "--form", "json")).stdout)
    assert [line["id"] for line in whole["lines"]] == ["a", "b", "c"]
    assert msgspec.json.decode((await call(*words, "--form", "ics")).stdout)["form"] == "ICS 214"
    assert (await call(*words, "--form", "csv", "--to", "-")).stdout.count("\n") == 4


@pytest.mark.usefixtures("told")
async def test_an_officers_day_says_what_became_of_each_word(call: Run, field: Field) -> None:
    for body in (
        said(
            "pamwal.field.call_roll.v1", id="roll", time="2024-10-03T00:00:00.000Z",
            data={"unit": "Sektor Maulafa", "not_present": [{"officer_id": "NTT-0041", "cause": "sakit"}]},
        ),
        report("back", "02:00"),
        said("pamwal.field.void.v1", id="v", data={"observation": "back/0", "cause": "wrong man"}),
    ):  # fmt: skip
        last = await field.post(body)
        assert last.status_code == 201, last.text
    await field.get("/incidents", after=last)
    words = ("field", "officer", "NTT-0041", "--day", "2024-10-03")
    shown = (await call(*words)).stdout
    for part in ("2024-10-03 08:00 WITA", "not present, sakit", "came", "went", "taken back by operator-1"):
        assert part in shown, shown
    found = msgspec.json.decode((await call(*words, "--json")).stdout)
    assert [one["fact"]["type"] for one in found["observations"]] == [
        "roll_called", "checked_in", "checked_in", "checked_out",
    ]  # fmt: skip


async def test_what_makes_no_sense_or_is_anothers_is_said(call: Run) -> None:
    refused = await call("field", "log", "oebobo", "--day", "2024-10-03")
    assert (refused.exit_code, "its own log" in refused.stderr) == (5, True)
    wrong = await call("field", "attendance", PLACE, "--day", "2024-10-03", "--form", "xml")
    assert (wrong.exit_code, "none of table, json, ics, csv" in wrong.stderr) == (1, True)
    zone = await call("field", "attendance", PLACE, "--day", "2024-10-03", "--zone", "UTC")
    assert (zone.exit_code, "Asia/Makassar" in zone.stderr) == (1, True)


async def test_the_client_reads_a_log_page_after_page(field: Field, told: str) -> None:
    token = field.token("command_post", "maulafa", None, "operator-1")["authorization"].split()[1]
    async with httpx.AsyncClient(transport=field.transport) as http:
        client = ServiceClient(http, "http://127.0.0.1:8102/checkin/v1", token)
        sheets = FieldSheets(client, OPERATION)
        assert [line.id for line in (await sheets.log("maulafa", "2024-10-03", at=(told,))).lines] == [
            "a", "b", "c",
        ]  # fmt: skip
        first = await sheets.log("maulafa", "2024-10-03", most=2, at=(told,))
        assert ([line.id for line in first.lines], first.next_after) == (["a", "b"], 1)


async def test_the_client_reads_a_whole_log_in_every_form(field: Field) -> None:
    """Over 500 lines are more than a page."""
    count = 503
    for start in range(0, count, 100):
        rows = [report(f"r{number:03}", "01:00") for number in range(start, min(start + 100, count))]
        last = await field.batch(rows)
    other = await field.post(report("last", "02:00"), subject="operator-2")
    assert last.status_code == 200
    token = field.token("command_post", "maulafa", None, "operator-1")["authorization"].split()[1]
    async with httpx.AsyncClient(transport=field.transport) as http:
        sheets = FieldSheets(ServiceClient(http, "http://127.0.0.1:8102/checkin/v1", token), OPERATION)
        at = (other.headers["pamwal-at"],)
        form = await sheets.ics_214("maulafa", "2024-10-03", at=at)
        table = await sheets.table("log", "maulafa", "2024-10-03", at=at)
    assert (len(form.activities), form.next_after) == (count + 1, None)
    assert form.resources_assigned == ["operator-1", "operator-2"]
    read = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert [row["id"] for row in read] == [*(f"r{number:03}" for number in range(count)), "last"]


def test_polls_are_shown_with_who_is_missing() -> None:
    row = PollRow(
        poll_id="par-1", post_id="maulafa", place="rally/r-1", post=None,
        starts_at="2024-10-03T10:00:00.000Z", due_at="2024-10-03T10:15:00.000Z", running=False,
        asked=2, acked=1, late=0, pending=0, missed=1, unasked=0,
        officers=[
            PolledOfficer(officer_id="NTT-0041", state="acked"),
            PolledOfficer(officer_id="NTT-0042", state="missed"),
        ],
    )  # fmt: skip
    found = OperationPolls(
        operation_id=OPERATION, day="2024-10-03", at="2024-10-03T11:00:00.000Z", vector={},
        zone="Asia/Jayapura", polls=Polls(asked=2, acked=1, missed=1, rows=[row]),
    )  # fmt: skip
    cells = [next(iter(column.cells)) for column in _polls_table(found).columns]
    assert cells == [
        "par-1", "rally/r-1", "2024-10-03 19:00 WIT", "2024-10-03 19:15 WIT, over",
        "2", "1", "0", "0", "1", "0", "NTT-0042",
    ]  # fmt: skip
