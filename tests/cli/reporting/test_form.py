"""`pamwal form` against reporting on a log in memory."""

from __future__ import annotations

from pathlib import Path

import msgspec

from pamwal.contracts.assignment_lists import Ics204
from tests.cli.scheduler.conftest import Run

PLACE = ("ics-204", "--place", "rally/a")


async def test_a_form_to_print_and_as_data(call: Run, tmp_path: Path) -> None:
    file = tmp_path / "204.pdf"
    assert (await call("form", *PLACE, "--to", str(file))).exit_code == 0
    assert file.read_bytes().startswith(b"%PDF")
    told = await call("form", *PLACE, "--form", "json", "--to", "-")
    assert msgspec.json.decode(told.stdout, type=Ics204).place == "rally/a"


async def test_the_assignments_of_a_moment_as_they_were_known_then(call: Run) -> None:
    now = await call("form", *PLACE, "--form", "json", "--to", "-")
    told = msgspec.json.decode(now.stdout, type=Ics204)
    assert (told.ordered, told.at[:16]) == (1, "2024-10-03T01:30")
    earlier = await call(
        "form", *PLACE, "--form", "json", "--to", "-", "--known", "2024-10-01T09:00:00+08:00"
    )
    assert (earlier.exit_code, "ask for a later moment" in earlier.stderr) == (5, True), earlier.stderr
    at = "2024-10-03T08:00:00+08:00"  # of 211 and 214 checkin says the same: test_sheets_then.py
    early = await call("form", *PLACE, "--form", "json", "--to", "-", "--at", at)
    assert msgspec.json.decode(early.stdout, type=Ics204).at == "2024-10-03T00:00:00.000Z"


async def test_what_makes_no_sense_is_said(call: Run) -> None:
    for words, says in (
        (("ics-204",), "is of a place: say --place"),
        (("ics-214", "--place", "rally/a"), "is of a post: say --post"),
        (("ics-211", "--place", "rally/a"), "is of a day: say --day"),
        (("ics-205", "--place", "rally/a"), "none of ics-204, ics-211, ics-214"),
        ((*PLACE, "--zone", "Asia/Jakarta"), "leave --zone out"),
    ):
        wrong = await call("form", *words)
        assert (wrong.exit_code, says in wrong.stderr) == (1, True), wrong.stderr
    refused = await call("form", "ics-204", "--place", "rally/none")
    assert (refused.exit_code, "is not planned" in refused.stderr) == (5, True)
