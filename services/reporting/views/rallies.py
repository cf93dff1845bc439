"""Rallies of a day by state and attendance. Pure.

Active and ended follow what the field says, else the planned hours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from pamwal.contracts.instants import from_ms
from pamwal.contracts.reporting import Rallies, RallyRow, RallyState
from services.reporting.picture import OperationPicture
from services.reporting.picture.course import Course
from services.reporting.picture.places import Rally


def rallies_of(
    picture: OperationPicture, found: Iterable[Rally], now_ms: int, *, rows: bool = True
) -> Rallies:
    """The given rallies at a moment, in the order given."""
    all_rows = [_row(rally, picture.course(rally, now_ms), now_ms) for rally in found]
    states = Counter(row.state for row in all_rows)
    held = [row for row in all_rows if row.state != "cancelled"]
    return Rallies(
        planned=states["planned"],
        active=states["active"],
        ended=states["ended"],
        cancelled=states["cancelled"],
        unnoticed=sum(row.unnoticed for row in all_rows),
        rows=all_rows if rows else [],
        expected=sum(row.expected or 0 for row in held),
        attendance=sum(row.attendance_most or 0 for row in held),
    )


def state_of(rally: Rally, course: Course, now_ms: int) -> RallyState:
    """Planned, active or ended by the field where it spoke, else by the hours; or cancelled.

    One that the field saw begin and not end lasts to its planned end, and at least as long as planned.
    """
    if rally.cancelled:
        return "cancelled"
    if rally.closed or course.ended_ms is not None:
        return "ended"
    starts_ms, ends_ms = rally.starts_ms, rally.ends_ms
    if course.started_ms is not None:
        ends_ms = max(ends_ms, course.started_ms + ends_ms - starts_ms)
        starts_ms = course.started_ms
    if now_ms < starts_ms:
        return "planned"
    return "active" if now_ms < ends_ms else "ended"


def _row(rally: Rally, course: Course, now_ms: int) -> RallyRow:
    return RallyRow(
        rally_id=rally.rally_id,
        kind=rally.kind,
        pairs=rally.pairs,
        venue_id=rally.venue.venue_id,
        starts_at=rally.starts_at,
        ends_at=rally.ends_at,
        state=state_of(rally, course, now_ms),
        unnoticed=rally.unnoticed and not rally.cancelled,
        started_at=_instant(course.started_ms),
        ended_at=_instant(course.ended_ms),
        expected=rally.expected,
        attendance=course.people,
        attendance_at=_instant(course.people_at_ms),
        attendance_most=course.people_most,
    )


def _instant(at_ms: int | None) -> str | None:
    return None if at_ms is None else from_ms(at_ms)
