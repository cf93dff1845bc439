"""Rosters, plans and orders as files: CSV, XLSX, iCalendar. Bytes in, bytes out; no service, no log, no disk.

What was exported is read again as it was. What cannot be read is said by line and column, and a file that
cannot be taken at all raises `pamwal.contracts.errors.UnreadableFile`, and nothing else ever.
"""

from __future__ import annotations

from pamwal.contracts.import_answers import Problem
from services.scheduler.files.calendars_written import CalendarEntry, CalendarHead
from services.scheduler.files.parsed import OrderLine, Parsed, Row
from services.scheduler.files.reading import order_rows, plan_rows, roster_rows
from services.scheduler.files.writing import (
    export_orders,
    export_plan,
    export_roster,
    orders_calendar,
    plan_calendar,
    template,
)

__all__ = [
    "CalendarEntry",
    "CalendarHead",
    "OrderLine",
    "Parsed",
    "Problem",
    "Row",
    "export_orders",
    "export_plan",
    "export_roster",
    "order_rows",
    "orders_calendar",
    "plan_calendar",
    "plan_rows",
    "roster_rows",
    "template",
]
