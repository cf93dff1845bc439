"""What is held and guarded when: rallies and sites in one order of time."""

from __future__ import annotations

from msgspec import Struct

from pamwal.contracts.duty_reads import CalendarEntry, CalendarView, Duty
from services.scheduler.deciding.state import Operation, Schedule
from services.scheduler.views.duties import duties_of
from services.scheduler.views.places import Place, Window, places_in, tally
from services.scheduler.views.sight import Sight


class CalendarAsked(Struct, frozen=True, kw_only=True):
    """Which entries; what is None is not asked for."""

    day: str | None = None
    venue: str | None = None
    pair: str | None = None
    officer: str | None = None


def calendar_of(
    schedule: Schedule,
    operation: Operation,
    sight: Sight,
    asked: CalendarAsked,
    window: Window,
    *,
    after: str,
    limit: int,
) -> CalendarView:
    """Places whose hours meet the window; of an officer, those where a duty of his can be seen."""
    duties: dict[str, list[Duty]] = {}
    if asked.officer is not None:
        held = duties_of(schedule, operation.policy, asked.officer, sight, window, released=False)
        for duty in held.duties:
            duties.setdefault(duty.place, []).append(duty)
    found = [
        each
        for each in places_in(schedule, window)
        if each.key > after and _is_asked(each, asked) and (asked.officer is None or each.ref in duties)
    ]
    page = found[:limit]
    return CalendarView(
        entries=[_entry(schedule, sight, each, window, duties.get(each.ref, [])) for each in page],
        day=asked.day,
        day_closed=asked.day in schedule.days and schedule.days[asked.day].closed if asked.day else False,
        next_after=page[-1].key if len(found) > limit else None,
    )


def _is_asked(place: Place, asked: CalendarAsked) -> bool:
    return (
        place.status != "withdrawn"
        and asked.venue in {None, place.venue_id}
        and (asked.pair is None or asked.pair in place.pairs)
    )


def _entry(
    schedule: Schedule, sight: Sight, place: Place, window: Window, duties: list[Duty]
) -> CalendarEntry:
    required = sight.required(place.required)
    ordered, reserved = tally(schedule, sight, place.ref, window)
    return CalendarEntry(
        place=place.ref,
        kind=place.kind,
        name=place.name,
        kelurahan=place.kelurahan,
        starts_at=place.starts_at,
        ends_at=place.ends_at,
        status=place.status,
        ordered=ordered,
        required=sum(required.values()),
        reserved=reserved,
        strength=required,
        pairs=place.pairs,
        venue_id=place.venue_id,
        unnoticed=place.unnoticed,
        duties=duties,
    )
