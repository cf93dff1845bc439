"""How the duties of one operation stand, kept from look to look. Pure.

`StandJudge` is the definition; only the duties of officers are judged anew of whom anything may be otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pamwal.contracts.scheduling import DeploymentRole
from services.reporting.picture import OperationPicture
from services.reporting.picture.deployments import Deployment
from services.reporting.picture.own_affairs import Span
from services.reporting.picture.plan import Plan
from services.reporting.picture.presences import Attendance
from services.reporting.views.changed_officers import EVER_MS, ChangedOfficers, changes_at
from services.reporting.views.stand_sums import StandSums
from services.reporting.views.stands import Stand, StandJudge, Window

Hours = tuple[int, int]
"""From when until when, half-open, milliseconds since 1970."""


class Group(NamedTuple):
    """Duties at one place in the same hours, those of `intel` apart."""

    place: str
    intel: bool
    starts_ms: int
    ends_ms: int


class Duties:
    """Deployments that count as ordered and overlap some days, by what they are looked for."""

    def __init__(self, plan: Plan, first_ms: int, before_ms: int) -> None:
        found = plan.deployments_within(first_ms, before_ms)
        self.all = [each for _, own in sorted(found.items()) for each in own]
        """By officer, start and id."""
        self.at: dict[str, list[Deployment]] = {}
        """Place → those that are done there."""
        self.of_hours: dict[Hours, list[Deployment]] = {}
        self.hours_at: dict[str, set[Hours]] = {}
        """Place → the hours of those."""
        self.hours_reported: dict[str, set[Hours]] = {}
        """Post → the hours of those it would report."""
        self.unanswered: dict[Group, list[Deployment]] = {}
        """Those that were ordered and not acknowledged."""
        for duty in self.all:
            hours = (duty.starts_ms, duty.ends_ms)
            self.at.setdefault(duty.place, []).append(duty)
            self.of_hours.setdefault(hours, []).append(duty)
            self.hours_at.setdefault(duty.place, set()).add(hours)
            if duty.status == "ordered":
                group = Group(duty.place, duty.role == "intel", *hours)
                self.unanswered.setdefault(group, []).append(duty)
            for post in duty.reporters:
                self.hours_reported.setdefault(post, set()).add(hours)
        self._ordered: dict[str, tuple[Hours, Mapping[DeploymentRole, set[str]]]] = {}

    def ordered_at(self, place: str, at_ms: int) -> Mapping[DeploymentRole, set[str]]:
        """Role → the officers whose hours at a place cover a moment; kept until somebody's begin or end."""
        known = self._ordered.get(place)
        if known is None or not known[0][0] <= at_ms < known[0][1]:
            edges = [edge for hours in self.hours_at.get(place, ()) for edge in hours]
            same = (
                max((edge for edge in edges if edge <= at_ms), default=-EVER_MS),
                min((edge for edge in edges if edge > at_ms), default=EVER_MS),
            )
            there = (each for each in self.at.get(place, ()) if each.starts_ms <= at_ms < each.ends_ms)
            officers: dict[DeploymentRole, set[str]] = {}
            for duty in there:
                officers.setdefault(duty.role, set()).add(duty.officer_id)
            known = self._ordered[place] = same, officers
        return known[1]


class KeptStands:
    """Of one picture. At a moment before the last every duty is judged anew."""

    def __init__(self, picture: OperationPicture, *, once: bool = False) -> None:
        """`once`: it is looked at only once, so that nobody needs to know whose duties change when."""
        self._picture, self._once = picture, once
        self._changed = ChangedOfficers(picture)
        self._of: dict[str, dict[str, Stand]] = {}
        """Officer → deployment → how it stands."""
        self._sums = StandSums()
        self._to_sum: set[str] | None = None
        """Whose sums may be others; None: everybody's."""

    def look(self, window: Window, judge: StandJudge, first_ms: int, before_ms: int) -> None:
        """From now on it is this moment; what is kept, is kept of duties in [first_ms, before_ms).

        They are the `duties`.
        """
        self._judge, self._now_ms, self._within = judge, window.now_ms, Span(first_ms, before_ms)
        changed = self._changed.since(window, judge)
        if changed is None:
            self._of.clear()
            self.duties, self._to_sum = Duties(self._picture.plan, first_ms, before_ms), None
            return
        for officer_id in changed:
            self._of.pop(officer_id, None)
        if self._to_sum is not None:
            self._to_sum |= changed

    @property
    def sums(self) -> StandSums:
        """Of all duties, and of who stands without one."""
        if self._to_sum is None:
            duties = self._picture.plan.deployments_within(*self._within)
            self._sums, self._to_sum = StandSums(), {*duties, *self._picture.reports}
        for officer_id in sorted(self._to_sum):
            own = self._of.get(officer_id)
            if own is None:
                own = self._judged(officer_id)
            known = bool(own) or self._picture.plan.is_on_roster(officer_id)
            stay = self._attendance(officer_id).standing if known else None
            self._sums.put(officer_id, own.values(), None if stay is None else stay.place)
        self._to_sum = set()
        return self._sums

    def stand(self, duty: Deployment) -> Stand:
        """How a duty stands."""
        own = self._of.get(duty.officer_id)
        if own is None:
            own = self._judged(duty.officer_id)
        found = own.get(duty.deployment_id)
        return found or self._judge.stand(duty, self._attendance(duty.officer_id))

    def _attendance(self, officer_id: str) -> Attendance:
        return self._picture.attendance_on(officer_id, self._within, self._now_ms)

    def _judged(self, officer_id: str) -> dict[str, Stand]:
        picture, now_ms = self._picture, self._now_ms
        attendance = self._attendance(officer_id)
        duties = picture.plan.deployments_within(*self._within).get(officer_id, ())
        own = self._of[officer_id] = {
            each.deployment_id: self._judge.stand(each, attendance) for each in duties
        }
        if self._once:
            return own
        stands = list(own.values())
        self._changed.put(officer_id, stands, changes_at(picture, self._judge, officer_id, stands, now_ms))
        return own
