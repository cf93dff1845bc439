"""What one operation plans: sites, roster, rallies, deployments, and who is bound when.

`evolve` changes a schedule in place, nothing else does. A decision in the making works on `over()` of it,
which sees all of the schedule and changes nothing of it.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import MutableMapping
from typing import Final, Literal

from msgspec import Struct, field

from pamwal.contracts.claims import Mode
from pamwal.contracts.persons import PersonalRef, officer_key
from pamwal.contracts.places import Point, Venue
from pamwal.contracts.scheduling import (
    AbsenceKind,
    Attachment,
    DeploymentRole,
    DeploymentStatus,
    ElectionCalendar,
    NoticeReceipt,
    Order,
    OverridableRule,
    Policy,
    Post,
    Purpose,
    RallyKind,
    RallyStage,
    SiteKind,
    TaskForce,
)
from pamwal.contracts.zones import Zone, clock_text
from services.scheduler.deciding.bookings import AtPlace, Booking, Bookings

RallyStatus = Literal["notified", "planned", "cancelled", "closed"]
LIVE: Final = frozenset({"reserved", "ordered", "acknowledged"})
"""A deployment of one of these binds its officer, and can be released."""
BINDING: Final = LIVE | {"stood_down"}
"""The hours of these are taken: done duty counts for rest, and nobody is ordered into it."""
RALLY: Final = "rally/"
SITE: Final = "site/"


class Operation(Struct, frozen=True, kw_only=True):
    """An operation. Its period is half-open: local midnight to the midnight behind its last day."""

    name: str
    mode: Mode
    zone: Zone
    region: str
    starts_on: str
    ends_on: str
    begins_at: str
    ends_before: str
    rallies_before: str
    """The campaign ends: no rally ends later."""
    quiet: tuple[str, str] | None
    """The quiet period, half-open."""
    posts: dict[str, Post]
    task_forces: list[TaskForce]
    pairs: frozenset[str]
    """Empty: every pair is known."""
    policy: Policy
    calendar: ElectionCalendar
    patterns: dict[str, dict[DeploymentRole, int]]
    kelurahan: frozenset[str]
    """All there are; empty: whatever lies in the region."""
    parent: str | None
    asks_parent: bool
    """The parent counts it only once it has admitted it."""
    version: int
    closed: bool = False
    children: dict[str, bool] = {}
    """Operation below it → whether it counts that one; of others it has not said yet."""

    def clock(self, instant: str) -> str:
        """A moment as people here say it: `2024-10-03 18:00 WITA`."""
        return clock_text(instant, self.zone)

    def hours(self, starts_at: str, ends_at: str) -> str:
        """`from 2024-10-03 18:00 WITA to 2024-10-03 20:00 WITA`."""
        return f"from {self.clock(starts_at)} to {self.clock(ends_at)}"

    @property
    def satgas(self) -> frozenset[str]:
        """Ids of its task forces."""
        return frozenset(each.satgas_id for each in self.task_forces)


class Officer(Struct, frozen=True, kw_only=True):
    """One entry of the roster."""

    officer_id: str
    rank: str
    unit: str
    satgas: str
    home_post: str
    person_ref: PersonalRef | None
    skills: list[str]
    attachment: Attachment | None
    version: int
    withdrawn: bool = False

    @property
    def nrp(self) -> str | None:
        """The keyed digest of the NRP, if that is known."""
        return self.person_ref.nrp if self.person_ref else None


class Absence(Struct, frozen=True, kw_only=True):
    """When an officer cannot be ordered, half-open: an absence, or lent to another operation."""

    subject: str
    """The id of the absence or of the loan."""
    officer_id: str
    kind: AbsenceKind | Literal["lent"]
    starts_at: str
    ends_at: str
    version: int
    to_operation: str | None = None
    withdrawn: bool = False


class Site(Struct, frozen=True, kw_only=True):
    """A guarded place."""

    site_id: str
    kind: SiteKind
    name: str
    kelurahan: str
    point: Point | None
    radius_m: int
    starts_at: str
    ends_at: str
    required: dict[DeploymentRole, int]
    version: int
    withdrawn: bool = False


class Rally(Struct, frozen=True, kw_only=True):
    """A rally as planned now."""

    rally_id: str
    kind: RallyKind
    pairs: list[str]
    venue: Venue
    starts_at: str
    ends_at: str
    required: dict[DeploymentRole, int]
    expected_attendance: int | None
    receipt: NoticeReceipt | None
    series_id: str | None
    status: RallyStatus
    version: int
    released: tuple[str, ...] = ()
    """Of a cancelled rally: the deployments that were cancelled with it."""
    stage: RallyStage = "planned"
    """How it was planned last; a cancelled one is reinstated so."""
    undone: bool = False
    """Cancelled because its import was reverted: it may be planned again, as if it had never been."""

    @property
    def unnoticed(self) -> bool:
        """No notice receipt is known; a debate is the election commission's own and needs none."""
        return self.receipt is None and self.kind != "debate"


