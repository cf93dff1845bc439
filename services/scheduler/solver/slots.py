"""What has to be filled: places, cut into watches where nobody can stand through, and windows of time.

A window is solved as a whole. A day is one; of more than a day they are apart by a whole rest where the plan
allows it, and at most a day long, and what one proposes is a fixed booking of the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from msgspec import Struct

from pamwal.contracts.places import Point
from pamwal.contracts.scheduling import DeploymentRole
from services.scheduler.solver.problem import Problem, SolverPlace
from services.scheduler.solver.rules import HOUR_MS, Limits, Stay

DAY_MS = 24 * HOUR_MS


class Slot(Struct, frozen=True, kw_only=True):
    """One watch of one place."""

    number: int
    place: SolverPlace
    starts_ms: int
    ends_ms: int
    stay: Stay
    """The booking it would be."""

    @property
    def hours(self) -> float:
        """Its length."""
        return (self.ends_ms - self.starts_ms) / HOUR_MS

    @property
    def point(self) -> Point | None:
        """Where it is."""
        return self.place.point

    def needs(self) -> dict[DeploymentRole, int]:
        """Role → how many are still to be proposed, where any are."""
        ordered = self.place.ordered
        left = {role: count - ordered.get(role, 0) for role, count in sorted(self.place.required.items())}
        return {role: count for role, count in left.items() if count > 0}


def slots_of(problem: Problem, limits: Limits) -> list[Slot]:
    """All slots in order of time; numbers are their indices. ValueError for hours that are none."""
    cut = [
        (starts_ms, ends_ms, place)
        for place in problem.places
        for starts_ms, ends_ms in _watches(place, limits)
    ]
    cut.sort(key=lambda each: (each[0], each[1], each[2].place))
    return [
        Slot(
            number=number,
            place=place,
            starts_ms=starts_ms,
            ends_ms=ends_ms,
            stay=Stay(starts_ms, ends_ms, place.point, slot=number),
        )
        for number, (starts_ms, ends_ms, place) in enumerate(cut)
    ]


def _watches(place: SolverPlace, limits: Limits) -> list[tuple[int, int]]:
    """Equal parts, each as long as one officer may stand at the most."""
    length_ms, longest_ms = place.ends_ms - place.starts_ms, min(limits.duty_ms, limits.span_ms)
    if length_ms <= 0:
        raise ValueError(f"{place.place} ends before it starts")
    parts = -(-length_ms // longest_ms) if longest_ms > 0 else 1
    cuts = [place.starts_ms + length_ms * part // parts for part in range(parts + 1)]
    return list(pairwise(cuts))


def windows(slots: Sequence[Slot], rest_ms: int) -> list[list[Slot]]:
    """The slots in parts to be solved one after the other: one part if all begin within 24 h."""
    if slots and slots[-1].starts_ms - slots[0].starts_ms < DAY_MS:
        return [list(slots)]
    found: list[list[Slot]] = []
    last_ms = 0
    for slot in slots:
        apart = found and slot.starts_ms - last_ms >= rest_ms
        if not found or apart or slot.starts_ms - found[-1][0].starts_ms >= DAY_MS:
            found.append([])
        found[-1].append(slot)
        last_ms = max(last_ms, slot.ends_ms)
    return found
