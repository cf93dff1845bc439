"""Rallies as the field sees them: begun, over, counted. Each is kept; the picture says what holds."""

from __future__ import annotations

from typing import Any

from pamwal.contracts.envelope import Reason, Request, Verdict
from pamwal.contracts.field import (
    AttendanceCounted,
    CountAttendance,
    EndRally,
    RallyEnded,
    RallyStarted,
    StartRally,
)
from pamwal.contracts.field.clocks import happened_ms
from services.checkin.deciding.attendance import WITNESS_WINDOW_MS, Said, advice, keep
from services.checkin.deciding.clocks import clocks_of
from services.checkin.deciding.state import CheckinState, taken_back


def rally_told(
    state: CheckinState, request: Request[StartRally] | Request[EndRally], fact_id: str
) -> Verdict[Any]:
    """That a rally began or ended is kept as it was said."""
    make = RallyStarted if isinstance(request.data, StartRally) else RallyEnded
    fact = make(id=fact_id, rally_id=request.data.rally_id, author=request.actor, **clocks_of(request))
    return Verdict(facts=[fact], warnings=_advice(state, fact, request.postid))


def count_attendance(state: CheckinState, request: Request[CountAttendance], fact_id: str) -> Verdict[Any]:
    """A head count is kept as it was counted."""
    said = request.data
    fact = AttendanceCounted(
        id=fact_id,
        rally_id=said.rally_id,
        people=said.people,
        author=request.actor,
        **clocks_of(request),
    )
    return Verdict(facts=[fact], warnings=taken_back(state, fact_id, request.postid))


def rally_seen(state: CheckinState, fact: RallyStarted | RallyEnded, post: str) -> None:
    """Keeps when a rally was said to begin or end."""
    keep(state.rallies, _said(fact), fact.id, post)
    state.said(fact.id, post)


def counted(state: CheckinState, fact: AttendanceCounted, post: str) -> None:
    """Keeps that it can be taken back."""
    state.said(fact.id, post)


def _advice(state: CheckinState, fact: RallyStarted | RallyEnded, post: str) -> list[Reason]:
    return taken_back(state, fact.id, post) or advice(
        state.rallies,
        state.is_void,
        _said(fact),
        window_ms=WITNESS_WINDOW_MS,
        early=f"that {fact.rally_id} began is not known before this",
    )


def _said(fact: RallyStarted | RallyEnded) -> Said:
    """A rally comes to itself and goes from itself, as an officer does at a place."""
    return Said(fact.rally_id, fact.rally_id, happened_ms(fact)[0], isinstance(fact, RallyEnded))
