"""The account as a table for allowances: one officer and day a row. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pamwal.contracts.hours import HoursWorked
from pamwal.tables import Table, Value

_OF_OFFICER: Final = ("officer_id", "rank", "name", "nrp", "unit", "satgas")
_OF_DAY: Final = (
    "duties", "ordered_h", "due_h", "worked_h", "within_h", "beyond_h", "late", "absent", "excused",
    "unknown", "unended", "doubtful", "overrides",
)  # fmt: skip
COLUMNS: Final = ("day", *_OF_OFFICER, *_OF_DAY, "overridden")


def table_of(account: HoursWorked) -> Table:
    """Every officer of the account on each of his days, by officer and day."""
    return Table(title=f"Hours {account.first_day}", columns=COLUMNS, rows=list(_rows(account)))


def _rows(account: HoursWorked) -> Iterator[list[Value]]:
    for officer in account.officers:
        told = {f"{each.deployment_id}: {', '.join(each.rules)}" for each in officer.overridden}
        for count, each in enumerate(officer.days):
            yield [
                each.day,
                *(getattr(officer, name) for name in _OF_OFFICER),
                *(getattr(each.worked, name) for name in _OF_DAY),
                "; ".join(sorted(told)) if count == 0 else "",
            ]
