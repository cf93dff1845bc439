"""The picture as of an earlier moment: reports are not copied, but looked up for a day. Pure."""

from __future__ import annotations

from pamwal.contracts.claims import Mode
from services.reporting.picture.nearby import moments_near
from services.reporting.picture.operation import OperationPicture
from services.reporting.picture.own_affairs import Span
from services.reporting.picture.plan_facts import PlanFacts
from services.reporting.picture.plan_then import PlanThen
from services.reporting.picture.presences import Attendance, Moment, attendance_at
from services.reporting.picture.told import ToldThen


class EarlierPicture(OperationPicture):
    """Nothing of a moment after `at_ms` is seen in it; made by `as_of.py`."""

    def __init__(self, operation_id: str, mode: Mode, told: ToldThen, at_ms: int) -> None:
        self._then: PlanThen | None = None
        super().__init__(operation_id, mode)
        self.until_ms = self._at_ms = at_ms
        self.told_then = told
        self.on_intel_since: frozenset[str] = frozenset()
        """Officers with a duty on `intel` that was not known then: who looks back names them as little."""

    def share_plan(self, then: PlanThen) -> None:
        """Takes another's plan for its own, until either folds more of it."""
        self._then, self.planned_at = then, then.planned_at
        self._charter, self._plan = then.charter, then.plan

    @property
    def planned(self) -> PlanFacts:
        """All that was told of its plan."""
        return self._planned if self._then is None else self._then.facts

    @planned.setter
    def planned(self, facts: PlanFacts) -> None:
        self._planned = facts

    def attendance_on(self, officer_id: str, day: Span, now_ms: int) -> Attendance:
        """The same as far as it can matter to the day."""
        if officer_id in self._attendance:
            return self.attendance(officer_id, now_ms)
        own, window_ms = self.plan.of_officer.get(officer_id, ()), self.window_ms
        moments: list[Moment] = []
        if (told := self.told_then.told(officer_id)) is not None:
            moments = moments_near(*told, own, day, window_ms)
        until_ms, voids = min(now_ms, self._at_ms), self.voids
        happened = [
            each
            for each in moments
            if each.at_ms <= until_ms and not (voids and self.voided(each.post, each.id, officer_id))
        ]
        return attendance_at(sorted(happened), own, window_ms)
