"""Files that are small and would take much memory are refused before what they say is built."""

from __future__ import annotations

import io
import tracemalloc
import zipfile

import pytest

from pamwal.contracts.errors import UnreadableFile
from services.scheduler.files import plan_rows, roster_rows
from services.scheduler.files.reading import PROBLEMS_MAX
from services.scheduler.files.workbook_bounds import DEPTH_MAX, ELEMENTS_MAX, ROW_CELLS_MAX, TEXTS_MAX
from tests.unit.scheduler.files.books import as_excel_writes

HEADER = "id_personel,nama,pangkat,satuan,satgas,posko"
MB = 1024 * 1024
CELL = "<c><v>1</v></c>"


def with_part(book: bytes, name: str, old: str, new: str) -> bytes:
    """A workbook with some XML of one part replaced."""
    changed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(book)) as whole,
        zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as copy,
    ):
        for part in whole.infolist():
            text = whole.read(part).decode()
            copy.writestr(part.filename, text.replace(old, new, 1) if part.filename == name else text)
    return changed.getvalue()


def refusal(content: bytes, name: str) -> UnreadableFile:
    """How a file is refused, within 60 MB of Python's memory."""
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableFile) as refused:
            plan_rows(content, name, "Asia/Makassar")
        assert tracemalloc.get_traced_memory()[1] - len(content) < 60 * MB
    finally:
        tracemalloc.stop()
    return refused.value


@pytest.mark.parametrize(
    ("cells", "strings", "says"),
    [
        (f"<row>{CELL * (ROW_CELLS_MAX + 1)}</row>", [], "a row of over 16,384 cells"),
        (f"<row><c>{'<v>1</v>' * 70_000}</c></row>", [], "over 65,536 XML elements in one row"),
        (f"<row><c t='str'><v>{'a' * (MB + 1)}</v></c></row>", [], "over 1,048,576 characters in one row"),
        ("", ["<r><t>a</t></r>" * 40_000], "over 65,536 XML elements in one text"),
        ("", ["<t>" + "a" * (MB + 1) + "</t>"], "over 1,048,576 characters in one text"),
        ("", ["<t>a</t>"] * (TEXTS_MAX + 1), "over 1,000,000 texts"),
        ("<x>" * (DEPTH_MAX + 1) + "</x>" * (DEPTH_MAX + 1), [], "nested over 100 deep"),
        ("<x/>" * (ELEMENTS_MAX + 1), [], "over 500,000 XML elements outside its rows"),
    ],
)
def test_a_workbook_beyond_a_bound_is_refused_and_says_which(
    cells: str, strings: list[str], says: str
) -> None:
    refused = refusal(as_excel_writes(cells, strings), "a.xlsx")

    assert refused.code == "too_large"
    assert says in str(refused)
    assert "copy the table into a new workbook" in str(refused)


def test_bounds_hold_under_another_prefix_and_in_other_parts() -> None:
    book = as_excel_writes("", [])
    cells = "".join(["<m:c/>"] * (ROW_CELLS_MAX + 1))
    prefixed = with_part(
        book, "xl/worksheets/sheet1.xml", "<sheetData>", f"<sheetData><m:row xmlns:m='x'>{cells}</m:row>"
    )
    styled = with_part(book, "xl/styles.xml", "<fonts", "<x/>" * (ELEMENTS_MAX + 1) + "<fonts")

    assert "a row of over 16,384 cells" in str(refusal(prefixed, "a.xlsx"))
    assert "xl/styles.xml in the workbook has over 500,000" in str(refusal(styled, "a.xlsx"))


def test_a_workbook_with_a_doctype_is_refused() -> None:
    book = with_part(as_excel_writes("", []), "xl/styles.xml", "<styleSheet", "<!DOCTYPE x><styleSheet")

    assert "xl/styles.xml declares a DOCTYPE" in str(refusal(book, "a.xlsx"))


def test_a_row_as_wide_as_excel_has_columns_is_read() -> None:
    names = "".join(f"<c t='inlineStr'><is><t>{name}</t></is></c>" for name in HEADER.split(","))
    values = "".join(f"<c t='inlineStr'><is><t>k{at}</t></is></c>" for at in range(6))
    empty = "<c s='1'/>" * (ROW_CELLS_MAX - 6)
    wide = as_excel_writes(f"<row>{names}</row><row>{values}{empty}</row>", [])

    assert [row.value.officer_id for row in roster_rows(wide, "a.xlsx").rows] == ["k0"]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_line_of_cells_without_end_is_refused_before_it_is_split(separator: str) -> None:
    endless = (separator * 5 * MB).encode()

    assert "the row at line 1 has over 262,144 characters" in str(refusal(endless, "a.csv"))
    assert "the row at line 2" in str(refusal(b"id_kegiatan,jenis\n" + endless, "a.csv"))
    assert "the row at line 2" in str(refusal(b"sep=;\n" + endless, "a.csv"))


def test_a_row_over_many_lines_is_refused_before_it_is_put_together() -> None:
    endless = b"id_kegiatan,jenis,mulai,selesai,paslon,lokasi,kelurahan\n" + b'"\n",' * 2 * MB

    assert "the row at line 2 has over 262,144 characters" in str(refusal(endless, "a.csv"))


def test_a_calendar_of_lines_without_end_is_refused_before_it_is_parsed() -> None:
    lines = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" + b"X:\r\n" * 500_001 + b"END:VEVENT\r\nEND:VCALENDAR\r\n"

    assert "over 500,000 lines" in str(refusal(lines, "a.ics"))


def test_a_file_in_which_everything_is_wrong_is_refused_and_shows_the_first() -> None:
    row = "a b,,,,,\n"
    problems = len(roster_rows(f"{HEADER}\n{row}".encode(), "a.csv").errors)
    rows = PROBLEMS_MAX // problems + 1
    assert problems > 2
    assert rows < 50_000

    with pytest.raises(UnreadableFile, match="over 100,000 problems; the first is in line 2") as refused:
        roster_rows(f"{HEADER}\n{row * rows}".encode(), "a.csv")
    assert refused.value.code == "too_large"
