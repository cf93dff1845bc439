"""What lacks, by how many, and why nobody else can come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pamwal.contracts.scheduling import DeploymentRole
from services.scheduler.solver.filling import Plan
from services.scheduler.solver.objective import Lack
from services.scheduler.solver.problem import Shortage
from services.scheduler.solver.rules import breach
from services.scheduler.solver.slots import Slot


def shortages_of(plan: Plan, lacks: Sequence[Lack]) -> tuple[Shortage, ...]:
    """One for each lack."""
    return tuple(
        Shortage(
            place=slot.place.place,
            role=role,
            starts_ms=slot.starts_ms,
            ends_ms=slot.ends_ms,
            required=slot.place.required[role],
            given=slot.place.required[role] - count,
            lacking=count,
            why=_why(plan, slot, role),
        )
        for slot, role, count in lacks
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
