"""The columns that a SitRep tells strength in, on a line and as a table."""

from __future__ import annotations

from msgspec import Struct

from pamwal.contracts.family_counts import FamilyCounts
from pamwal.contracts.reporting import Strength
from services.reporting.sheets.tongues import Tongue


class Block(Struct, frozen=True, kw_only=True):
    """A table with its heading; the first column names the row."""

    columns: list[str]
    rows: list[list[str]]
    brief: bool = False
    """Short enough for a chat."""


def cells(of: Strength | FamilyCounts) -> list[str]:
    """The counts of a row, in the order of `Tongue.columns`."""
    present = (of.present, of.at_place, of.wrong_place, of.unplanned)
    return [
        str(each)
        for each in (of.ordered, *present, of.late, of.excused, of.absent, of.unknown, of.unregistered)
    ]


def in_columns(says: Tongue, of: Strength | FamilyCounts) -> str:
    """The same on one line: `plotting 151, hadir 127, …`."""
    return ", ".join(f"{name} {count}" for name, count in zip(says.columns, cells(of), strict=True))
