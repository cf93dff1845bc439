"""The core of check-in. Pure; its two tables say what happens when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct

from pamwal.contracts.codec import TYPE_OF, Fact
from pamwal.contracts.envelope import DecisionData, Reason, Request, Verdict, refuse
from pamwal.contracts.field import (
    AdvanceIncident,
    CheckedIn,
    CheckedOut,
    CheckIn,
    CheckOut,
    Heartbeat,
    HeartbeatHeard,
    IncidentAdvanced,
    IncidentReported,
    IncidentStepHeld,
    IncidentWitnessed,
    ReportIncident,
    Void,
    Voided,
)
from pamwal.contracts.topics import FIELD_DECISIONS, FIELD_REQUESTS
from services.checkin.attendance import (
    Attendance,
    fact_of,
    is_of,
    new_attendance,
    presence_advice,
    remember,
)
from services.checkin.clocks import clock_advice
from services.checkin.incident_life import Incident, IncidentFact, evolve_incident
from services.checkin.incidents import advance, report
from services.checkin.posts import hear, not_yours, read_claims

VERSION: Final = "checkin/1"


class CheckinState(Struct):
    """What an operation's field has said so far, as far as deciding needs it."""

    attendance: Attendance
    incidents: dict[str, Incident]
    presence_by: dict[str, str]
    """Check-in or check-out (fact id) → the post that said it."""
    incident_by: dict[str, str]
    """Report or step of an incident (fact id) → the post that said it."""
    voided: set[str]
    """Fact ids that do not count, also those that have not come yet."""

    def post_of(self, fact_id: str) -> str | None:
        """The post that made this observation, or None if it has not come."""
        return self.presence_by.get(fact_id) or self.incident_by.get(fact_id)


class CheckinCore:
    """An observation is refused only as malformed, not yours, or under a key that another post used."""

    service = "checkin"
    requests_topic = FIELD_REQUESTS.name
    decisions_topic = FIELD_DECISIONS.name
    version = VERSION

    def new_state(self, operation_id: str) -> CheckinState:  # noqa: ARG002 - nothing differs by operation
        """Nobody has said anything."""
        return CheckinState(
            attendance=new_attendance(), incidents={}, presence_by={}, incident_by={}, voided=set()
        )

    def decide(self, state: CheckinState, request: Request[Any], knownat: str) -> Verdict[Any]:  # noqa: ARG002
        """The answer to one request that is not a repeat."""
        rule = DECIDE.get(type(request.data))
        if rule is None:
            name = TYPE_OF.get(type(request.data), request.type)
            return refuse(
                "malformed", f"{name} is no report from the field: send it to the service it is for"
            )
        foreign = not_yours(request)
        if foreign is not None:
            return refuse("not_yours", foreign)
        fact_id = f"{request.id}/0"
        said_by = state.post_of(fact_id)
        if said_by is not None and said_by != request.postid:
            return refuse(
                "key_reused", f"post {said_by} already said something under this id: make a new one"
            )
        verdict = rule(state, request, fact_id)
        advice = clock_advice(request)
        if verdict.reason is not None or not advice:
            return verdict
        return Verdict(facts=verdict.facts, warnings=verdict.warnings + advice)

    def evolve(self, state: CheckinState, decision: DecisionData[Fact]) -> CheckinState:
        """The state after an accepted decision; `state` itself is changed."""
        post = decision.request.postid if decision.request is not None else None
        for fact in decision.facts:
            EVOLVE[type(fact)](state, fact, post or "")
        return state


# --- what happens when somebody asks


def _presence(state: CheckinState, request: Request[Any], fact_id: str) -> Verdict[Any]:
    fact = fact_of(request, fact_id)
    if fact_id in state.voided:
        return Verdict(
            facts=[fact], warnings=[Reason(code="voided", message="this was taken back before it came")]
        )
    return Verdict(facts=[fact], warnings=presence_advice(state.attendance, state.voided, fact))


