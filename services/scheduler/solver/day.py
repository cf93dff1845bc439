"""One window: first in order of time, then better where that is possible, with a bound of what is.

1. In order of time, whoever has the fewest hours. What the officers then do is given to them anew by an
   assignment and improved by small steps. Often nothing lacks, and the bound of fair prices is near already.
2. Column generation (Gilmore and Gomory 1961): the linear programme and the search for better patterns take
   turns. Its value less what missing patterns could save is a bound for whole numbers too (Lasdon 1970).
   Prices are taken between the best so far and the newest (Wentges 1997), which keeps them from swinging.
3. Whole numbers over the patterns found, given to officers and improved the same way.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from pamwal.contracts.scheduling import DeploymentRole
from services.scheduler.solver.crews import Crew, crews_of
from services.scheduler.solver.demand import demand_of, groups_of
from services.scheduler.solver.filling import Plan
from services.scheduler.solver.improve import Improver
from services.scheduler.solver.master import Master
from services.scheduler.solver.objective import SHORTAGE_WEIGHT, required_hours
from services.scheduler.solver.patterns import Ground, Pattern, Pricer
from services.scheduler.solver.people import people
from services.scheduler.solver.prices import ENOUGH, EVERYTHING, LACKS_ONLY, Prices
from services.scheduler.solver.slots import Slot
from services.scheduler.solver.standing import lacks_of, must_lack, total
from services.scheduler.solver.whole import WholeNumbers, worth_keeping

CLOSE, CLOSE_ENOUGH, CLOSE_LACKS = 0.002, 0.04, 1e-7
"""So near to the bound a small problem is left, a large one, and one in which something lacks: what is below
the lacks in the objective weighs so much less."""
SMOOTH = 0.8
"""How much of the best prices so far is kept."""
ROUNDS_MAX = 400
CREWS_MOST = 150
"""Of more the search for patterns would take gigabytes; then the bound is of merged crews."""
ROWS_FEW, COLUMNS_FEW, COLUMNS_MANY = 400, 1500, 4000
SECONDS_PER_STEP, SECONDS_PER_CELL = 2.5e-7, 1e-8
"""Of one simplex iteration on one row, and of one state of the search for patterns, on a slow core."""
SHARE_OF_PROGRAMME, SHARE_OF_BOUND = 0.4, 0.8
"""Of the work allowed; the second where only the bound can gain by it."""


def solve_window(
    plan: Plan, slots: Sequence[Slot], short: Mapping[str, float], work_s: float
) -> tuple[Plan, float]:
    """The plan with the window's slots filled, and a bound of the window's part of the objective.

    `short` is what earlier windows took from the pairs' shares; `work_s` is counted, not measured.
    """
    crews = crews_of(plan.problem.officers, plan.stays, slots, plan.limits)
    if not crews:
        return plan, total(plan, slots)
    window = Window(plan, slots, crews, short)
    best = window.in_order_of_time()
    if window.gap(best) > (CLOSE if window.few else CLOSE_ENOUGH):
        lacking = {lack.role for lack in lacks_of(best, slots)}
        if lacking and not window.few:
            apart = crews_of(plan.problem.officers, plan.stays, slots, plan.limits, lacking)
            if len(apart) <= CREWS_MOST:
                window = Window(plan, slots, apart, short)
        best = window.by_programme(best, work_s)
    return best, window.bound


class Window:
    """One window's problem, and the bound that is known of it."""

    def __init__(
        self, plan: Plan, slots: Sequence[Slot], crews: Sequence[Crew], short: Mapping[str, float]
    ) -> None:
        self._plan, self._slots, self._crews = plan, slots, crews
        self._ground = Ground(slots, plan.limits)
        least_h = min(officer.hours_so_far for officer in plan.problem.officers)
        self._groups = groups_of(crews, [hours - least_h for hours in plan.hours])
        required_h = required_hours(plan.problem.places)
        self._demand = demand_of(slots, required_h, dict(short), self._ground.unit_ms)
        self._pricer = Pricer(self._ground, crews)
        self._first: list[Pattern] = []
        self.bound = 0.0

    @property
    def few(self) -> bool:
        """Small enough for whole numbers with all that counts."""
        return len(self._demand.needs) + len(self._groups) <= ROWS_FEW

    def gap(self, plan: Plan) -> float:
        """How far a plan is from the bound at the most."""
        value = total(plan, self._slots)
        return (value - self.bound) / value if value else 0.0

    def in_order_of_time(self) -> Plan:
        """Way 1."""
        first = self._plan.copy()
        first.fill(self._slots)
        self._first = _patterns_of(first, self._slots, self._ground, self._crews)
        if not lacks_of(first, self._slots):
            self.bound = max(0.0, self._programme(enough=True).start.value)
        else:
            self.bound = SHORTAGE_WEIGHT * must_lack(self._plan, lacks_of(first, self._slots))
        return self._best(first, self._given(Counter(self._first)))

    def by_programme(self, best: Plan, work_s: float) -> Plan:
        """Ways 2 and 3 from the best so far, which is kept unless they lead further."""
        enough = not lacks_of(best, self._slots)
        master = self._programme(enough=enough)
        for pattern in [*self._first, *_patterns_of(best, self._slots, self._ground, self._crews)]:
            master.add(pattern)
        work_s *= SHARE_OF_BOUND if enough and not self.few else SHARE_OF_PROGRAMME
        close = CLOSE if enough else CLOSE_LACKS
        bound, last = generate(master, self._pricer, self._crews, work_s, close)
        scale = 1.0 if enough or self.few else SHORTAGE_WEIGHT
        self.bound = max(self.bound, scale * bound)
        if last is None or (enough and not self.few):
            return best
        values = master.values()
        reduced = {pattern: last.reduced_cost(pattern) for pattern in values}
        keep = worth_keeping(values, reduced, COLUMNS_FEW if self.few else COLUMNS_MANY)
        whole = WholeNumbers(self._demand, self._crews, self._groups, keep, spread=self.few)
        return self._best(best, self._given(whole.solve(self._plan.problem.seed)))

    def _programme(self, *, enough: bool) -> Master:
        weights = ENOUGH if enough else EVERYTHING if self.few else LACKS_ONLY
        return Master(self._demand, self._crews, self._groups, self._ground.levels, weights)

    def _given(self, counts: Mapping[Pattern, int]) -> Plan:
        """The plan with patterns given to officers, and what is open then filled in order of time."""
        done = self._plan.copy()
        for officer, pattern in people(done, self._crews, counts, self._slots):
            for at, role in pattern.steps:
                if done.lacking(self._slots[at], role) > 0:
                    done.book(officer, self._slots[at], role)
        done.fill(self._slots)
        done.pass_on(self._slots)
        return done

    def _best(self, *plans: Plan) -> Plan:
        for plan in plans:
            Improver(plan, self._slots).run()
        return min(plans, key=lambda plan: total(plan, self._slots))


