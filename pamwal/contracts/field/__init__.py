"""Field: what the field says happened. Observations are kept, also those that no plan foresaw."""

from __future__ import annotations

from pamwal.contracts.field.incidents import (
    AdvanceIncident,
    IncidentAdvanced,
    IncidentReported,
    IncidentState,
    IncidentStep,
    IncidentStepHeld,
    IncidentWitnessed,
    ReportIncident,
    Severity,
)
from pamwal.contracts.field.posts import Heartbeat, HeartbeatHeard
from pamwal.contracts.field.presence import CheckedIn, CheckedOut, CheckIn, CheckOut, Void, Voided
from pamwal.contracts.field.terms import FieldFactBase, Method, Precision

FieldFact = (
    CheckedIn
    | CheckedOut
    | Voided
    | IncidentReported
    | IncidentWitnessed
    | IncidentAdvanced
    | IncidentStepHeld
    | HeartbeatHeard
)

__all__ = [
    "AdvanceIncident",
    "CheckIn",
    "CheckOut",
    "CheckedIn",
    "CheckedOut",
    "FieldFact",
    "FieldFactBase",
    "Heartbeat",
    "HeartbeatHeard",
    "IncidentAdvanced",
    "IncidentReported",
    "IncidentState",
    "IncidentStep",
    "IncidentStepHeld",
    "IncidentWitnessed",
    "Method",
    "Precision",
    "ReportIncident",
    "Severity",
    "Void",
    "Voided",
]
