"""A service core small enough to see through: check-ins, some refused, and a mind for whose token it is."""

from __future__ import annotations

from typing import Any

from pamwal.contracts.claims import Claims
from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import DecisionData, Reason, Request, Verdict, Winner, refuse
from pamwal.contracts.field import CheckedIn, CheckIn, IncidentReported, ReportIncident
from pamwal.contracts.topics import FIELD_DECISIONS, FIELD_REQUESTS
from pamwal.wire.core import ACCEPTED_ONLY

TAKEN, WARNED = "NTT-TAKEN", "NTT-WARNED"
"""Officers whose check-in is refused with a winner, or accepted with a warning."""
WINNER = Winner(
    deployment_id="d-1",
    officer_id=TAKEN,
    place="rally/r-1",
    starts_at="2024-10-03T08:00:00.000Z",
    ends_at="2024-10-03T10:00:00.000Z",
    postid="posko-oebobo",
)


class GuardCore:
    """Its state is how many facts there were."""

    service = "guard"
    requests_topic = FIELD_REQUESTS.name
    decisions_topic = FIELD_DECISIONS.name
    version = "guard/1"
    evolves = ACCEPTED_ONLY

    def new_state(self, operation_id: str) -> int:  # noqa: ARG002  the protocol has it
        return 0

    def decide(self, state: int, request: Request[Any], knownat: str) -> Verdict[Any]:  # noqa: ARG002
        claims = Claims.from_text(request.claims)
        if claims.post not in (None, request.postid):
            return refuse("not_yours", f"this token speaks for {claims.post}, not for {request.postid}")
        if isinstance(request.data, ReportIncident):
            return Verdict(facts=[self._reported(request, request.data)])
        data: CheckIn = request.data
        if data.officer_id == TAKEN:
            return refuse(
                "double_booked", "somebody else has this officer", winner=WINNER, possible="from 18:00"
            )
        warned = [Reason(code="early", message="earlier than planned")] if data.officer_id == WARNED else []
        fact = CheckedIn(
            id=f"{request.id}/0",
            occurred_at=request.time,
            recorded_at=request.recordedat,
            officer_id=data.officer_id,
            place=data.place,
            method=data.method,
        )
        return Verdict(facts=[fact], warnings=warned)

    def _reported(self, request: Request[Any], data: ReportIncident) -> IncidentReported:
        return IncidentReported(
            id=f"{request.id}/0",
            occurred_at=request.time,
            recorded_at=request.recordedat,
            incident_id=data.incident_id,
            version=1,
            kind=data.kind,
            severity=data.severity,
            kelurahan=data.kelurahan,
            author=request.actor,
            text_ref=data.text_ref,
        )

    def evolve(self, state: int, decision: DecisionData[Fact]) -> int:
        return state + len(decision.facts)
