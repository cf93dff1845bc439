"""`pamwal import`: a preview, a yes, the same for good, and back again."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.cli.scheduler.conftest import Served
from tests.unit.scheduler.asked import OPERATION, order, orders, post_of

ROSTER = """officer_id;nama;pangkat;satuan;satgas;posko;keahlian
k-1;Personel Satu;BRIPKA;Sektor Oebobo;preventif;oebobo;traffic
k-2;Personel Dua;BRIPDA;Sektor Oebobo;preventif;oebobo;
k-3;;BRIPDA;Sektor Oebobo;preventif;oebobo;
k-4;Personel Empat;BRIPDA;Sektor Oebobo;moon;oebobo;
"""
GOOD = "\n".join(ROSTER.splitlines()[:3]) + "\n"
OP = ("--operation", OPERATION)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "personel.csv"
    path.write_text(ROSTER, encoding="utf-8")
    return path


async def roster_of(served: Served) -> list[str]:
    return [each.officer_id for each in (await served.scheduler().officers()).officers]


def import_id(text: str) -> str:
    return text.split("pamwal import revert ")[1].split(maxsplit=1)[0]


async def test_a_preview_names_line_column_why_and_what_to_do_and_writes_nothing(
    opened: Served, file: Path
) -> None:
    said = await opened.call("import", "roster", str(file), *OP, "--check")

    assert said.exit_code == 3, said.output
    assert "Preview, nothing is written: roster from personel.csv (UTF-8): 2 added, 2 refused" in said.stdout
    assert "line 4, nama: " in said.stdout
    assert "line 5, k-4: this operation knows no satgas moon; one of gakkum, preventif" in said.stdout
    assert "import revert" not in said.stdout
    assert await roster_of(opened) == []
    assert not any("dry_run=false" in asked for asked in opened.across.asked)


async def test_without_a_terminal_and_without_a_yes_nothing_is_imported(opened: Served, file: Path) -> None:
    said = await opened.call("import", "roster", str(file), *OP, stdin="y\n")

    assert said.exit_code == 1
    assert "nothing was imported: there is no terminal to ask at" in said.stderr
    assert await roster_of(opened) == []


@pytest.mark.parametrize(("word", "there"), [("y\n", ["k-1", "k-2"]), ("n\n", [])])
async def test_on_a_terminal_it_is_asked_for_a_yes(
    opened: Served, file: Path, monkeypatch: pytest.MonkeyPatch, word: str, there: list[str]
) -> None:
    for runner in CliRunner.__mro__:
        wrapper = getattr(sys.modules[runner.__module__], "_NamedTextIOWrapper", None)
        if wrapper is not None:
            monkeypatch.setattr(wrapper, "isatty", lambda _: True, raising=False)

    said = await opened.call("import", "roster", str(file), *OP, stdin=word)

    assert "Import 2 changes?" in said.output
    assert await roster_of(opened) == there
    assert ("nothing was imported" in said.stderr) == (not there)


async def test_an_import_says_how_to_undo_it_and_that_undoes_it(opened: Served, file: Path) -> None:
    done = await opened.call("import", "roster", str(file), *OP, "--yes")
    assert done.exit_code == 3, "two lines are refused"
    assert await roster_of(opened) == ["k-1", "k-2"]
    name = import_id(done.stdout)

    looked = await opened.call("import", "revert", name, *OP, "--cause", "old file", "--check")
    assert looked.exit_code == 0, looked.output
    assert "would be accepted; nothing was written" in looked.stdout
    assert "2 officer_withdrawn" in looked.stdout
    assert await roster_of(opened) == ["k-1", "k-2"]

    back = await opened.call("import", "revert", name, *OP, "--cause", "old file")
    assert (back.exit_code, back.stdout.startswith("accepted, 3 facts")) == (0, True), back.output
    assert await roster_of(opened) == []


async def test_a_revert_names_what_was_ordered_since(planned: Served, file: Path) -> None:
    file.write_text(GOOD.replace("k-1", "k-7").replace("k-2", "k-8"), encoding="utf-8")
    done = await planned.call("import", "roster", str(file), *OP, "--yes")
    await planned.say(orders(order("d1", "k-7")))

    back = await planned.call("import", "revert", import_id(done.stdout), *OP, "--cause", "old", "--check")

    assert "ordered_since: officer k-7 is ordered to rally/oebobo-1" in back.stdout


async def test_the_same_file_again_changes_nothing_and_says_so(opened: Served, file: Path) -> None:
    file.write_text(GOOD, encoding="utf-8")
    first = await opened.call("import", "roster", str(file), *OP, "--yes")
    again = await opened.call("import", "roster", str(file), *OP, "--yes")

    assert (first.exit_code, again.exit_code) == (0, 0)
    assert "2 added" in first.stdout
    assert "2 unchanged" in again.stdout
    assert "Nothing would change, so nothing was imported." in again.stdout


async def test_who_would_be_removed_is_named_before(planned: Served, file: Path) -> None:
    file.write_text(GOOD, encoding="utf-8")
    said = await planned.call("import", "roster", str(file), *OP, "--remove", "--yes")

    assert said.exit_code == 0, said.output
    assert "removed: k-3" in said.stdout
    assert await roster_of(planned) == ["k-1", "k-2"]


async def test_a_machine_gets_one_json_object(opened: Served, file: Path) -> None:
    look = await opened.call("import", "roster", str(file), *OP, "--json")
    done = await opened.call("import", "roster", str(file), *OP, "--json", "--yes", "--id", "r-1")

    assert (look.exit_code, done.exit_code) == (3, 3)
    assert (json.loads(look.stdout)["dry_run"], json.loads(done.stdout)["dry_run"]) == (True, False)
    assert json.loads(done.stdout)["import_id"] == "r-1"
    assert json.loads(done.stdout)["counts"] == {"refused": 2, "added": 2}


async def test_what_goes_out_comes_back_unchanged(planned: Served, tmp_path: Path) -> None:
    await planned.say(orders(order("d1"), order("d2", "k-2")))
    forms_of = {"plan": ("csv", "xlsx", "ics"), "orders": ("csv", "xlsx", "ics"), "roster": ("csv", "xlsx")}
    for kind, forms in forms_of.items():
        for form in forms:
            path = tmp_path / f"{kind}.{form}"
            out = await planned.call("export", kind, *OP, "--form", form, "--to", str(path))
            assert out.exit_code == 0, out.output
            assert f"{path}: " in out.stdout
            back = await planned.call("import", kind, str(path), *OP, "--yes")
            rows = 3 if kind == "roster" else 2
            assert f": {rows} unchanged\n" in back.stdout, (kind, form, back.output)


async def test_orders_from_a_file_are_undone_as_they_say(planned: Served, tmp_path: Path) -> None:
    await planned.say(orders(order("d1"), order("d2", "k-2")))
    path = tmp_path / "orders.csv"
    await planned.call("export", "orders", *OP, "--form", "csv", "--to", str(path))
    path.write_text(path.read_text("utf-8-sig").replace("d1", "d8").replace("k-1", "k-3"), encoding="utf-8")

    said = await planned.call("import", "orders", str(path), *OP, "--yes")

    assert "1 added" in said.stdout, said.output
    undo = said.stdout.rpartition("To undo it: pamwal ")[2].split()[:3]
    assert undo[:2] == ["import", "revert"]
    done = await planned.call(*undo, *OP, "--cause", "wrong file", "--begun")
    assert (done.exit_code, "accepted, 2 facts" in done.stdout) == (0, True), done.output
    assert (await planned.call("export", "orders", *OP, "--form", "csv", "--to", "-")).stdout.count("d8") == 0


async def test_a_place_is_found_or_asked_about(opened: Served) -> None:
    found = await opened.call("place", "Batuplat")
    asked = await opened.call("place", "Oebobo")
    told = await opened.call("place", "Oebobo", "--kind", "kelurahan", "--json")

    assert (found.exit_code, found.stdout.split()[:4]) == (0, ["53.71.01.1009", "kelurahan", "Batu", "Plat,"])
    assert (asked.exit_code, asked.stdout.count("(53.71.04.1001)")) == (3, 2), asked.output
    assert json.loads(told.stdout)["found"]["code"] == "53.71.04.1001"


async def test_bad_input_is_a_sentence_and_a_code(opened: Served, tmp_path: Path, file: Path) -> None:
    noise = tmp_path / "personel.xlsx"
    noise.write_bytes(b"\x00\x01\x02\xff" * 50)
    lost = await opened.call("import", "roster", str(tmp_path / "nowhere.csv"), *OP)
    unfit = await opened.call("import", "roster", str(noise), *OP)
    foreign = await opened.call("import", "plan", str(file), *OP, by=post_of("oebobo"))
    unknown = await opened.call("import", "revert", "never", *OP, "--cause", "x")

    assert (lost.exit_code, "No such file" in lost.stderr) == (1, True)
    assert (unfit.exit_code, unfit.stderr.startswith("pamwal: ")) == (5, True)
    assert (foreign.exit_code, "role" in foreign.stderr) == (5, True)
    assert (unknown.exit_code, "this operation knows no import never" in unknown.stdout) == (3, True)
    for said in (lost, unfit, foreign, unknown):
        assert "Traceback" not in said.output