class Deployment(Struct, frozen=True, kw_only=True, gc=False):
    """One officer at one place for one half-open interval."""

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
    """Ordered at least once; a reservation is not."""
    undone: bool = False
    """Cancelled because its import was reverted: an import may order it anew."""

    @property
    def live(self) -> bool:
        """It can be released."""
        return self.status in LIVE

    @property
    def binding(self) -> bool:
        """Its hours are taken."""
        return self.status in BINDING

    @property
    def booking(self) -> Booking:
        """Its entry among the officer's bookings."""
        return (self.starts_at, self.ends_at, self.deployment_id)


class Proposal(Struct, frozen=True, kw_only=True):
    """A draft that nobody has ordered yet."""

    proposal_id: str
    orders: list[Order]
    version: int
    open: bool
    postid: str | None = None
    """The command post that keeps it; None: the head of operations."""


class Import(Struct, kw_only=True):
    """What one import changed, subject → the version it made and what stood before (None: nothing)."""

    officers: dict[str, tuple[int, Officer | None]] = field(default_factory=dict)
    rallies: dict[str, tuple[int, Rally | None]] = field(default_factory=dict)
    sites: dict[str, tuple[int, Site | None]] = field(default_factory=dict)
    deployments: dict[str, int] = field(default_factory=dict)
    """Before an order stood nothing."""
    reverted: int = 0
    """How often it was reverted: the version of its facts."""


class Day(Struct, frozen=True, kw_only=True):
    """A local day that was closed at least once."""

    closed: bool
    version: int


class Schedule(Struct, kw_only=True):
    """The state of one operation."""

    operation_id: str
    operation: Operation | None = None
    days: MutableMapping[str, Day] = field(default_factory=dict)
    sites: MutableMapping[str, Site] = field(default_factory=dict)
    officers: MutableMapping[str, Officer] = field(default_factory=dict)
    written: MutableMapping[str, str] = field(default_factory=dict)
    """`officer_key` → the id as the roster has it; of several in old logs the first."""
    nrps: MutableMapping[str, str | None] = field(default_factory=dict)
    """Digest of an NRP → the officer on the roster who has it; None: somebody had it."""
    absences: MutableMapping[str, Absence] = field(default_factory=dict)
    """By `absence/{id}` and `loan/{id}`."""
    absent: MutableMapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Officer → keys of absences that stand."""
    rallies: MutableMapping[str, Rally] = field(default_factory=dict)
    series: MutableMapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Series → its rallies, in the order they were first planned."""
    deployments: MutableMapping[str, Deployment] = field(default_factory=dict)
    bookings: Bookings = field(default_factory=Bookings)
    """Officer → binding deployments in order of time; they never overlap."""
    at_place: AtPlace = field(default_factory=AtPlace)
    """Place → ids of live deployments there."""
    proposals: MutableMapping[str, Proposal] = field(default_factory=dict)
    imports: dict[str, Import] = field(default_factory=dict)

    def over(self) -> Schedule:
        """A schedule that reads through to this one and keeps what is changed to itself, imports apart."""
        return Schedule(
            operation_id=self.operation_id,
            operation=self.operation,
            days=ChainMap({}, self.days),
            sites=ChainMap({}, self.sites),
            officers=ChainMap({}, self.officers),
            written=ChainMap({}, self.written),
            nrps=ChainMap({}, self.nrps),
            absences=ChainMap({}, self.absences),
            absent=ChainMap({}, self.absent),
            rallies=ChainMap({}, self.rallies),
            series=ChainMap({}, self.series),
            deployments=ChainMap({}, self.deployments),
            bookings=Bookings(self.bookings),
            at_place=AtPlace(self.at_place),
            proposals=ChainMap({}, self.proposals),
        )

    def written_as(self, officer_id: str) -> str:
        """An officer's id as the roster has it, whatever its case; itself if the roster has none such."""
        if officer_id in self.officers:
            return officer_id
        return self.written.get(officer_key(officer_id), officer_id)

    def put_officer(self, officer: Officer) -> None:
        """Replaces the officer's entry. An NRP that it gives up is free, the one that it states is taken."""
        known = self.officers.get(officer.officer_id)
        if known is not None and known.nrp is not None and self.nrps.get(known.nrp) == known.officer_id:
            self.nrps[known.nrp] = None
        self.officers[officer.officer_id] = officer
        if officer.nrp is not None and not officer.withdrawn:
            self.nrps[officer.nrp] = officer.officer_id

    def rally_at(self, place: str) -> Rally | None:
        """The rally a place reference names, if it names one that is known."""
        return self.rallies.get(place[len(RALLY) :]) if place.startswith(RALLY) else None

    def site_at(self, place: str) -> Site | None:
        """The site a place reference names, if it names one that is known."""
        return self.sites.get(place[len(SITE) :]) if place.startswith(SITE) else None

    def point_of(self, place: str) -> Point | None:
        """Where a place is, if that is known."""
        rally = self.rally_at(place)
        if rally is not None:
            return rally.venue.point
        site = self.site_at(place)
        return site.point if site else None

    def live_at(self, place: str) -> list[Deployment]:
        """Live deployments of a place, by start and id."""
        found = [self.deployments[each] for each in self.at_place.ids(place)]
        return sorted(found, key=lambda each: each.booking)

    def absences_of(self, officer_id: str) -> list[Absence]:
        """When an officer cannot be ordered, as it stands."""
        return [self.absences[key] for key in self.absent.get(officer_id, ())]
