"""Incidents as the core asks for them: from a request to its verdict, from a fact to the state."""

from __future__ import annotations

from typing import Any

from pamwal.contracts.envelope import Reason, Request, Verdict
from pamwal.contracts.field import (
    AdvanceIncident,
    IncidentReported,
    IncidentStepHeld,
    IncidentWitnessed,
    ReportIncident,
)
from services.checkin.deciding.incident_life import IncidentFact, evolve_incident
from services.checkin.deciding.incidents import advance, report
from services.checkin.deciding.state import CheckinState


def report_incident(state: CheckinState, request: Request[ReportIncident], fact_id: str) -> Verdict[Any]:
    """An incident exists, or has one more witness."""
    incident = state.incidents.get(request.data.incident_id)
    facts = report(incident, request, fact_id)
    warnings: list[Reason] = []
    if incident is not None and incident.history:
        first = incident.history[0].step_id
        warnings = [Reason(code="witness", message="this incident was already reported", subject=first)]
    return Verdict(facts=facts, warnings=warnings)


def advance_incident(state: CheckinState, request: Request[AdvanceIncident], fact_id: str) -> Verdict[Any]:
    """One step of an incident's life."""
    facts, warnings, reason = advance(state.incidents.get(request.data.incident_id), request, fact_id)
    return Verdict(facts=facts, warnings=warnings, reason=reason)


def keep_incident(state: CheckinState, fact: IncidentFact, post: str) -> None:
    """Keeps what an incident's fact says."""
    known = state.incidents.get(fact.incident_id)
    incident = state.incidents[fact.incident_id] = evolve_incident(known, fact)
    if isinstance(fact, IncidentReported | IncidentWitnessed):
        incident.reports.add((fact.id, post))
        state.said(fact.id, post)
    elif isinstance(fact, IncidentStepHeld) or fact.of is None:
        state.steps.add(fact.id)
