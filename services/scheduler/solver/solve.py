"""A proposal: within every rule, for as few lacking officers as can be. Made to run in a process of its own.

Nothing here imports a solver before `propose` is called, so that a service which only hands problems on does
not grow by it.
"""

from __future__ import annotations

import time
from typing import Final

import msgspec

from services.scheduler.solver.filling import Plan
from services.scheduler.solver.objective import measure
from services.scheduler.solver.problem import Problem, Proposed
from services.scheduler.solver.rules import Limits
from services.scheduler.solver.shortages import shortages_of
from services.scheduler.solver.slots import Slot, slots_of, windows
from services.scheduler.solver.standing import lacks_of, led_by_rank, orders_of, shares_lost

OPTIMAL_GAP = 0.001
FUNCTION: Final = f"{__name__}:solve"


def solve(given: bytes) -> bytes:
    """What the child process does: a `Problem` to a `Proposed`, both as MessagePack."""
    return msgspec.msgpack.encode(propose(msgspec.msgpack.decode(given, type=Problem)))


def propose(problem: Problem) -> Proposed:
    """The best draft found within the problem's limit of work.

    The same problem gives the same draft on every machine. ValueError for a problem that makes no sense: a
    place that ends before it starts, an officer or a place twice.
    """
    began = time.perf_counter()
    limits = Limits(problem.policy)
    _check(problem)
    slots = [slot for slot in slots_of(problem, limits) if slot.needs()]
    plan, bound = Plan(problem, limits), 0.0
    if slots:
        from services.scheduler.solver.day import solve_window

        parts = windows(slots, limits.rest_ms)
        for part in parts:
            done = [slot for earlier in parts[: parts.index(part)] for slot in earlier]
            plan, below = solve_window(plan, part, shares_lost(plan, done), problem.time_limit_s / len(parts))
            bound = below if len(parts) == 1 else 0.0
    return _answer(plan, slots, bound, began)


def in_order_of_time(problem: Problem) -> Proposed:
    """The plain way to compare with: slot by slot, whoever has the fewest hours and may. It has no bound."""
    began = time.perf_counter()
    limits = Limits(problem.policy)
    _check(problem)
    slots = [slot for slot in slots_of(problem, limits) if slot.needs()]
    plan = Plan(problem, limits)
    plan.fill(slots)
    return _answer(plan, slots, 0.0, began)


def _check(problem: Problem) -> None:
    for kind, names in (
        ("officer", [each.officer_id for each in problem.officers]),
        ("place", [each.place for each in problem.places]),
    ):
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise ValueError(f"{kind} {twice} stands twice in the problem")


def _answer(plan: Plan, slots: list[Slot], bound: float, began: float) -> Proposed:
    problem = plan.problem
    orders, lacks = led_by_rank(problem, orders_of(plan, slots)), lacks_of(plan, slots)
    spread, levels = measure(problem, orders, lacks)
    objective = sum(level.weight * level.value for level in levels)
    gap = max(0.0, (objective - bound) / objective) if objective else 0.0
    return Proposed(
        orders=orders,
        shortages=shortages_of(plan, lacks),
        spread=spread,
        levels=levels,
        objective=objective,
        bound=bound,
        gap=gap,
        status="empty" if not slots else "optimal" if gap <= OPTIMAL_GAP else "within_limits",
        wall_s=time.perf_counter() - began,
    )
