"""What was read from a file: rows that may be asked for, and problems that a person can mend."""

from __future__ import annotations

from typing import Generic, TypeVar

from msgspec import Struct

from pamwal.contracts.import_answers import Problem
from pamwal.contracts.scheduling import PlanSeries
from pamwal.contracts.scheduling.terms import Order

T = TypeVar("T")


class Row(Struct, Generic[T], frozen=True):
    """One row of a file, with the line it begins at (1 is the first)."""

    line: int
    value: T


class OrderLine(Struct, frozen=True, kw_only=True):
    """One deployment of a file: an order and the sprin it cites, if it cites one."""

    order: Order
    sprin: str | None = None


class Parsed(Struct, Generic[T], frozen=True, kw_only=True):
    """A file as rows. A row with an error is not among `rows`; nothing is mended on the quiet."""

    rows: list[Row[T]]
    errors: list[Problem]
    notes: list[Problem]
    """What a person should know and need not mend, such as columns that nobody reads."""
    sha256: str
    """Of the file's bytes, hex: the same file again is known by it."""
    encoding: str
    """As it was read: UTF-8, UTF-16, Windows-1252; of a workbook, XLSX."""
    series: list[Row[PlanSeries]] = []
    """Rallies that recur (RRULE of an iCalendar file), to be asked for as series."""
    named: frozenset[str] = frozenset()
    """The id of every line, also of those with an error: whom the file speaks of."""
    nameless: list[int] = []
    """Lines of which nobody can say whom or what they are about."""
