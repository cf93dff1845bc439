"""Half-open intervals of milliseconds, and the stretches of work they make. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from pamwal.contracts.zones import DAY_MS

Interval = tuple[int, int]


class Stretch(NamedTuple):
    """Work whose gaps are shorter than the minimum rest."""

    parts: list[Interval]

    @property
    def starts_ms(self) -> int:
        """When it began."""
        return self.parts[0][0]

    @property
    def ends_ms(self) -> int:
        """When its last part ended."""
        return self.parts[-1][1]

    @property
    def bound_ms(self) -> int:
        """The work in it, gaps left out."""
        return measure(self.parts)

    def full_at_ms(self, longest_ms: int) -> int:
        """When it had held so much work; if its last part went on, when it will."""
        left_ms = longest_ms
        for starts_ms, ends_ms in self.parts[:-1]:
            if ends_ms - starts_ms >= left_ms:
                return starts_ms + left_ms
            left_ms -= ends_ms - starts_ms
        return self.parts[-1][0] + left_ms


def united(intervals: Iterable[Interval]) -> list[Interval]:
    """The same moments as intervals that neither meet nor overlap, in order."""
    found: list[Interval] = []
    for starts_ms, ends_ms in sorted(intervals):
        if ends_ms <= starts_ms:
            continue
        if found and starts_ms <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], ends_ms))
        else:
            found.append((starts_ms, ends_ms))
    return found


def common(one: Sequence[Interval], other: Sequence[Interval]) -> list[Interval]:
    """The moments that two united lists share."""
    found: list[Interval] = []
    at = beside = 0
    while at < len(one) and beside < len(other):
        (a, b), (c, d) = one[at], other[beside]
        if max(a, c) < min(b, d):
            found.append((max(a, c), min(b, d)))
        if b < d:
            at += 1
        else:
            beside += 1
    return found


def measure(intervals: Iterable[Interval]) -> int:
    """How long they are together."""
    return sum(ends_ms - starts_ms for starts_ms, ends_ms in intervals)


def by_day(intervals: Iterable[Interval], first_ms: int, before_ms: int) -> Iterator[tuple[int, int]]:
    """(number of the day from `first_ms` on, milliseconds in it) of what lies in [first_ms, before_ms)."""
    for starts_ms, ends_ms in intervals:
        here, end = max(starts_ms, first_ms), min(ends_ms, before_ms)
        while here < end:
            day = (here - first_ms) // DAY_MS
            until = min(end, first_ms + (day + 1) * DAY_MS)
            yield day, until - here
            here = until


def stretches(worked: Sequence[Interval], rest_ms: int) -> list[Stretch]:
    """United work as stretches, in order."""
    found: list[Stretch] = []
    for part in worked:
        if found and part[0] - found[-1].ends_ms < rest_ms:
            found[-1].parts.append(part)
        else:
            found.append(Stretch([part]))
    return found
