"""The rules a proposal never breaks, asked of one officer's bookings. They are the scheduler's own.

- `double_booked`: two half-open intervals share a moment.
- `cannot_arrive`: the gap between two consecutive places is shorter than the geodesic at the policy's speed;
  a place without a known point is not judged.
- `insufficient_rest`: bookings whose gaps are shorter than the minimum rest are one stretch, and from its
  first start to its last end it takes at most 24 h less the minimum rest, so that every 24 h hold one rest.
- `over_duty`: the summed hours of such a stretch are at most the longest duty.

Fixed bookings count; an absence takes its hours, and is neither a place nor duty. A stretch that breaks a
rule by fixed bookings alone is nobody's fault here, but nothing is added to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from pamwal.contracts.places import Point
from services.scheduler.deciding.travel import travel_ms
from services.scheduler.solver.problem import SolverPolicy

HOUR_MS = 3_600_000
Breach = Literal["double_booked", "cannot_arrive", "insufficient_rest", "over_duty"]


class Stay(NamedTuple):
    """Hours of one officer: fixed, or at the slot of that number."""

    starts_ms: int
    ends_ms: int
    point: Point | None
    duty: bool = True
    slot: int = -1


class Limits:
    """A policy in milliseconds, with the ways between points measured once."""

    def __init__(self, policy: SolverPolicy) -> None:
        self.rest_ms = round(policy.minimum_rest_h * HOUR_MS)
        self.duty_ms = round(policy.longest_duty_h * HOUR_MS)
        self.span_ms = 24 * HOUR_MS - self.rest_ms
        self._speed_kmh = policy.travel_speed_kmh
        self._ways: dict[tuple[Point, Point], int] = {}

    def way_ms(self, one: Point | None, other: Point | None) -> int:
        """Milliseconds of travel at least; 0 where a point is not known."""
        if one is None or other is None or one == other:
            return 0
        key = (one, other)
        found = self._ways.get(key)
        if found is None:
            found = self._ways[key] = self._ways[other, one] = travel_ms(one, other, self._speed_kmh)
        return found

    def follows(self, first: Stay, second: Stay) -> bool:
        """Whether one officer can stand here, then there."""
        return second.starts_ms - first.ends_ms >= self.way_ms(first.point, second.point)


def breach(limits: Limits, stays: Sequence[Stay], new: Stay) -> Breach | None:
    """The rule that `new` among `stays` (in order of time, without it) would break; None if none."""
    if not stays:
        return _too_long(limits, new.starts_ms, new.ends_ms, new.ends_ms - new.starts_ms)
    before: list[Stay] = []
    after: list[Stay] = []
    for each in stays:
        if each.starts_ms < new.ends_ms and new.starts_ms < each.ends_ms:
            return "double_booked"
        if each.duty:
            (before if each.ends_ms <= new.starts_ms else after).append(each)
    if (before and not limits.follows(before[-1], new)) or (after and not limits.follows(new, after[0])):
        return "cannot_arrive"
    first, last, duty_ms = new.starts_ms, new.ends_ms, new.ends_ms - new.starts_ms
    for each in reversed(before):
        if first - each.ends_ms >= limits.rest_ms:
            break
        first, duty_ms = each.starts_ms, duty_ms + each.ends_ms - each.starts_ms
    for each in after:
        if each.starts_ms - last >= limits.rest_ms:
            break
        last, duty_ms = each.ends_ms, duty_ms + each.ends_ms - each.starts_ms
    return _too_long(limits, first, last, duty_ms)


def _too_long(limits: Limits, first_ms: int, last_ms: int, duty_ms: int) -> Breach | None:
    if last_ms - first_ms > limits.span_ms:
        return "insufficient_rest"
    return "over_duty" if duty_ms > limits.duty_ms else None
