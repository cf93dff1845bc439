"""What the scheduler tells of a plan thing by thing. Hours are half-open, in Instants (UTC)."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from pamwal.contracts.claims import Mode
from pamwal.contracts.places import Point, Venue
from pamwal.contracts.scheduling import (
    Attachment,
    DeploymentRole,
    DeploymentStatus,
    ElectionCalendar,
    NoticeReceipt,
    OverridableRule,
    Policy,
    Post,
    Purpose,
    RallyKind,
    SiteKind,
    TaskForce,
)
from pamwal.contracts.zones import Zone

PlaceStatus = Literal["notified", "noticed", "planned", "cancelled", "closed", "withdrawn"]


class OperationView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An operation; its period is half-open, its days are local."""

    operation_id: str
    name: str
    mode: Mode
    zone: Zone
    region: str
    starts_on: str
    ends_on: str
    begins_at: str
    ends_before: str
    rallies_before: str
    """No rally ends later."""
    posts: list[Post]
    task_forces: list[str]
    satgas: list[TaskForce]
    """The task forces with their names."""
    pairs: list[str]
    policy: Policy
    calendar: ElectionCalendar
    patterns: dict[str, dict[DeploymentRole, int]]
    """Required strengths by name, which a rally may cite."""
    kelurahan: list[str]
    """All there are; empty: whatever lies in the region."""
    version: int
    parent: str | None = None
    admitted: list[str] = []
    """Operations that it counts, while they name it their parent."""
    dismissed: list[str] = []
    """Operations that it does not count, whatever parent they name."""
    closed: bool = False
    days_closed: list[str] = []


class RallyView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A rally as planned now; `ordered` counts its live deployments but those only `reserved`."""

    rally_id: str
    kind: RallyKind
    pairs: list[str]
    venue: Venue
    starts_at: str
    ends_at: str
    required: dict[DeploymentRole, int]
    status: PlaceStatus
    unnoticed: bool
    ordered: int
    version: int
    reserved: int = 0
    expected_attendance: int | None = None
    receipt: NoticeReceipt | None = None
    series_id: str | None = None


class RalliesView(Struct, frozen=True):
    """Rallies by start and id."""

    rallies: list[RallyView]


class SiteView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A guarded place; `ordered` counts its live deployments but those only `reserved`."""

    site_id: str
    kind: SiteKind
    name: str
    kelurahan: str
    radius_m: int
    starts_at: str
    ends_at: str
    required: dict[DeploymentRole, int]
    ordered: int
    version: int
    reserved: int = 0
    point: Point | None = None
    withdrawn: bool = False


class SitesView(Struct, frozen=True):
    """A page by site id; `next_after` is what the next page is asked with."""

    sites: list[SiteView]
    next_after: str | None = None


class AbsenceView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When an officer cannot be ordered, half-open; `lent` names the operation that has him."""

    id: str
    kind: str
    starts_at: str
    ends_at: str
    to_operation: str | None = None


class OfficerView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An entry of the roster; the name is where persons are kept."""

    officer_id: str
    rank: str
    unit: str
    satgas: str
    home_post: str
    version: int
    skills: list[str] = []
    attachment: Attachment | None = None
    absences: list[AbsenceView] = []
    withdrawn: bool = False


class OfficersView(Struct, frozen=True):
    """A page by officer id; `next_after` is what the next page is asked with."""

    officers: list[OfficerView]
    next_after: str | None = None


class DeploymentView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One officer at one place."""

    deployment_id: str
    officer_id: str
    place: str
    role: DeploymentRole
    starts_at: str
    ends_at: str
    sprin: str
    postid: str
    status: DeploymentStatus
    version: int
    purpose: Purpose = "regular"
    overridden: tuple[OverridableRule, ...] = ()
    dispatched: bool = True
    undone: bool = False
    """Cancelled because its import was reverted: an import may order it anew."""


class DeploymentsView(Struct, frozen=True):
    """A page by deployment id."""

    deployments: list[DeploymentView]
    next_after: str | None = None
