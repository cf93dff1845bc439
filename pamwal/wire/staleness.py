"""How old reads are: the age of what a reader of the log has handed over. Times are monotonic seconds."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Final

from pamwal.wire.log import TopicPartition

STALE_AFTER_S: Final = 30.0
"""Reads older than this are called stale."""
FRESH_WITHIN_S: Final = 5.0
"""Stale reads are called fresh again when they are no older: a reader near the limit does not flap."""
SIGHTS_MAX: Final = 120
"""Sights of the log's ends that are remembered while they are not reached."""


class Stale(str):
    """Why a process is not ready for reads; writes do not depend on it."""

    __slots__ = ()


class Staleness:
    """Compares positions with where the log ended earlier."""

    def __init__(self) -> None:
        self._sights: deque[tuple[float, Mapping[TopicPartition, int]]] = deque()
        self._fresh_s = float("-inf")
        """When the log ended where positions are now, at the latest."""
        self._stale = False

    def see(self, now_s: float, ends: Mapping[TopicPartition, int]) -> None:
        """The log ends there now."""
        if len(self._sights) < SIGHTS_MAX:
            self._sights.append((now_s, dict(ends)))

    def reach(self, positions: Mapping[TopicPartition, int]) -> None:
        """Everything before these positions has been handed over."""
        while self._sights and all(positions[at] >= end for at, end in self._sights[0][1].items()):
            self._fresh_s, _ = self._sights.popleft()

    def age_s(self, now_s: float) -> float:
        """How long ago the log ended where positions are now; infinite before that is known."""
        return now_s - self._fresh_s

    def trouble(self, names: str, now_s: float) -> Stale | None:
        """By how much what is read of these topics is too old; None if it is not."""
        age_s = self.age_s(now_s)
        self._stale = age_s > (FRESH_WITHIN_S if self._stale else STALE_AFTER_S)
        return Stale(f"{names} is read {age_s:.0f} s late") if self._stale else None
