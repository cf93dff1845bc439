"""`pamwal timeline` against reporting on a log in memory."""

from __future__ import annotations

from pathlib import Path

import msgspec

from pamwal.cli.timeline import times_of
from pamwal.contracts.family_reads import OperationEntry
from pamwal.contracts.timeline import TimelineEntry
from tests.cli.scheduler.conftest import Run
from tests.unit.reporting.house import OPERATION


async def test_entries_say_when_who_and_what(call: Run) -> None:
    found = await call("timeline", "--kind", "deployment_ordered", "--kind", "rally_planned")
    assert found.exit_code == 0
    for says in ("LATIHAN: Log of turangga", "chief", "alak app", "rally_planned rally/a", "2 entries"):
        assert says in found.stdout, found.stdout
    assert "officer_registered" not in found.stdout
    assert "the first 1; --most shows more" in (await call("timeline", "--most", "1")).stdout


async def test_json_has_an_entry_a_line(call: Run) -> None:
    lines = (await call("timeline", "--json", "--venue", "v-a")).stdout.splitlines()
    found = [msgspec.json.decode(line, type=TimelineEntry) for line in lines]
    assert [each.says for each in found] == ["deployment_ordered KPG-1 rally/a", "rally_planned rally/a"]


async def test_all_that_fits_as_a_file(call: Run, tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    assert (await call("timeline", "--venue", "v-a", "--form", "csv", "--to", str(file))).exit_code == 0
    rows = file.read_text("utf-8-sig").splitlines()
    assert (len(rows), rows[0].startswith("LATIHAN,at,known_at")) == (3, True)
    wrong = await call("timeline", "--form", "pdf")
    assert (wrong.exit_code, "none of table, csv, xlsx" in wrong.stderr) == (1, True)


async def test_what_makes_no_sense_is_said(call: Run) -> None:
    refused = await call("timeline", "--from", "noon")
    assert (refused.exit_code, "is not an RFC 3339 time" in refused.stderr) == (5, True)


def test_both_times_are_whole_in_every_zone() -> None:
    entry = TimelineEntry(
        at="2024-10-03T16:30:00.000Z", known_at="2024-10-03T17:10:00.000Z", context="field", says="x",
        facts_count=0, facts=[],
    )  # fmt: skip
    assert times_of(entry, "Asia/Jakarta") == ("2024-10-03 23:30", "2024-10-04 00:10 WIB")
    assert times_of(entry, "Asia/Makassar") == ("2024-10-04 00:30", "01:10 WITA")


async def test_of_a_parent_all_below_it_is_one_log(call_head: Run, tmp_path: Path) -> None:
    below = ("timeline", "--below", "--operation", OPERATION)
    found = await call_head(*below)
    assert found.exit_code == 0, found.stderr
    for says in (f"LATIHAN: Log of {OPERATION} and all below it", "operation", "4 entries; of 1 operations."):
        assert says in found.stdout, found.stdout
    lines = (await call_head(*below, "--json", "--kind", "rally_planned")).stdout.splitlines()
    assert [msgspec.json.decode(line, type=OperationEntry).operation_id for line in lines] == [OPERATION]
    file = tmp_path / "log.csv"
    assert (await call_head(*below, "--form", "csv", "--to", str(file))).exit_code == 0
    assert file.read_text("utf-8-sig").startswith("LATIHAN,operation_id,operation,at")


async def test_of_a_parent_a_situation_as_one_table(call_head: Run, tmp_path: Path) -> None:
    below, file = ("export", "situation", "--below", "--operation", OPERATION), tmp_path / "family.csv"
    assert (await call_head(*below, "--form", "csv", "--to", str(file))).exit_code == 0
    assert file.read_text("utf-8-sig").startswith("LATIHAN,day,at,operation_id,name,operations")
    wrong = await call_head(*below, "--form", "geojson")
    assert (wrong.exit_code, "--below is of a situation as csv or xlsx" in wrong.stderr) == (1, True)
