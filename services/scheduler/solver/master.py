"""How many officers of each crew do each pattern: the linear programme.

Rows: each slot's strength per role; each group of officers with like hours so far does at most one pattern
each; as many officers with so many hours as patterns of that length. Cost: the objective without units and
without the way from home. A column is a pattern, so rest, duty, travel and overlap are in no row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import floor
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from ortools.linear_solver import pywraplp

from pamwal.contracts.scheduling import DeploymentRole
from services.scheduler.solver.crews import Crew
from services.scheduler.solver.objective import (
    PAIRS_WEIGHT,
    SHORTAGE_WEIGHT,
    TRAVEL_WEIGHT,
    election_of,
)
from services.scheduler.solver.patterns import Numbers, Pattern
from services.scheduler.solver.problem import ROLE_WEIGHTS
from services.scheduler.solver.rules import HOUR_MS
from services.scheduler.solver.slots import Slot

GROUPS_MAX = 800
STEPS_H = (0.25, 0.5, 1.0, 2.0, 4.0)
Need = tuple[int, DeploymentRole]


class Group(Struct, frozen=True, kw_only=True):
    """Officers of one crew with the same hours so far, above the fewest, rounded down."""

    crew: int
    ahead_h: float
    count: int

    def cost(self, hours: float) -> float:
        """What so many hours more add to the spread."""
        return hours * (2 * self.ahead_h + hours)


class Demand(Struct, frozen=True, kw_only=True):
    """A window's needs, and how lacking officers lower the shares of pairs."""

    hours: list[float]
    """Length of each slot."""
    needs: dict[Need, int]
    share_of_one: dict[str, dict[int, float]]
    """Pair → slot → by how much one lacking officer there lowers its share."""
    short: dict[str, float]
    """Pair → what other windows took from its share so far."""
    unit_ms: int

    @property
    def elections(self) -> dict[str, list[str]]:
        """Election → its pairs, where there is more than one to compare."""
        found: dict[str, list[str]] = defaultdict(list)
        for pair in sorted(self.share_of_one):
            found[election_of(pair)].append(pair)
        return {election: pairs for election, pairs in found.items() if len(pairs) > 1}

    def compare(
        self,
        solver: pywraplp.Solver,
        objective: pywraplp.Objective,
        lacks: Mapping[Need, pywraplp.Variable],
        weight: float,
    ) -> None:
        """Lets the largest less the smallest share of each election cost: most ≥ each share ≥ least."""
        for pairs in self.elections.values():
            most, least = solver.NumVar(0, solver.infinity(), ""), solver.NumVar(0, 1, "")
            objective.SetCoefficient(most, weight)
            objective.SetCoefficient(least, -weight)
            for pair in pairs:
                share, of_one = 1 - self.short.get(pair, 0.0), self.share_of_one[pair]
                above = solver.Constraint(share, solver.infinity())
                below = solver.Constraint(-solver.infinity(), share)
                above.SetCoefficient(most, 1)
                below.SetCoefficient(least, 1)
                for (at, _), lack in lacks.items():
                    if at in of_one:
                        above.SetCoefficient(lack, of_one[at])
                        below.SetCoefficient(lack, of_one[at])


def demand_of(
    slots: Sequence[Slot], required_h: dict[str, float], short: dict[str, float], unit_ms: int
) -> Demand:
    """What the slots need, by position in the window."""
    needs = {(at, role): count for at, slot in enumerate(slots) for role, count in slot.needs().items()}
    share: dict[str, dict[int, float]] = {pair: {} for pair in required_h}
    for at, slot in enumerate(slots):
        for pair in slot.place.pairs:
            if pair in share:
                share[pair][at] = slot.hours / required_h[pair]
    return Demand(
        hours=[slot.hours for slot in slots], needs=needs, share_of_one=share, short=short, unit_ms=unit_ms
    )


def groups_of(crews: Sequence[Crew], ahead_h: Sequence[float]) -> list[Group]:
    """Each crew's officers by hours so far, in the finest steps that leave few groups.

    Rounded down, so that what they seem to cost is never more than what they do.
    """
    found: list[Group] = []
    for step_h in STEPS_H:
        found = []
        for number, crew in enumerate(crews):
            counts: dict[float, int] = defaultdict(int)
            for officer in crew.officers:
                counts[floor(ahead_h[officer] / step_h + 1e-9) * step_h] += 1
            found += [Group(crew=number, ahead_h=ahead, count=counts[ahead]) for ahead in sorted(counts)]
        if len(found) <= GROUPS_MAX:
            break
    return found


class Prices(NamedTuple):
    """What one officer more is worth at each need, what so much duty costs a crew, and the cost they explain.

    Prices mixed of two are prices too, and explain at least the mixed cost.
    """

    worth: dict[Need, float]
    levels: Numbers
    value: float

    def towards(self, other: Prices, share: float) -> Prices:
        """So far on the way to `other`."""
        keep = 1 - share
        return Prices(
            {need: keep * value + share * other.worth[need] for need, value in self.worth.items()},
            keep * self.levels + share * other.levels,
            keep * self.value + share * other.value,
        )

    def reduced_cost(self, pattern: Pattern) -> float:
        """Below 0: the pattern would pay."""
        return (
            TRAVEL_WEIGHT * pattern.km
            + float(self.levels[pattern.crew, pattern.units])
            - sum(self.worth[step] for step in pattern.steps)
        )

    def gains(self, crews: Sequence[Crew], slots: int) -> tuple[Numbers, list[list[DeploymentRole | None]]]:
        """What standing at a slot is worth to each crew, in which role."""
        gains = np.full((len(crews), slots), -np.inf)
        roles: list[list[DeploymentRole | None]] = [[None] * slots for _ in crews]
        for number, crew in enumerate(crews):
            for (at, role), value in self.worth.items():
                if role in crew.roles and value > gains[number, at]:
                    gains[number, at], roles[number][at] = value, role
        return gains, roles


