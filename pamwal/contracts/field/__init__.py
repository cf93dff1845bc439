"""Field: what the field says happened. Observations are kept, also those that no plan foresaw."""

from __future__ import annotations

from pamwal.contracts.field.devices import (
    DeviceEnrolled,
    DeviceInvited,
    DeviceRevoked,
    EnrolDevice,
    Invitation,
    InviteDevices,
    RevokeDevices,
)
from pamwal.contracts.field.incident_details import (
    AmendIncident,
    AttachToIncident,
    EscalateIncident,
    IncidentAmended,
    IncidentAttached,
    IncidentDetail,
    IncidentEscalated,
    IncidentMerged,
    IncidentUnmerged,
    Location,
    MediaType,
    MergeIncident,
    StoredFile,
    UnmergeIncident,
)
from pamwal.contracts.field.incidents import (
    AdvanceIncident,
    Casualties,
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
    | IncidentDetail
    | HeartbeatHeard
    | DeviceInvited
    | DeviceEnrolled
    | DeviceRevoked
    | RollCalled
    | RallyStarted
    | RallyEnded
    | AttendanceCounted
)

__all__ = [
    "AdvanceIncident",
    "AmendIncident",
    "AttachToIncident",
    "AttendanceCounted",
    "CallRoll",
    "Casualties",
    "CheckIn",
    "CheckInSquad",
    "CheckOut",
    "CheckedIn",
    "CheckedOut",
    "CountAttendance",
    "DeviceEnrolled",
    "DeviceInvited",
    "DeviceRevoked",
    "EndRally",
    "EnrolDevice",
    "EscalateIncident",
    "FieldFact",
    "FieldFactBase",
    "Heartbeat",
    "HeartbeatHeard",
    "IncidentAdvanced",
    "IncidentAmended",
    "IncidentAttached",
    "IncidentDetail",
    "IncidentEscalated",
    "IncidentMerged",
    "IncidentReported",
    "IncidentState",
    "IncidentStep",
    "IncidentStepHeld",
    "IncidentUnmerged",
    "IncidentWitnessed",
    "Invitation",
    "InviteDevices",
    "Location",
    "MediaType",
    "MergeIncident",
    "Method",
    "NotPresent",
    "NotPresentCause",
    "Precision",
    "RallyEnded",
    "RallyStarted",
    "Relieve",
    "ReportIncident",
    "RevokeDevices",
    "RollCalled",
    "Severity",
    "StartRally",
    "StoredFile",
    "UnmergeIncident",
    "Void",
    "Voided",
]
