"""Rosters, plans and orders into files that `reading` reads as they were, and templates to fill in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Literal

from pamwal.cells import csv_of, guarded
from pamwal.contracts.scheduling import PlanRally
from pamwal.contracts.scheduling.terms import OfficerEntry
from pamwal.contracts.zones import Zone
from pamwal.tables import TableForm
from services.scheduler.files.calendars_written import CalendarEntry, CalendarHead, calendar_of
from services.scheduler.files.columns import Column, Subject
from services.scheduler.files.officers import ROSTER
from services.scheduler.files.orders import ORDERS
from services.scheduler.files.parsed import OrderLine
from services.scheduler.files.rallies import PLAN
from services.scheduler.files.values import text_at

_SUBJECTS: Final = {subject.name: subject for subject in (ROSTER, PLAN, ORDERS)}


def template(kind: Literal["roster", "plan", "orders"], form: TableForm) -> bytes:
    """An empty table; as a workbook it has a second sheet that explains each column, in Indonesian."""
    subject = _SUBJECTS[kind]
    columns = [column for column in subject.columns if column.example or column.kind in {"day", "hint"}]
    return _table(subject, columns, (), form)


def export_roster(officers: Iterable[OfficerEntry], form: TableForm) -> bytes:
    """Officers as a table; times of loans in UTC. `roster_rows` reads it as it was."""
    return _table(ROSTER, ROSTER.columns, _texts(ROSTER, officers, None), form)


def export_plan(rallies: Iterable[PlanRally], zone: Zone, form: TableForm) -> bytes:
    """Rallies as a table, in local times. `plan_rows` reads it as it was."""
    return _table(PLAN, _written(PLAN), _texts(PLAN, rallies, zone), form)


def export_orders(orders: Iterable[OrderLine], zone: Zone, form: TableForm) -> bytes:
    """Deployments as a table, in local times. `order_rows` reads it as it was."""
    return _table(ORDERS, _written(ORDERS), _texts(ORDERS, orders, zone), form)


def plan_calendar(rallies: Iterable[CalendarEntry], head: CalendarHead) -> bytes:
    """Rallies (`PlanRally`) as a calendar. `plan_rows` reads those not cancelled as they were."""
    return calendar_of(PLAN, rallies, head)


def orders_calendar(orders: Iterable[CalendarEntry], head: CalendarHead) -> bytes:
    """Deployments (`OrderLine`) as a calendar. `order_rows` reads those not cancelled as they were."""
    return calendar_of(ORDERS, orders, head)


def _written(subject: Subject) -> list[Column]:
    return [column for column in subject.columns if column.path]


def _texts(subject: Subject, values: Iterable[Any], zone: Zone | None) -> Iterator[list[str]]:
    columns = _written(subject)
    for value in values:
        yield [text_at(value, column, zone) for column in columns]


def _table(subject: Subject, columns: Sequence[Column], rows: Iterable[list[str]], form: TableForm) -> bytes:
    if form == "csv":
        return _csv(columns, rows)
    # Imported here: openpyxl takes a fifth of a second to load, and a service starts without it.
    from services.scheduler.files.workbooks_written import workbook_of

    return workbook_of(subject, columns, rows)


def _csv(columns: Sequence[Column], rows: Iterable[list[str]]) -> bytes:
    return csv_of(
        [column.header for column in columns],
        ([_safe(text, column) for text, column in zip(row, columns, strict=True)] for row in rows),
    )


def _safe(text: str, column: Column) -> str:
    """A number stands as it is, also a negative one; every text is guarded."""
    return text if column.kind in {"count", "decimal"} else guarded(text)