class Master:
    """The linear programme, growing by patterns."""

    def __init__(
        self, demand: Demand, crews: Sequence[Crew], groups: Sequence[Group], levels: int, enough: bool
    ) -> None:
        self._demand, self._crews, self._groups = demand, crews, groups
        self._hours = [units * demand.unit_ms / HOUR_MS for units in range(levels)]
        self._values: dict[Pattern, float] = {}
        self._open = False
        self._groups_of: dict[int, list[int]] = defaultdict(list)
        for index, group in enumerate(groups):
            self._groups_of[group.crew].append(index)
        self._costs = np.array([[group.cost(hours) for hours in self._hours] for group in groups])
        self.patterns: dict[Pattern, pywraplp.Variable] = {}
        self._solver = solver = pywraplp.Solver.CreateSolver("GLOP")
        self._objective = solver.Objective()
        self._objective.SetMinimization()
        self._lacks: dict[Need, pywraplp.Variable] = {}
        self._strength: dict[Need, pywraplp.Constraint] = {}
        for need, count in demand.needs.items():
            row = self._strength[need] = solver.Constraint(count, solver.infinity())
            lack = self._lacks[need] = solver.NumVar(0, count, "")
            row.SetCoefficient(lack, 1)
        self._heads = [solver.Constraint(-solver.infinity(), group.count) for group in groups]
        self._links: dict[tuple[int, int], pywraplp.Constraint] = {}
        self.mild = enough
        self.fair = self.fair_prices()
        if enough:
            for need, lack in self._lacks.items():
                self._objective.SetCoefficient(lack, 4 * self.fair.worth[need])
        else:
            self.weigh_lacks()

    def lacks(self) -> bool:
        """Whether the last solution leaves anything open."""
        return self._open

    def weigh_lacks(self) -> None:
        """Lets what lacks weigh what it does."""
        self.mild = False
        for need, lack in self._lacks.items():
            self._objective.SetCoefficient(lack, SHORTAGE_WEIGHT * ROLE_WEIGHTS[need[1]])
        self._demand.compare(self._solver, self._objective, self._lacks, PAIRS_WEIGHT)

    def fair_prices(self) -> Prices:
        """Every hour at one price: what the last would cost if hours could be spread like water."""
        total = sum(count * self._demand.hours[at] for (at, _), count in self._demand.needs.items())
        price, filled, officers, was = 0.0, 0.0, 0, None
        for group in sorted(self._groups, key=lambda each: each.ahead_h):
            if was is not None and filled + officers * (group.ahead_h - was) >= total:
                break
            filled += officers * (group.ahead_h - was) if was is not None else 0.0
            officers, was = officers + group.count, group.ahead_h
        price = 2 * ((was or 0) + (total - filled) / officers)
        worth = {need: price * self._demand.hours[need[0]] for need in self._demand.needs}
        heads = (self._costs - price * np.array(self._hours)).min(axis=1)
        value = sum(count * worth[need] for need, count in self._demand.needs.items())
        value += float(heads @ np.array([group.count for group in self._groups]))
        return Prices(worth, self._levels(heads), value)

    def _levels(self, heads: Numbers) -> Numbers:
        least = self._costs - heads[:, None]
        return np.array([least[self._groups_of[crew]].min(axis=0) for crew in range(len(self._crews))])

    def add(self, pattern: Pattern) -> bool:
        """A new column; False if it stands already."""
        if pattern in self.patterns:
            return False
        column = self.patterns[pattern] = self._solver.NumVar(0, self._solver.infinity(), "")
        self._objective.SetCoefficient(column, TRAVEL_WEIGHT * pattern.km)
        for step in pattern.steps:
            self._strength[step].SetCoefficient(column, 1)
        self._link(pattern.crew, pattern.units).SetCoefficient(column, -1)
        return True

    def _link(self, crew: int, units: int) -> pywraplp.Constraint:
        row = self._links.get((crew, units))
        if row is None:
            row = self._links[crew, units] = self._solver.Constraint(0, self._solver.infinity())
            for group in self._groups_of[crew]:
                count = self._solver.NumVar(0, self._solver.infinity(), "")
                row.SetCoefficient(count, 1)
                self._heads[group].SetCoefficient(count, 1)
                self._objective.SetCoefficient(count, float(self._costs[group, units]))
        return row

    def values(self) -> dict[Pattern, float]:
        """The last solution."""
        return self._values

    def solve(self) -> float:
        """The least cost with the patterns so far. RuntimeError if the solver has none."""
        if self._solver.Solve() != pywraplp.Solver.OPTIMAL:
            raise RuntimeError("the linear programme of a proposal has no optimum; it always has one")
        self._values = {pattern: column.solution_value() for pattern, column in self.patterns.items()}
        self._open = any(lack.solution_value() > 1e-6 for lack in self._lacks.values())
        return float(self._objective.Value())

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return int(self._solver.NumConstraints())

    @property
    def iterations(self) -> int:
        """Of the last solution: how much work it was."""
        return int(self._solver.iterations())

    def prices(self) -> Prices:
        """Of the last solution."""
        levels = self._levels(np.array([row.dual_value() for row in self._heads]))
        for (crew, units), row in self._links.items():
            levels[crew, units] = row.dual_value()
        return Prices(
            {need: row.dual_value() for need, row in self._strength.items()}, levels, self._objective.Value()
        )
