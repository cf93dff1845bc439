"""Incidents: what a report or a step leads to, and the only refusals there are, for who names a version."""

from __future__ import annotations

from collections.abc import Sequence

from pamwal.contracts.envelope import Reason, Request
from pamwal.contracts.field import (
    AdvanceIncident,
    IncidentAdvanced,
    IncidentReported,
    IncidentStepHeld,
    IncidentWitnessed,
    ReportIncident,
)
from pamwal.contracts.field.clocks import corrected_ms
from services.checkin.deciding.attendance import rounded
from services.checkin.deciding.early import not_known_yet
from services.checkin.deciding.incident_life import (
    LEGAL,
    STEPS_MAX,
    Incident,
    IncidentFact,
    Step,
    Taken,
    walk,
)


def report(incident: Incident | None, request: Request[ReportIncident], fact_id: str) -> list[IncidentFact]:
    """The facts of a report: the incident and the steps that waited for it; or one more witness."""
    incident_id = request.data.incident_id
    if incident is not None and incident.history:
        return [_witnessed(request, fact_id)]
    steps = incident.steps if incident is not None else []
    reported = Incident(steps=steps, history=[Taken(1, "reported", fact_id)], version=1)
    return [_reported(request, fact_id), *_advances(incident_id, reported, walk(steps), None, fact_id, 1)]


def advance(
    incident: Incident | None, request: Request[AdvanceIncident], fact_id: str
) -> tuple[list[IncidentFact], list[Reason], Reason | None]:
    """Facts, advice and refusal of one step. Only who sent `expected_version` can be refused."""
    data = request.data
    incident = incident or Incident(steps=[], history=[])
    step = Step(
        at_ms=corrected_ms(request.time, request.sentat, request.recordedat)[0],
        id=fact_id,
        occurred_at=request.time,
        step=data.step,
        author=request.actor,
        recorded_at=request.recordedat,
        sent_at=request.sentat,
        assignee=data.assignee,
    )
    if any(known.id == fact_id for known in incident.steps):
        message = "another post told a step of this incident under this id: make a new one"
        possible = "send it again under a new id"
        return [], [], Reason(code="key_reused", message=message, subject=request.id, possible=possible)
    taken = walk(sorted([*incident.steps, step])) if incident.history else []
    if data.expected_version is not None:
        reason = _refusal(incident, data, step, taken)
        if reason is not None:
            return [], [], reason
    if step in taken and (len(incident.steps) < STEPS_MAX or _follows(incident, taken, step)):
        return _advances(data.incident_id, incident, taken, step, fact_id, 0), [], None
    return [_held(data.incident_id, step)], [_why_held(data.incident_id, incident, step)], None


def _advances(
    incident_id: str, incident: Incident, taken: Sequence[Step], new: Step | None, fact_id: str, first: int
) -> list[IncidentFact]:
    """The facts from the recorded history to the one in which exactly `taken` are taken.

    `fact_id` is the id of the decision's first fact; the first one made here is its fact number `first`.
    """
    kept = 0
    for line, step in zip(incident.history[1:], taken, strict=False):
        if line.step_id != step.id:
            break
        kept += 1
    follows = incident.history[kept].version
    facts: list[IncidentFact] = []
    for number, step in enumerate(taken[kept:]):
        version = incident.version + 1 + number
        facts.append(
            IncidentAdvanced(
                id=_numbered(fact_id, first + number),
                occurred_at=step.occurred_at,
                recorded_at=step.recorded_at,
                sent_at=step.sent_at,
                incident_id=incident_id,
                version=version,
                state=step.step,
                author=step.author,
                assignee=step.assignee,
                of=None if step is new else step.id,
                after=follows if number == 0 and follows != version - 1 else None,
            )
        )
    return facts


def _follows(incident: Incident, taken: Sequence[Step], step: Step) -> bool:
    """True if the step comes right behind what was taken so far, and changes nothing before it."""
    position = len(incident.history) - 1
    return position < len(taken) and taken[position] == step


def _refusal(incident: Incident, data: AdvanceIncident, step: Step, taken: Sequence[Step]) -> Reason | None:
    if not incident.history:
        return Reason(
            code="illegal_transition",
            message=f"incident {data.incident_id} was not reported yet",
            subject=data.incident_id,
            possible="report it first, or say it without a version: then the step waits for the report",
        )
    if data.expected_version != incident.version:
        return Reason(
            code="stale",
            message=f"incident {data.incident_id} is at version {incident.version}, {incident.state}",
            subject=data.incident_id,
            possible=f"look again, then name version {incident.version}, or none",
        )
    if _follows(incident, taken, step):
        return None
    state = incident.history[-1].state
    sentence = f"{data.step} cannot follow {state}"
    if data.step in LEGAL[state]:
        sentence = f"{data.step} is said to have happened before what it would follow"
    return Reason(
        code="illegal_transition",
        message=sentence,
        subject=data.incident_id,
        possible=", ".join(LEGAL[state]),
    )


def _why_held(incident_id: str, incident: Incident, step: Step) -> Reason:
    """A step already told by somebody is a witness; any other comes before its predecessor."""
    if len(incident.steps) >= STEPS_MAX:
        sentence = f"{STEPS_MAX} steps are known; a further one counts only where it follows the last"
        return Reason(code="crowded", message=sentence)
    same = next((other for other in reversed(incident.steps) if other.step == step.step), None)
    if same is not None:
        return Reason(code="witness", message=f"{step.step} was already said", subject=same.id)
    if not incident.history:
        return not_known_yet(f"incident {incident_id} was not reported yet", incident_id)
    sentence = f"{step.step} waits for its predecessor: incident {incident_id} stands at {incident.state}"
    return Reason(code="early", message=sentence, subject=incident_id)


def _reported(request: Request[ReportIncident], fact_id: str) -> IncidentReported:
    data = request.data
    return IncidentReported(
        id=fact_id,
        occurred_at=request.time,
        recorded_at=request.recordedat,
        sent_at=request.sentat,
        incident_id=data.incident_id,
        version=1,
        kind=data.kind,
        severity=data.severity,
        kelurahan=data.kelurahan,
        author=request.actor,
        place=data.place,
        position=rounded(data.position),
        pairs=data.pairs,
        text_ref=data.text_ref,
        casualties=data.casualties,
    )


def _witnessed(request: Request[ReportIncident], fact_id: str) -> IncidentWitnessed:
    data = request.data
    return IncidentWitnessed(
        id=fact_id,
        occurred_at=request.time,
        recorded_at=request.recordedat,
        sent_at=request.sentat,
        incident_id=data.incident_id,
        kind=data.kind,
        severity=data.severity,
        kelurahan=data.kelurahan,
        author=request.actor,
        place=data.place,
        position=rounded(data.position),
        pairs=data.pairs,
        text_ref=data.text_ref,
        casualties=data.casualties,
    )


def _held(incident_id: str, step: Step) -> IncidentStepHeld:
    return IncidentStepHeld(
        id=step.id,
        occurred_at=step.occurred_at,
        recorded_at=step.recorded_at,
        sent_at=step.sent_at,
        incident_id=incident_id,
        step=step.step,
        author=step.author,
        assignee=step.assignee,
    )


def _numbered(first_fact_id: str, number: int) -> str:
    """`<request id>/<number>` from `<request id>/0`."""
    return f"{first_fact_id.rpartition('/')[0]}/{number}"
