"""The whole-number version of the linear programme, over the patterns it found: SCIP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ortools.linear_solver import pywraplp

from services.scheduler.solver.crews import Crew
from services.scheduler.solver.demand import Demand, Group, Need
from services.scheduler.solver.objective import PAIRS_WEIGHT, SHORTAGE_WEIGHT, TRAVEL_WEIGHT
from services.scheduler.solver.patterns import Pattern
from services.scheduler.solver.problem import ROLE_WEIGHTS
from services.scheduler.solver.rules import HOUR_MS

NODES_MAX = 400
GAP = 1e-7
MILD = 1e-4
"""Weights are scaled by it: a solver of doubles reaches its limits with lexicographic ones."""


class WholeNumbers:
    """How many officers do each of the given patterns."""

    def __init__(
        self,
        demand: Demand,
        crews: Sequence[Crew],
        groups: Sequence[Group],
        patterns: Sequence[Pattern],
        *,
        spread: bool,
    ) -> None:
        """With `spread` hours and ways cost what they do; without, only lacks and unequal treatment count."""
        self._demand, self._crews, self._groups = demand, crews, groups
        self._solver = pywraplp.Solver.CreateSolver("SCIP")
        self._objective = self._solver.Objective()
        self._objective.SetMinimization()
        self._columns = {
            pattern: self._solver.IntVar(0, len(crews[pattern.crew].officers), "") for pattern in patterns
        }
        self._lacks = self._strengths()
        self._equal_treatment()
        if spread:
            self._spread()
        else:
            self._heads()

    def solve(self, seed: int) -> dict[Pattern, int]:
        """Pattern → how many, where any; empty if nothing was found within the limit of nodes."""
        self._solver.SetSolverSpecificParametersAsString(
            f"limits/totalnodes = {NODES_MAX}\nlimits/gap = {GAP}\n"
            f"randomization/randomseedshift = {seed % 2**31}"
        )
        if self._solver.Solve() not in (pywraplp.Solver.OPTIMAL, pywraplp.Solver.FEASIBLE):
            return {}
        found = {pattern: round(column.solution_value()) for pattern, column in self._columns.items()}
        return {pattern: count for pattern, count in found.items() if count}

    def _strengths(self) -> dict[Need, pywraplp.Variable]:
        solver, infinity = self._solver, self._solver.infinity()
        rows = {need: solver.Constraint(count, infinity) for need, count in self._demand.needs.items()}
        for pattern, column in self._columns.items():
            for step in pattern.steps:
                rows[step].SetCoefficient(column, 1)
        lacks = {}
        for need, count in self._demand.needs.items():
            lacks[need] = solver.IntVar(0, count, "")
            rows[need].SetCoefficient(lacks[need], 1)
            self._objective.SetCoefficient(lacks[need], MILD * SHORTAGE_WEIGHT * ROLE_WEIGHTS[need[1]])
        return lacks

    def _equal_treatment(self) -> None:
        self._demand.compare(self._solver, self._objective, self._lacks, MILD * PAIRS_WEIGHT)

    def _spread(self) -> None:
        solver, infinity = self._solver, self._solver.infinity()
        heads = [solver.Constraint(-infinity, group.count) for group in self._groups]
        links: dict[tuple[int, int], pywraplp.Constraint] = {}
        for pattern, column in self._columns.items():
            self._objective.SetCoefficient(column, TRAVEL_WEIGHT * pattern.km)
            key = (pattern.crew, pattern.units)
            if key not in links:
                links[key] = solver.Constraint(0, infinity)
            links[key].SetCoefficient(column, -1)
        for (crew, units), row in links.items():
            hours = units * self._demand.unit_ms / HOUR_MS
            for group, head in zip(self._groups, heads, strict=True):
                if group.crew == crew:
                    count = solver.IntVar(0, group.count, "")
                    row.SetCoefficient(count, 1)
                    head.SetCoefficient(count, 1)
                    self._objective.SetCoefficient(count, group.cost(hours))

    def _heads(self) -> None:
        rows = [self._solver.Constraint(0, len(crew.officers)) for crew in self._crews]
        for pattern, column in self._columns.items():
            rows[pattern.crew].SetCoefficient(column, 1)


def worth_keeping(
    values: Mapping[Pattern, float], reduced: Mapping[Pattern, float], most: int
) -> list[Pattern]:
    """The patterns the linear programme uses, then those it would miss least, `most` in all."""
    order = sorted(values, key=lambda pattern: (-min(values[pattern], 1e-6), reduced[pattern], pattern))
    return order[:most]
