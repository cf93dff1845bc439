"""What the plan says to who checks in: how far from the place he is, and where he is ordered at that hour.

Advice in the answer, never a reason to refuse and never part of a fact: the plan may change, and what
is true of it is the picture's to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from pamwal.contracts.claims import read_claims
from pamwal.contracts.envelope import Reason, Request
from pamwal.contracts.field import CheckIn, CheckInSquad, Relieve
from pamwal.contracts.instants import to_ms
from pamwal.contracts.persons import officer_key
from pamwal.contracts.zones import LETTERS, OFFSET_H
from pamwal.places.distance import geodesic_m
from services.checkin.planned.book import Duty, OperationPlan, PlanBook
from services.checkin.planned.command import named_in

MINUTE_MS: Final = 60_000
BEFORE_MS: Final = 60 * MINUTE_MS
"""Whoever is ordered within the hour may be on his way there already."""
UNKNOWN_MAX: Final = 20
"""So many unknown officers of one request are named."""


def advice_for(book: PlanBook, request: Request[Any]) -> list[Reason]:
    """`unknown_officer`, `far` beyond the place's radius, `ordered_elsewhere`; else nothing."""
    data, plan = request.data, book.operations.get(request.operationid)
    if plan is None:
        return []
    unknown = list(unknown_officers(plan, data))
    if not isinstance(data, CheckIn | CheckInSquad | Relieve):
        return unknown
    found = [_far(plan, data), _elsewhere(plan, request, data) if isinstance(data, CheckIn) else None]
    return unknown + [each for each in found if each is not None]


def unknown_officers(plan: OperationPlan, data: Any) -> Iterator[Reason]:
    """`unknown_officer` for each id that is on no roster, with the id of the roster that is nearest to it.

    While the roster is empty nothing is said: then it is not used, or not known yet.
    """
    if not plan.officers:
        return
    unknown = (each for each in named_in(data) if not plan.is_on_roster(plan.written(each)))
    for officer_id in islice(unknown, UNKNOWN_MAX):
        nearest = plan.spellings.nearest(officer_id, plan.is_on_roster)
        asked = f"; is {nearest} meant?" if nearest else ""
        sentence = f"{officer_id} is not on the roster: kept, and counted as no strength{asked}"
        yield Reason(code="unknown_officer", message=sentence, subject=officer_id, possible=nearest)


def _far(plan: OperationPlan, data: CheckIn | CheckInSquad | Relieve) -> Reason | None:
    spot = plan.spots.get(data.place)
    if data.position is None or spot is None or spot.point is None:
        return None
    metres = geodesic_m(data.position.rounded(), spot.point)
    radius_m = max(spot.radius_m, plan.geofence_m)
    if metres <= radius_m:
        return None
    sentence = f"{_length(metres)} from {spot.name}; near enough is {radius_m} m"
    return Reason(code="far", message=sentence, subject=data.place)


def _elsewhere(plan: OperationPlan, request: Request[Any], data: CheckIn) -> Reason | None:
    at_ms = to_ms(request.time)
    duties = list(plan.duties_at(data.officer_id, at_ms, at_ms + BEFORE_MS))
    if any(duty.place == data.place for duty in duties):
        return None
    told = [duty for duty in duties if not duty.intel or _may_know(request, data.officer_id)]
    if not told:
        return None
    duty = min(told, key=lambda each: (each.starts_ms, each.place))
    spot = plan.spots.get(duty.place)
    name = f"{spot.name} ({duty.place})" if spot is not None and spot.name else duty.place
    return Reason(
        code="ordered_elsewhere",
        message=f"{data.officer_id} is ordered to {name} at that hour, {_hours(duty, plan.zone)}",
        subject=duty.place,
    )


def _may_know(request: Request[Any], officer_id: str) -> bool:
    """Officers on intel are named to nobody but themselves and the head of operations."""
    claims = read_claims(request.claims)
    if claims is None or claims.role not in {"ops_head", "officer"}:
        return False
    return claims.role == "ops_head" or officer_key(claims.officer or "") == officer_key(officer_id)


def _length(metres: float) -> str:
    return f"{metres / 1000:.1f} km" if metres >= 1000 else f"{round(metres, -1):.0f} m"


def _hours(duty: Duty, zone: str) -> str:
    return f"{_clock(duty.starts_ms, zone)}-{_clock(duty.ends_ms, zone)} {LETTERS[zone]}"


def _clock(ms: int, zone: str) -> str:
    minutes = ms // MINUTE_MS + OFFSET_H[zone] * 60
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"
