"""What the facts count of a day, for each claim of a bulletin, with the list behind it. Pure.

Of a part or of each place, an `intel` deployment counts only for who may see where it is, as on the board.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from functools import cached_property
from typing import Final

from pamwal.contracts.claim_check import EachOf, Named
from pamwal.contracts.places import kecamatan_of
from pamwal.contracts.reporting import Sight
from services.reporting.picture import OperationPicture
from services.reporting.picture.deployments import Deployment
from services.reporting.picture.places import Rally
from services.reporting.views.incidents import incidents_of
from services.reporting.views.stands import OfficerDay, Stand, Window, counted, officer_days
from services.reporting.views.strength import NameOf

Counted = tuple[int, list[Named]]
"""How many, and which of them the reader may see."""
OF_PLACES: Final = frozenset({"officers", "rallies", "venues", "kelurahan", "attendees"})
"""Claims that are counted of one kelurahan or kecamatan, and of each place."""
OF_SATGAS: Final = frozenset({"officers"})
"""Claims that are counted of one task force, and of each."""


class DayCount:
    """One method a claim, of the claim's name."""

    def __init__(self, picture: OperationPicture, window: Window, sight: Sight, name_of: NameOf) -> None:
        self._picture, self._sight, self._name_of = picture, sight, name_of
        self._now_ms = window.now_ms
        self._held = [
            rally
            for rally in picture.plan.rallies_within(window.first_ms, window.before_ms)
            if not rally.cancelled
        ]
        self._ordered = self._ordered_to(self._held, window)
        self._days = officer_days(picture, window)

    def within(self, code: str) -> DayCount:
        """What is counted in one kelurahan or kecamatan, for the claims of `OF_PLACES`."""
        return self._of(
            rally
            for rally in self._held
            if code in (rally.venue.kelurahan, kecamatan_of(rally.venue.kelurahan))
        )

    def of_satgas(self, satgas_id: str) -> DayCount:
        """What is counted of one task force, for the claims of `OF_SATGAS`."""
        part = copy(self)
        part._ordered = {each: own for each, own in self._ordered.items() if self._satgas(each) == satgas_id}
        return part

    def each(self, claim: str, per: EachOf) -> list[Named]:
        """What each place or task force has of a claim, by code; empty where that is not counted."""
        if per == "satgas":
            named = self.satgas()[1] if claim in OF_SATGAS else []
            return [self._with_count(each, claim, self.of_satgas(each.code)) for each in named]
        if claim not in OF_PLACES:
            return []
        groups: dict[tuple[str, str], list[Rally]] = {}
        for rally in self._held:
            groups.setdefault(self._place(rally, per), []).append(rally)
        return [
            self._with_count(Named(code=code, name=name), claim, self._of(rallies))
            for (code, name), rallies in sorted(groups.items())
        ]

    def _of(self, held: Iterable[Rally]) -> DayCount:
        """Counts some of the rallies, and the officers there whose place the reader may see."""
        part = copy(self)
        part._held = list(held)
        part._ordered = {}
        for rally in part._held:
            for deployment in self._ordered_at.get(f"rally/{rally.rally_id}", ()):
                if self._sight == "full" or deployment.role != "intel":
                    part._ordered.setdefault(deployment.officer_id, []).append(deployment)
        return part

    @cached_property
    def _ordered_at(self) -> dict[str, list[Deployment]]:
        found: dict[str, list[Deployment]] = {}
        for own in self._ordered.values():
            for deployment in own:
                found.setdefault(deployment.place, []).append(deployment)
        return found

    def _place(self, rally: Rally, per: EachOf) -> tuple[str, str]:
        """Code and name of the place of a rally."""
        venue = rally.venue
        match per:
            case "venues":
                return venue.venue_id, venue.name
            case "kelurahan":
                return venue.kelurahan, self._name_of(venue.kelurahan)
            case "kecamatan":
                code = kecamatan_of(venue.kelurahan)
                return code, self._name_of(code)
            case _:
                return rally.rally_id, venue.name

    def _satgas(self, officer_id: str) -> str | None:
        officer = self._picture.plan.officers.get(officer_id)
        return officer.satgas if officer else None

    @staticmethod
    def _with_count(named: Named, claim: str, part: DayCount) -> Named:
        counted = getattr(part, claim)()
        return Named(code=named.code, name=named.name, count=counted[0] if counted else None)

    def officers(self) -> Counted:
        """Distinct officers ordered to the rallies of the day."""
        return self._named_officers(
            (officer_id, any(each.role == "intel" for each in own))
            for officer_id, own in self._ordered.items()
        )

    def rallies(self) -> Counted:
        """Rallies of the day."""
        behind = (Named(code=rally.rally_id, name=rally.venue.name) for rally in self._held)
        return len(self._held), self._shown(behind)

    def venues(self) -> Counted:
        """Distinct venues of the rallies."""
        return self._named((rally.venue.venue_id, rally.venue.name) for rally in self._held)

    def kelurahan(self) -> Counted:
        """Distinct kelurahan the venues lie in."""
        codes = (rally.venue.kelurahan for rally in self._held)
        return self._named((code, self._name_of(code)) for code in codes)

    def kecamatan(self) -> Counted:
        """Distinct kecamatan the kelurahan lie in."""
        codes = (kecamatan_of(rally.venue.kelurahan) for rally in self._held)
        return self._named((code, self._name_of(code)) for code in codes)

    def satgas(self) -> Counted:
        """Distinct task forces of the officers ordered."""
        charter = self._picture.charter
        names = {each.satgas_id: each.name for each in charter.task_forces} if charter else {}
        officers = (self._picture.plan.officers.get(officer_id) for officer_id in self._ordered)
        return self._named(
            (officer.satgas, names.get(officer.satgas, officer.satgas)) for officer in officers if officer
        )

    def pairs(self, election: str | None = None) -> Counted:
        """Distinct candidate pairs the rallies name; of every election, where none of these is that one."""
        pairs = {pair for rally in self._held for pair in rally.pairs}
        of_election = {pair for pair in pairs if election is not None and pair.startswith(f"{election}/")}
        return self._named((pair, pair) for pair in of_election or pairs)

    def attendees(self) -> Counted | None:
        """People counted at the rallies, the highest count of each; None if nobody counted any."""
        most = [
            (rally, people)
            for rally in self._held
            if (people := self._picture.course(rally, self._now_ms).people_most) is not None
        ]
        behind = (Named(code=rally.rally_id, name=rally.venue.name) for rally, _ in most)
        return (sum(people for _, people in most), self._shown(behind)) if most else None

    def present(self) -> Counted:
        """Officers who stand anywhere now and whom the roster or an order names."""
        plan = self._picture.plan
        return self._named_officers(
            (day.officer_id, day.intel) for day in self._days if day.kind is not None and day.is_known(plan)
        )

    def late(self) -> Counted:
        """Officers who came late."""
        return self._named_officers(
            (day.officer_id, day.intel)
            for day in self._days
            if (stand := self._stand(day)) is not None and stand.late
        )

    def absent(self) -> Counted:
        """Officers who are absent."""
        return self._named_officers(
            (day.officer_id, day.intel)
            for day in self._days
            if (stand := self._stand(day)) is not None and stand.state == "absent"
        )

    def incidents(self) -> Counted:
        """Incidents of the whole operation, whatever their state."""
        rows = incidents_of(self._picture, "full").rows
        return len(rows), self._shown(Named(code=row.incident_id, name=row.kind) for row in rows)

    def _stand(self, day: OfficerDay) -> Stand | None:
        """How he counts in the total."""
        stands_here = day.standing is not None
        return counted(day.stands, self._now_ms, stands_here=stands_here) if day.stands else None

    def _ordered_to(self, held: Iterable[Rally], window: Window) -> dict[str, list[Deployment]]:
        places = {f"rally/{rally.rally_id}" for rally in held}
        ordered = self._picture.plan.deployments_within(window.first_ms, window.before_ms)
        return {
            officer_id: there
            for officer_id, own in sorted(ordered.items())
            if (there := [each for each in own if each.place in places])
        }

    def _named_officers(self, found: Iterable[tuple[str, bool]]) -> Counted:
        """Officers by id; an intel officer is counted, but named only where everything is seen."""
        officers = dict(found)
        seen = (each for each, intel in officers.items() if not intel or self._sight == "full")
        return len(officers), self._shown(Named(code=each, name=each) for each in seen)

    def _shown(self, behind: Iterable[Named]) -> list[Named]:
        return [] if self._sight == "counts" else sorted(behind, key=lambda each: each.code)

    @staticmethod
    def _named(found: Iterable[tuple[str, str]]) -> Counted:
        """Distinct places or task forces: every reader sees them on the board."""
        behind = [Named(code=code, name=name) for code, name in sorted(dict(found).items())]
        return len(behind), behind
