"""Whatever is sent as a file, it is read within bounds, or refused with a sentence: nothing else happens."""

from __future__ import annotations

import io
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pamwal.contracts.errors import UnreadableFile
from pamwal.contracts.persons import PersonalWords
from pamwal.contracts.scheduling.terms import OfficerEntry
from services.scheduler.files import (
    Parsed,
    export_plan,
    export_roster,
    order_rows,
    plan_rows,
    roster_rows,
    template,
)
from services.scheduler.files.sheets import BYTES_MAX, ROWS_MAX
from tests.unit.scheduler.files.books import in_calendar, workbook
from tests.unit.scheduler.files.test_plan_files import RALLY

NAMES = st.sampled_from(["a.csv", "a.xlsx", "a.ics", "a.xls", "a", ""])
HEADER = "id_personel,nama,pangkat,satuan,satgas,posko"
CODES = {"too_large", "wrong_encoding", "wrong_form", "wrong_header"}
A_FEW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def tried(content: bytes, name: str) -> list[Parsed[Any]]:
    """What each reader makes of a file; a refusal is fine, and says something."""
    made: list[Parsed[Any]] = []
    refusals: list[UnreadableFile] = []
    for read in (
        lambda: roster_rows(content, name),
        lambda: plan_rows(content, name, "Asia/Makassar"),
        lambda: order_rows(content, name, "Asia/Makassar"),
    ):
        try:
            made.append(read())
        except UnreadableFile as refused:
            refusals.append(refused)
    assert all(refused.code in CODES and len(str(refused)) > 20 for refused in refusals)
    return made


@A_FEW
@given(content=st.binary(max_size=400), name=NAMES)
@example(content=b"PK\x03\x04", name="a.xlsx")
@example(content=b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", name="a.xls")
@example(content=b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", name="a.ics")
@example(content=b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\nEND:VCALENDAR\r\n", name="a.ics")
def test_any_bytes_are_read_or_refused(content: bytes, name: str) -> None:
    tried(content, name)


@A_FEW
@given(text=st.text(max_size=300), name=NAMES)
def test_any_text_under_a_right_header_is_rows_and_problems(text: str, name: str) -> None:
    tried(f"{HEADER}\n{text}\n".encode("utf-8", "replace"), name)


SOUND = {
    "a.xlsx": [template("roster", "xlsx"), export_plan([RALLY], "Asia/Makassar", "xlsx")],
    "a.ics": [in_calendar([RALLY], "Asia/Makassar")],
    "a.csv": [export_plan([RALLY], "Asia/Makassar", "csv")],
}


@pytest.mark.parametrize("name", list(SOUND))
@A_FEW
@given(data=st.data())
def test_a_sound_file_with_some_bytes_changed_is_read_or_refused(name: str, data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(SOUND[name])))
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    tried(bytes(content[: data.draw(st.integers(1, len(content)))]), name)


@A_FEW
@given(data=st.data())
def test_a_workbook_whose_parts_were_changed_is_read_or_refused(data: st.DataObject) -> None:
    changed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(SOUND["a.xlsx"][1])) as sound,
        zipfile.ZipFile(changed, "w") as written,
    ):
        for part in sound.infolist():
            text = bytearray(sound.read(part))
            for _ in range(data.draw(st.integers(0, 2))):
                text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(32, 126))
            written.writestr(part.filename, bytes(text))
    tried(changed.getvalue(), "a.xlsx")


