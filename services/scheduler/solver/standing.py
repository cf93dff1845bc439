"""How a plan stands: its orders, what it lacks, and what it comes to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from msgspec.structs import replace

from services.scheduler.solver.filling import Plan
from services.scheduler.solver.objective import Lack, measure, required_hours
from services.scheduler.solver.problem import ROLE_WEIGHTS, Problem, ProposedOrder
from services.scheduler.solver.rules import breach
from services.scheduler.solver.slots import Slot


def orders_of(plan: Plan, slots: Sequence[Slot]) -> tuple[ProposedOrder, ...]:
    """In order of time."""
    return tuple(
        ProposedOrder(
            officer_id=plan.problem.officers[officer].officer_id,
            place=slot.place.place,
            role=role,
            starts_ms=slot.starts_ms,
            ends_ms=slot.ends_ms,
        )
        for slot in slots
        for role in slot.needs()
        for officer in sorted(plan.given(slot, role))
    )


def led_by_rank(problem: Problem, orders: Sequence[ProposedOrder]) -> tuple[ProposedOrder, ...]:
    """`orders` with the roles at a place exchanged so that no field commander is below his guard.

    Two officers who serve the same hours at one place exchange their roles if each may take the other's. That
    changes nobody's hours, rest or way, so the objective stays. An officer whose rank is not in the policy's
    order is left as he is.
    """
    known = {each.officer_id: each for each in problem.officers}
    found = list(orders)
    together: dict[tuple[str, int, int], list[int]] = defaultdict(list)
    for at, order in enumerate(orders):
        if known[order.officer_id].rank is not None:
            together[order.place, order.starts_ms, order.ends_ms].append(at)

    def rank(at: int) -> tuple[int, str]:
        officer_id = found[at].officer_id
        return known[officer_id].rank or 0, officer_id

    for places in together.values():
        for leads in (at for at in places if found[at].role == "field_commander"):
            leader = known[found[leads].officer_id]
            for at in sorted(places, key=rank):
                if rank(at)[0] >= rank(leads)[0]:
                    break
                role, guard = found[at].role, known[found[at].officer_id]
                if role != "field_commander" and "field_commander" in guard.roles and role in leader.roles:
                    found[leads] = replace(found[leads], officer_id=guard.officer_id)
                    found[at] = replace(found[at], officer_id=leader.officer_id)
                    break
    return tuple(found)


def lacks_of(plan: Plan, slots: Sequence[Slot]) -> list[Lack]:
    """Where strength is not met."""
    counts = [(slot, role, plan.lacking(slot, role)) for slot in slots for role in slot.needs()]
    return [Lack(slot, role, count) for slot, role, count in counts if count > 0]


def must_lack(plan: Plan, lacks: Sequence[Lack]) -> int:
    """The weighted part of these lacks that is left if all who may stand there do, and nowhere else."""
    found = 0
    for slot, role, _ in lacks:
        able = sum(
            role in officer.roles and breach(plan.limits, stays, slot.stay) is None
            for officer, stays in zip(plan.problem.officers, plan.stays, strict=True)
        )
        found += ROLE_WEIGHTS[role] * max(0, slot.needs()[role] - able)
    return found


def total(plan: Plan, slots: Sequence[Slot]) -> float:
    """The objective, as if these slots were all."""
    _, levels = measure(plan.problem, orders_of(plan, slots), lacks_of(plan, slots))
    return sum(level.weight * level.value for level in levels)


def shares_lost(plan: Plan, slots: Sequence[Slot]) -> dict[str, float]:
    """Candidate pair → the share of its required officer-hours that is not met at these slots."""
    required, lost = required_hours(plan.problem.places), defaultdict[str, float](float)
    for lack in lacks_of(plan, slots):
        for pair in lack.slot.place.pairs:
            lost[pair] += lack.heads * lack.slot.hours / required[pair]
    return lost
