"""The values of a contract as the text of cells."""

from __future__ import annotations

from typing import Any

from pamwal.contracts.zones import Zone
from services.scheduler.files.columns import Column, value_at
from services.scheduler.files.times import local_text


def text_at(value: Any, column: Column, zone: Zone | None) -> str:
    """What a contract's value has for a column, as reading would read it; empty where it has nothing."""
    found = value_at(value, column.path)
    if found is None:
        return ""
    if column.kind == "instant":
        return local_text(found, zone)
    if column.kind in {"list", "skills"}:
        return "; ".join(found)
    if column.kind == "words":
        return column.words[found][0]
    return repr(found) if column.kind == "decimal" else str(found)
