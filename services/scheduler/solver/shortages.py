"""What lacks, by how many, and why nobody else can come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from pamwal.contracts.drafts import Shortage
from pamwal.contracts.scheduling import DeploymentRole
from services.scheduler.solver.filling import Plan
from services.scheduler.solver.objective import Lack
from services.scheduler.solver.rules import breach
from services.scheduler.solver.slots import Slot


def shortages_of(plan: Plan, lacks: Sequence[Lack]) -> tuple[Shortage, ...]:
    """One for each lack; of layers that lie over each other, one for each stretch of time."""
    found: list[Shortage] = []
    for lack in lacks:
        here = [
            each
            for each in lacks
            if (each.slot.place, each.role) == (lack.slot.place, lack.role) and each.slot.meets(lack.slot)
        ]
        moments = {moment for each in here for moment in (each.slot.starts_ms, each.slot.ends_ms)}
        for starts_ms, ends_ms in pairwise(sorted(moments)):
            over = [
                each for each in here if each.slot.starts_ms <= starts_ms and each.slot.ends_ms >= ends_ms
            ]
            if over and over[0] is lack:
                found.append(_shortage(plan, lack, (starts_ms, ends_ms), sum(each.heads for each in over)))
    return tuple(found)


def _shortage(plan: Plan, lack: Lack, hours: tuple[int, int], count: int) -> Shortage:
    required = lack.slot.place.required[lack.role]
    return Shortage(
        place=lack.slot.place.place,
        role=lack.role,
        starts_ms=hours[0],
        ends_ms=hours[1],
        required=required,
        given=required - count,
        lacking=count,
        why=_why(plan, lack.slot, lack.role),
    )


def _why(plan: Plan, slot: Slot, role: DeploymentRole) -> str:
    officers = plan.problem.officers
    skilled = role in plan.problem.skilled_roles
    kind = f"with skill {role}" if skilled else f"who may take the role {role}"
    able = [index for index, officer in enumerate(officers) if role in officer.roles]
    if not able:
        return f"there is no officer {kind}"
    here = set(plan.given(slot, role))
    others = [index for index in able if index not in here]
    broken = Counter(breach(plan.limits, plan.stays[index], slot.stay) for index in others)
    free = len(here) + len(others) - broken["double_booked"]
    if not free:
        return f"no officer {kind} is free: all {len(able)} are bound in these hours"
    come = f"only {len(here)}" if here else "none"
    parts = [f"{come} of {free} free officers {kind} can come"]
    if broken["double_booked"]:
        parts.append(f"bound in these hours: {broken['double_booked']}")
    if broken["cannot_arrive"]:
        parts.append(f"cannot arrive in time, or at the next place: {broken['cannot_arrive']}")
    if broken["insufficient_rest"]:
        parts.append(f"would miss the rest: {broken['insufficient_rest']}")
    if broken["over_duty"]:
        parts.append(f"would exceed the longest duty: {broken['over_duty']}")
    return "; ".join(parts)
