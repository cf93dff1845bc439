"""What a change of the situation says in words: each number that is another, before and after. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import fields

from pamwal.contracts.reporting import Rows, Situation, SituationChange
from pamwal.contracts.rolled_up import RolledUp

_SECTIONS: Final[dict[str, tuple[str, Callable[[Any], str], Callable[[Any], Struct]]]] = {
    "kecamatan": ("kecamatan", lambda row: str(row.name), lambda row: row.strength),
    "kelurahan": ("kelurahan", lambda row: str(row.name), lambda row: row.strength),
    "venues": ("venue", lambda row: str(row.name), lambda row: row.strength),
    "sites": ("site", lambda row: str(row.name), lambda row: row.strength),
    "satgas": ("satgas", lambda row: str(row.name), lambda row: row.strength),
    "children": ("with all below it,", lambda row: str(row.name), lambda row: row.strength),
}
"""Section → what one of its rows is called, its name, and its numbers."""
_COUNTS: Final = ("rallies", "incidents", "posts", "polls", "alerts")


def differences(then: Situation, change: SituationChange) -> list[tuple[str, str]]:
    """What differs from `then`, as (what, how): ("total", "present 127 → 150, unknown 23 → 0")."""
    return [(what, ", ".join(words)) for what, words in _found(then, change) if words]


def _found(then: Situation, change: SituationChange) -> Iterator[tuple[str, list[str]]]:
    if change.total is not None:
        yield "total", _numbers(then.total, change.total)
    for section, (called, name, counted) in _SECTIONS.items():
        before = {name(row): counted(row) for row in getattr(then, section)}
        after = {name(row): counted(row) for row in _rows(change, section)}
        for key, now in after.items():
            yield f"{called} {key}", _numbers(before[key], now) if key in before else ["new"]
        gone = [] if change.replaced is None or getattr(change.replaced, section) is None else before
        for key in gone:
            if key not in after:
                yield f"{called} {key}", ["gone"]
    yield "with all below", _below(then.rolled_up, change.rolled_up)
    for part in _COUNTS:
        now = getattr(change, part)
        if now is not None:
            yield part, _numbers(getattr(then, part), now) or ["the numbers are the same, rows are others"]
    for flag in ("opened", "closed", "day_closed"):
        if getattr(change, flag) is not None:
            yield "operation", [f"{flag.replace('_', ' ')}: {'yes' if getattr(change, flag) else 'no'}"]


def _below(was: RolledUp | None, now: object) -> list[str]:
    """Of an operation and all below it; nothing where there is none, or none any more."""
    if was is None or not isinstance(now, RolledUp):
        return []
    parts = (
        (getattr(was, name), getattr(now, name)) for name in ("strength", "rallies", "incidents", "posts")
    )
    return [*_numbers(was, now), *(word for both in parts for word in _numbers(*both))]


def _rows(change: SituationChange, section: str) -> Iterator[Any]:
    for rows in (change.rows, change.replaced):
        if isinstance(rows, Rows):
            yield from getattr(rows, section) or ()


def _numbers(before: Struct, after: Struct) -> list[str]:
    """Each whole number that is another, and those of a table in it by their names."""
    words = []
    for each in fields(after):
        was, now = getattr(before, each.name), getattr(after, each.name)
        if was == now:
            continue
        if isinstance(now, int):
            words.append(f"{each.name.replace('_', ' ')} {was} → {now}")
        elif isinstance(now, dict):
            names = sorted({*was, *now})
            words += [
                f"{n} {was.get(n, 0)} → {now.get(n, 0)}" for n in names if was.get(n, 0) != now.get(n, 0)
            ]
    return words
