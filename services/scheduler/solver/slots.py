"""What has to be filled: places, cut into watches where nobody can stand through, and windows of time.

Where somebody is there for a part of a watch, what lacks is laid in layers: one slot for each stretch of time
in which at least so many lack, so that whoever can stand through the watch does.

A window is solved as a whole. A day is one; of more than a day they are apart by a whole rest where the plan
allows it, and at most a day long, and what one proposes is a fixed booking of the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

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
    lacks: dict[DeploymentRole, int]
    """Role → how many are still to be proposed, where any are."""

    @property
    def hours(self) -> float:
        """Its length."""
        return (self.ends_ms - self.starts_ms) / HOUR_MS

    @property
    def point(self) -> Point | None:
        """Where it is."""
        return self.place.point

    def meets(self, other: Slot) -> bool:
        """Whether both have a moment in common."""
        return self.starts_ms < other.ends_ms and other.starts_ms < self.ends_ms

    def needs(self) -> dict[DeploymentRole, int]:
        """Role → how many are still to be proposed, where any are."""
        return self.lacks


def slots_of(problem: Problem, limits: Limits) -> list[Slot]:
    """All slots in order of time; numbers are their indices. ValueError for hours that are none."""
    cut = [
        (*hours, place, lacks)
        for place in problem.places
        for watch in _watches(place, limits)
        for hours, lacks in _layers(place, watch)
    ]
    cut.sort(key=lambda each: (each[0], each[1], each[2].place))
    return [
        Slot(
            number=number,
            place=place,
            starts_ms=starts_ms,
            ends_ms=ends_ms,
            stay=Stay(starts_ms, ends_ms, place.point, slot=number),
            lacks=lacks,
        )
        for number, (starts_ms, ends_ms, place, lacks) in enumerate(cut)
    ]


def _layers(
    place: SolverPlace, watch: tuple[int, int]
) -> Iterator[tuple[tuple[int, int], dict[DeploymentRole, int]]]:
    """Stretches of a watch, and how many of each role lack in all of one beyond those around it."""
    found: dict[tuple[int, int], dict[DeploymentRole, int]] = {watch: {}}
    for role, count in sorted(place.required.items()):
        partly = [each for each in place.partly if each.role == role]
        moments = sorted({*watch, *(moment for each in partly for moment in (each.starts_ms, each.ends_ms))})
        parts = [part for part in pairwise(moments) if watch[0] <= part[0] and part[1] <= watch[1]]
        there = [
            sum(each.starts_ms <= begins and each.ends_ms >= ends for each in partly)
            for begins, ends in parts
        ]
        lacks = [count - place.ordered.get(role, 0) - each for each in there]
        for layer in range(1, max(lacks) + 1):
            for lacking, run in groupby(zip(lacks, parts, strict=True), key=lambda each: each[0] >= layer):
                if lacking:
                    hours = [part for _, part in run]
                    needs = found.setdefault((hours[0][0], hours[-1][1]), {})
                    needs[role] = needs.get(role, 0) + 1
    yield from sorted(found.items())


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
