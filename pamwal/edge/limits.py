"""How much one caller may send, and the count of what was turned away before it reached the log."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pamwal.contracts.errors import HttpProblem

UNATTRIBUTED = "unattributed"
CALLERS_MAX = 20_000
PLACES_MAX = 10_000
"""(operation, post) pairs counted apart; further ones are unattributed, so that nobody fills the memory."""


class RateLimit:
    """A token bucket per caller: `per_s` sustained, `burst` at once. What is asked for is taken whole.

    A cost above what is left makes a debt, so that a large batch passes once and is paid for by waiting.
    """

    def __init__(self, per_s: float, burst: float, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._per_s, self._burst, self._clock_s = per_s, burst, clock_s
        self._buckets: dict[str, list[float]] = {}

    def take(self, key: str, cost: float = 1.0) -> None:
        """HttpProblem 429 with Retry-After while the caller's bucket is empty."""
        now_s = self._clock_s()
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._new(key, now_s)
        left = min(self._burst, bucket[0] + (now_s - bucket[1]) * self._per_s)
        bucket[1] = now_s
        if left < 1.0:
            bucket[0] = left
            wait_s = min(3600, int((1.0 - left) / self._per_s) + 1) if self._per_s > 0 else 3600
            raise HttpProblem(
                429,
                "rate_limited",
                f"more than {self._per_s:g} a second, where an expensive read counts as many; wait {wait_s} s"
                " and send again with the same id",
                headers=(("retry-after", str(wait_s)),),
            )
        bucket[0] = left - cost

    def charge(self, key: str, cost: float) -> None:
        """Takes `cost` without asking: the size of a batch is known when it was read."""
        self._buckets.get(key, [0.0])[0] -= cost

    def _new(self, key: str, now_s: float) -> list[float]:
        if len(self._buckets) >= CALLERS_MAX:
            full = [
                name
                for name, (left, at_s) in self._buckets.items()
                if left + (now_s - at_s) * self._per_s >= self._burst
            ]
            for name in full or [next(iter(self._buckets))]:
                del self._buckets[name]
        return self._buckets.setdefault(key, [self._burst, now_s])


class OpenStreams:
    """How many streams each caller has open."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: Counter[str] = Counter()

    @contextmanager
    def one(self, key: str) -> Iterator[None]:
        """Counts a stream while it is open. HttpProblem 429 where the caller has too many."""
        if self._open[key] >= self._most:
            raise HttpProblem(
                429,
                "too_many_streams",
                f"{self._most} streams of this token are open here: close some, such as tabs of a browser",
                headers=(("retry-after", "15"),),
            )
        self._open[key] += 1
        try:
            yield
        finally:
            self._open[key] -= 1
            if not self._open[key]:
                del self._open[key]


class TurnedAway:
    """(operation, post) → reason → how many; `unattributed` where nobody can tell whose it was."""

    def __init__(
        self, on_count: Callable[[str, str, str], None] = lambda _operation, _post, _reason: None
    ) -> None:
        self._counts: dict[tuple[str, str], dict[str, int]] = {}
        self._on_count = on_count

    def count(self, operation: str | None, post: str | None, reason: str, rows: int = 1) -> None:
        """Counts `rows` requests that were turned away for `reason`, a problem's stable code."""
        place = (operation or UNATTRIBUTED, post or UNATTRIBUTED)
        if place not in self._counts and len(self._counts) >= PLACES_MAX:
            place = (UNATTRIBUTED, UNATTRIBUTED)
        reasons = self._counts.setdefault(place, {})
        reasons[reason] = reasons.get(reason, 0) + rows
        for _ in range(rows):
            self._on_count(*place, reason)

    def counts(self) -> dict[tuple[str, str], dict[str, int]]:
        """A copy of all counts since this process started."""
        return {place: dict(reasons) for place, reasons in self._counts.items()}