def generate(
    master: Master, pricer: Pricer, crews: Sequence[Crew], work_s: float, close: float
) -> tuple[float, Prices | None]:
    """Adds patterns until none is worth much or the work is done; the bound, and the last prices."""
    counts = np.array([len(crew.officers) for crew in crews])
    centre, bound = master.start, master.start.value
    missed, done_s, last = 0, 0.0, None
    for _ in range(ROUNDS_MAX):
        value = master.solve()
        if value is None:
            break
        last = master.prices()
        share = min(1.0, (1 - SMOOTH) * (missed + 1))
        prices = centre.towards(last, share)
        patterns, least = pricer.price(*prices.gains(crews, master.slots), prices.levels, prices.km)
        below = prices.value + float(counts @ least)
        if below > bound:
            bound, centre = below, prices
        useful = [each for each in patterns if last.reduced_cost(each) < -1e-6 and master.add(each)]
        missed = 0 if useful else missed + 1
        done_s += SECONDS_PER_STEP * master.iterations * master.rows + SECONDS_PER_CELL * pricer.cells
        if (missed and share >= 1) or done_s > work_s or value - bound <= close * abs(value):
            break
    return bound, last


def _patterns_of(plan: Plan, slots: Sequence[Slot], ground: Ground, crews: Sequence[Crew]) -> list[Pattern]:
    """What a plan's officers do in this window."""
    crew_of = {officer: number for number, crew in enumerate(crews) for officer in crew.officers}
    duties: dict[int, list[tuple[int, DeploymentRole]]] = defaultdict(list)
    for at, slot in enumerate(slots):
        for role in slot.needs():
            for officer in plan.given(slot, role):
                duties[officer].append((at, role))
    found = []
    for officer, steps in sorted(duties.items()):
        if officer not in crew_of:
            continue
        places = [at for at, _ in steps]
        km = sum(ground.way(i, j) for i, j in pairwise(places))
        units = sum(ground.units[at] for at in places)
        found.append(Pattern(crew_of[officer], tuple(steps), units, km))
    return found
