"""How many officers of each crew do each pattern: the linear programme.

Rows: each slot's strength per role; each group of officers with like hours so far does at most one pattern
each; as many officers with so many hours as patterns of that length. Cost: the objective without units and
without the way from home. A column is a pattern, so rest, duty, travel and overlap are in no row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from ortools.linear_solver import pywraplp

from pamwal.contracts.scheduling import DeploymentRole
from services.scheduler.solver.crews import Crew
from services.scheduler.solver.demand import Demand, Group, Need
from services.scheduler.solver.patterns import Numbers, Pattern
from services.scheduler.solver.prices import Prices, Water, Weights
from services.scheduler.solver.problem import ROLE_WEIGHTS
from services.scheduler.solver.rules import HOUR_MS


class Master:
    """The linear programme, growing by patterns."""

    def __init__(
        self,
        demand: Demand,
        crews: Sequence[Crew],
        groups: Sequence[Group],
        levels: int,
        weights: Weights,
    ) -> None:
        self._demand, self._crews, self._groups, self._weights = demand, crews, groups, weights
        self._hours = [units * demand.unit_ms / HOUR_MS for units in range(levels)]
        self._values: dict[Pattern, float] = {}
        self._groups_of: dict[int, list[int]] = defaultdict(list)
        for index, group in enumerate(groups):
            self._groups_of[group.crew].append(index)
        costs = [[weights.spread * group.cost(hours) for hours in self._hours] for group in groups]
        self._costs = np.array(costs)
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
        self.start = self._nothing() if weights.lack else self._fair()
        """Prices to begin with; what they explain is a bound already."""
        for need, lack in self._lacks.items():
            mild = 4 * self.start.worth[need]
            self._objective.SetCoefficient(lack, weights.lack * ROLE_WEIGHTS[need[1]] or mild)
        if weights.pairs:
            demand.compare(solver, self._objective, self._lacks, weights.pairs)

    def _nothing(self) -> Prices:
        return Prices(
            dict.fromkeys(self._demand.needs, 0.0),
            np.zeros((len(self._crews), len(self._hours))),
            0.0,
            self._weights.km,
        )

    def _fair(self) -> Prices:
        demand = self._demand
        hours: dict[DeploymentRole, float] = defaultdict(float)
        for (at, role), count in demand.needs.items():
            hours[role] += count * demand.hours[at]
        counts = np.array([float(group.count) for group in self._groups])
        may = np.array([[role in self._crews[group.crew].roles for role in hours] for group in self._groups])
        price, heads = Water(hours, counts, self._costs, np.array(self._hours), may).fair()
        worth = {need: price[need[1]] * demand.hours[need[0]] for need in demand.needs}
        value = sum(count * worth[need] for need, count in demand.needs.items()) + float(heads @ counts)
        return Prices(worth, self._levels(heads), value, self._weights.km)

    def _levels(self, heads: Numbers) -> Numbers:
        least = self._costs - heads[:, None]
        return np.array([least[self._groups_of[crew]].min(axis=0) for crew in range(len(self._crews))])

    def add(self, pattern: Pattern) -> bool:
        """A new column; False if it stands already."""
        if pattern in self.patterns:
            return False
        column = self.patterns[pattern] = self._solver.NumVar(0, self._solver.infinity(), "")
        self._objective.SetCoefficient(column, self._weights.km * pattern.km)
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

    def solve(self) -> float | None:
        """The least cost with the patterns so far; None where doubles are not fine enough to tell."""
        if self._solver.Solve() != pywraplp.Solver.OPTIMAL:
            return None
        self._values = {pattern: column.solution_value() for pattern, column in self.patterns.items()}
        return float(self._objective.Value())

    @property
    def slots(self) -> int:
        """How many slots the window has."""
        return len(self._demand.hours)

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
        worth = {need: row.dual_value() for need, row in self._strength.items()}
        return Prices(worth, levels, self._objective.Value(), self._weights.km)
