"""`pamwal export situation` against reporting on a log in memory."""

from __future__ import annotations

from pathlib import Path

import msgspec
from pyarrow import parquet

from tests.cli.scheduler.conftest import Run


async def test_a_situation_in_every_form(call: Run, tmp_path: Path) -> None:
    for form, begins in (("csv", b"\xef\xbb\xbfLATIHAN,day"), ("xlsx", b"PK"), ("geojson", b'{"type":')):
        file = tmp_path / f"situation.{form}"
        found = await call("export", "situation", "--form", form, "--to", str(file))
        assert (found.exit_code, file.read_bytes()[: len(begins)]) == (0, begins)
    assert msgspec.json.decode((tmp_path / "situation.geojson").read_bytes())["exercise"] is True
    posts = await call("export", "situation", "--form", "csv", "--section", "posts", "--to", "-")
    assert "post_id" in posts.stdout


async def test_facts_for_analysts(call: Run, tmp_path: Path) -> None:
    file = tmp_path / "facts.parquet"
    assert (await call("export", "facts", "--form", "parquet", "--to", str(file))).exit_code == 0
    assert parquet.read_table(file).num_rows == 5


async def test_what_makes_no_sense_is_said(call: Run) -> None:
    for words, says in (
        (("situation", "--form", "ics"), "of situation there are csv, xlsx, geojson"),
        (("roster", "--form", "ics"), "of roster there are csv, xlsx"),
        (("plan", "--form", "csv", "--day", "2024-10-03"), "--section, --day and --below are of a situation"),
        (("everything", "--form", "csv"), "none of roster, plan, orders, situation, sitrep, facts"),
    ):
        wrong = await call("export", *words)
        assert (wrong.exit_code, says in wrong.stderr) == (1, True), wrong.stderr
    for words in (("sitrep", "--form", "edxl"), ("situation", "--form", "csv", "--number", "1")):
        wrong = await call("export", *words)
        assert (wrong.exit_code, "--number says which sitrep" in wrong.stderr) == (1, True)
    none = await call("export", "sitrep", "--form", "edxl", "--number", "1")
    assert (none.exit_code, "SitRep" in none.stderr) == (5, True), none.stderr
    refused = await call("export", "situation", "--form", "csv", "--section", "names")
    assert (refused.exit_code, "section" in refused.stderr) == (5, True)
