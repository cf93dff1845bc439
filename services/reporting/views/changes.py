"""What differs between two states of one board: as little as leads a reader from one to the other. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from msgspec.structs import replace

from pamwal.contracts.reporting import BoardState, Rows, SituationChange
from pamwal.contracts.rolled_up import OperationRow

R = TypeVar("R")
_KEYS: Final[dict[str, Callable[[Any], str]]] = {
    "venues": lambda row: str(row.venue_id),
    "sites": lambda row: str(row.site_id),
    "kelurahan": lambda row: str(row.code),
    "kecamatan": lambda row: str(row.code),
    "satgas": lambda row: str(row.satgas_id),
    "children": lambda row: str(row.operation_id),
}
"""Section → the key of its rows."""
_WHOLE: Final = (
    "name", "mode", "zone", "opened", "closed", "day_closed", "total", "rallies", "incidents", "posts",
    "polls", "alerts",
)  # fmt: skip


def change_between(before: BoardState, after: BoardState) -> SituationChange | None:
    """The change that leads from one to the other; None if nothing but the moment differs."""
    old, new = before.situation, after.situation
    whole = {name: getattr(new, name) for name in _WHOLE if getattr(old, name) != getattr(new, name)}
    rows: dict[str, Any] = {}
    replaced: dict[str, Any] = {}
    for name, key in _KEYS.items():
        was, now = getattr(old, name), getattr(new, name)
        if was == now:
            continue
        if [key(row) for row in was] == [key(row) for row in now]:
            if changed := _changed(was, now):
                rows[name] = changed
        else:
            replaced[name] = now
    ledger = after.ledger if after.ledger != before.ledger else None
    same_known = (old.day, old.known_at, old.vector) == (new.day, new.known_at, new.vector)
    if old.rolled_up != new.rolled_up:
        whole["rolled_up"] = new.rolled_up
    if not (whole or rows or replaced or ledger) and same_known:
        return None
    return SituationChange(
        day=new.day,
        at=new.at,
        known_at=new.known_at,
        vector=new.vector,
        rows=Rows(**rows) if rows else None,
        replaced=Rows(**replaced) if replaced else None,
        ledger=ledger,
        **whole,
    )


def moment_of(state: BoardState) -> SituationChange:
    """A change of nothing but the moment: the board is alive."""
    situation = state.situation
    return SituationChange(
        day=situation.day, at=situation.at, known_at=situation.known_at, vector=situation.vector
    )


def _changed(was: list[R], now: list[R]) -> list[R]:
    return [after for before, after in zip(was, now, strict=True) if _said(before) != _said(after)]


def _said(row: Any) -> Any:
    """All of a row but when it was looked at and how far the log was: of a child both go on by themselves."""
    return replace(row, at="", vector={}) if isinstance(row, OperationRow) else row
