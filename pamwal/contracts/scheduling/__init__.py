"""Scheduling: who should stand where, and when. Whoever speaks of it needs this package only."""

from __future__ import annotations

from pamwal.contracts.scheduling.deployments import (
    AcknowledgeDeployments,
    CancelDeployments,
    DeploymentAcknowledged,
    DeploymentCancelled,
    DeploymentMoved,
    DeploymentOrdered,
    DeploymentReinstated,
    DeploymentRejected,
    DeploymentReserved,
    DeploymentsProposed,
    DeploymentStoodDown,
    DeploymentSwapped,
    DiscardProposal,
    OrderDeployments,
    OrderProposal,
    OrderReserved,
    OrderSeries,
    ProposalDiscarded,
    ProposeDeployments,
    ReassignDeployments,
    ReassignUnit,
    ReinstateDeployments,
    RejectDeployments,
    ReserveDeployments,
    StandDownDeployments,
    SwapDeployments,
)
from pamwal.contracts.scheduling.operations import (
    AdmitChild,
    AmendOperation,
    ChildAdmitted,
    ChildDismissed,
    CloseDay,
    CloseOperation,
    DayClosed,
    DayReopened,
    DismissChild,
    ImportReverted,
    OpenOperation,
    OperationAmended,
    OperationClosed,
    OperationOpened,
    OperationReopened,
    RegisterSites,
    ReopenDay,
    ReopenOperation,
    RevertImport,
    SiteRegistered,
    SiteWithdrawn,
    WithdrawSites,
)
from pamwal.contracts.scheduling.rallies import (
    CancelRally,
    CloseRally,
    MoveRally,
    NoticeRally,
    PlanRallies,
    PlanRally,
    PlanSeries,
    RallyCancelled,
    RallyClosed,
    RallyMoved,
    RallyNoticed,
    RallyPlanned,
    RallyReinstated,
    ReinstateRally,
)
from pamwal.contracts.scheduling.roster import (
    AbsenceRecorded,
    AbsenceWithdrawn,
    LendOfficers,
    OfficerLent,
    OfficerRecalled,
    OfficerRegistered,
    OfficerWithdrawn,
    RecallOfficers,
    RecordAbsences,
    RegisterOfficers,
    WithdrawAbsences,
    WithdrawOfficers,
)
from pamwal.contracts.scheduling.terms import (
    PROPOSED_MAX,
    ROWS_MAX,
    AbsenceEntry,
    AbsenceKind,
    Attachment,
    BulkMode,
    Count,
    Day,
    DeploymentRole,
    DeploymentRow,
    DeploymentStatus,
    ElectionCalendar,
    LoanEntry,
    NoticeReceipt,
    OfficerEntry,
    OfficerRow,
    Order,
    OverridableRule,
    Override,
    Pair,
    Policy,
    Post,
    Purpose,
    RallyKind,
    RallyStage,
    Reassignment,
    Recurrence,
    Region,
    Release,
    SeriesOrder,
    SiteEntry,
    SiteKind,
    SiteRow,
    SitRepForm,
    SitRepTime,
    Skill,
    Strength,
    Swap,
    TaskForce,
    Version,
)

SchedulingFact = (
    OperationOpened
    | OperationAmended
    | OperationClosed
    | OperationReopened
    | ChildAdmitted
    | ChildDismissed
    | DayClosed
    | DayReopened
    | SiteRegistered
    | SiteWithdrawn
    | ImportReverted
    | OfficerRegistered
    | OfficerWithdrawn
    | AbsenceRecorded
    | AbsenceWithdrawn
    | OfficerLent
    | OfficerRecalled
    | RallyPlanned
    | RallyNoticed
    | RallyMoved
    | RallyCancelled
    | RallyReinstated
    | RallyClosed
    | DeploymentReserved
    | DeploymentOrdered
    | DeploymentAcknowledged
    | DeploymentMoved
    | DeploymentCancelled
    | DeploymentSwapped
    | DeploymentRejected
    | DeploymentReinstated
    | DeploymentStoodDown
    | DeploymentsProposed
    | ProposalDiscarded
)

PERSONAL_CAUSES = (RejectDeployments, WithdrawOfficers, WithdrawAbsences, RecallOfficers)
"""Requests whose cause is about a person: the edge keeps its words apart, and the log has a reference."""

__all__ = [
    "PERSONAL_CAUSES",
    "PROPOSED_MAX",
    "ROWS_MAX",
    "AbsenceEntry",
    "AbsenceKind",
    "AbsenceRecorded",
    "AbsenceWithdrawn",
    "AcknowledgeDeployments",
    "AdmitChild",
    "AmendOperation",
    "Attachment",
    "BulkMode",
    "CancelDeployments",
    "CancelRally",
    "ChildAdmitted",
    "ChildDismissed",
    "CloseDay",
    "CloseOperation",
    "CloseRally",
    "Count",
    "Day",
    "DayClosed",
    "DayReopened",
    "DeploymentAcknowledged",
    "DeploymentCancelled",
    "DeploymentMoved",
    "DeploymentOrdered",
    "DeploymentReinstated",
    "DeploymentRejected",
    "DeploymentReserved",
    "DeploymentRole",
    "DeploymentRow",
    "DeploymentStatus",
    "DeploymentStoodDown",
    "DeploymentSwapped",
    "DeploymentsProposed",
    "DiscardProposal",
    "DismissChild",
    "ElectionCalendar",
    "ImportReverted",
    "LendOfficers",
    "LoanEntry",
    "MoveRally",
    "NoticeRally",
    "NoticeReceipt",
    "OfficerEntry",
    "OfficerLent",
    "OfficerRecalled",
    "OfficerRegistered",
    "OfficerRow",
    "OfficerWithdrawn",
    "OpenOperation",
    "OperationAmended",
    "OperationClosed",
    "OperationOpened",
    "OperationReopened",
    "Order",
    "OrderDeployments",
    "OrderProposal",
    "OrderReserved",
    "OrderSeries",
    "OverridableRule",
    "Override",
    "Pair",
    "PlanRallies",
    "PlanRally",
    "PlanSeries",
    "Policy",
    "Post",
    "ProposalDiscarded",
    "ProposeDeployments",
    "Purpose",
    "RallyCancelled",
    "RallyClosed",
    "RallyKind",
    "RallyMoved",
    "RallyNoticed",
    "RallyPlanned",
    "RallyReinstated",
    "RallyStage",
    "ReassignDeployments",
    "ReassignUnit",
    "Reassignment",
    "RecallOfficers",
    "RecordAbsences",
    "Recurrence",
    "Region",
    "RegisterOfficers",
    "RegisterSites",
    "ReinstateDeployments",
    "ReinstateRally",
    "RejectDeployments",
    "Release",
    "ReopenDay",
    "ReopenOperation",
    "ReserveDeployments",
    "RevertImport",
    "SchedulingFact",
    "SeriesOrder",
    "SitRepForm",
    "SitRepTime",
    "SiteEntry",
    "SiteKind",
    "SiteRegistered",
    "SiteRow",
    "SiteWithdrawn",
    "Skill",
    "StandDownDeployments",
    "Strength",
    "Swap",
    "SwapDeployments",
    "TaskForce",
    "Version",
    "WithdrawAbsences",
    "WithdrawOfficers",
    "WithdrawSites",
]
