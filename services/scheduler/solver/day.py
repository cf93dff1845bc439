"""One window: first in order of time, then better where that is possible, with a bound of what is.

1. In order of time, whoever has the fewest hours: often nothing lacks already.
2. Column generation (Gilmore and Gomory 1961): the linear programme and the search for better patterns take
   turns. Its value less what missing patterns could save is a bound for whole numbers too (Lasdon 1970). Prices
   are taken between the best so far and the newest (Wentges 1997), which keeps them from swinging.
3. Whole numbers over the patterns found, given to officers by an assignment, and what is open filled by 1.
4. The better of 1 and 3, improved by small steps.
"""

from __future__ import annotations

import sys, time, os

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from services.scheduler.solver.crews import Crew, crews_of
from services.scheduler.solver.filling import Plan
from services.scheduler.solver.improve import Improver
from services.scheduler.solver.master import Master, Prices, demand_of, groups_of
from services.scheduler.solver.objective import required_hours
from services.scheduler.solver.patterns import Ground, Pattern, Pricer
from services.scheduler.solver.people import people
from services.scheduler.solver.slots import Slot
from services.scheduler.solver.standing import lacks_of, total
from services.scheduler.solver.whole import WholeNumbers, worth_keeping

CLOSE, CLOSE_ENOUGH = 0.002, 0.02
"""So near to the bound a small problem is left, and so near a large one."""
ROWS_FEW = 400
SMOOTH = 0.8
ROUNDS_MAX = 400
SECONDS_PER_STEP = 2.5e-7
"""Of the linear programme: one iteration of the simplex on one row, measured on a slow core."""
SECONDS_PER_CELL = 1e-8
SPREAD_COLUMNS_MAX, COLUMNS_MAX = 1500, 4000
PATTERNS_OF_PROGRAMME = 0.4
TRACE = bool(os.environ.get("TRACE"))


def solve_window(plan: Plan, slots: Sequence[Slot], short: dict[str, float], work_s: float) -> tuple[Plan, float]:
    """The plan with the window's slots filled, and a bound of the window's part of the objective."""
    t0 = time.time()
    def say(*a):
        if TRACE: print(*a, f"at {time.time()-t0:.2f}", file=sys.stderr)
    crews = crews_of(plan.problem.officers, plan.stays, slots, plan.limits)
    if not crews:
        return plan, 0.0
    window = Window(plan, slots, crews, short)
    best = window.in_order_of_time()
    say("first", total(best, slots), window.bound)
    if window.gap(best) > (CLOSE if window.few else CLOSE_ENOUGH):
        best = window.by_programme(best, work_s)
        say("programme", total(best, slots), window.bound)
    return best, window.bound


class Window:
    """One window's problem, and the best that was found for it."""

    def __init__(self, plan: Plan, slots: Sequence[Slot], crews: Sequence[Crew], short: dict[str, float]) -> None:
        self._plan, self._slots, self._crews = plan, slots, crews
        self._ground = Ground(slots, plan.limits)
        least_h = min(officer.hours_so_far for officer in plan.problem.officers)
        self._groups = groups_of(crews, [hours - least_h for hours in plan.hours])
        self._demand = demand_of(slots, required_hours(plan.problem.places), short, self._ground.unit_ms)
        self._pricer = Pricer(self._ground, crews)
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
        """Way 1, with its patterns given to officers anew, improved. Sets a bound that is quickly had."""
        first = self._plan.copy()
        first.fill(self._slots)
        self._enough = not lacks_of(first, self._slots)
        self._first = patterns_of(first, self._slots, self._ground, self._crews)
        self._master = Master(self._demand, self._crews, self._groups, self._pricer.levels, self._enough)
        if self._enough:
            self.bound = max(0.0, self._master.fair.value)
        again = given(self._plan, self._crews, Counter(self._first), self._slots)
        return self._better(first, again)

    def by_programme(self, best: Plan, work_s: float) -> Plan:
        """Ways 2 and 3, if they lead further."""
        for pattern in self._first:
            self._master.add(pattern)
        share = PATTERNS_OF_PROGRAMME * work_s
        bound, prices = generate(self._master, self._pricer, self._crews, len(self._slots), share)
        self.bound = max(self.bound, bound)
        if not self.few and self._enough:
            return best
        values = self._master.values()
        reduced = {pattern: prices.reduced_cost(pattern) for pattern in values}
        keep = worth_keeping(values, reduced, SPREAD_COLUMNS_MAX if self.few else COLUMNS_MAX)
        whole = WholeNumbers(self._demand, self._crews, self._groups, keep, spread=self.few)
        chosen = whole.solve(self._plan.problem.seed)
        return self._better(best, given(self._plan, self._crews, chosen, self._slots))

    def _better(self, *plans: Plan) -> Plan:
        """The best of them, after small steps."""
        for plan in plans:
            Improver(plan, self._slots).run()
        return min(plans, key=lambda each: total(each, self._slots))


def given(plan: Plan, crews: Sequence[Crew], counts: dict[Pattern, int], slots: Sequence[Slot]) -> Plan:
    """The plan with patterns given to officers, and what is open then filled in order of time."""
    done = plan.copy()
    for officer, pattern in people(done, crews, counts, slots):
        for at, role in pattern.steps:
            if done.lacking(slots[at], role) > 0:
                done.book(officer, slots[at], role)
    done.fill(slots)
    return done


def generate(master: Master, pricer: Pricer, crews: Sequence[Crew], slots: int, work_s: float) -> tuple[float, Prices]:
    """Adds patterns until none is worth much or the work is done; returns the bound and the last prices."""
    counts = np.array([len(crew.officers) for crew in crews])
    centre, bound = master.fair, master.fair.value
    missed, done_s = 0, 0.0
    for n in range(ROUNDS_MAX):
        value = master.solve()
        now = master.prices()
        share = min(1.0, (1 - SMOOTH) * (missed + 1))
        prices = centre.towards(now, share)
        patterns, least = pricer.price(*prices.gains(crews, slots), prices.levels)
        below = prices.value + float(counts @ least)
        if below > bound:
            bound, centre = below, prices
        useful = [each for each in patterns if now.reduced_cost(each) < -1e-6 and master.add(each)]
        missed = 0 if useful else missed + 1
        done_s += SECONDS_PER_STEP * master.iterations * master.rows + SECONDS_PER_CELL * pricer.cells
        close = value - bound <= CLOSE * abs(value)
        if TRACE and n % 10 == 0: print(n, value, bound, share, done_s, len(master.patterns), file=sys.stderr)
        if (missed and share == 1.0) or done_s > work_s or close:
            if not master.mild or not master.lacks() or done_s > work_s:
                break
            master.weigh_lacks()
    return bound, now


def patterns_of(plan: Plan, slots: Sequence[Slot], ground: Ground, crews: Sequence[Crew]) -> list[Pattern]:
    """What a plan's officers do in this window."""
    crew_of = {officer: number for number, crew in enumerate(crews) for officer in crew.officers}
    duties = defaultdict(list)
    for at, slot in enumerate(slots):
        for role in slot.needs():
            for officer in plan.given(slot, role):
                duties[officer].append((at, role))
    found = []
    for officer, steps in sorted(duties.items()):
        at = [each for each, _ in steps]
        km = sum(ground.way(i, j) for i, j in zip(at, at[1:], strict=False))
        found.append(Pattern(crew_of[officer], tuple(steps), sum(ground.units[each] for each in at), km))
    return found
