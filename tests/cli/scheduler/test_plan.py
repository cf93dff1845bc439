"""`pamwal plan`, `export`, `template`, `sheet`: what is planned, looked at, taken away and printed."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cli.scheduler.conftest import Served
from tests.unit.scheduler.asked import (
    OPERATION,
    absence,
    absences,
    acknowledge,
    claims,
    order,
    orders,
    post_of,
)

OP = ("--operation", OPERATION)
DAY = ("--day", "2024-10-03")


@pytest.fixture
async def ordered(planned: Served) -> Served:
    """Two are ordered to Oebobo, one of them acknowledged; the third is ill."""
    await planned.say(orders(order("d1"), order("d2", "k-2", role="field_commander")))
    await planned.say(acknowledge("d1"))
    await planned.say(absences(absence(officer_id="k-3")))
    return planned


async def test_hours_typed_without_a_day_are_those_of_the_clock_that_the_exercise_runs_on(
    ordered: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAMWAL_CLOCK", "2024-10-03T16:00:00+08:00x1")
    found = await ordered.call("plan", "free", *OP, "--from", "18:30", "--to", "3h", "--json")
    assert json.loads(found.stdout)["starts_at"] == "2024-10-03T10:30:00.000Z"


@pytest.mark.parametrize(
    ("arguments", "shown", "shape"),
    [
        (("operation",), ["LATIHAN: Latihan Kupang, version 1", "oebobo, kelapa-lima", "8 h, 12 h"], "posts"),
        (
            ("calendar", *DAY),
            ["2024-10-03 16:00-20:00 WITA", "rally/oebobo-1", "walikota/3", "2 of 4", "site/kpu"],
            "entries",
        ),
        (("calendar", "--officer", "k-1"), ["rally/oebobo-1"], "entries"),
        (("duties", "--officer", "k-1"), ["Duties of k-1", "acknowledged", "SPRIN/12/X/2024"], "duties"),
        (("unacknowledged", *DAY), ["Not acknowledged: 1 (policy padal)", "d2", "k-2"], "places"),
        (("hours", *DAY), ["k-1", "Sektor Oebobo", "Spread of load", "0:57"], "officers"),
        (("gaps", *DAY), ["rally/lasiana-1", "guard 4", "guard 3", "guard 1 of 4"], "places"),
        (
            (
                "free", "--from", "2024-10-03 18:30", "--to", "2024-10-03T19:30:00+08:00",
                "--place", "rally/lasiana-1", "--why",
            ),
            ["2 of 3", "m from rally/oebobo-1", "officer_unavailable"],
            "free",
        ),
        (("history", "d1"), ["ordered", "acknowledged", "operator-7 (ops_head at oebobo, api)"], "steps"),
        (("officers", "--satgas", "preventif"), ["k-1", "sakit 2024-10-03 17:00-19:00"], "officers"),
        (("rallies", *DAY), ["oebobo-1", "limited_meeting", "planned, unnoticed", "2 of 4"], "rallies"),
        (("sites",), ["kpu", "election_office", "53.71.04.1001"], "sites"),
        (("deployments", "--live"), ["d1", "k-2", "field_commander", "acknowledged"], "deployments"),
        (("drafts",), ["Drafts", "none"], "proposals"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else None,
)  # fmt: skip
async def test_a_read_is_a_table_for_a_person_and_json_for_a_machine(
    ordered: Served, arguments: tuple[str, ...], shown: list[str], shape: str
) -> None:
    table = await ordered.call("plan", *arguments, *OP)
    machine = await ordered.call("plan", *arguments, *OP, "--json")

    assert (table.exit_code, machine.exit_code) == (0, 0), table.output + machine.output
    words = " ".join(table.stdout.split())
    for word in shown:
        assert word in words
    assert "LATIHAN" in table.stdout
    assert isinstance(json.loads(machine.stdout)[shape], list)


async def test_a_long_list_is_read_page_by_page_and_cut_where_asked(ordered: Served) -> None:
    cut = await ordered.call("plan", "officers", *OP, "--most", "2")
    assert "Roster: the first 2, --most shows more" in cut.stdout
    assert "k-3" not in cut.stdout

    ordered.across.asked.clear()
    found = await ordered.scheduler().officers(most=3)
    assert [each.officer_id for each in found.officers] == ["k-1", "k-2", "k-3"]


@pytest.mark.parametrize(
    ("arguments", "by", "code", "sentence"),
    [
        (("plan", "gaps", *OP), claims("viewer"), 5, "this needs a token of the role"),
        (("plan", "duties", *OP), None, 5, "say whose duties"),
        (("plan", "history", "never", *OP), None, 5, "no deployment 'never'"),
        (("plan", "calendar", "--operation", "other"), None, 5, "bound to operation omp-kupang-2024"),
        (("plan", "calendar", *OP, "--day", "tomorrow"), None, 5, "day"),
        (("plan", "free", *OP, "--from", "four", "--to", "five"), None, 1, "--from 'four' is no moment"),
        (
            ("plan", "free", *OP, "--from", "2024-10-03 18:00", "--to", "2024-10-03 17:00"),
            None,
            5,
            "not after",
        ),
        (("export", "roster", *OP, "--form", "ics"), None, 1, "of roster there are csv, xlsx"),
        (("export", "menu", *OP, "--form", "csv"), None, 1, "none of roster, plan, orders"),
        (("export", "plan", *OP, "--form", "pdf"), None, 1, "of plan there are csv, xlsx, ics"),
        (("export", "orders", *OP, "--form", "csv"), post_of("oebobo"), 5, "a token of the role ops_head"),
        (("template", "roster", "--form", "ics"), None, 1, "none of csv, xlsx"),
        (("sheet", "annex", *OP), None, 1, "give either --sprin or --day"),
        (("sheet", "duty", *OP), None, 1, "say for which"),
        (("sheet", "check-in", *OP, "--place", "rally/never"), None, 5, "no rally or site"),
        (("sheet", "annex", *OP, *DAY, "--intel"), post_of("oebobo"), 5, "ops_head only"),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, tuple) else None,
)
async def test_what_cannot_be_shown_is_a_sentence_and_a_code(
    ordered: Served, arguments: tuple[str, ...], by: Any, code: int, sentence: str
) -> None:
    said = await ordered.call(*arguments, **({"by": by} if by else {}))

    assert (said.exit_code, sentence in said.stderr) == (code, True), said.output
    assert said.stderr.startswith("pamwal: ")
    assert "Traceback" not in said.output


@pytest.mark.parametrize(
    "arguments",
    [
        ("annex", "--sprin", "SPRIN/12/X/2024"),
        ("annex", *DAY),
        ("duty", "--place", "rally/oebobo-1"),
        ("duty", *DAY),
        ("check-in", *DAY),
    ],
    ids=" ".join,
)
async def test_a_sheet_is_a_pdf_in_a_file(
    ordered: Served, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    path = tmp_path / "sheet.pdf"
    said = await ordered.call("sheet", *arguments, *OP, "--to", str(path))

    assert said.exit_code == 0, said.output
    assert path.read_bytes().startswith(b"%PDF-")
    assert f"{path}: {path.stat().st_size:,} bytes" in said.stdout


async def test_a_file_goes_to_standard_output_or_under_its_own_name_and_overwrites_nothing(
    planned: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    piped = await planned.call("export", "plan", *OP, "--form", "ics", "--to", "-")
    assert piped.stdout_bytes.startswith(b"BEGIN:VCALENDAR")

    named = await planned.call("template", "roster", "--form", "xlsx")
    again = await planned.call("template", "roster", "--form", "xlsx")
    nowhere = await planned.call("template", "roster", "--form", "csv", "--to", str(tmp_path / "a" / "b"))
    assert (named.exit_code, (tmp_path / "roster.xlsx").read_bytes()[:2]) == (0, b"PK")
    assert (again.exit_code, "is there already" in again.stderr) == (1, True)
    assert (nowhere.exit_code, "No such file or directory" in nowhere.stderr) == (1, True)


def test_where_nobody_listens_the_address_and_what_to_start_are_said_soon(pamwal) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        begun_s = time.monotonic()
        said = pamwal("plan", "calendar", *OP, "--token", "t", "--url", url)

    assert said.exit_code == 1
    assert time.monotonic() - begun_s < 30
    assert f"nobody listens at {url}/" in said.stderr
    assert "'pamwal up'" in said.stderr
