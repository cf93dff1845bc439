"""What one operation plans: roster, rallies, deployments, and who is booked when."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct, field

from pamwal.contracts.claims import Mode
from pamwal.contracts.persons import PersonalRef
from pamwal.contracts.places import Point, Venue
from pamwal.contracts.scheduling import DeploymentRole, NoticeReceipt, Policy, Post, RallyKind
from services.scheduler.bookings import Booking

RallyStatus = Literal["planned", "cancelled"]
DeploymentStatus = Literal["ordered", "acknowledged", "cancelled", "swapped"]
LIVE: Final = frozenset({"ordered", "acknowledged"})
"""A deployment of one of these binds its officer."""
RALLY: Final = "rally/"


class Operation(Struct, frozen=True, kw_only=True):
    """An opened operation. Its period is half-open: local midnight to the midnight behind its last day."""

    name: str
    mode: Mode
    zone: str
    region: str
    begins_at: str
    ends_before: str
    posts: dict[str, Post]
    task_forces: frozenset[str]
    pairs: frozenset[str]
    """Empty: every pair is known."""
    policy: Policy
    parent: str | None
    version: int


class Officer(Struct, frozen=True, kw_only=True):
    """One entry of the roster."""

    officer_id: str
    rank: str
    unit: str
    satgas: str
    home_post: str
    person_ref: PersonalRef | None
    version: int


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
    status: RallyStatus
    version: int

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

    @property
    def live(self) -> bool:
        """It binds its officer."""
        return self.status in LIVE

    @property
    def booking(self) -> Booking:
        """Its entry among the officer's bookings."""
        return (self.starts_at, self.ends_at, self.deployment_id)


class Schedule(Struct, kw_only=True):
    """The state of one operation; `evolve` changes it in place, nothing else does."""

    operation_id: str
    operation: Operation | None = None
    officers: dict[str, Officer] = field(default_factory=dict)
    rallies: dict[str, Rally] = field(default_factory=dict)
    deployments: dict[str, Deployment] = field(default_factory=dict)
    bookings: dict[str, list[Booking]] = field(default_factory=dict)
    """Officer → live bookings in order of time; they never overlap."""
    at_place: dict[str, dict[str, None]] = field(default_factory=dict)
    """Place → ids of live deployments there."""

    def rally_at(self, place: str) -> Rally | None:
        """The rally a place reference names, if it names one that is known."""
        return self.rallies.get(place.removeprefix(RALLY)) if place.startswith(RALLY) else None

    def point_of(self, place: str) -> Point | None:
        """Where a place is, if that is known."""
        rally = self.rally_at(place)
        return rally.venue.point if rally else None

    def live_at(self, place: str) -> list[Deployment]:
        """Live deployments of a place, by start and id."""
        found = [self.deployments[each] for each in self.at_place.get(place, ())]
        return sorted(found, key=lambda each: each.booking)
