"""Workbooks for a spreadsheet, whose texts nothing runs and whose numbers are numbers."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from pamwal.cells import guarded
from pamwal.tables import Table

WIDTH: Final = 22
TEXT_FORMAT: Final = "@"
TITLE_MAX: Final = 31
"""Letters that a sheet's name may have in Excel."""


def workbook(tables: Iterable[Table]) -> bytes:
    """A workbook with a sheet for each table."""
    book = Workbook(write_only=True)
    for table in tables:
        sheet = book.create_sheet(table.title[:TITLE_MAX])
        sheet.freeze_panes = "A2"
        for at in range(len(table.columns)):
            sheet.column_dimensions[letter(at)].width = WIDTH
        sheet.append([bold(sheet, name) for name in table.columns])
        for row in table.rows:
            sheet.append([text_cell(sheet, guarded(each)) if isinstance(each, str) else each for each in row])
    return saved(book)


def saved(book: Any) -> bytes:
    """The bytes of a workbook."""
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def text_cell(sheet: Any, text: str) -> Any:
    """Text whatever it looks like: `#N/A` is no error, and digits that are typed over it are no number."""
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    cell.number_format = TEXT_FORMAT
    return cell


def bold(sheet: Any, text: str) -> Any:
    """A cell of a heading."""
    cell = WriteOnlyCell(sheet, value=text)
    cell.font = Font(bold=True)
    return cell


def letter(index: int) -> str:
    """The name of a column by its number from 0: A … Z, AA …"""
    return (letter(index // 26 - 1) if index >= 26 else "") + chr(ord("A") + index % 26)
