"""A place's attendance on a day: reports of coming and going put together into stays. Pure.

A check-in begins a stay, the next check-out ends it; further reports of the same are witnesses. The time of a
paper list is nobody's own: it counts only where there is no other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import compress
from operator import not_
from typing import Final, NamedTuple

from msgspec import Struct

from pamwal.contracts.field import CheckedIn, CheckedOut
from pamwal.contracts.field.clocks import happened_ms
from pamwal.contracts.field_reads import AttendanceRow, AttendanceSheet, Ics211, Ics211Entry
from pamwal.contracts.instants import from_ms
from pamwal.contracts.persons import PersonalWords, officer_key

STAY_MS: Final = 12 * 3_600_000
"""How long a stay lasts at the most (the longest duty); beyond it somebody forgot a check-out."""
COLUMNS: Final = (
    "officer_id", "nrp", "name", "rank", "unit", "time_in", "time_out", "method", "witnesses", "remarks",
)  # fmt: skip


class Seen(NamedTuple):
    """One report that stands, and the post that made it."""

    fact: CheckedIn | CheckedOut
    post: str


class Who(Struct, frozen=True, kw_only=True):
    """What is known of an officer, as far as the reader may know it."""

    rank: str | None = None
    unit: str | None = None
    words: PersonalWords | None = None


class _Stay(Struct, kw_only=True):
    began: Seen | None
    began_ms: int
    ended: Seen | None = None
    ended_ms: int | None = None
    witnesses: int = 0


def rows_of(
    seen: Iterable[Seen], first_ms: int, before_ms: int, who: Callable[[str], Who]
) -> list[AttendanceRow]:
    """The stays that lie in [first, before) at least in part, by when they began, then by officer."""
    by_officer: dict[str, list[tuple[int, str, str, Seen]]] = {}
    for each in seen:
        told = (happened_ms(each.fact)[0], each.fact.id, each.post, each)
        by_officer.setdefault(officer_key(each.fact.officer_id), []).append(told)
    rows = []
    for reports in by_officer.values():
        officer_id = min(each.fact.officer_id for *_, each in reports)
        for stay in _stays(sorted(reports, key=lambda told: told[:3])):
            ends_ms = stay.began_ms + 1 if stay.ended_ms is None else stay.ended_ms
            if stay.began_ms < before_ms and max(ends_ms, stay.began_ms + 1) > first_ms:
                rows.append((stay.began_ms, officer_id, _row(officer_id, stay, who(officer_id))))
    rows.sort(key=lambda row: row[:2])
    return [row for _, _, row in rows]


def ics_211(sheet: AttendanceSheet) -> Ics211:
    """The sheet as the data of a check-in list."""
    return Ics211(
        form="ICS 211",
        incident_name=sheet.operation_name,
        check_in_location=sheet.place,
        date=sheet.day,
        zone=sheet.zone,
        entries=[
            Ics211Entry(
                resource=row.name or row.officer_id,
                identifier=row.nrp or row.officer_id,
                home_unit=" ".join(part for part in (row.rank, row.unit) if part),
                checked_in_at=row.time_in,
                checked_out_at=row.time_out,
                method=row.method or "",
                remarks="; ".join(row.remarks),
            )
            for row in sheet.rows
        ],
        at=sheet.at,
        known=sheet.known,
    )


def cells_of(sheet: AttendanceSheet) -> list[list[str]]:
    """The sheet as the texts of a table with `COLUMNS`."""
    return [
        [
            "; ".join(value) if isinstance(value, list) else str("" if value is None else value)
            for value in (getattr(row, name) for name in COLUMNS)
        ]
        for row in sheet.rows
    ]


def _stays(reports: Sequence[tuple[int, str, str, Seen]]) -> list[_Stay]:
    """One officer's stays from his reports, sorted by time."""
    own = [(at_ms, seen) for at_ms, _, _, seen in reports]
    listed = [_only_listed(at_ms, seen, own) for at_ms, seen in own]
    stays: list[_Stay] = []
    for at_ms, seen in compress(own, map(not_, listed)):
        last = stays[-1] if stays else None
        near = last is not None and at_ms - last.began_ms <= STAY_MS
        if isinstance(seen.fact, CheckedIn):
            if last is not None and near and last.ended is None:
                last.witnesses += 1
            else:
                stays.append(_Stay(began=seen, began_ms=at_ms))
        elif last is None or not near:
            stays.append(_Stay(began=None, began_ms=at_ms, ended=seen, ended_ms=at_ms))
        elif last.ended is None:
            last.ended, last.ended_ms = seen, at_ms
        else:
            last.witnesses += 1
    for at_ms, _ in compress(own, listed):
        min(stays, key=lambda stay: abs(stay.began_ms - at_ms)).witnesses += 1
    return stays


def _only_listed(at_ms: int, seen: Seen, own: Sequence[tuple[int, Seen]]) -> bool:
    """True for a paper list's report where somebody's own of the same kind lies within half a day."""
    return seen.fact.precision == "list" and any(
        other.fact.precision == "exact"
        and type(other.fact) is type(seen.fact)
        and abs(other_ms - at_ms) <= STAY_MS
        for other_ms, other in own
    )


def _row(officer_id: str, stay: _Stay, who: Who) -> AttendanceRow:
    told = [each.fact for each in (stay.began, stay.ended) if each is not None]
    words = who.words or PersonalWords()
    return AttendanceRow(
        officer_id=officer_id,
        name=words.name,
        nrp=words.nrp,
        rank=who.rank,
        unit=who.unit,
        time_in=from_ms(stay.began_ms) if stay.began is not None else None,
        time_out=from_ms(stay.ended_ms) if stay.ended_ms is not None else None,
        method=told[0].method,
        witnesses=stay.witnesses,
        remarks=_remarks(stay),
    )


def _remarks(stay: _Stay) -> list[str]:
    found = []
    if stay.began is None:
        found.append("no check-in is known")
    for name, each in (("in", stay.began), ("out", stay.ended)):
        if each is None:
            continue
        if each.fact.precision == "list":
            found.append(f"time {name} is a paper list's")
        if happened_ms(each.fact)[1]:
            found.append(f"time {name} corrected: the clock said {each.fact.occurred_at}")
        other = each.fact.relieves if isinstance(each.fact, CheckedIn) else each.fact.relieved_by
        if other is not None:
            found.append(f"{'relieves' if name == 'in' else 'relieved by'} {other}")
    return found