def _void(state: CheckinState, request: Request[Void], fact_id: str) -> Verdict[Any]:
    named = request.data.observation
    foreign = _not_yours_to_void(state, request)
    if foreign is not None:
        return refuse("not_yours", foreign, subject=named)
    fact = Voided(
        id=fact_id,
        occurred_at=request.time,
        recorded_at=request.recordedat,
        sent_at=request.sentat,
        observation=named,
        cause=request.data.cause,
        author=request.actor,
    )
    return Verdict(facts=[fact], warnings=_void_advice(state, named))


def _report(state: CheckinState, request: Request[ReportIncident], fact_id: str) -> Verdict[Any]:
    incident = state.incidents.get(request.data.incident_id)
    facts = report(incident, request, fact_id)
    warnings: list[Reason] = []
    if incident is not None and incident.history:
        first = incident.history[0].step_id
        warnings = [Reason(code="witness", message="this incident was already reported", subject=first)]
    return Verdict(facts=facts, warnings=warnings)


def _advance(state: CheckinState, request: Request[AdvanceIncident], fact_id: str) -> Verdict[Any]:
    facts, warnings, reason = advance(state.incidents.get(request.data.incident_id), request, fact_id)
    return Verdict(facts=facts, warnings=warnings, reason=reason)


def _heartbeat(state: CheckinState, request: Request[Heartbeat], fact_id: str) -> Verdict[Any]:  # noqa: ARG001
    return Verdict(facts=[hear(request, fact_id)])


def _not_yours_to_void(state: CheckinState, request: Request[Void]) -> str | None:
    """What nobody has said yet may be voided by any post: the tombstone may arrive first."""
    named = request.data.observation
    said_by = state.post_of(named)
    claims = read_claims(request.claims)
    if said_by is None or claims is None or claims.role == "ops_head":
        return None
    if claims.role == "officer" and not is_of(state.attendance, claims.officer or "", named):
        return "an officer takes back his own reports only"
    if said_by != request.postid:
        return f"post {said_by} said this: it, or the head of operations, takes it back"
    return None


def _void_advice(state: CheckinState, named: str) -> list[Reason]:
    if named in state.voided:
        return [Reason(code="witness", message="this was already taken back", subject=named)]
    if named in state.incident_by:
        sentence = "an incident is corrected by a step, such as unfounded or reopened"
        return [Reason(code="without_effect", message=sentence, subject=named)]
    if named not in state.presence_by:
        sentence = "nothing is known under this id yet; if it comes, it will not count"
        return [Reason(code="early", message=sentence, subject=named)]
    return []


DECIDE: Final[dict[type, Callable[[CheckinState, Request[Any], str], Verdict[Any]]]] = {
    CheckIn: _presence,
    CheckOut: _presence,
    Void: _void,
    ReportIncident: _report,
    AdvanceIncident: _advance,
    Heartbeat: _heartbeat,
}

# --- what is remembered when a fact holds


def _seen(state: CheckinState, fact: CheckedIn | CheckedOut, post: str) -> None:
    remember(state.attendance, fact)
    state.presence_by[fact.id] = post


def _voided(state: CheckinState, fact: Voided, post: str) -> None:  # noqa: ARG001
    state.voided.add(fact.observation)


def _incident(state: CheckinState, fact: IncidentFact, post: str) -> None:
    known = state.incidents.get(fact.incident_id)
    state.incidents[fact.incident_id] = evolve_incident(known, fact)
    if not isinstance(fact, IncidentAdvanced) or fact.of is None:
        state.incident_by[fact.id] = post


def _heard(state: CheckinState, fact: HeartbeatHeard, post: str) -> None:
    """Nothing here depends on it; the picture counts heartbeats."""


EVOLVE: Final[dict[type, Callable[[CheckinState, Any, str], None]]] = {
    CheckedIn: _seen,
    CheckedOut: _seen,
    Voided: _voided,
    IncidentReported: _incident,
    IncidentWitnessed: _incident,
    IncidentStepHeld: _incident,
    IncidentAdvanced: _incident,
    HeartbeatHeard: _heard,
}
