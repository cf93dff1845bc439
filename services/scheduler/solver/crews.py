"""Officers who are alike for the solver, and the stretches of time in which such officers can serve.

A *crew* may take the same roles and is bound in the same hours. A *stretch* of a crew is an interval in which
any slots that follow each other are within the rules of rest and duty, given what binds the crew: as long as
24 h minus the rest at the most, a rest away from every fixed booking that is not within it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from msgspec import Struct

from pamwal.contracts.scheduling import DeploymentRole
from services.scheduler.solver.problem import SolverOfficer
from services.scheduler.solver.rules import Limits, Stay
from services.scheduler.solver.slots import Slot

CREWS_FEW, CREW_MIN = 40, 12
"""Of more crews than a few, those of fewer officers are counted to the crew that is not bound at all: the
bound stays one, and who can do what is asked again when patterns are given to persons."""


class Stretch(Struct, frozen=True, kw_only=True):
    """Slots of a crew that one duty may be made of, by number, and how much of them."""

    slots: frozenset[int]
    duty_ms: int


class Crew(Struct, kw_only=True):
    """Officers by index, with the stretches they share."""

    roles: frozenset[DeploymentRole]
    officers: list[int]
    stretches: list[Stretch]
    bound: tuple[Stay, ...] = ()
    """Fixed bookings that are duty, in order of time."""

    def later(self, duty_ms: int) -> Stretch:
        """The slots of all stretches as if they were one, for what follows a rest."""
        return Stretch(slots=frozenset().union(*(each.slots for each in self.stretches)), duty_ms=duty_ms)


def crews_of(
    officers: Sequence[SolverOfficer],
    stays: Sequence[Sequence[Stay]],
    slots: Sequence[Slot],
    limits: Limits,
    scarce: AbstractSet[DeploymentRole] = frozenset(),
) -> list[Crew]:
    """The crews that can serve at one slot or more, in an order that depends on nothing but the problem.

    Who may take a `scarce` role is never counted to others.
    """
    if not slots:
        return []
    begins_ms = slots[0].starts_ms - 2 * (limits.rest_ms + limits.span_ms)
    ends_ms = max(slot.ends_ms for slot in slots) + 2 * (limits.rest_ms + limits.span_ms)
    alike: dict[tuple[tuple[DeploymentRole, ...], tuple[Stay, ...]], list[int]] = defaultdict(list)
    for index, officer in enumerate(officers):
        near = tuple(
            each._replace(slot=-1)
            for each in stays[index]
            if each.ends_ms > begins_ms and each.starts_ms < ends_ms
        )
        alike[tuple(sorted(officer.roles)), near].append(index)
    merged: dict[tuple[tuple[DeploymentRole, ...], tuple[Stay, ...]], list[int]] = defaultdict(list)
    for (roles, bound), members in alike.items():
        useful = [slot for slot in slots if not officers[members[0]].roles.isdisjoint(slot.needs())]
        if any(_fits(bound, slot.stay, limits) for slot in useful):
            alone = len(alike) <= CREWS_FEW or len(members) >= CREW_MIN or not scarce.isdisjoint(roles)
            merged[roles, bound if alone else ()] += members
    found = []
    for (roles, bound), members in merged.items():
        useful = [slot for slot in slots if not officers[members[0]].roles.isdisjoint(slot.needs())]
        free = [slot for slot in useful if _fits(bound, slot.stay, limits)]
        stretches = _stretches(bound, free, limits)
        if stretches:
            found.append(
                Crew(
                    roles=frozenset(roles),
                    officers=sorted(members),
                    stretches=stretches,
                    bound=tuple(each for each in bound if each.duty),
                )
            )
    return found


def _stretches(bound: Sequence[Stay], free: Sequence[Slot], limits: Limits) -> list[Stretch]:
    """Those that are not within others; of the fixed bookings inside, the first so many are part of one."""
    duty = [each for each in bound if each.duty]
    starts = sorted({slot.starts_ms for slot in free} | {each.starts_ms for each in duty})
    found: list[Stretch] = []
    for start_ms in starts:
        end_ms = start_ms + limits.span_ms
        inside = [each for each in duty if each.starts_ms >= start_ms and each.ends_ms <= end_ms]
        for count in range(len(inside), -1, -1):
            stretch = _stretch(start_ms, duty, inside[:count], free, limits)
            if stretch is not None and not any(_within(stretch, each) for each in found):
                found = [each for each in found if not _within(each, stretch)]
                found.append(stretch)
    return found


def _fits(bound: Sequence[Stay], stay: Stay, limits: Limits) -> bool:
    """Not at the hours of a fixed booking, and in reach of the ones before and after."""
    if any(each.starts_ms < stay.ends_ms and stay.starts_ms < each.ends_ms for each in bound):
        return False
    before = [each for each in bound if each.duty and each.ends_ms <= stay.starts_ms]
    after = [each for each in bound if each.duty and each.starts_ms >= stay.ends_ms]
    return (not before or limits.follows(before[-1], stay)) and (not after or limits.follows(stay, after[0]))


def _stretch(
    start_ms: int, duty: Sequence[Stay], inside: Sequence[Stay], free: Sequence[Slot], limits: Limits
) -> Stretch | None:
    """The one that begins at `start_ms` and has these fixed bookings, or None where the others leave none."""
    end_ms = start_ms + limits.span_ms
    for each in duty:
        if each not in inside:
            if each.starts_ms < start_ms:
                start_ms = max(start_ms, each.ends_ms + limits.rest_ms)
            else:
                end_ms = min(end_ms, each.starts_ms - limits.rest_ms)
    if any(each.starts_ms < start_ms or each.ends_ms > end_ms for each in inside):
        return None
    left_ms = limits.duty_ms - sum(each.ends_ms - each.starts_ms for each in inside)
    numbers = frozenset(
        slot.number
        for slot in free
        if slot.starts_ms >= start_ms and slot.ends_ms <= end_ms and slot.ends_ms - slot.starts_ms <= left_ms
    )
    return Stretch(slots=numbers, duty_ms=left_ms) if numbers else None


def _within(one: Stretch, other: Stretch) -> bool:
    return one.slots <= other.slots and one.duty_ms <= other.duty_ms
