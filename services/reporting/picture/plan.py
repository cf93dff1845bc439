"""The plan of one operation as the picture knows it: each part by its facts' highest versions. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from copy import copy
from functools import cached_property
from itertools import chain
from typing import Final, NamedTuple

from msgspec.structs import replace

from pamwal.contracts.instants import to_ms
from pamwal.contracts.persons import officer_key
from pamwal.contracts.places import kecamatan_of
from pamwal.contracts.scheduling import AbsenceRecorded, DayClosed, OfficerLent, Policy, Post
from services.reporting.picture.charter import Charter
from services.reporting.picture.deployments import Deployment, deployment_of
from services.reporting.picture.places import RALLY, SITE, Rally, Site, rally_of, site_of
from services.reporting.picture.plan_day import ByOfficer, DayPlan, overlap
from services.reporting.picture.plan_facts import AbsenceFact, PlanFacts

MINUTE_MS: Final = 60_000
DAYS_KEPT: Final = 8
"""Of how many days the duties are kept that were looked for."""
_MADE_WHEN_ASKED: Final = (
    "deployments", "of_officer", "reserved_of", "bound", "on_intel", "otherwise", "_at_place",
)  # fmt: skip


class Revised(NamedTuple):
    """What is otherwise in a plan than in one that knows more."""

    rallies: AbstractSet[str]
    deployments: AbstractSet[str]
    told: PlanFacts
    """All that the one plan knows of these."""
    rest: bool
    """Something else is."""


class Later(NamedTuple):
    """A plan that knows more, of which an earlier one has the rest."""

    plan: Plan
    gone: AbstractSet[str]
    """Deployments it does not share."""
    rest: bool
    """Something else than deployments and rallies is otherwise."""


class Plan:
    """What stands planned. Made afresh from the facts when one arrived; never changed after."""

    def __init__(self, charter: Charter | None, facts: PlanFacts) -> None:
        self._add_rest(charter, facts)
        self.rallies = {rally.rally_id: rally for rally in map(rally_of, facts.rallies.values()) if rally}
        self._days: dict[tuple[int, int], DayPlan] = {}
        self._later: Later | None = None
        self._made = [each for each in map(deployment_of, facts.deployments.values()) if each]
        """Deployments that no later plan has."""
        self._report()

    def _add_rest(self, charter: Charter | None, facts: PlanFacts) -> None:
        self.policy = charter.policy if charter else Policy()
        self.posts: list[Post] = charter.posts if charter else []
        self._answering = _answering(self.posts)
        self.days_closed = {day for day, fact in facts.days.items() if isinstance(fact, DayClosed)}
        self.officers = facts.officers
        """Officer → his newest entry of the roster, also when he was withdrawn since."""
        self.officers_withdrawn = {
            officer_id
            for officer_id, fact in facts.officers_withdrawn.items()
            if officer_id not in facts.officers or fact.version > facts.officers[officer_id].version
        }
        """They are on the roster no more."""
        self.sites = {
            site_id: site_of(fact, gone.version if (gone := facts.sites_withdrawn.get(site_id)) else 0)
            for site_id, fact in facts.sites.items()
        }
        self._away = _away(facts.absences)

    def then(self, charter: Charter | None, revised: Revised) -> Plan:
        """The plan of fewer facts: it shares with this one what is not `revised`."""
        plan, told, gone = copy(self), revised.told, revised.deployments
        for name in _MADE_WHEN_ASKED:
            vars(plan).pop(name, None)
        plan._days = {}
        if revised.rest:
            plan._add_rest(charter, told)
        plan.rallies = {name: each for name, each in self.rallies.items() if name not in revised.rallies}
        plan.rallies |= {each.rally_id: each for each in map(rally_of, told.rallies.values()) if each}
        plan._made = [each for each in map(deployment_of, told.deployments.values()) if each]
        plan._later = Later(self, gone, revised.rest)
        if not plan._reported_as_in(self, revised):
            plan._made = [*map(replace, plan._shared()), *plan._made]
            plan._later = None
        plan._report()
        return plan

    def _shared(self) -> Iterator[Deployment]:
        """Deployments it shares with a later plan."""
        if (later := self._later) is None:
            return iter(())
        return (each for name, each in later.plan.deployments.items() if name not in later.gone)

    @cached_property
    def deployments(self) -> dict[str, Deployment]:
        """All of them by id, whatever became of them."""
        return {each.deployment_id: each for each in chain(self._shared(), self._made)}

    @cached_property
    def of_officer(self) -> ByOfficer:
        """Officer → deployments that count as ordered, by start and id."""
        shared = {} if self._later is None else _without(self._later.plan.of_officer, self._later.gone)
        return _by_officer(shared, (each for each in self._made if each.counted))

    @cached_property
    def reserved_of(self) -> ByOfficer:
        """Officer → deployments he is kept for and not dispatched to, by start and id."""
        shared = {} if self._later is None else _without(self._later.plan.reserved_of, self._later.gone)
        return _by_officer(shared, (each for each in self._made if each.reserved))

    @cached_property
    def bound(self) -> dict[str, str]:
        """Officers who are ordered or kept for something: `officer_key` → id."""
        return {officer_key(each): each for each in (*self.of_officer, *self.reserved_of)}

    @cached_property
    def on_intel(self) -> set[str]:
        """Officers who have, or had, a deployment on `intel`, whatever became of it."""
        shared = self._shared() if self._later is not None and self._later.plan.on_intel else ()
        return {each.officer_id for each in chain(shared, self._made) if each.role == "intel"}

    def _reported_as_in(self, later: Plan, revised: Revised) -> bool:
        """Whether the same posts report each of its deployments as in a later plan, told of these since."""
        if self._answering != later._answering:
            return False
        asked = [f"{RALLY}{rally_id}" for rally_id in revised.rallies]
        officers: set[str] = set()
        if revised.rest:
            asked += (f"{SITE}{site_id}" for site_id in later.sites)
            officers = {each for each in later.officers if self._home_posts(each) != later._home_posts(each)}
        at, gone = later._at_place, revised.deployments
        for place in asked:
            there = at.get(place)
            if there is None or there <= gone or self._kelurahan(place) == later._kelurahan(place):
                continue
            return False
        return not officers or not any(each.officer_id in officers for each in self.deployments.values())

    @cached_property
    def _at_place(self) -> dict[str, set[str]]:
        """Place → the ids of all deployments to it."""
        found: dict[str, set[str]] = {}
        for each in self.deployments.values():
            found.setdefault(each.place, set()).add(each.deployment_id)
        return found

    def is_on_roster(self, officer_id: str) -> bool:
        """Whether the roster has him and he was not withdrawn."""
        return officer_id in self.officers and officer_id not in self.officers_withdrawn

    def rally_at(self, place: str) -> Rally | None:
        """The rally a place names, if one of that id is planned."""
        return self.rallies.get(place[len(RALLY) :]) if place.startswith(RALLY) else None

    def site_at(self, place: str) -> Site | None:
        """The site a place names, if one of that id is known, also one that is guarded no more."""
        return self.sites.get(place[len(SITE) :]) if place.startswith(SITE) else None

    def rallies_within(self, first_ms: int, before_ms: int) -> list[Rally]:
        """Rallies whose hours overlap [first_ms, before_ms), cancelled ones too, by start and id."""
        found = [each for each in self.rallies.values() if overlap(each, first_ms, before_ms)]
        return sorted(found, key=lambda rally: (rally.starts_ms, rally.rally_id))

    def sites_within(self, first_ms: int, before_ms: int) -> list[Site]:
        """Sites that are guarded and whose hours overlap [first_ms, before_ms), by id."""
        found = (
            each for each in self.sites.values() if not each.withdrawn and overlap(each, first_ms, before_ms)
        )
        return sorted(found, key=lambda site: site.site_id)

    def deployments_within(self, first_ms: int, before_ms: int) -> Mapping[str, list[Deployment]]:
        """Officer → deployments that count as ordered and overlap [first_ms, before_ms), by start and id."""
        return self.day(first_ms, before_ms).ordered

    def reserved_within(self, first_ms: int, before_ms: int) -> Mapping[str, list[Deployment]]:
        """The same of those that are only reserved."""
        return self.day(first_ms, before_ms).reserved

    def day(self, first_ms: int, before_ms: int) -> DayPlan:
        """The duties of [first_ms, before_ms)."""
        found = self._days.get((first_ms, before_ms))
        if found is None:
            if len(self._days) == DAYS_KEPT:
                del self._days[next(iter(self._days))]
            found = self._days[first_ms, before_ms] = self._day(first_ms, before_ms)
        return found

    def _day(self, first_ms: int, before_ms: int) -> DayPlan:
        if (later := self._later) is not None and not later.rest:
            shared = later.plan.day(first_ms, before_ms)
            if shared.ids.isdisjoint(later.gone) and not any(
                overlap(each, first_ms, before_ms) for each in self._made
            ):
                return shared
        day = (first_ms, before_ms)
        return DayPlan(self.of_officer, self.reserved_of, self.officers, self.window_ms, day)

    @cached_property
    def otherwise(self) -> frozenset[str]:
        """Officers who have duties other than in the plan with which this one may share its days."""
        return frozenset() if self._later is None else frozenset(each.officer_id for each in self._made)

    @property
    def window_ms(self) -> int:
        """Within what time reports of one presence lie."""
        return self.policy.witness_window_min * MINUTE_MS

    @property
    def anybody_away(self) -> bool:
        """Whether anybody is absent with leave or lent, at any time."""
        return bool(self._away)

    def away(self, officer_id: str, first_ms: int, before_ms: int) -> bool:
        """True if an absence or a loan of the officer overlaps [first_ms, before_ms)."""
        intervals = self._away.get(officer_id, ())
        return any(starts_ms < before_ms and ends_ms > first_ms for starts_ms, ends_ms in intervals)

    def _report(self) -> None:
        """Says of those it made which posts would report them."""
        answering: dict[str, tuple[str, ...]] = {}
        for deployment in self._made:
            if deployment.counted:
                place = deployment.place
                posts = answering.get(place)
                if posts is None:
                    posts = answering[place] = self._answering_for(place)
                deployment.reporters = posts or self._home_posts(deployment.officer_id)

    def _answering_for(self, place: str) -> tuple[str, ...]:
        """The posts of the place's kecamatan; where none answers for it, the officer's home post reports."""
        kelurahan = self._kelurahan(place)
        return self._answering.get(kecamatan_of(kelurahan), ()) if kelurahan else ()

    def _home_posts(self, officer_id: str) -> tuple[str, ...]:
        officer = self.officers.get(officer_id)
        return (officer.home_post,) if officer else ()

    def _kelurahan(self, place: str) -> str | None:
        rally = self.rally_at(place)
        if rally is not None:
            return rally.venue.kelurahan
        site = self.site_at(place)
        return site.kelurahan if site else None


def _by_officer(found: ByOfficer, made: Iterable[Deployment]) -> ByOfficer:
    """These and those `found` already."""
    added: dict[str, list[Deployment]] = {}
    for deployment in made:
        own = found.setdefault(deployment.officer_id, [])
        own.append(deployment)
        added[deployment.officer_id] = own
    for own in added.values():
        own.sort(key=_begins)
    return found


def _begins(deployment: Deployment) -> tuple[int, str]:
    return deployment.starts_ms, deployment.deployment_id


def _without(own: ByOfficer, gone: AbstractSet[str]) -> ByOfficer:
    left = (
        (officer_id, [each for each in all_own if each.deployment_id not in gone])
        for officer_id, all_own in own.items()
    )
    return {officer_id: still for officer_id, still in left if still}


def _answering(posts: list[Post]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for post in posts:
        for code in post.kecamatan:
            found[code] = (*found.get(code, ()), post.post_id)
    return found


def _away(absences: Mapping[str, AbsenceFact]) -> dict[str, list[tuple[int, int]]]:
    """Officer → half-open intervals in which he cannot be expected: absent with leave, or lent."""
    found: dict[str, list[tuple[int, int]]] = {}
    for fact in absences.values():
        if isinstance(fact, (AbsenceRecorded, OfficerLent)):
            interval = (to_ms(fact.starts_at), to_ms(fact.ends_at))
            found.setdefault(fact.officer_id, []).append(interval)
    return found
