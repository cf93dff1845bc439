"""Workbooks of rosters, plans and orders: a sheet of rows, and one that explains the columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from openpyxl import Workbook

from pamwal.cells import guarded
from pamwal.spreadsheet import TEXT_FORMAT, WIDTH, bold, letter, saved, text_cell
from services.scheduler.files.columns import Column, Subject
from services.scheduler.files.entries import EXPLAINED

_EXPLAINING: Final = ("Kolom", "Nama lain", "Wajib", "Arti", "Contoh")


def workbook_of(subject: Subject, columns: Sequence[Column], rows: Iterable[list[str]]) -> bytes:
    """The bytes of a workbook with these columns; each row has a text for each of them."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(subject.title)
    sheet.freeze_panes = "A2"
    for at, column in enumerate(columns):
        dimension = sheet.column_dimensions[letter(at)]
        dimension.width = WIDTH
        if column.kind not in {"count", "decimal"}:
            dimension.number_format = TEXT_FORMAT
    sheet.append([bold(sheet, column.header) for column in columns])
    for row in rows:
        sheet.append([_cell(sheet, text, column) for text, column in zip(row, columns, strict=True)])
    _explain(book, columns)
    return saved(book)


def _explain(book: Workbook, columns: Sequence[Column]) -> None:
    sheet = book.create_sheet(EXPLAINED)
    for name, width in zip("ABCDE", (24, 40, 8, 90, 30), strict=True):
        sheet.column_dimensions[name].width = width
    sheet.append([bold(sheet, title) for title in _EXPLAINING])
    for column in columns:
        others = ", ".join((column.name, *column.also))
        row = (column.header, others, "ya" if column.required else "", column.explains, column.example)
        sheet.append([text_cell(sheet, guarded(text)) for text in row])


def _cell(sheet: Any, text: str, column: Column) -> Any:
    if not text:
        return None
    if column.kind == "count":
        return int(text)
    if column.kind == "decimal" and float(f"{float(text):.16g}") == float(text):
        return float(text)  # openpyxl writes 16 digits; the few numbers that need 17 stay text
    safe = guarded(text)
    return text_cell(sheet, safe) if column.kind == "id" or safe.startswith("#") else safe
