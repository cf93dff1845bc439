"""Squads and roll calls: one list said at once, whose every officer stands in it once."""

from __future__ import annotations

from typing import Any, Final

from pamwal.contracts.envelope import Reason, Request, Verdict, refuse
from pamwal.contracts.field import CallRoll, CheckedIn, CheckInSquad, RollCalled
from pamwal.contracts.persons import officer_key
from services.checkin.deciding.attendance import rounded
from services.checkin.deciding.clocks import clocks_of
from services.checkin.deciding.presence import advice_on
from services.checkin.deciding.state import CheckinState, taken_back

ONCE: Final = "name who is there, and who is not with the cause; each officer once"


def check_in_squad(state: CheckinState, request: Request[CheckInSquad], fact_id: str) -> Verdict[Any]:
    """A check-in of each who is there, and a roll call if somebody is not."""
    said = request.data
    wrong = _wrong(said)
    if wrong is not None:
        return refuse("malformed", wrong, possible=ONCE)
    where = {
        **clocks_of(request),
        "place": said.place,
        "method": said.method,
        "precision": said.precision,
        "position": rounded(said.position),
    }
    facts: list[Any] = []
    advice: list[Reason] = []
    for number, officer_id in enumerate(said.present):
        come = CheckedIn(id=f"{request.id}/{number}", officer_id=officer_id, **where)
        facts.append(come)
        advice += advice_on(state, come, request.postid)
    if said.not_present:
        called = _called(request, f"{request.id}/{len(facts)}" if facts else fact_id, said.place)
        facts.append(called)
        advice += taken_back(state, called.id, request.postid)
    return Verdict(facts=facts, warnings=advice)


def call_roll(state: CheckinState, request: Request[CallRoll], fact_id: str) -> Verdict[Any]:
    """A unit's roll call is kept as it was called."""
    wrong = _wrong(request.data)
    if wrong is not None:
        return refuse("malformed", wrong, possible=ONCE)
    fact = _called(request, fact_id, None)
    return Verdict(facts=[fact], warnings=taken_back(state, fact.id, request.postid))


def called(state: CheckinState, fact: RollCalled, post: str) -> None:
    """Keeps that it can be taken back; what it says is the picture's."""
    state.said(fact.id, post)


def _called(request: Request[Any], fact_id: str, place: str | None) -> RollCalled:
    return RollCalled(
        id=fact_id,
        postid=request.postid,
        author=request.actor,
        unit=request.data.unit,
        place=place,
        present=request.data.present,
        not_present=request.data.not_present,
        **clocks_of(request),
    )


def _wrong(said: CheckInSquad | CallRoll) -> str | None:
    """Why the list cannot be one, or None."""
    named = [*said.present, *(each.officer_id for each in said.not_present)]
    if not named:
        return "the list names nobody"
    known: set[str] = set()
    for officer_id in named:
        key = officer_key(officer_id)
        if key in known:
            return f"officer {officer_id} stands in the list twice"
        known.add(key)
    return None
