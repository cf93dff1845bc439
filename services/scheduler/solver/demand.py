"""What a window needs and who is there for it, counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import floor

from msgspec import Struct
from ortools.linear_solver import pywraplp

from pamwal.contracts.scheduling import DeploymentRole
from services.scheduler.solver.crews import Crew
from services.scheduler.solver.objective import election_of
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
