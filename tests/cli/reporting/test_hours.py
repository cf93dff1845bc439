"""`pamwal hours` against reporting on a log in memory."""

from __future__ import annotations

from pathlib import Path

import msgspec

from pamwal.contracts.hours import HoursWorked
from tests.cli.scheduler.conftest import Run


async def test_units_officers_and_the_policy_are_shown(call: Run) -> None:
    found = await call("hours")
    assert found.exit_code == 0
    for says in ("LATIHAN: Hours worked, 2024-10-03", "Samapta", "KPG-1 BRIPTU", "longest duty 12 h"):
        assert says in found.stdout
    assert "KPG-2" not in found.stdout, "a post is not told who is on intel"


async def test_json_and_rows_for_allowances(call: Run, tmp_path: Path) -> None:
    answer = msgspec.json.decode((await call("hours", "--json")).stdout, type=HoursWorked)
    assert (answer.officers_count, answer.total.duties) == (2, 2)
    file = tmp_path / "hours.csv"
    days = ("--from", "2024-10-03", "--until", "2024-10-03")
    assert (await call("hours", *days, "--form", "csv", "--to", str(file))).exit_code == 0
    assert file.read_text("utf-8-sig").splitlines()[1].startswith("LATIHAN,2024-10-03,KPG-1,BRIPTU,")


async def test_what_makes_no_sense_is_said(call: Run) -> None:
    wrong = await call("hours", "--form", "pdf")
    assert (wrong.exit_code, "none of table, csv, xlsx" in wrong.stderr) == (1, True)
    refused = await call("hours", "--from", "2024-10-04", "--until", "2024-10-03")
    assert (refused.exit_code, "is before" in refused.stderr) == (5, True)
