"""Which officer does which pattern: an assignment per crew, by spread, then way from home, then unit."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python import linear_sum_assignment

from pamwal.contracts.places import Point
from services.scheduler.solver.crews import Crew
from services.scheduler.solver.filling import Plan
from services.scheduler.solver.objective import SPREAD_WEIGHT, TRAVEL_WEIGHT, UNITS_WEIGHT, way_km
from services.scheduler.solver.patterns import Pattern
from services.scheduler.solver.rules import breach
from services.scheduler.solver.slots import Slot

SCALE = 1000
"""So that the weight of a unit is a whole number."""
FORBIDDEN = 10**9
"""What binds this officer does not let him do it; then it is left for others."""
PASSES = 3
"""The first knows no units; each other draws officers to the unit most of a slot are from."""


def people(
    plan: Plan, crews: Sequence[Crew], counts: Mapping[Pattern, int], slots: Sequence[Slot]
) -> list[tuple[int, Pattern]]:
    """Officer by index and pattern, for each officer who has one."""
    duties: dict[int, list[Pattern]] = defaultdict(list)
    for pattern in sorted(counts):
        duties[pattern.crew] += [pattern] * counts[pattern]
    found: list[tuple[int, Pattern]] = []
    units: dict[int, str] = {}
    for _ in range(PASSES):
        found = [
            pair
            for number, patterns in sorted(duties.items())
            for pair in _assign(plan, crews[number].officers, patterns, slots, units)
        ]
        units = _main_units(plan, found)
    return found


def _main_units(plan: Plan, found: Sequence[tuple[int, Pattern]]) -> dict[int, str]:
    """Slot → the unit most of those there are from."""
    there: dict[int, Counter[str]] = defaultdict(Counter)
    for officer, pattern in found:
        for at, _ in pattern.steps:
            there[at][plan.problem.officers[officer].unit] += 1
    return {at: min(units, key=lambda unit: (-units[unit], unit)) for at, units in there.items()}


def _assign(
    plan: Plan,
    officers: Sequence[int],
    patterns: Sequence[Pattern],
    slots: Sequence[Slot],
    units: Mapping[int, str],
) -> list[tuple[int, Pattern]]:
    known = list(dict.fromkeys(patterns))
    column = {pattern: at for at, pattern in enumerate(known)}
    full = np.zeros((len(officers), len(officers)), dtype=np.int64)
    full[:, : len(patterns)] = _costs(plan, officers, known, slots, units)[:, [column[p] for p in patterns]]
    solver = linear_sum_assignment.SimpleLinearSumAssignment()
    everyone = np.arange(len(officers), dtype=np.int32)
    solver.add_arcs_with_cost(
        np.repeat(everyone, len(officers)), np.tile(everyone, len(officers)), full.ravel()
    )
    if solver.solve() != solver.OPTIMAL:
        raise RuntimeError("an assignment of officers to duties has no optimum; it always has one")
    chosen = [solver.right_mate(row) for row in range(len(officers))]
    return [(officers[row], patterns[to]) for row, to in enumerate(chosen) if to < len(patterns)]


def _costs(
    plan: Plan,
    officers: Sequence[int],
    patterns: Sequence[Pattern],
    slots: Sequence[Slot],
    units: Mapping[int, str],
) -> NDArray[np.int64]:
    """What each pattern costs with each officer, in thousandths; FORBIDDEN where he is bound."""
    everyone = plan.problem.officers
    least_h = min(each.hours_so_far for each in everyone)
    hours = np.array([sum(slots[at].hours for at, _ in pattern.steps) for pattern in patterns])
    ahead = np.array([plan.hours[each] - least_h for each in officers])
    cost = SPREAD_WEIGHT * hours * (2 * ahead[:, None] + hours)
    way_of = {home: _ways(home, patterns, slots) for home in {everyone[each].home for each in officers}}
    apart_of = {
        unit: np.array([sum(units.get(at, unit) != unit for at, _ in pattern.steps) for pattern in patterns])
        for unit in {everyone[each].unit for each in officers}
    }
    for row, officer in enumerate(officers):
        who = everyone[officer]
        cost[row] += TRAVEL_WEIGHT * way_of[who.home] + UNITS_WEIGHT * apart_of[who.unit]
    found: NDArray[np.int64] = np.rint(SCALE * cost).astype(np.int64)
    for row, officer in enumerate(officers):
        if plan.stays[officer]:
            shut = [_shut(plan, officer, pattern, slots) for pattern in patterns]
            found[row, np.array(shut)] = FORBIDDEN
    return found


def _ways(home: Point | None, patterns: Sequence[Pattern], slots: Sequence[Slot]) -> NDArray[np.float64]:
    return np.array([way_km(home, slots[pattern.steps[0][0]].point) for pattern in patterns], dtype=float)


def _shut(plan: Plan, officer: int, pattern: Pattern, slots: Sequence[Slot]) -> bool:
    stays = plan.stays[officer]
    return any(breach(plan.limits, stays, slots[at].stay) is not None for at, _ in pattern.steps)
