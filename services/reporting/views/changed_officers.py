"""Of which officers anything may be otherwise than at the last look: who was heard of, whose time has come.

Pure. Who keeps something of officers asks here whom to look at again.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from pamwal.contracts.field import DeviceRevoked
from services.reporting.picture import OperationPicture
from services.reporting.picture.deployments import Deployment
from services.reporting.picture.plan import Plan
from services.reporting.picture.rolls import Rolls
from services.reporting.views.stands import Stand, StandJudge, Window

EVER_MS: Final = 2**62
_UNSEEN: Final = frozenset({"awaited", "absent", "unknown"})


class ChangedOfficers:
    """Of one picture. Moments may only go forward; after one that goes back all have to be looked at."""

    def __init__(self, picture: OperationPicture) -> None:
        self._picture = picture
        self._due = DueOfficers()
        self._unknown: set[str] = set()
        """Of whom nobody would have heard: any post that is heard again may tell."""
        self._read = 0
        """How many of the picture's reports were heard here."""
        self._now_ms = self._first_ms = self._renamed = 0
        self._plan: Plan | None = None
        self._rolls: Rolls | None = None
        self._lost: dict[str, DeviceRevoked] = {}
        self._heard_ms: dict[str, int] = {}

    def since(self, window: Window, judge: StandJudge) -> set[str] | None:
        """Whom to look at at this moment; None: everybody, and nothing of them is known any more."""
        stale = self._is_stale(window, judge)
        found = None if stale else self._due.come(window.now_ms)
        if found is None:
            self._plan, self._rolls, self._lost = (
                self._picture.plan,
                self._picture.rolls,
                dict(self._picture.lost),
            )
            self._first_ms, self._due, self._unknown = window.first_ms, DueOfficers(), set()
            self._renamed = self._picture.arrived.renamed
        else:
            told = islice(self._picture.arrived.reports, self._read, None)
            found.update(fact.officer_id for fact, _ in told)
            if judge.heard_ms != self._heard_ms:
                found |= self._unknown
        self._now_ms, self._heard_ms = window.now_ms, judge.heard_ms
        self._read = len(self._picture.arrived.reports)
        return found

    def put(self, officer_id: str, stands: Iterable[Stand], at_ms: int | None) -> None:
        """One was looked at: how he stands, and when the clock alone may change that."""
        self._due.put(officer_id, at_ms)
        if any(stand.state == "unknown" for stand in stands):
            self._unknown.add(officer_id)
        else:
            self._unknown.discard(officer_id)

    def _is_stale(self, window: Window, judge: StandJudge) -> bool:
        """Whether something changed that says something of everybody."""
        picture, heard = self._picture, judge.heard_ms
        return (
            self._plan is not picture.plan
            or self._renamed != picture.arrived.renamed
            or self._rolls is not picture.rolls  # made afresh by each roll call and each void
            or self._first_ms != window.first_ms
            or self._now_ms > window.now_ms
            or self._lost != picture.lost
            or any(heard.get(post, 0) < at_ms for post, at_ms in self._heard_ms.items())
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
    picture: OperationPicture, judge: StandJudge, officer_id: str, stands: Sequence[Stand], now_ms: int
) -> int | None:
    """When an officer may next stand otherwise by the clock alone; None if never."""
    if picture.attendance(officer_id, EVER_MS).latest_ms > now_ms:
        return now_ms + 1  # somebody told of what has not happened yet
    moments = [picture.rolls.next_after(officer_id, now_ms) or 0]
    standing = picture.attendance(officer_id, now_ms).standing
    if standing is not None and standing.deployment is not None:
        moments.append(standing.deployment.ends_ms)
    for stand in stands:
        moments += _moments(stand.deployment, judge)
        if stand.state in _UNSEEN:
            moments.append(judge.unheard_ms(stand.deployment))
    return min((each for each in moments if each > now_ms), default=None)


def _moments(deployment: Deployment, judge: StandJudge) -> Iterator[int]:
    yield deployment.starts_ms
    yield deployment.starts_ms + judge.grace_ms + 1
    yield deployment.ends_ms
