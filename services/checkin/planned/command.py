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
    StartPoll,
    StartRally,
)
from pamwal.contracts.persons import officer_key
from services.checkin.planned.book import OperationPlan


def not_led(plan: OperationPlan, officer_id: str, data: Any) -> str | None:
    """Why an officer may not say this as field commander, in words; None if he may."""
    own = officer_key(officer_id)
    if isinstance(data, CheckIn | CheckOut | AckPoll) and officer_key(data.officer_id) == own:
        return None
    led = plan.led.get(plan.written(officer_id), set())
    if isinstance(data, CheckIn | CheckOut | CheckInSquad | Relieve):
        place = data.place
    elif isinstance(data, StartRally | EndRally | CountAttendance):
        place = f"rally/{data.rally_id}"
    else:
        named = named_in(data) if isinstance(data, AckPoll | CallRoll) else []
        foreign = next((each for each in named if not _is_his(plan, officer_id, each)), None)
        return None if foreign is None else f"the plan has {foreign} at no place that {officer_id} leads"
    return None if place in led else f"{officer_id} is not the field commander of {place} in the plan"


def _is_his(plan: OperationPlan, officer_id: str, named: str) -> bool:
    if officer_key(named) == officer_key(officer_id):
        return True
    return plan.is_ordered_to(named, plan.led.get(plan.written(officer_id), set()))


def named_in(data: Any) -> list[str]:
    """The officers of whom a request of the field says something of presence."""
    if isinstance(data, CheckIn | CheckOut | AckPoll):
        return [data.officer_id]
    if isinstance(data, Relieve):
        return [data.officer_id, data.relieved_by]
    if isinstance(data, CallRoll | CheckInSquad):
        return [*data.present, *(each.officer_id for each in data.not_present)]
    return list(data.officers or ()) if isinstance(data, StartPoll) else []
