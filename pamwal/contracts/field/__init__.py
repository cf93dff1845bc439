"""Field: what the field says happened. Observations are kept, also those that no plan foresaw."""

from __future__ import annotations

from pamwal.contracts.field.closing import (
    ClosePost,
    ConfirmWatch,
    HandOverWatch,
    OpenItems,
    PostClosed,
    PostReopened,
    ReopenPost,
    WatchAnswer,
    WatchAnswered,
    WatchHandedOver,
)
from pamwal.contracts.field.devices import (
    DeviceEnrolled,
    DeviceInvited,
    DeviceRevoked,
    EnrolDevice,
    Invitation,
    InviteDevices,
    RevokeDevices,
    is_doubtful,
)
from pamwal.contracts.field.erasures import EraseAsked, ErasePerson, Erasure, PersonErased
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
from pamwal.contracts.field.polls import AckPoll, EndPoll, PollAcked, PollEnded, PollStarted, StartPoll
from pamwal.contracts.field.posts import Heartbeat, HeartbeatHeard, ResetSource, SourceReset
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
    | SourceReset
    | DeviceInvited
    | DeviceEnrolled
    | DeviceRevoked
    | PersonErased
    | RollCalled
    | RallyStarted
    | RallyEnded
    | AttendanceCounted
    | PostClosed
    | PostReopened
    | WatchHandedOver
    | WatchAnswered
    | PollStarted
    | PollAcked
    | PollEnded
)

PERSONAL_CAUSES = (Void, ResetSource, ErasePerson)
"""Requests whose cause is about a person: the edge keeps its words apart, and the log has a reference."""

__all__ = [
    "PERSONAL_CAUSES",
    "AckPoll",
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
    "ClosePost",
    "ConfirmWatch",
    "CountAttendance",
    "DeviceEnrolled",
    "DeviceInvited",
    "DeviceRevoked",
    "EndPoll",
    "EndRally",
    "EnrolDevice",
    "EraseAsked",
    "ErasePerson",
    "Erasure",
    "EscalateIncident",
    "FieldFact",
    "FieldFactBase",
    "HandOverWatch",
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
    "OpenItems",
    "PersonErased",
    "PollAcked",
    "PollEnded",
    "PollStarted",
    "PostClosed",
    "PostReopened",
    "Precision",
    "RallyEnded",
    "RallyStarted",
    "Relieve",
    "ReopenPost",
    "ReportIncident",
    "ResetSource",
    "RevokeDevices",
    "RollCalled",
    "Severity",
    "SourceReset",
    "StartPoll",
    "StartRally",
    "StoredFile",
    "UnmergeIncident",
    "Void",
    "Voided",
    "WatchAnswer",
    "WatchAnswered",
    "WatchHandedOver",
    "is_doubtful",
]