def with_sheet(content: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """A workbook whose sheet's XML was changed."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as sound, zipfile.ZipFile(changed, "w") as written:
        for part in sound.infolist():
            text = sound.read(part)
            written.writestr(part.filename, change(text) if part.filename.endswith("sheet1.xml") else text)
    return changed.getvalue()


def test_a_file_of_over_20_mb_is_refused() -> None:
    for name in ("a.csv", "a.ics", "a.xlsx"):
        with pytest.raises(UnreadableFile, match="20,971,520") as refused:
            plan_rows(b" " * (BYTES_MAX + 1), name, "Asia/Makassar")
        assert refused.value.code == "too_large"


def test_a_workbook_that_unpacks_beyond_bounds_is_refused_before_it_is_unpacked() -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in range(21):
            archive.writestr(f"xl/{part}.xml", b" " * 10 * 1024 * 1024)

    tracemalloc.start()
    with pytest.raises(UnreadableFile, match="unpacks to 220,200,960 bytes") as refused:
        roster_rows(written.getvalue(), "a.xlsx")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert refused.value.code == "too_large"
    assert peak < 5 * 1024 * 1024


def test_a_workbook_that_says_less_than_it_unpacks_to_is_refused() -> None:
    sound = bytearray(workbook(HEADER.split(","), ["x"] * 6))
    with zipfile.ZipFile(io.BytesIO(bytes(sound))) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    at = sound.rindex(size.to_bytes(4, "little"))
    sound[at : at + 4] = (10).to_bytes(4, "little")

    with pytest.raises(UnreadableFile, match="broken"):
        roster_rows(bytes(sound), "a.xlsx")


def test_entities_that_grow_without_end_are_refused() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "' + "a" * 100 + '">'
    for at, (name, inner) in enumerate(zip("bcdefgh", "abcdefg", strict=True)):
        bomb += f'<!ENTITY {name} "{f"&{inner};" * (20 + at)}">'
    content = with_sheet(
        workbook(HEADER.split(","), ["x"] * 6),
        lambda text: f"{bomb}]>".encode() + text.replace(b">x<", b">&h;<"),
    )

    with pytest.raises(UnreadableFile, match="broken"):
        roster_rows(content, "a.xlsx")


def test_an_entity_of_another_file_is_not_opened() -> None:
    declared = b'<!DOCTYPE x [<!ENTITY h SYSTEM "file:///etc/hostname">]>'
    content = with_sheet(
        workbook(HEADER.split(","), ["x"] * 6), lambda text: declared + text.replace(b">x<", b">&h;<")
    )

    with pytest.raises(UnreadableFile, match="broken"):
        roster_rows(content, "a.xlsx")


def test_a_row_at_the_far_end_of_a_sheet_does_not_fill_the_memory() -> None:
    content = with_sheet(
        workbook(HEADER.split(","), ["x"] * 6),
        lambda text: text.replace(b'<row r="2"', b'<row r="1048576"').replace(b'"A2"', b'"A1048576"'),
    )

    with pytest.raises(UnreadableFile, match="over 200,000 lines") as refused:
        roster_rows(content, "a.xlsx")
    assert refused.value.code == "too_large"


def test_lines_without_end_and_cells_without_end_are_refused() -> None:
    for content, says in (
        (f"{HEADER}\n".encode() + b"\n" * 200_001, "over 200,000 lines"),
        (f"{HEADER}\n".encode() + b"a" * 200_000, "field larger"),
        (b"a" * 200_000, "field larger"),
    ):
        with pytest.raises(UnreadableFile, match=says):
            roster_rows(content, "a.csv")


def officers(count: int) -> list[OfficerEntry]:
    return [
        OfficerEntry(
            officer_id=f"KPG-{number:05d}",
            rank="Bripka",
            unit="Sat Samapta",
            satgas="preventif",
            home_post="maulafa",
            person=PersonalWords(name=f"Personel {number:05d}", nrp=f"{85_000_000 + number}"),
        )
        for number in range(count)
    ]


def test_50_000_rows_are_read_in_seconds_and_in_bounded_memory() -> None:
    content = export_roster(officers(ROWS_MAX), "csv")
    began = time.process_time()
    read = roster_rows(content, "a.csv")
    took_s = time.process_time() - began

    assert (len(read.rows), read.errors) == (ROWS_MAX, [])
    assert took_s < 20

    tracemalloc.start()
    roster_rows(content[: len(content) // 10], "a.csv")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * 1024 * 1024


def test_a_row_too_many_is_refused_and_50_000_of_one_id_are_not_compared_with_each_other() -> None:
    row = "KPG-1,Nama,Bripka,Sat,p,m\n"
    read = roster_rows(f"{HEADER}\n{row * ROWS_MAX}".encode(), "a.csv")

    assert len(read.errors) == ROWS_MAX
    assert read.errors[0].message == "'KPG-1' stands in line 3, 4, 5, 6, 7 and others as well"
    with pytest.raises(UnreadableFile, match="over 50,000 rows"):
        roster_rows(f"{HEADER}\n{row * (ROWS_MAX + 1)}".encode(), "a.csv")


def test_a_calendar_of_too_many_entries_is_refused_before_it_is_parsed() -> None:
    content = b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\nEND:VEVENT\r\n" * 10_001 + b"END:VCALENDAR\r\n"

    with pytest.raises(UnreadableFile, match="over 10,000 entries"):
        plan_rows(content, "a.ics", "Asia/Makassar")
