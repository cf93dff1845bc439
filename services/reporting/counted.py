"""What the facts count of a day, for each claim of a bulletin, with the list behind it. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from pamwal.contracts.claim_check import Named
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

    def pairs(self) -> Counted:
        """Distinct candidate pairs the rallies name, of every election."""
        return self._named((pair, pair) for rally in self._held for pair in rally.pairs)

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
