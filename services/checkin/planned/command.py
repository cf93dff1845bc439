"""What a field commander may say of presence and rallies: what is of places and officers he leads. Pure.

Source: domain section 6, "the officers of his rally or site". He leads a place for which the plan ever named
him field commander, at whatever hours and whatever became of that order: what he saw before he was relieved
may come late. At his places he reports anybody, also who is not planned there.
"""

from __future__ import annotations

from typing import Any

from pamwal.contracts.field import (
    AckPoll,
    CallRoll,
    CheckIn,
    CheckInSquad,
    CheckOut,
    CountAttendance,
    EndRally,
    Relieve,
    StartRally,
)
from services.checkin.planned.book import OperationPlan


def not_led(plan: OperationPlan, officer_id: str, data: Any) -> str | None:
    """Why an officer may not say this as field commander, in words; None if he may."""
    if isinstance(data, CheckIn | CheckOut | AckPoll) and data.officer_id == officer_id:
        return None
    led = plan.led.get(officer_id, set())
    if isinstance(data, CheckIn | CheckOut | CheckInSquad | Relieve):
        place = data.place
    elif isinstance(data, StartRally | EndRally | CountAttendance):
        place = f"rally/{data.rally_id}"
    else:
        foreign = next((each for each in _named(data) if not _is_his(plan, officer_id, each)), None)
        return None if foreign is None else f"the plan has {foreign} at no place that {officer_id} leads"
    return None if place in led else f"{officer_id} is not the field commander of {place} in the plan"


def _is_his(plan: OperationPlan, officer_id: str, named: str) -> bool:
    return named == officer_id or plan.is_ordered_to(named, plan.led.get(officer_id, set()))


def _named(data: Any) -> list[str]:
    """Officers of whom something is said without a place."""
    if isinstance(data, AckPoll):
        return [data.officer_id]
    if isinstance(data, CallRoll):
        return [*data.present, *(each.officer_id for each in data.not_present)]
    return []
