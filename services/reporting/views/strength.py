"""Strength per venue, site, kelurahan, kecamatan, satgas and in total, by how each officer stands. Pure.

A row of places counts who is ordered there and who stands there; `total` and satgas count distinct officers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from pamwal.contracts.places import kecamatan_of
from pamwal.contracts.reporting import (
    AreaRow,
    PairRow,
    RoleRow,
    SatgasRow,
    Sight,
    SiteRow,
    VenueRow,
)
from pamwal.contracts.scheduling import DeploymentRole, OfficerRegistered
from services.reporting.picture import OperationPicture
from services.reporting.picture.deployments import Deployment
from services.reporting.picture.places import RALLY, SITE, Rally, Site
from services.reporting.views.entries import Entry, Spot, Strengths, places_of, sort_of
from services.reporting.views.stands import OfficerDay, Stand, StandState, counted
from services.reporting.views.tally import Tallies, Tally

NameOf = Callable[[str], str]
"""Kemendagri code of a kelurahan or kecamatan → its name; the code itself where none is known."""
UNREGISTERED: Final = ""
"""The satgas of officers no roster knows."""


class StrengthCount:
    """Counts every row of a situation, as far as `sight` sees; `wide`: by pair and role too."""

    def __init__(self, picture: OperationPicture, sight: Sight, *, wide: bool = False) -> None:
        self._picture, self._sight, self._wide = picture, sight, wide
        self._spots: dict[str, Spot] = {}
        """Place → where it is, of those that anybody ever named here."""
        self._named: dict[str, int] = {}
        """Place → how many rallies, sites and officers name it."""
        self._held: dict[str, Spot] = {}
        """Venue → where it is, for venues of the day's rallies."""
        self._guarded: list[Spot] = []
        """The day's sites."""
        self._at: dict[str, list[Tally]] = {}
        """Place → the rows of places it counts in."""
        self._venues, self._sites, self._kelurahan, self._kecamatan = (Tallies() for _ in range(4))
        self._satgas, self._pairs, self._roles, self._total = Tallies(), Tallies(), Tallies(), Tally()

    def count(
        self,
        rallies: Iterable[Rally],
        sites: Iterable[Site],
        days: Iterable[OfficerDay],
        now_ms: int,
        name_of: NameOf,
    ) -> Strengths:
        """The rows for the day's rallies, sites and officers."""
        self.require(rallies, sites)
        self.enter(days, now_ms)
        return self.rows(name_of)

    def enter(self, days: Iterable[OfficerDay], now_ms: int) -> None:
        """Adds all of them: who counts as others do, together with them."""
        self.enter_alike(((day, 1) for day in days), now_ms)

    def enter_alike(self, days: Iterable[tuple[OfficerDay, int]], now_ms: int) -> None:
        """The same of officers each of whom stands for so many."""
        alike: dict[tuple[object, ...], Entry] = {}
        times: dict[tuple[object, ...], int] = {}
        for day, count in days:
            officer = self._officer(day)
            sort = sort_of(day, officer.satgas if officer else None, now_ms)
            if sort is None:
                self.add(self.entry(day, now_ms), count)
            elif sort in times:
                times[sort] += count
            else:
                alike[sort], times[sort] = self.entry(day, now_ms), count
        for sort, entry in alike.items():
            self.add(entry, times[sort])

    def require(self, rallies: Iterable[Rally], sites: Iterable[Site]) -> None:
        """Adds what the day's rallies and sites need."""
        for rally in rallies:
            if not rally.cancelled:
                spot = self._spot(f"{RALLY}{rally.rally_id}")
                self._held.setdefault(spot.spot_id, spot)
                self._require(f"{RALLY}{rally.rally_id}", rally.required)
        for site in sites:
            spot = self._spot(f"{SITE}{site.site_id}")
            self._guarded.append(spot)
            self._require(f"{SITE}{site.site_id}", site.required)

    def entry(self, day: OfficerDay, now_ms: int) -> Entry:
        """What an officer adds at a moment; nothing is added."""
        officer = self._officer(day)
        groups = [self._total, self._satgas[officer.satgas if officer else UNREGISTERED]]
        placed = self._sight == "full" or not day.intel
        standing = day.standing
        places = list(places_of(day)) if placed else []
        here: list[Tally] = []
        if standing is not None:
            here = groups + (self._tallies(standing.place) if placed else [])
        entry = Entry(day.kind, day.is_known(self._picture.plan), [], [], [], places)
        if day.reserved:
            entry.reserved.extend(self._reserve(day.reserved if placed else (), groups))
        states: dict[Tally, StandState] = {}
        if day.stands:
            ordered = dict.fromkeys(groups, day.stands)
            if placed:
                ordered |= self._ordered(day.stands)
            for tally, stands in ordered.items():
                chosen = counted(stands, now_ms, stands_here=tally in here)
                entry.ordered.append((tally, chosen))
                states[tally] = chosen.state
        entry.here.extend((tally, states.get(tally)) for tally in here)
        if self._wide and placed:
            self._enter_by_role(entry, day, now_ms)
        return entry

    def add(self, entry: Entry, by: int = 1) -> None:
        """Adds an officer, or `by` of them who count alike; -1 takes him back."""
        for tally, stand in entry.ordered:
            tally.order(stand, by)
        for tally, state in entry.here:
            tally.stand(entry.kind, state, registered=entry.registered, by=by)
        for tally in entry.reserved:
            tally.reserve(by)
        for place in entry.places:
            self._named[place] = self._named.get(place, 0) + by

    def rows(self, name_of: NameOf) -> Strengths:
        """The rows of what was added so far."""
        return Strengths(
            total=self._total.strength(),
            venues=self._venue_rows(),
            sites=self._site_rows(),
            kelurahan=self._area_rows(self._kelurahan, lambda spot: spot.kelurahan, name_of),
            kecamatan=self._area_rows(self._kecamatan, lambda spot: spot.kecamatan, name_of),
            satgas=self._satgas_rows(),
            pairs=[PairRow(pair=each, strength=own.strength()) for each, own in self._pairs.named()],
            roles=[RoleRow(role=each, strength=own.strength()) for each, own in self._roles.named()],
        )

    @property
    def disputed(self) -> bool:
        """Whether a venue of no rally of the day has two names: which is shown, depends on who is first."""
        spots: dict[str, Spot] = {}
        for place, spot in self._spots.items():
            if self._named.get(place) and not spot.site and spot.spot_id not in self._held:
                known = spots.setdefault(spot.spot_id, spot)
                if (known.name, known.kelurahan) != (spot.name, spot.kelurahan):
                    return True
        return False

    def _require(self, place: str, required: Mapping[DeploymentRole, int]) -> None:
        intel = self._sight == "full"
        for tally in (*self._tallies(place), self._total):
            tally.require(required, intel=intel)
        for role, count in required.items() if self._wide else ():
            if role != "intel" or intel:
                self._roles[role].require({role: count}, intel=intel)

    def _enter_by_role(self, entry: Entry, day: OfficerDay, now_ms: int) -> None:
        """An officer counts in each role he is ordered to or kept for; who stands by no order, in none."""
        comes_for = None if day.standing is None else day.standing.deployment
        here = "" if comes_for is None else comes_for.role
        ordered: dict[str, list[Stand]] = {}
        for stand in day.stands:
            ordered.setdefault(stand.deployment.role, []).append(stand)
        states: dict[str, StandState] = {}
        for role, stands in ordered.items():
            stands_here = day.standing is not None and role == here
            chosen = counted(stands, now_ms, stands_here=stands_here)
            entry.ordered.append((self._roles[role], chosen))
            states[role] = chosen.state
        entry.reserved.extend(self._roles[role] for role in sorted({each.role for each in day.reserved}))
        if day.standing is not None:
            entry.here.append((self._roles[here], states.get(here)))

    def _officer(self, day: OfficerDay) -> OfficerRegistered | None:
        """His entry of the roster; one who was withdrawn has it only for what he is or was deployed to."""
        plan = self._picture.plan
        return plan.officers.get(day.officer_id) if day.is_known(plan) else None

    def _reserve(self, placed: Iterable[Deployment], groups: list[Tally]) -> Iterable[Tally]:
        """Each row he is kept for, once."""
        rows = {id(tally): tally for tally in groups}
        for deployment in placed:
            rows |= {id(tally): tally for tally in self._tallies(deployment.place)}
        return rows.values()

    def _ordered(self, stands: list[Stand]) -> dict[Tally, list[Stand]]:
        """Each row of places an officer is ordered to, once, with how he stands there."""
        if len(stands) == 1:
            return dict.fromkeys(self._tallies(stands[0].deployment.place), stands)
        rows: dict[Tally, list[Stand]] = {}
        for stand in stands:
            for tally in self._tallies(stand.deployment.place):
                rows.setdefault(tally, []).append(stand)
        return rows

    def _tallies(self, place: str) -> list[Tally]:
        """The rows of places that a place counts in."""
        found = self._at.get(place)
        if found is None:
            spot = self._spot(place)
            found = [(self._sites if spot.site else self._venues)[spot.spot_id]]
            if spot.kelurahan is not None:
                found += [self._kelurahan[spot.kelurahan], self._kecamatan[kecamatan_of(spot.kelurahan)]]
            if self._wide:
                found += [self._pairs[pair] for pair in spot.pairs]
            self._at[place] = found
        return found

    def _spot(self, place: str) -> Spot:
        spot = self._spots.get(place)
        if spot is None:
            spot = self._spots[place] = self._find(place)
        return spot

    def _find(self, place: str) -> Spot:
        plan = self._picture.plan
        if (rally := plan.rally_at(place)) is not None:
            venue = rally.venue
            return Spot(spot_id=venue.venue_id, name=venue.name, kelurahan=venue.kelurahan, pairs=rally.pairs)
        if (site := plan.site_at(place)) is not None:
            return Spot(spot_id=site.site_id, name=site.name, kelurahan=site.kelurahan, site=site)
        return Spot(spot_id=place, name=place, kelurahan=None)

    def _venue_rows(self) -> list[VenueRow]:
        named = (spot for place, spot in self._spots.items() if self._named.get(place) and not spot.site)
        spots = {spot.spot_id: spot for spot in named} | self._held
        rows = [
            VenueRow(
                venue_id=venue_id,
                name=spots[venue_id].name,
                kelurahan=spots[venue_id].kelurahan,
                kecamatan=spots[venue_id].kecamatan,
                strength=tally.strength(),
            )
            for venue_id, tally in self._venues.named()
        ]
        return sorted(rows, key=lambda row: (row.kelurahan or "~", row.name, row.venue_id))

    def _site_rows(self) -> list[SiteRow]:
        sites = (self._picture.plan.sites[site_id] for site_id, _ in self._sites.named())
        rows = [
            SiteRow(
                site_id=site.site_id,
                kind=site.kind,
                name=site.name,
                kelurahan=site.kelurahan,
                kecamatan=kecamatan_of(site.kelurahan),
                starts_at=site.starts_at,
                ends_at=site.ends_at,
                strength=self._sites[site.site_id].strength(),
            )
            for site in sites
        ]
        return sorted(rows, key=lambda row: (row.kelurahan, row.name, row.site_id))

    def _area_rows(
        self, tallies: Tallies, area_of: Callable[[Spot], str | None], name_of: NameOf
    ) -> list[AreaRow]:
        venues = Counter(area_of(spot) for spot in self._held.values())
        sites = Counter(area_of(spot) for spot in self._guarded)
        return [
            AreaRow(
                code=code,
                name=name_of(code),
                venues=venues[code],
                strength=tally.strength(),
                sites=sites[code],
            )
            for code, tally in tallies.named()
        ]

    def _satgas_rows(self) -> list[SatgasRow]:
        charter = self._picture.charter
        names = {each.satgas_id: each.name for each in charter.task_forces} if charter else {}
        listed = [*names, *(each for each, _ in self._satgas.named() if each not in names)]
        return [
            SatgasRow(
                satgas_id=satgas_id,
                name=names.get(satgas_id, satgas_id),
                strength=self._satgas[satgas_id].strength(),
            )
            for satgas_id in listed
        ]
