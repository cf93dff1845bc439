"""`pamwal parity` against reporting on a log in memory."""

from __future__ import annotations

from pathlib import Path

import msgspec

from pamwal.contracts.parity import ParityAudit
from tests.cli.scheduler.conftest import Run

DAYS = ("--election", "walikota", "--from", "2024-10-03", "--until", "2024-10-03")


async def test_means_what_they_say_and_what_they_cannot_in_both_languages(call: Run) -> None:
    found = await call("parity", *DAYS)
    assert found.exit_code == 0
    assert "walikota/1" in found.stdout
    assert "There is nothing to compare" in found.stdout
    assert "A difference is no proof of intent" in found.stdout
    assert "permutations by seed" in found.stdout
    assert "bukan bukti niat" in (await call("parity", *DAYS, "--id")).stdout


async def test_json_and_the_rows_as_a_file(call: Run, tmp_path: Path) -> None:
    answer = await call("parity", *DAYS, "--json", "--seed", "5")
    found = msgspec.json.decode(answer.stdout, type=ParityAudit)
    assert (found.seed, found.rally_days) == (5, 1)
    file = tmp_path / "rows.csv"
    assert (await call("parity", *DAYS, "--form", "csv", "--to", str(file))).exit_code == 0
    assert file.read_text("utf-8-sig").splitlines()[1].startswith("LATIHAN,2024-10-03,a,walikota/1,1,2.0,")


async def test_what_makes_no_sense_is_said(call: Run) -> None:
    wrong = await call("parity", *DAYS, "--form", "xml")
    assert (wrong.exit_code, "none of table, csv" in wrong.stderr) == (1, True)
    refused = await call("parity", *DAYS, "--seed", "-1")
    assert (refused.exit_code, "seed" in refused.stderr) == (5, True)
