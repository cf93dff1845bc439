"""The core of check-in. Pure; its two tables say what happens when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct

from pamwal.contracts.claims import NOT_YOURS, read_claims
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
from services.checkin.posts import hear, not_yours

VERSION: Final = "checkin/1"


class CheckinState(Struct):
    """What an operation's field has said so far, as far as deciding needs it."""

    attendance: Attendance
    incidents: dict[str, Incident]
    said_by: dict[str, str]
    """What a void names, a presence or the report of an incident (fact id) → the post that said it first."""
    shared: dict[str, set[str]]
    """The same for the few ids that further posts used as well: an id is a post's own."""
    steps: set[str]
    """Fact ids of incidents' steps."""
    voided: dict[str, set[str]]
    """Fact id, also of what has not come yet → the posts whose observation does not count; "" for all."""

    def posts_of(self, fact_id: str) -> set[str]:
        """The posts that made an observation under this id."""
        first = self.said_by.get(fact_id)
        return set() if first is None else {first, *self.shared.get(fact_id, ())}

    def is_void(self, fact_id: str, post: str) -> bool:
        """True if that post's observation was taken back."""
        return not self.voided.get(fact_id, set()).isdisjoint({"", post})


class CheckinCore:
    """An observation is refused only as malformed, not yours, or under an id that is taken."""

    service = "checkin"
    requests_topic = FIELD_REQUESTS.name
    decisions_topic = FIELD_DECISIONS.name
    version = VERSION

    def new_state(self, operation_id: str) -> CheckinState:  # noqa: ARG002 - nothing differs by operation
        """Nobody has said anything."""
        return CheckinState(
            attendance=new_attendance(), incidents={}, said_by={}, shared={}, steps=set(), voided={}
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
            return refuse(NOT_YOURS, foreign)
        verdict = rule(state, request, f"{request.id}/0")
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
    if state.is_void(fact_id, request.postid):
        return Verdict(
            facts=[fact], warnings=[Reason(code="voided", message="this was taken back before it came")]
        )
    return Verdict(facts=[fact], warnings=presence_advice(state.attendance, state.voided, fact))


def _void(state: CheckinState, request: Request[Void], fact_id: str) -> Verdict[Any]:
    named = request.data.observation
    if request.data.cause is None and request.data.cause_ref is None:
        return refuse("malformed", "a void says why, in cause", subject=named)
    meant, foreign = _whose(state, request)
    if foreign is not None:
        return refuse(NOT_YOURS, foreign, subject=named)
    fact = Voided(
        id=fact_id,
        occurred_at=request.time,
        recorded_at=request.recordedat,
        sent_at=request.sentat,
        observation=named,
        cause=request.data.cause,
        cause_ref=request.data.cause_ref,
        author=request.actor,
        postid=meant,
    )
    return Verdict(facts=[fact], warnings=_void_advice(state, named, meant))


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


def _whose(state: CheckinState, request: Request[Void]) -> tuple[str | None, str | None]:
    """The post whose observation is meant (None: any), and why it is not this caller's to take back, or None.

    What has not come yet is accepted too, for the caller's own post: the tombstone may arrive first.
    """
    named, post = request.data.observation, request.postid
    claims = read_claims(request.claims)
    if claims is None or claims.role == "ops_head":
        return None, None
    said_by = state.posts_of(named)
    if claims.role == "officer":
        if said_by and not is_of(state.attendance, claims.officer or "", named):
            return None, "an officer takes back reports of his own presence only"
        return (post if post in said_by or not said_by else min(said_by)), None
    if said_by and post not in said_by:
        return None, f"post {min(said_by)} said this: it, or the head of operations, takes it back"
    return post, None


def _void_advice(state: CheckinState, named: str, meant: str | None) -> list[Reason]:
    if state.is_void(named, meant or ""):
        return [Reason(code="witness", message="this was already taken back", subject=named)]
    if named in state.steps:
        sentence = "a step is corrected by a further step, such as reopened"
        return [Reason(code="without_effect", message=sentence, subject=named)]
    if named not in state.said_by:
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
    _said(state, fact.id, post)


def _voided(state: CheckinState, fact: Voided, post: str) -> None:  # noqa: ARG001
    state.voided.setdefault(fact.observation, set()).add(fact.postid or "")


def _incident(state: CheckinState, fact: IncidentFact, post: str) -> None:
    known = state.incidents.get(fact.incident_id)
    state.incidents[fact.incident_id] = evolve_incident(known, fact)
    if isinstance(fact, IncidentReported | IncidentWitnessed):
        _said(state, fact.id, post)
    elif isinstance(fact, IncidentStepHeld) or fact.of is None:
        state.steps.add(fact.id)


def _said(state: CheckinState, fact_id: str, post: str) -> None:
    if state.said_by.setdefault(fact_id, post) != post:
        state.shared.setdefault(fact_id, set()).add(post)


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
