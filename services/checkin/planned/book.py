"""Operations, places and deployments by their facts' highest versions, in whatever order those come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from msgspec import Struct, field

from pamwal.contracts.claims import Mode
from pamwal.contracts.instants import to_ms
from pamwal.contracts.persons import PersonalRef
from pamwal.contracts.places import Point
from pamwal.contracts.scheduling import (
    DeploymentAcknowledged,
    DeploymentCancelled,
    DeploymentMoved,
    DeploymentOrdered,
    DeploymentReinstated,
    DeploymentRejected,
    DeploymentReserved,
    DeploymentStoodDown,
    DeploymentSwapped,
    OfficerRegistered,
    OfficerWithdrawn,
    OperationAmended,
    OperationOpened,
    RallyCancelled,
    RallyMoved,
    RallyPlanned,
    RallyReinstated,
    SiteRegistered,
    SiteWithdrawn,
)
from pamwal.contracts.zones import DAY_MS, DEFAULT_ZONE, HOUR_MS, OFFSET_H, Zone, midnight
from pamwal.spellings import Spellings

EARLY_MS: Final = 2 * HOUR_MS
"""How long before its hours a duty may begin: the roll call before a rally."""
EVER_MS: Final = (-(2**62), 2**62)
DUTIES_MAX: Final = 300_000
"""Deployments remembered; beyond it the quarter that ends first is forgotten, which costs only advice."""


class Spot(Struct):
    """A rally, site or post: its name and hours. `told` and `judged` are the versions that said so."""

    name: str = ""
    kelurahan: str = ""
    point: Point | None = None
    radius_m: int = 0
    starts_ms: int = 0
    ends_ms: int = 0
    standing: bool = True
    """It is held or guarded: neither cancelled nor withdrawn."""
    told: int = 0
    judged: int = 0


class Duty(Struct):
    """One deployment. Until its order is known it has no officer. The last four are versions that said so."""

    officer_id: str = ""
    place: str = ""
    intel: bool = False
    dispatched: bool = False
    """It was ordered, not only reserved."""
    bound: bool = True
    """Neither cancelled, rejected nor handed on."""
    starts_ms: int = 0
    ends_ms: int = 0
    told: int = 0
    started: int = 0
    ended: int = 0
    judged: int = 0


class Listed(Struct):
    """One officer of the roster."""

    unit: str = ""
    rank: str = ""
    home_post: str = ""
    person_ref: PersonalRef | None = None
    told: int = 0
    withdrawn: int = 0


class OperationPlan(Struct):
    """One operation."""

    mode: Mode | None = None
    zone: Zone = DEFAULT_ZONE
    name: str = ""
    posts: dict[str, str] = {}
    """Post → its name."""
    starts_ms: int = 0
    ends_ms: int = 0
    geofence_m: int = 0
    """How far from a place is near enough, wherever its own radius is smaller."""
    told: int = 0
    spots: dict[str, Spot] = {}
    """By `rally/{id}` and `site/{id}`."""
    officers: dict[str, Listed] = {}
    spellings: Spellings = field(default_factory=Spellings)
    """Of the ids of all who were ever registered."""
    duties: dict[str, Duty] = {}
    of_officer: dict[str, list[str]] = {}
    intel: set[str] = set()
    """Deployments on `intel`, whatever became of them: they are never forgotten."""
    led: dict[str, set[str]] = {}
    """Officer → places he was ever ordered or reserved to lead, whatever became of that."""

    def on_intel(self, first_ms: int, before_ms: int) -> frozenset[str]:
        """Officers with such a duty on a local day that overlaps the half-open interval."""
        duties = (self.duties[name] for name in self.intel)
        return frozenset(duty.officer_id for duty in duties if self._overlaps(duty, first_ms, before_ms))

    def _overlaps(self, duty: Duty, first_ms: int, before_ms: int) -> bool:
        """Whole local days, from the roll call before the duty on: that of a duty after midnight, too."""
        offset_ms = OFFSET_H[self.zone] * HOUR_MS
        begins_ms = (duty.starts_ms - EARLY_MS + offset_ms) // DAY_MS * DAY_MS - offset_ms
        ends_ms = ((duty.ends_ms + offset_ms) // DAY_MS + 1) * DAY_MS - offset_ms
        return begins_ms < before_ms and ends_ms > first_ms

    def spot(self, place: str) -> Spot | None:
        """The rally, site or post of that reference; None if it is not known."""
        kind, _, name = place.partition("/")
        if kind == "post":
            if name not in self.posts:
                return None
            return Spot(name=self.posts[name], starts_ms=self.starts_ms, ends_ms=self.ends_ms, told=1)
        found = self.spots.get(place)
        return found if found is not None and found.told else None

    def written(self, officer_id: str) -> str:
        """The id as the roster has it, whatever its case; itself if no roster has it."""
        return self.spellings.get(officer_id) or officer_id

    def is_on_roster(self, officer_id: str) -> bool:
        """Whether the roster has this very id, not withdrawn."""
        listed = self.officers.get(officer_id)
        return listed is not None and listed.told > listed.withdrawn

    def unit(self, name: str) -> list[str]:
        """The officers of that unit who are on the roster, by id."""
        found = self.officers.items()
        return sorted(each for each, of in found if of.unit == name and of.told > of.withdrawn)

    def of_post(self, post: str) -> list[str]:
        """The officers whose home post it is and who are on the roster, by id."""
        found = self.officers.items()
        return sorted(each for each, of in found if of.home_post == post and of.told > of.withdrawn)

    def is_ordered_to(self, officer_id: str, places: set[str]) -> bool:
        """Whether the officer was ever ordered or reserved for one of these places, `intel` apart."""
        found = (self.duties.get(name) for name in self.of_officer.get(self.written(officer_id), ()))
        return any(duty is not None and not duty.intel and duty.place in places for duty in found)

    def duties_at(self, officer_id: str, first_ms: int, before_ms: int) -> Iterator[Duty]:
        """What the officer is ordered to within the half-open interval."""
        for name in self.of_officer.get(self.written(officer_id), ()):
            duty = self.duties.get(name)
            if duty is None or not (duty.dispatched and duty.bound):
                continue
            if duty.starts_ms < before_ms and duty.ends_ms > first_ms:
                yield duty


class PlanBook:
    """The plans of all operations."""

    def __init__(self, duties_max: int = DUTIES_MAX) -> None:
        self.operations: dict[str, OperationPlan] = {}
        self._duties_max, self._duties = duties_max, 0

    def take(self, operation_id: str, fact: Any) -> None:
        """Takes a fact up; those that say nothing of names, hours, places or orders are left out."""
        fold = _FOLDS.get(type(fact))
        if fold is None:
            return
        plan = self.operations.get(operation_id)
        if plan is None:
            plan = self.operations[operation_id] = OperationPlan()
        known = len(plan.duties)
        fold(plan, fact)
        self._duties += len(plan.duties) - known
        if self._duties > self._duties_max:
            self._forget()

    def _forget(self) -> None:
        ends = sorted(duty.ends_ms for plan in self.operations.values() for duty in plan.duties.values())
        before_ms = ends[len(ends) // 4] + 1
        for plan in self.operations.values():
            plan.duties = {
                name: duty
                for name, duty in plan.duties.items()
                if duty.ends_ms >= before_ms or name in plan.intel
            }
            plan.of_officer = {}
            for name, duty in plan.duties.items():
                if duty.officer_id:
                    plan.of_officer.setdefault(duty.officer_id, []).append(name)
        self._duties = sum(len(plan.duties) for plan in self.operations.values())


def _operation(plan: OperationPlan, fact: OperationOpened | OperationAmended) -> None:
    if isinstance(fact, OperationOpened):
        plan.mode, plan.zone = fact.mode, fact.zone
    if fact.version <= plan.told:
        return
    plan.told, plan.name = fact.version, fact.name
    plan.posts = {post.post_id: post.name for post in fact.posts}
    plan.geofence_m = fact.policy.geofence_radius_m
    plan.starts_ms = to_ms(midnight(fact.starts_on, plan.zone))
    plan.ends_ms = to_ms(midnight(fact.ends_on, plan.zone, days_later=1))


def _spot(plan: OperationPlan, place: str) -> Spot:
    found = plan.spots.get(place)
    if found is None:
        found = plan.spots[place] = Spot()
    return found


def _rally(plan: OperationPlan, fact: RallyPlanned | RallyMoved) -> None:
    spot, venue = _spot(plan, f"rally/{fact.rally_id}"), fact.venue
    if fact.version > spot.told:
        spot.told, spot.name, spot.kelurahan = fact.version, venue.name, venue.kelurahan
        spot.point, spot.radius_m = venue.point, venue.radius_m
        spot.starts_ms, spot.ends_ms = to_ms(fact.starts_at), to_ms(fact.ends_at)


def _rally_judged(plan: OperationPlan, fact: RallyCancelled | RallyReinstated) -> None:
    spot = _spot(plan, f"rally/{fact.rally_id}")
    if fact.version > spot.judged:
        spot.judged, spot.standing = fact.version, isinstance(fact, RallyReinstated)


def _site(plan: OperationPlan, fact: SiteRegistered) -> None:
    spot = _spot(plan, f"site/{fact.site_id}")
    if fact.version > spot.told:
        spot.told, spot.name, spot.kelurahan = fact.version, fact.name, fact.kelurahan
        spot.point, spot.radius_m = fact.point, fact.radius_m
        spot.starts_ms, spot.ends_ms = to_ms(fact.starts_at), to_ms(fact.ends_at)
    spot.standing = spot.told > spot.judged


def _site_withdrawn(plan: OperationPlan, fact: SiteWithdrawn) -> None:
    spot = _spot(plan, f"site/{fact.site_id}")
    spot.judged = max(spot.judged, fact.version)
    spot.standing = spot.told > spot.judged


def _listed(plan: OperationPlan, fact: OfficerRegistered | OfficerWithdrawn) -> None:
    listed = plan.officers.setdefault(fact.officer_id, Listed())
    if isinstance(fact, OfficerWithdrawn):
        listed.withdrawn = max(listed.withdrawn, fact.version)
        return
    plan.spellings.add(fact.officer_id)
    if fact.version > listed.told:
        listed.told, listed.unit, listed.rank = fact.version, fact.unit, fact.rank
        listed.home_post, listed.person_ref = fact.home_post, fact.person_ref


def _duty(plan: OperationPlan, deployment_id: str) -> Duty:
    found = plan.duties.get(deployment_id)
    if found is None:
        found = plan.duties[deployment_id] = Duty()
    return found


def _ordered(plan: OperationPlan, fact: DeploymentOrdered | DeploymentReserved) -> None:
    duty = _duty(plan, fact.deployment_id)
    if not duty.officer_id:
        plan.of_officer.setdefault(fact.officer_id, []).append(fact.deployment_id)
        duty.officer_id = fact.officer_id
    duty.dispatched = duty.dispatched or isinstance(fact, DeploymentOrdered)
    if fact.version > duty.told:
        duty.told, duty.place, duty.intel = fact.version, fact.place, fact.role == "intel"
    if fact.role == "intel":
        plan.intel.add(fact.deployment_id)
    elif fact.role == "field_commander":
        plan.led.setdefault(fact.officer_id, set()).add(fact.place)
    _time(duty, fact)
    _judge(duty, fact.version, bound=True)


def _moved(plan: OperationPlan, fact: DeploymentMoved) -> None:
    _time(_duty(plan, fact.deployment_id), fact)


def _stood_down(plan: OperationPlan, fact: DeploymentStoodDown) -> None:
    """From then on the officer is bound no more; until then he was."""
    duty = _duty(plan, fact.deployment_id)
    _end(duty, fact.version, fact.ends_at)
    _judge(duty, fact.version, bound=True)


def _judged(plan: OperationPlan, fact: Any) -> None:
    bound = isinstance(fact, DeploymentAcknowledged | DeploymentReinstated)
    _judge(_duty(plan, fact.deployment_id), fact.version, bound=bound)


def _time(duty: Duty, fact: DeploymentOrdered | DeploymentReserved | DeploymentMoved) -> None:
    if fact.version > duty.started:
        duty.started, duty.starts_ms = fact.version, to_ms(fact.starts_at)
    _end(duty, fact.version, fact.ends_at)


def _end(duty: Duty, version: int, ends_at: str) -> None:
    if version > duty.ended:
        duty.ended, duty.ends_ms = version, to_ms(ends_at)


def _judge(duty: Duty, version: int, *, bound: bool) -> None:
    if version > duty.judged:
        duty.judged, duty.bound = version, bound


_FOLDS: Final[dict[type, Callable[[OperationPlan, Any], None]]] = {
    OperationOpened: _operation,
    OperationAmended: _operation,
    RallyPlanned: _rally,
    RallyMoved: _rally,
    RallyCancelled: _rally_judged,
    RallyReinstated: _rally_judged,
    SiteRegistered: _site,
    SiteWithdrawn: _site_withdrawn,
    OfficerRegistered: _listed,
    OfficerWithdrawn: _listed,
    DeploymentReserved: _ordered,
    DeploymentOrdered: _ordered,
    DeploymentMoved: _moved,
    DeploymentStoodDown: _stood_down,
    DeploymentAcknowledged: _judged,
    DeploymentReinstated: _judged,
    DeploymentCancelled: _judged,
    DeploymentRejected: _judged,
    DeploymentSwapped: _judged,
}
