"""Whose turn it is to be looked at: boards of which something was heard first, and never only those."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Final, Generic, TypeVar

N = TypeVar("N", bound=Hashable)
CLOCK_EVERY: Final = 10
"""While there is news of some, every tenth look is at one that only the clock may have changed."""
LONGER: Final = 5
"""So many times as long, at the most, boards with news are looked at where everything else took so long."""


class Turns(Generic[N]):
    """Each waits once, however often it is named, and those that wait longest come first."""

    def __init__(self) -> None:
        self._news: dict[N, None] = {}
        self._by_clock: dict[N, None] = {}
        self._since_clock = 0

    def __bool__(self) -> bool:
        """Whether any waits."""
        return bool(self._news or self._by_clock)

    def hear(self, names: Iterable[N]) -> None:
        """Something was heard of these."""
        self._news.update(dict.fromkeys(names))

    def tick(self, names: Iterable[N]) -> None:
        """Time has passed for these."""
        self._by_clock.update(dict.fromkeys(name for name in names if name not in self._news))

    @property
    def has_news(self) -> bool:
        """Whether any waits of which something was heard."""
        return bool(self._news)

    def share_s(self, least_s: float, others_s: float) -> float:
        """How long to look now, at least `least_s`: if there is news, as long as everything else took."""
        return max(least_s, min(others_s, least_s * LONGER)) if self._news else least_s

    def next(self) -> tuple[N, bool]:
        """Who is next, and whether something was heard of it; StopIteration if nobody is."""
        by_clock = bool(self._by_clock) and (not self._news or self._since_clock >= CLOCK_EVERY - 1)
        self._since_clock = 0 if by_clock else self._since_clock + 1
        name = next(iter(self._by_clock if by_clock else self._news))
        self._news.pop(name, None)
        self._by_clock.pop(name, None)
        return name, not by_clock
