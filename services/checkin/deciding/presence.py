"""Presence: check-ins, check-outs and reliefs are kept, whatever they say."""

from __future__ import annotations

from functools import partial
from typing import Any

from pamwal.contracts.envelope import Reason, Request, Verdict, refuse
from pamwal.contracts.field import CheckedIn, CheckedOut, Relieve
from pamwal.contracts.persons import officer_key
from services.checkin.deciding.attendance import fact_of, presence_advice, remember, rounded
from services.checkin.deciding.clocks import clocks_of
from services.checkin.deciding.state import CheckinState, taken_back


def presence(state: CheckinState, request: Request[Any], fact_id: str) -> Verdict[Any]:
    """A check-in or check-out is kept as it was said."""
    fact = fact_of(request, fact_id)
    return Verdict(facts=[fact], warnings=advice_on(state, fact, request.postid))


def relieve(state: CheckinState, request: Request[Relieve], fact_id: str) -> Verdict[Any]:
    """One goes and names who comes, the other comes and names who goes: two facts, one moment."""
    said = request.data
    if officer_key(said.officer_id) == officer_key(said.relieved_by):
        possible = "name another officer in relieved_by, or send a check-out"
        return refuse("malformed", "nobody relieves himself", subject=said.officer_id, possible=possible)
    where = {
        **clocks_of(request),
        "place": said.place,
        "method": said.method,
        "precision": said.precision,
        "position": rounded(said.position),
    }
    gone = CheckedOut(id=fact_id, officer_id=said.officer_id, relieved_by=said.relieved_by, **where)
    come = CheckedIn(id=f"{request.id}/1", officer_id=said.relieved_by, relieves=said.officer_id, **where)
    advice = [*advice_on(state, gone, request.postid), *advice_on(state, come, request.postid)]
    return Verdict(facts=[gone, come], warnings=advice)


def advice_on(state: CheckinState, fact: CheckedIn | CheckedOut, post: str) -> list[Reason]:
    """What the decider notices about one presence."""
    is_void = partial(state.is_void, officer_id=fact.officer_id)
    return taken_back(state, fact.id, post, fact.officer_id) or presence_advice(
        state.attendance, is_void, fact
    )


def seen(state: CheckinState, fact: CheckedIn | CheckedOut, post: str) -> None:
    """Keeps a report of presence."""
    remember(state.attendance, fact, post)
    state.said(fact.id, post)
    if isinstance(fact, CheckedIn):
        state.own_of(post).officers.setdefault(officer_key(fact.officer_id), fact.officer_id)
