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
from pamwal.contracts.field.presence import CheckedIn, CheckedOut, CheckIn, CheckOut, Relieve, Void, Voided
from pamwal.contracts.field.rallies import (
    AttendanceCounted,
    CountAttendance,
    EndRally,
    RallyEnded,
    RallyStarted,
    StartRally,
)
from pamwal.contracts.field.rolls import CallRoll, CheckInSquad, NotPresent, NotPresentCause, RollCalled
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
    | RollCalled
    | RallyStarted
    | RallyEnded
    | AttendanceCounted
)

__all__ = [
    "AdvanceIncident",
    "AttendanceCounted",
    "CallRoll",
    "CheckIn",
    "CheckInSquad",
    "CheckOut",
    "CheckedIn",
    "CheckedOut",
    "CountAttendance",
    "EndRally",
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
    "NotPresent",
    "NotPresentCause",
    "Precision",
    "RallyEnded",
    "RallyStarted",
    "Relieve",
    "ReportIncident",
    "RollCalled",
    "Severity",
    "StartRally",
    "Void",
    "Voided",
]
