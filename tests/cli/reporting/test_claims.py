"""`pamwal claims` against reporting on a log in memory."""

from __future__ import annotations

from pathlib import Path

import msgspec

from pamwal.cli.claims import NOT_TAKEN
from pamwal.contracts.claim_check import ClaimsChecked, NotTakenReason
from services.reporting.words import NOT_TAKEN as NOT_TAKEN_ON_SCREEN
from tests.cli.scheduler.conftest import Run

WRONG = "Kamis, 3 Oktober 2024\n2 personel di 6 kecamatan, Pasal 5, 3-4 lokasi\n"


async def test_a_text_from_standard_input_ends_with_3_if_it_differs(call: Run) -> None:
    found = await call("claims", "--text", "-", stdin=WRONG)
    assert found.exit_code == 3
    assert "Claims on 2024-10-03, the day the text names" in found.stdout
    assert "3 to 4" in found.stdout
    assert "Maulafa" in found.stdout
    assert "says which one, not how many" in found.stdout
    right = await call("claims", "--text", "-", stdin="2 personel")
    assert (right.exit_code, "not checked" in right.stdout) == (0, False)


async def test_sums_of_the_text_and_the_days_it_names_are_said(call: Run) -> None:
    text = "2 personel terdiri dari 2 personel Polri dan 1 personel TNI di 1 kecamatan"
    found = await call("claims", "--text", "-", "--day", "2024-10-03", stdin=text)
    assert (found.exit_code, "2 + 1" in found.stdout, "counts a part" in found.stdout) == (3, True, True)
    days = "Laporan 3 Oktober 2024 dan 4 Oktober 2024. 2 personel"
    found = await call("claims", "--text", "-", stdin=days)
    assert (found.exit_code, "--day 2024-10-03 or --day 2024-10-04" in found.stdout) == (3, True)
    chosen = await call("claims", "--text", "-", "--day", "2024-10-03", stdin=days)
    assert (chosen.exit_code, "several days" in chosen.stdout) == (0, False)


async def test_a_file_and_json_for_a_machine(call: Run, tmp_path: Path) -> None:
    file = tmp_path / "bulletin.txt"
    file.write_text(f"\ufeff{WRONG}", encoding="utf-8")
    found = await call("claims", "--text", str(file), "--json", "--day", "2024-10-03")
    answer = msgspec.json.decode(found.stdout, type=ClaimsChecked)
    assert (answer.flags, answer.day_from, answer.days_named) == (2, "asked", ["2024-10-03"])


async def test_what_cannot_be_read_is_said_before_anybody_is_asked(call: Run, tmp_path: Path) -> None:
    binary = tmp_path / "bulletin.doc"
    binary.write_bytes(b"\xd0\xcf\x11\xe0")
    for path, stdin, says in (
        (str(tmp_path / "none"), None, "No such file"),
        (str(binary), None, "no text in UTF-8"),
        ("-", " \n", "is empty"),
        ("-", "x" * 20_001, "over 20,000; check it in parts"),
    ):
        found = await call("claims", "--text", path, stdin=stdin)
        assert (found.exit_code, says in found.stderr) == (1, True), found.stderr
    refused = await call("claims", "--text", "-", "--day", "besok", stdin="2 personel")
    assert (refused.exit_code, "a day such as" in refused.stderr) == (5, True)


def test_every_reason_has_words_in_both_languages() -> None:
    reasons = set(msgspec.inspect.type_info(NotTakenReason).values)  # type: ignore[attr-defined]
    assert set(NOT_TAKEN) == set(NOT_TAKEN_ON_SCREEN) == reasons
