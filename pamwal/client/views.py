"""What the scheduler's reads answer with: the plan thing by thing, and as it bears on people.

A test holds every shape here to the one the service answers with. Hours are half-open, in Instants (UTC).
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from pamwal.contracts.claims import Mode
from pamwal.contracts.places import Point, Venue
from pamwal.contracts.scheduling import (
    Attachment,
    DeploymentRole,
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
DeploymentStatus = Literal[
    "reserved", "ordered", "acknowledged", "rejected", "cancelled", "swapped", "stood_down"
]
Lacking = dict[DeploymentRole, int]


class OperationView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An operation; its days are local."""

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
    posts: list[Post]
    task_forces: list[str]
    satgas: list[TaskForce]
    pairs: list[str]
    policy: Policy
    calendar: ElectionCalendar
    patterns: dict[str, dict[DeploymentRole, int]]
    kelurahan: list[str]
    """All there are; empty: whatever lies in the region."""
    version: int
    parent: str | None = None
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
    """A page by site id."""

    sites: list[SiteView]
    next_after: str | None = None


class AbsenceView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When an officer cannot be ordered; kind `lent` names the operation that has him."""

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
    """A page by officer id."""

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


class Duty(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One deployment as the officer needs to know it."""

    deployment_id: str
    officer_id: str
    place: str
    place_name: str
    kelurahan: str
    role: DeploymentRole
    starts_at: str
    ends_at: str
    status: DeploymentStatus
    version: int
    sprin: str = ""
    purpose: Purpose = "regular"
    point: Point | None = None
    padal: list[str] = []
    to_acknowledge: bool = False


class DutiesView(Struct, frozen=True, kw_only=True):
    """One officer's duties, by start."""

    officer_id: str
    duties: list[Duty]


class PlaceOrders(Struct, frozen=True, kw_only=True):
    """Orders of one place that nobody has acknowledged, by start."""

    place: str
    place_name: str
    starts_at: str
    ends_at: str
    padal: list[str]
    deployments: list[Duty]


class UnacknowledgedView(Struct, frozen=True, kw_only=True):
    """Orders not yet acknowledged, by the operation's policy; under `none` there are none."""

    policy: Literal["each", "padal", "none"]
    total: int
    places: list[PlaceOrders]
    next_after: str | None = None


class CalendarEntry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One rally or site; `ordered` and `reserved` count live deployments."""

    place: str
    kind: RallyKind | SiteKind
    name: str
    kelurahan: str
    starts_at: str
    ends_at: str
    status: PlaceStatus
    ordered: int
    required: int
    reserved: int = 0
    strength: dict[DeploymentRole, int] = {}
    pairs: list[str] = []
    venue_id: str | None = None
    unnoticed: bool = False
    duties: list[Duty] = []


class CalendarView(Struct, frozen=True, kw_only=True):
    """A page by start and place."""

    entries: list[CalendarEntry]
    day: str | None = None
    day_closed: bool = False
    next_after: str | None = None


class Gap(Struct, frozen=True, kw_only=True):
    """In all of `[starts_at, ends_at)` so many lack, by role; none named: nobody at all is there."""

    starts_at: str
    ends_at: str
    lacking: Lacking


class RoleStrength(Struct, frozen=True, kw_only=True):
    """One role of one place. `ordered` counts officers who are there at some time."""

    role: DeploymentRole
    required: int
    ordered: int


class PlaceCoverage(Struct, frozen=True, kw_only=True):
    """One place; no gaps: as many as needed are there all the time."""

    place: str
    name: str
    kelurahan: str
    starts_at: str
    ends_at: str
    roles: list[RoleStrength]
    gaps: list[Gap]


class CoverageView(Struct, frozen=True, kw_only=True):
    """A page by start and place."""

    places: list[PlaceCoverage]
    next_after: str | None = None
