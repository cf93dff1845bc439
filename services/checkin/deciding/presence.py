"""Presence: check-ins and check-outs are kept, whatever they say."""

from __future__ import annotations

from typing import Any

from pamwal.contracts.envelope import Reason, Request, Verdict
from pamwal.contracts.field import CheckedIn, CheckedOut
from services.checkin.deciding.attendance import fact_of, presence_advice, remember
from services.checkin.deciding.state import CheckinState


def presence(state: CheckinState, request: Request[Any], fact_id: str) -> Verdict[Any]:
    """A check-in or check-out is kept as it was said."""
    fact = fact_of(request, fact_id)
    if state.is_void(fact_id, request.postid):
        return Verdict(
            facts=[fact], warnings=[Reason(code="voided", message="this was taken back before it came")]
        )
    return Verdict(facts=[fact], warnings=presence_advice(state.attendance, state.voided, fact))


def seen(state: CheckinState, fact: CheckedIn | CheckedOut, post: str) -> None:
    """Keeps a report of presence."""
    remember(state.attendance, fact)
    state.said(fact.id, post)
