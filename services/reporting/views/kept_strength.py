"""The strength of one operation's present day, kept from look to look. Pure.

What `StrengthCount` counts is the definition; here only those officers are counted anew of whom something was
heard, or of whom the clock alone says something else now. After every fact and at every moment it shows what
a count from nothing shows.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from typing import Final

from pamwal.contracts.field import DeviceRevoked
from pamwal.contracts.reporting import Sight
from services.reporting.picture import OperationPicture
from services.reporting.picture.deployments import Deployment
from services.reporting.picture.plan import Plan
from services.reporting.picture.rolls import Rolls
from services.reporting.views.entries import Entry, Strengths
from services.reporting.views.stands import OfficerDay, StandJudge, Window, day_of, officer_days
from services.reporting.views.strength import NameOf, StrengthCount

EVER_MS: Final = 2**62
_UNSEEN: Final = frozenset({"awaited", "absent", "unknown"})


class KeptStrength:
    """Of one picture, for one sight. At a moment before the last everybody is counted anew."""

    def __init__(self, picture: OperationPicture, sight: Sight) -> None:
        self.picture, self._sight = picture, sight
        self._count = StrengthCount(picture, sight)
        self._entries: dict[str, Entry] = {}
        self._due = DueOfficers()
        self._unknown: set[str] = set()
        """Officers of whom nobody would have heard: any post that is heard again may tell."""
        self._read = 0
        """How many of the picture's reports are counted."""
        self._now_ms = self._first_ms = 0
        self._plan: Plan | None = None
        self._rolls: Rolls | None = None
        self._lost: dict[str, DeviceRevoked] = {}
        self._heard_ms: dict[str, int] = {}

    def count(self, window: Window, name_of: NameOf) -> Strengths:
        """The rows at a window's moment."""
        judge = StandJudge(self.picture, window)
        officers = self._begin(window) if self._is_stale(window) else self._dirty(judge, window.now_ms)
        self._now_ms, self._heard_ms = window.now_ms, judge.heard_ms
        for officer_id in officers:
            self._look(officer_id, judge, window)
        return self._count.rows(name_of) if not self._count.disputed else self._anew(window, name_of)

    def _is_stale(self, window: Window) -> bool:
        """Whether something changed that says something of everybody."""
        picture = self.picture
        return (
            self._plan is not picture.plan
            or self._rolls is not picture.rolls  # made afresh by each roll call and each void
            or self._first_ms != window.first_ms
            or self._now_ms > window.now_ms
            or self._lost != picture.lost
        )

    def _begin(self, window: Window) -> Iterable[str]:
        """Forgets everybody; who is to be counted."""
        picture, within = self.picture, (window.first_ms, window.before_ms)
        plan = picture.plan
        self._plan, self._rolls, self._lost = plan, picture.rolls, dict(picture.lost)
        self._first_ms, self._read = window.first_ms, len(picture.reported)
        self._entries, self._due, self._unknown = {}, DueOfficers(), set()
        self._count = StrengthCount(picture, self._sight)
        self._count.require(plan.rallies_within(*within), plan.sites_within(*within))
        ordered, reserved = plan.deployments_within(*within), plan.reserved_within(*within)
        return sorted(ordered.keys() | reserved.keys() | picture.reports.keys())

    def _dirty(self, judge: StandJudge, now_ms: int) -> Iterable[str]:
        """Of whom anything may be otherwise than at the last look."""
        before, heard = self._heard_ms, judge.heard_ms
        if any(heard.get(post, 0) < at_ms for post, at_ms in before.items()):
            return sorted(self._entries.keys() | self.picture.reports.keys())
        found = self._due.come(now_ms)
        found.update(self.picture.reported[self._read :])
        self._read = len(self.picture.reported)
        if heard != before:
            found |= self._unknown
        return sorted(found)

    def _look(self, officer_id: str, judge: StandJudge, window: Window) -> None:
        """Counts one officer, in place of what he counted as before."""
        before = self._entries.pop(officer_id, None)
        if before is not None:
            self._count.add(before, -1)
        self._unknown.discard(officer_id)
        day = day_of(self.picture, window, judge, officer_id)
        if day is not None:
            entry = self._entries[officer_id] = self._count.entry(day, window.now_ms)
            self._count.add(entry)
            if any(stand.state == "unknown" for stand in day.stands):
                self._unknown.add(officer_id)
        self._due.put(officer_id, changes_at(self.picture, judge, officer_id, day, window.now_ms))

    def _anew(self, window: Window, name_of: NameOf) -> Strengths:
        plan, within = self.picture.plan, (window.first_ms, window.before_ms)
        return StrengthCount(self.picture, self._sight).count(
            plan.rallies_within(*within),
            plan.sites_within(*within),
            officer_days(self.picture, window),
            window.now_ms,
            name_of,
        )


class DueOfficers:
    """When each officer has to be looked at again although nothing is heard."""

    def __init__(self) -> None:
        self._at: dict[str, int] = {}
        self._heap: list[tuple[int, str]] = []

    def put(self, officer_id: str, at_ms: int | None) -> None:
        """From now on then; None: never."""
        if at_ms is None:
            self._at.pop(officer_id, None)
        elif self._at.get(officer_id) != at_ms:
            self._at[officer_id] = at_ms
            heapq.heappush(self._heap, (at_ms, officer_id))

    def come(self, now_ms: int) -> set[str]:
        """Those whose moment has come; each once."""
        found = set()
        while self._heap and self._heap[0][0] <= now_ms:
            at_ms, officer_id = heapq.heappop(self._heap)
            if self._at.get(officer_id) == at_ms:
                del self._at[officer_id]
                found.add(officer_id)
        return found


def changes_at(
    picture: OperationPicture, judge: StandJudge, officer_id: str, day: OfficerDay | None, now_ms: int
) -> int | None:
    """When the officer's day may next be another by the clock alone; None if never."""
    if picture.attendance(officer_id, EVER_MS).latest_ms > now_ms:
        return now_ms + 1  # somebody told of what has not happened yet
    moments = [picture.rolls.next_after(officer_id, now_ms) or 0]
    standing = picture.attendance(officer_id, now_ms).standing
    if standing is not None and standing.deployment is not None:
        moments.append(standing.deployment.ends_ms)
    for stand in day.stands if day is not None else ():
        moments += _moments(stand.deployment, judge)
        if stand.state in _UNSEEN:
            moments.append(judge.unheard_ms(stand.deployment))
    return min((each for each in moments if each > now_ms), default=None)


def _moments(deployment: Deployment, judge: StandJudge) -> Iterator[int]:
    yield deployment.starts_ms
    yield deployment.starts_ms + judge.grace_ms + 1
    yield deployment.ends_ms
