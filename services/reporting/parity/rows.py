"""The audit's rows as a table of texts, from which anyone computes the same again. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pamwal.contracts.zones import HOUR_MS
from services.reporting.parity.rally_days import SEVERITIES, RallyDay

COLUMNS: Final = (
    "day", "rally_id", "pair", "officers", "officer_hours", "expected_attendance", "lead_hours", "on_time",
    "late", "came", "absent", *(f"incidents_{severity}" for severity in SEVERITIES),
)  # fmt: skip
"""Empty cells are not known. The order of the rows is part of the test: labels are permuted over it."""


def cells_of(rows: Iterable[RallyDay]) -> list[list[str]]:
    """One list of cells a row, in the order of the table."""
    return [
        [
            row.day, row.rally_id, row.pair, str(row.officers), _hours(row.officer_ms),
            "" if row.expected is None else str(row.expected), _hours(row.lead_ms),
            *map(str, (row.on_time, row.late, row.came, row.absent, *row.incidents)),
        ]
        for row in rows
    ]  # fmt: skip


def _hours(duration_ms: int | None) -> str:
    """Every digit, so that reading it gives the very number that was compared."""
    return "" if duration_ms is None else repr(duration_ms / HOUR_MS)
