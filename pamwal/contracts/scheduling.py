"""Scheduling: who should stand where, and when. Requests in the imperative, facts in the past tense."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from pamwal.contracts.claims import Mode
from pamwal.contracts.envelope import Identifier, RequestData, Text
from pamwal.contracts.instants import Instant, Stamp
from pamwal.contracts.persons import PersonalRef
from pamwal.contracts.places import Venue
from pamwal.contracts.scheduling_terms import (
    ROWS_MAX,
    BulkMode,
    Count,
    Day,
    DeploymentRole,
    DeploymentRow,
    NoticeReceipt,
    OfficerEntry,
    Order,
    Pair,
    Policy,
    Post,
    RallyKind,
    Reassignment,
    Region,
    TaskForce,
    Version,
)
from pamwal.contracts.zones import Zone

__all__ = [
    "ROWS_MAX", "BulkMode", "Count", "Day", "DeploymentRole", "DeploymentRow", "NoticeReceipt",
    "OfficerEntry", "Order", "Pair", "Policy", "Post", "RallyKind", "Reassignment", "Region", "TaskForce",
    "Version",
]  # fmt: skip
"""The shared words, so that whoever speaks of scheduling needs this file only."""


# --- requests


class OpenOperation(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Open one police district's operation. `mode` is fixed for ever."""

    name: Text
    mode: Mode
    zone: Zone
    """IANA zone, e.g. Asia/Makassar."""
    region: Region
    """Venues lie in it."""
    starts_on: Day
    ends_on: Day
    posts: Annotated[list[Post], Meta(min_length=1, max_length=1000)]
    task_forces: Annotated[list[TaskForce], Meta(max_length=100)] = []
    pairs: Annotated[list[Pair], Meta(max_length=100)] = []
    policy: Policy = Policy()
    parent: Identifier | None = None


class RegisterOfficers(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Register or amend officers in bulk; the same entry again changes nothing."""

    officers: Annotated[list[OfficerEntry], Meta(min_length=1, max_length=ROWS_MAX)]
    mode: BulkMode = "atomic"


class PlanRally(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Plan a rally at a venue. Without a receipt it is flagged `unnoticed`, never refused for it."""

    rally_id: Identifier
    kind: RallyKind
    pairs: Annotated[list[Pair], Meta(min_length=1, max_length=20)]
    venue: Venue
    starts_at: Instant
    ends_at: Instant
    required: dict[DeploymentRole, Count]
    expected_attendance: Count | None = None
    receipt: NoticeReceipt | None = None
    expected_version: Version | None = None


class NoticeRally(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Record the notice receipt (STTP) of a rally."""

    rally_id: Identifier
    receipt: NoticeReceipt
    expected_version: Version | None = None


class MoveRally(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Move a rally in time or place; its live deployments shift with its start in the same decision."""

    rally_id: Identifier
    starts_at: Instant
    ends_at: Instant
    venue: Venue | None = None
    release_conflicts: bool = False
    """Release deployments that the move would double-book, instead of refusing the move."""
    expected_version: Version | None = None


class CancelRally(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Cancel a rally; its live deployments are cancelled in the same decision."""

    rally_id: Identifier
    cause: Text
    expected_version: Version | None = None


class OrderDeployments(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Order one or many deployments under one sprin."""

    sprin: Text
    orders: Annotated[list[Order], Meta(min_length=1, max_length=ROWS_MAX)]
    mode: BulkMode = "atomic"


class AcknowledgeDeployments(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Acknowledge orders (by the officer, the padal, or a post on their behalf)."""

    rows: Annotated[list[DeploymentRow], Meta(min_length=1, max_length=ROWS_MAX)]
    mode: BulkMode = "atomic"


class CancelDeployments(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Cancel orders, with the cause."""

    rows: Annotated[list[DeploymentRow], Meta(min_length=1, max_length=ROWS_MAX)]
    cause: Text
    mode: BulkMode = "atomic"


class ReassignDeployments(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Reassign one officer or a whole unit: each release and its new order stand or fall together."""

    sprin: Text
    cause: Text
    rows: Annotated[list[Reassignment], Meta(min_length=1, max_length=ROWS_MAX)]
    mode: BulkMode = "atomic"


# --- facts


class SchedulingFactBase(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """What all facts of this context carry: a derived id and a version that is dense per subject."""

    id: str
    version: int


class OperationOpened(
    SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="operation_opened"
):
    """The operation exists from now on."""

    name: str
    mode: Mode
    zone: str
    region: str
    starts_on: str
    ends_on: str
    posts: list[Post]
    task_forces: list[TaskForce]
    pairs: list[str]
    policy: Policy
    parent: str | None = None


class OfficerRegistered(
    SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="officer_registered"
):
    """An officer joined the roster, or an entry changed (then the version is above 1)."""

    officer_id: str
    rank: str
    unit: str
    satgas: str
    home_post: str
    person_ref: PersonalRef | None = None


class RallyPlanned(SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="rally_planned"):
    """A rally is planned, or its plan replaced."""

    rally_id: str
    kind: RallyKind
    pairs: list[str]
    venue: Venue
    starts_at: Stamp
    ends_at: Stamp
    required: dict[DeploymentRole, int]
    expected_attendance: int | None = None
    receipt: NoticeReceipt | None = None


class RallyNoticed(SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="rally_noticed"):
    """The notice receipt is known."""

    rally_id: str
    receipt: NoticeReceipt


class RallyMoved(SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="rally_moved"):
    """A rally has another time or venue."""

    rally_id: str
    venue: Venue
    starts_at: Stamp
    ends_at: Stamp


class RallyCancelled(
    SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="rally_cancelled"
):
    """A rally will not be held."""

    rally_id: str
    cause: str


class DeploymentOrdered(
    SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="deployment_ordered"
):
    """One officer is ordered to one place for one half-open interval."""

    deployment_id: str
    officer_id: str
    place: str
    role: DeploymentRole
    starts_at: Stamp
    ends_at: Stamp
    sprin: str
    postid: str
    """The post that ordered; named to whoever loses against this deployment."""


class DeploymentAcknowledged(
    SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="deployment_acknowledged"
):
    """The order is known to whom it binds."""

    deployment_id: str
    by: str


class DeploymentMoved(
    SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="deployment_moved"
):
    """The interval follows its rally."""

    deployment_id: str
    starts_at: Stamp
    ends_at: Stamp


class DeploymentCancelled(
    SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="deployment_cancelled"
):
    """The order no longer stands."""

    deployment_id: str
    cause: str


class DeploymentSwapped(
    SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="deployment_swapped"
):
    """Released in favour of `successor`, in the same decision."""

    deployment_id: str
    successor: str
    cause: str


SchedulingFact = (
    OperationOpened
    | OfficerRegistered
    | RallyPlanned
    | RallyNoticed
    | RallyMoved
    | RallyCancelled
    | DeploymentOrdered
    | DeploymentAcknowledged
    | DeploymentMoved
    | DeploymentCancelled
    | DeploymentSwapped
)
