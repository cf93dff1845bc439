"""The cells of a CSV or XLSX file as text, row by row, within bounds of size, rows and memory."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Literal

from msgspec import Struct

from pamwal.contracts.errors import UnreadableFile
from pamwal.text_files import HEADER_WITHIN, rows_of, separator_of, text_of
from services.scheduler.files.workbook_bounds import refuse_bombs

BYTES_MAX: Final = 20 * 1024 * 1024
ROWS_MAX: Final = 50_000
LINES_MAX: Final = 200_000
"""Of a sheet, empty ones among them."""
COLUMNS_MAX: Final = 100
_DIGITS_KEPT = 10**15
"""Excel keeps 15 digits of a number; what is longer has lost its end."""
_XML_NO_MEMORY: Final = 1
"""The code of expat's errors for it (XML_ERROR_NO_MEMORY)."""
_ZEROS = re.compile(r"0+")

Mark = Literal["formula", "broken", "day", "long_number"]


class Cells(Struct, frozen=True):
    """One row of a sheet."""

    line: int
    texts: list[str]
    marks: dict[int, Mark]
    """Index of a cell → what it was in the workbook, where that matters."""


class Sheet(Struct, frozen=True):
    """A file as rows, and how it was read. `others` are the sheets that were not."""

    rows: Iterator[Cells]
    encoding: str
    others: list[str]


Known = Callable[[list[str]], int]
"""How many of a row's cells are names of columns."""


def sheet_of(content: bytes, filename: str, known: Known) -> Sheet:
    """The rows of a file; what it is says its beginning, not its name. UnreadableFile if it is no table."""
    if len(content) > BYTES_MAX:
        raise UnreadableFile(
            "too_large",
            f"the file has {len(content):,} bytes and may have {BYTES_MAX:,}; send it in parts",
        )
    if content.startswith(b"PK\x03\x04"):
        return _workbook(content)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableFile(
            "wrong_form",
            "the file is an old Excel workbook (.xls) or has a password; save it as .xlsx without one",
        )
    if filename.lower().endswith((".xlsx", ".xlsm")):
        raise UnreadableFile("wrong_form", f"{filename!r} is no Excel workbook; save it again as .xlsx")
    text, encoding = text_of(content)
    return Sheet(_lines(text, separator_of(text, known)), encoding, [])


def _lines(text: str, separator: str) -> Iterator[Cells]:
    for count, (line, row) in enumerate(rows_of(text, separator), start=1):
        _refuse_endless(count)
        yield Cells(line, row, {at: "formula" for at, cell in enumerate(row) if cell.lstrip()[:1] == "="})


def _workbook(content: bytes) -> Sheet:
    """The first sheet that a person sees. openpyxl raises many things on a broken file; all mean the same."""
    # Imported here: it takes a fifth of a second to load, and a service starts without it.
    from openpyxl import load_workbook

    try:
        refuse_bombs(content)
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        titles = [str(sheet.title) for sheet in sheets]
    except UnreadableFile:
        raise
    except Exception as error:
        raise _broken(error) from error
    if not sheets:
        raise UnreadableFile("wrong_form", "the workbook has no sheet that can be seen")
    return Sheet(_rows(sheets[0]), "XLSX", titles[1:])


def _rows(sheet: Any) -> Iterator[Cells]:
    """A sheet's declared size is not believed; reading stops at bounds of our own."""
    try:
        sheet.reset_dimensions()
        rows = sheet.iter_rows(max_row=LINES_MAX + 1, max_col=_width(sheet) + 1)
        for line, row in enumerate(rows, start=1):
            _refuse_endless(line)
            marks: dict[int, Mark] = {}
            yield Cells(line, [_text(cell, index, marks) for index, cell in enumerate(row)], marks)
    except UnreadableFile:
        raise
    except Exception as error:
        raise _broken(error) from error


def _width(sheet: Any) -> int:
    """How many columns the lines near the top have, so that no row is filled up beyond them."""
    top = sheet.iter_rows(max_row=HEADER_WITHIN, max_col=COLUMNS_MAX)
    return max(
        (at for row in top for at, cell in enumerate(row, start=1) if cell.value is not None), default=1
    )


def _refuse_endless(line: int) -> None:
    if line > LINES_MAX:
        raise UnreadableFile(
            "too_large",
            f"the file has over {LINES_MAX:,} lines; delete the empty ones at its end, or send it in parts",
        )


def _broken(error: Exception) -> UnreadableFile:
    """MemoryError where there was too little memory: that says nothing about the file."""
    if isinstance(error, MemoryError) or getattr(error, "code", None) == _XML_NO_MEMORY:
        raise MemoryError from error
    return UnreadableFile(
        "wrong_form",
        f"the file is no Excel workbook, or is broken ({type(error).__name__}); open it in Excel and save it"
        " again as .xlsx",
    )


def _text(cell: Any, index: int, marks: dict[int, Mark]) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, str):
        if cell.data_type in {"f", "e"}:
            marks[index] = "formula" if cell.data_type == "f" else "broken"
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number(value, cell, index, marks)
    if isinstance(value, datetime | date | time | timedelta):
        return _moment(value, index, marks)
    marks[index] = "formula"
    return str(value)


def _number(value: float, cell: Any, index: int, marks: dict[int, Mark]) -> str:
    """The digits of a number: no `.0`, no exponent, and leading zeros where the cell's format shows them."""
    if not float(value).is_integer():
        return repr(value)
    whole = int(value)
    if abs(whole) >= _DIGITS_KEPT:
        marks[index] = "long_number"
    shown = cell.number_format
    return str(whole).zfill(len(shown)) if _ZEROS.fullmatch(shown) else str(whole)


def _moment(value: datetime | date | time | timedelta, index: int, marks: dict[int, Mark]) -> str:
    """As our own times are written. Excel counts in fractions of a day, so moments are rounded to ms."""
    if isinstance(value, datetime):
        marks[index] = "day"
        value = (value + timedelta(microseconds=500)).replace(tzinfo=None)
        return value.isoformat(" ", "milliseconds")
    if isinstance(value, date):
        marks[index] = "day"
        return value.isoformat()
    if isinstance(value, time):
        return value.isoformat("milliseconds")
    return str(value)
