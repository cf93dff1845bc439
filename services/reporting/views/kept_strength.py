"""The strength of one operation's present day, kept from look to look. Pure.

What `StrengthCount` counts is the definition; here only those officers are counted anew of whom something was
heard, or of whom the clock alone says something else now. After every fact and at every moment it shows what
a count from nothing shows.
"""

from __future__ import annotations

from pamwal.contracts.reporting import Sight
from services.reporting.picture import OperationPicture
from services.reporting.views.changed_officers import ChangedOfficers, changes_at
from services.reporting.views.entries import Entry, Strengths
from services.reporting.views.kept_stands import KeptStands
from services.reporting.views.stands import StandJudge, Window, day_of, officer_days
from services.reporting.views.strength import NameOf, StrengthCount


class KeptStrength:
    """Of one picture, for one sight. At a moment before the last everybody is counted anew."""

    def __init__(self, picture: OperationPicture, sight: Sight) -> None:
        self.picture, self._sight = picture, sight
        self.stands = KeptStands(picture)
        """The same of duties, for the figures of alerts; used only while such alerts stand."""
        self._changed = ChangedOfficers(picture)
        self._count = StrengthCount(picture, sight)
        self._entries: dict[str, Entry] = {}

    def count(self, window: Window, name_of: NameOf) -> Strengths:
        """The rows at a window's moment."""
        judge = StandJudge(self.picture, window)
        changed = self._changed.since(window, judge)
        if changed is None:
            changed = self._begin(window)
        for officer_id in sorted(changed):
            self._look(officer_id, judge, window)
        return self._count.rows(name_of) if not self._count.disputed else self._anew(window, name_of)

    def _begin(self, window: Window) -> set[str]:
        """Forgets everybody; who is to be counted."""
        picture, within = self.picture, (window.first_ms, window.before_ms)
        plan = picture.plan
        self._entries, self._count = {}, StrengthCount(picture, self._sight)
        self._count.require(plan.rallies_within(*within), plan.sites_within(*within))
        ordered, reserved = plan.deployments_within(*within), plan.reserved_within(*within)
        return {*ordered, *reserved, *picture.reports}

    def _look(self, officer_id: str, judge: StandJudge, window: Window) -> None:
        """Counts one officer, in place of what he counted as before."""
        before = self._entries.pop(officer_id, None)
        if before is not None:
            self._count.add(before, -1)
        day = day_of(self.picture, window, judge, officer_id)
        if day is not None:
            entry = self._entries[officer_id] = self._count.entry(day, window.now_ms)
            self._count.add(entry)
        stands = [] if day is None else day.stands
        self._changed.put(
            officer_id, stands, changes_at(self.picture, judge, officer_id, stands, window.now_ms)
        )

    def _anew(self, window: Window, name_of: NameOf) -> Strengths:
        plan, within = self.picture.plan, (window.first_ms, window.before_ms)
        return StrengthCount(self.picture, self._sight).count(
            plan.rallies_within(*within),
            plan.sites_within(*within),
            officer_days(self.picture, window),
            window.now_ms,
            name_of,
        )
