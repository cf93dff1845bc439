"""The situation as tables, one a section; they hold what its reader sees of it and nothing else. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Literal, get_args

from pamwal.contracts.incidents_shown import IncidentRow
from pamwal.contracts.posts_shown import PostRow
from pamwal.contracts.reporting import RallyRow, Situation, Strength
from pamwal.contracts.rolled_up import OperationRow, RolledUp
from pamwal.tables import Table, Value

Section = Literal[
    "total", "venues", "sites", "kelurahan", "kecamatan", "satgas", "rallies", "incidents", "posts",
    "children", "rolled_up",
]  # fmt: skip
SECTIONS: Final[tuple[Section, ...]] = get_args(Section)[:-2]
FAMILY_SECTIONS: Final[tuple[Section, ...]] = get_args(Section)[-2:]
"""Of an operation with others below it: each child with all below that, and all of it."""
_COUNTS: Final = tuple(name for name in Strength.__struct_fields__ if name != "required")
_KEYS: Final[dict[Section, tuple[str, ...]]] = {
    "venues": ("venue_id", "name", "kelurahan", "kecamatan"),
    "sites": ("site_id", "kind", "name", "kelurahan", "kecamatan", "starts_at", "ends_at"),
    "kelurahan": ("code", "name", "venues", "sites"),
    "kecamatan": ("code", "name", "venues", "sites"),
    "satgas": ("satgas_id", "name"),
}
_RALLY: Final = tuple(RallyRow.__struct_fields__)
_INCIDENT: Final = tuple(name for name in IncidentRow.__struct_fields__ if name != "casualties")
_HARM: Final = ("dead", "injured", "missing")
_CHILD: Final = ("operation_id", "name", "operations", "zone", "known_at")
_TOGETHER: Final = (
    ("rallies", ("planned", "active", "ended", "cancelled", "unnoticed", "expected", "attendance")),
    ("incidents", ("open",)),
    ("posts", ("heard", "total", "closed", "missing")),
)
"""What is counted of several operations beside their strength."""
_POST: Final = tuple(name for name in PostRow.__struct_fields__ if name != "sources")


def tables_of(situation: Situation) -> list[Table]:
    """Every section, in the order of `SECTIONS`; then those of its family, if it has one."""
    family = FAMILY_SECTIONS if situation.rolled_up is not None else ()
    return [table_of(situation, section) for section in (*SECTIONS, *family)]


def table_of(situation: Situation, section: Section) -> Table:
    """One section; each row begins with the moment it is of."""
    columns, rows = _SECTIONS[section](situation, section)
    return Table(
        title=section,
        columns=("day", "at", *columns),
        rows=[(situation.day, situation.at, *row) for row in rows],
    )


_Made = tuple[Sequence[str], Iterable[Sequence[Value]]]


def _total(situation: Situation, _: Section) -> _Made:
    return ("operation_id", *_COUNTS), [(situation.operation_id, *_counts(situation.total))]


def _strengths(situation: Situation, section: Section) -> _Made:
    keys = _KEYS[section]
    rows: Iterable[Any] = getattr(situation, section)
    return (*keys, *_COUNTS), [(*_cells(row, keys), *_counts(row.strength)) for row in rows]


def _rallies(situation: Situation, _: Section) -> _Made:
    return _RALLY, [_cells(row, _RALLY) for row in situation.rallies.rows]


def _incidents(situation: Situation, _: Section) -> _Made:
    rows = situation.incidents.rows
    return (*_INCIDENT, *_HARM), [(*_cells(row, _INCIDENT), *_cells(row.casualties, _HARM)) for row in rows]


def _posts(situation: Situation, _: Section) -> _Made:
    return _POST, [_cells(row, _POST) for row in situation.posts.rows]


def _children(situation: Situation, _: Section) -> _Made:
    rows = [(*_cells(row, _CHILD), *_together(row)) for row in situation.children]
    return (*_CHILD, *_together_named()), rows


def _rolled_up(situation: Situation, _: Section) -> _Made:
    """One row; none of an operation that stands alone. What is missing in it is named."""
    columns = ("operation_id", "operations", *_together_named(), "unseen")
    whole = situation.rolled_up
    if whole is None:
        return columns, []
    return columns, [(situation.operation_id, whole.operations, *_together(whole), _unseen(whole))]


def family_table_of(situation: Situation) -> Table:
    """A row for each child with all below it; last the operation with all below it, each officer once.

    No row of an operation that stands alone.
    """
    columns = (*_CHILD, *_together_named(), "unseen")
    rows: list[list[Value]] = [
        [child.day, child.at, *_cells(child, _CHILD), *_together(child), None] for child in situation.children
    ]
    whole = situation.rolled_up
    if whole is not None:
        own = (situation.operation_id, situation.name, whole.operations, situation.zone, None)
        rows.append([situation.day, situation.at, *own, *_together(whole), _unseen(whole)])
    return Table(title="family", columns=("day", "at", *columns), rows=rows)


def _unseen(whole: RolledUp) -> str:
    return "; ".join(f"{each.operation_id or 'some'}: {each.why}" for each in whole.unseen)


def _together_named() -> list[str]:
    return [*_COUNTS, *(f"{part}_{name}" for part, names in _TOGETHER for name in names), "alerts"]


def _together(of: OperationRow | RolledUp) -> list[Value]:
    parts = (value for part, names in _TOGETHER for value in _cells(getattr(of, part), names))
    return [*_counts(of.strength), *parts, sum(of.alerts.values())]


def _counts(strength: Strength) -> list[Value]:
    return _cells(strength, _COUNTS)


def _cells(row: Any, names: Iterable[str]) -> list[Value]:
    return list(_values(row, names))


def _values(row: Any, names: Iterable[str]) -> Iterator[Value]:
    for name in names:
        value = getattr(row, name)
        if isinstance(value, bool):
            yield "yes" if value else "no"
        else:
            yield "; ".join(value) if isinstance(value, list) else value


_SECTIONS: Final = {
    "total": _total,
    **dict.fromkeys(_KEYS, _strengths),
    "rallies": _rallies,
    "incidents": _incidents,
    "posts": _posts,
    "children": _children,
    "rolled_up": _rolled_up,
}
