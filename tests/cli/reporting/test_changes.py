"""`pamwal changes` against reporting on a log in memory."""

from __future__ import annotations

import re

import msgspec

from pamwal.contracts.changes import Changes
from tests.cli.scheduler.conftest import Run
from tests.unit.reporting.house import House

SINCE = "2024-10-03T09:10:00+08:00"


async def test_each_number_that_is_another_is_shown_before_and_after(call: Run, house: House) -> None:
    await house.written.come("KPG-1", "08:50")
    await house.written.decide("09:20")
    await house.until_folded()
    shown = await call("changes", "--since", SINCE)
    assert shown.exit_code == 0, shown.stderr
    assert "LATIHAN: " in shown.stdout
    assert "2024-10-03 09:10 WITA to 2024-10-03 09:" in shown.stdout
    [total] = [line for line in shown.stdout.splitlines() if line.startswith("total")]
    assert "present 0 → 1" in total
    assert re.search(r"^venue Balai <Oepura> +.*present 0 → 1", shown.stdout, re.MULTILINE), shown.stdout
    # what it ends with asks for what comes after: nothing yet
    vector = re.search(r"--since (\S+)", shown.stdout)
    assert vector is not None
    again = await call("changes", "--since", vector.group(1), "--at", SINCE)
    assert (again.exit_code, "nothing changed; 0 of 2 posts heard" in again.stdout) == (0, True), again.stdout
    told = msgspec.json.decode((await call("changes", "--since", SINCE, "--json")).stdout, type=Changes)
    assert told.change.total is not None
    assert told.change.total.present == 1


async def test_a_moment_that_is_none_is_said(call: Run) -> None:
    found = await call("changes", "--since", "yesterday")
    assert (found.exit_code, "neither a moment nor a part of a vector" in found.stderr) == (5, True)
