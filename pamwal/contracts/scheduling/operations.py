"""The operation itself, its days and its sites. Requests, then facts."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from pamwal.contracts.claims import Mode
from pamwal.contracts.envelope import Identifier, RequestData, Text
from pamwal.contracts.instants import Stamp
from pamwal.contracts.places import KelurahanCode, Point
from pamwal.contracts.scheduling.fact import SchedulingFactBase
from pamwal.contracts.scheduling.terms import (
    ROWS_MAX,
    BulkMode,
    Day,
    DeploymentRole,
    ElectionCalendar,
    Pair,
    Policy,
    Post,
    Region,
    SiteEntry,
    SiteKind,
    SiteRow,
    Strength,
    TaskForce,
    Version,
)
from pamwal.contracts.zones import Zone


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
    """The operation above this one. It counts this one once it has admitted it."""
    calendar: ElectionCalendar = ElectionCalendar()
    patterns: Annotated[dict[Identifier, Strength], Meta(max_length=50)] = {}
    """Required strengths by name, which a rally may cite."""
    kelurahan: Annotated[list[KelurahanCode], Meta(max_length=2000)] = []
    """All there are in the region, so that no other is taken for one; empty: whatever begins like it."""


class AmendOperation(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Replace what is given; the rest stays. Mode, zone and region never change."""

    name: Text | None = None
    starts_on: Day | None = None
    ends_on: Day | None = None
    posts: Annotated[list[Post], Meta(min_length=1, max_length=1000)] | None = None
    task_forces: Annotated[list[TaskForce], Meta(max_length=100)] | None = None
    pairs: Annotated[list[Pair], Meta(max_length=100)] | None = None
    policy: Policy | None = None
    parent: Identifier | None = None
    calendar: ElectionCalendar | None = None
    patterns: Annotated[dict[Identifier, Strength], Meta(max_length=50)] | None = None
    kelurahan: Annotated[list[KelurahanCode], Meta(max_length=2000)] | None = None
    expected_version: Version | None = None


class CloseOperation(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Plan nothing more in this operation."""

    cause: Text
    expected_version: Version | None = None


class ReopenOperation(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Plan in it again."""

    cause: Text
    expected_version: Version | None = None


class AdmitChild(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Count an operation that names this one its parent, with all below it, in the numbers of this one.

    It may be admitted before it is opened or names this one.
    """

    child: Identifier


class DismissChild(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Do not count an operation in the numbers of this one, although it names this one its parent."""

    child: Identifier
    cause: Text


class CloseDay(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Plan nothing more that begins on this day."""

    day: Day


class ReopenDay(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Plan the day again."""

    day: Day
    cause: Text


class RegisterSites(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Register or amend sites in bulk; the same entry again changes nothing."""

    sites: Annotated[list[SiteEntry], Meta(min_length=1, max_length=ROWS_MAX)]
    mode: BulkMode = "atomic"
    import_id: Identifier | None = None


class WithdrawSites(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Guard these sites no more; refused while deployments there are live."""

    rows: Annotated[list[SiteRow], Meta(min_length=1, max_length=ROWS_MAX)]
    cause: Text
    mode: BulkMode = "atomic"


class RevertImport(RequestData, frozen=True, kw_only=True, omit_defaults=True):
    """Undo in one decision all that an import changed and nobody changed since."""

    import_id: Identifier
    cause: Text
    begun: bool = False
    """Cancel orders whose hours have begun as well; else they are named and stand."""


# --- facts


class OperationOpened(
    SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="operation_opened"
):
    """The operation exists from now on."""

    name: str
    mode: Mode
    zone: Zone
    region: str
    starts_on: str
    ends_on: str
    posts: list[Post]
    task_forces: list[TaskForce]
    pairs: list[str]
    policy: Policy
    parent: str | None = None
    asks_parent: bool = False
    """The parent counts it only once it has admitted it; before `scheduler-8` a parent counted it at once."""
    calendar: ElectionCalendar = ElectionCalendar()
    patterns: dict[str, dict[DeploymentRole, int]] = {}
    kelurahan: list[str] = []


class OperationAmended(
    SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="operation_amended"
):
    """The operation as it stands from now on, whole; its mode, zone and region never change."""

    name: str
    starts_on: str
    ends_on: str
    posts: list[Post]
    task_forces: list[TaskForce]
    pairs: list[str]
    policy: Policy
    parent: str | None = None
    asks_parent: bool = False
    """The parent counts it only once it has admitted it; before `scheduler-8` a parent counted it at once."""
    calendar: ElectionCalendar = ElectionCalendar()
    patterns: dict[str, dict[DeploymentRole, int]] = {}
    kelurahan: list[str] = []


class OperationClosed(
    SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="operation_closed"
):
    """Nothing more is planned in it, until it is reopened."""

    cause: str


class OperationReopened(
    SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="operation_reopened"
):
    """It can be planned in again."""

    cause: str


class ChildAdmitted(SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="child_admitted"):
    """The operation counts another one below it, while that one names it its parent."""

    child: str


class ChildDismissed(
    SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="child_dismissed"
):
    """The operation does not count another one below it, whatever parent that one names."""

    child: str
    cause: str


class DayClosed(SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="day_closed"):
    """Nothing that begins on this local day is planned any more."""

    day: str


class DayReopened(SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="day_reopened"):
    """The day can be planned again."""

    day: str
    cause: str


class SiteRegistered(
    SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="site_registered"
):
    """A site is guarded, or its entry changed (then the version is above 1)."""

    site_id: str
    kind: SiteKind
    name: str
    kelurahan: str
    starts_at: Stamp
    ends_at: Stamp
    required: dict[DeploymentRole, int] = {}
    point: Point | None = None
    radius_m: int = 150
    import_id: str | None = None


class SiteWithdrawn(SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="site_withdrawn"):
    """The site is guarded no more."""

    site_id: str
    cause: str


class ImportReverted(
    SchedulingFactBase, frozen=True, kw_only=True, omit_defaults=True, tag="import_reverted"
):
    """What an import did was undone by the facts beside this one, and by this one itself."""

    import_id: str
    cause: str
    officers: dict[str, int] = {}
    """Of an import of very many: who is on the roster no more → the officer's version from then on."""
