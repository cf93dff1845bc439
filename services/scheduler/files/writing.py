"""Rosters, plans and orders into files that `reading` reads as they were, and templates to fill in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Literal

from openpyxl import Workbook

from pamwal.cells import csv_of, guarded
from pamwal.contracts.scheduling import PlanRally
from pamwal.contracts.scheduling.terms import OfficerEntry
from pamwal.contracts.zones import Zone
from pamwal.spreadsheet import TEXT_FORMAT, WIDTH, bold, letter, saved, text_cell
from pamwal.tables import TableForm
from services.scheduler.files.calendars_written import calendar_of
from services.scheduler.files.columns import Column, Subject
from services.scheduler.files.entries import EXPLAINED
from services.scheduler.files.officers import ROSTER
from services.scheduler.files.orders import ORDERS
from services.scheduler.files.parsed import OrderLine
from services.scheduler.files.rallies import PLAN
from services.scheduler.files.values import text_at

Form = Literal["csv", "xlsx", "ics"]
_SUBJECTS: Final = {subject.name: subject for subject in (ROSTER, PLAN, ORDERS)}
_EXPLAINING: Final = ("Kolom", "Nama lain", "Wajib", "Arti", "Contoh")


def template(kind: Literal["roster", "plan", "orders"], form: TableForm) -> bytes:
    """An empty table; as a workbook it has a second sheet that explains each column, in Indonesian."""
    subject = _SUBJECTS[kind]
    columns = [column for column in subject.columns if column.example or column.kind in {"day", "hint"}]
    return _table(subject, columns, (), form)


def export_roster(officers: Iterable[OfficerEntry], form: TableForm) -> bytes:
    """Officers as a table; times of loans in UTC. `roster_rows` reads it as it was."""
    return _table(ROSTER, ROSTER.columns, _texts(ROSTER, officers, None), form)


def export_plan(rallies: Iterable[PlanRally], zone: Zone, form: Form) -> bytes:
    """Rallies as a table or a calendar, in local times. `plan_rows` reads it as it was."""
    if form == "ics":
        return calendar_of(PLAN, rallies, zone)
    return _table(PLAN, _written(PLAN), _texts(PLAN, rallies, zone), form)


def export_orders(orders: Iterable[OrderLine], zone: Zone, form: Form) -> bytes:
    """Deployments as a table or a calendar, in local times. `order_rows` reads it as it was."""
    if form == "ics":
        return calendar_of(ORDERS, orders, zone)
    return _table(ORDERS, _written(ORDERS), _texts(ORDERS, orders, zone), form)


def _written(subject: Subject) -> list[Column]:
    return [column for column in subject.columns if column.path]


def _texts(subject: Subject, values: Iterable[Any], zone: Zone | None) -> Iterator[list[str]]:
    columns = _written(subject)
    for value in values:
        yield [text_at(value, column, zone) for column in columns]


def _table(subject: Subject, columns: Sequence[Column], rows: Iterable[list[str]], form: TableForm) -> bytes:
    return _csv(columns, rows) if form == "csv" else _xlsx(subject, columns, rows)


def _csv(columns: Sequence[Column], rows: Iterable[list[str]]) -> bytes:
    return csv_of(
        [column.header for column in columns],
        ([_safe(text, column) for text, column in zip(row, columns, strict=True)] for row in rows),
    )


def _xlsx(subject: Subject, columns: Sequence[Column], rows: Iterable[list[str]]) -> bytes:
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


def _safe(text: str, column: Column) -> str:
    """A number stands as it is, also a negative one; every text is guarded."""
    return text if column.kind in {"count", "decimal"} else guarded(text)


def _cell(sheet: Any, text: str, column: Column) -> Any:
    if not text:
        return None
    if column.kind == "count":
        return int(text)
    if column.kind == "decimal" and float(f"{float(text):.16g}") == float(text):
        return float(text)  # openpyxl writes 16 digits; the few numbers that need 17 stay text
    safe = guarded(text)
    return text_cell(sheet, safe) if column.kind == "id" or safe.startswith("#") else safe
