"""Officers' bookings in the making, and filling what still lacks by asking the rules officer by officer.

Used for what whole numbers left open, and alone it is the plain way: slot by slot in order of time, the one
with the fewest hours who may.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Mapping, Sequence

from pamwal.contracts.scheduling import DeploymentRole
from services.scheduler.solver.objective import way_km
from services.scheduler.solver.problem import ROLE_WEIGHTS, Problem
from services.scheduler.solver.rules import Limits, Stay, breach
from services.scheduler.solver.slots import Slot

PASSED_ON = 1
"""How many bookings in a row are passed on at the most."""


class Plan:
    """Who stands where so far. Every booking added has been asked of the rules."""

    def __init__(self, problem: Problem, limits: Limits) -> None:
        self.problem, self.limits = problem, limits
        self.stays: list[list[Stay]] = [
            sorted(
                (Stay(each.starts_ms, each.ends_ms, each.point, each.duty) for each in officer.bound),
                key=_by_time,
            )
            for officer in problem.officers
        ]
        homes = {home: at for at, home in enumerate(dict.fromkeys(each.home for each in problem.officers))}
        self._homes = list(homes)
        self._home = [homes[each.home] for each in problem.officers]
        self.hours = [officer.hours_so_far for officer in problem.officers]
        self._able_to: dict[DeploymentRole, list[int]] = {}
        self._roles: dict[tuple[int, int], DeploymentRole] = {}
        self.at: dict[tuple[int, DeploymentRole], list[int]] = {}

    def _able(self, role: DeploymentRole) -> Sequence[int]:
        found = self._able_to.get(role)
        if found is None:
            officers = enumerate(self.problem.officers)
            found = self._able_to[role] = [index for index, officer in officers if role in officer.roles]
        return found

    def given(self, slot: Slot, role: DeploymentRole) -> list[int]:
        """Officers proposed there, by index."""
        return self.at.get((slot.number, role), [])

    def lacking(self, slot: Slot, role: DeploymentRole) -> int:
        """How many are still to be proposed."""
        return slot.needs().get(role, 0) - len(self.given(slot, role))

    def book(self, officer: int, slot: Slot, role: DeploymentRole) -> bool:
        """Adds a booking unless a rule forbids it."""
        if breach(self.limits, self.stays[officer], slot.stay) is not None:
            return False
        insort(self.stays[officer], slot.stay, key=_by_time)
        self.hours[officer] += slot.hours
        self.at.setdefault((slot.number, role), []).append(officer)
        self._roles[slot.number, officer] = role
        return True

    def release(self, officer: int, slot: Slot, role: DeploymentRole) -> None:
        """Takes a booking out. ValueError if it is not there."""
        self.stays[officer].remove(slot.stay)
        self.hours[officer] -= slot.hours
        self.at[slot.number, role].remove(officer)
        del self._roles[slot.number, officer]

    def copy(self) -> Plan:
        """One that can be changed apart."""
        other = Plan(self.problem, self.limits)
        other.stays = [list(each) for each in self.stays]
        other.hours = list(self.hours)
        other.at = {need: list(officers) for need, officers in self.at.items()}
        other._roles = dict(self._roles)
        return other

    def fill(self, slots: Sequence[Slot]) -> None:
        """Books whoever may, the fewest hours first and then the nearest, until nobody can be added."""
        for slot in slots:
            open_roles = [role for role in slot.needs() if self.lacking(slot, role) > 0]
            if open_roles:
                km = [way_km(home, slot.point) for home in self._homes]
                for role in sorted(open_roles, key=lambda each: (-ROLE_WEIGHTS[each], each)):
                    self._fill(slot, role, km)

    def pass_on(self, slots: Sequence[Slot]) -> None:
        """Meets more needs by letting officers pass what they have to others (an alternating path)."""
        by_number = {slot.number: slot for slot in slots}
        for slot in slots:
            for role in slot.needs():
                while self.lacking(slot, role) > 0 and (
                    self._pass_on(slot, role, by_number, PASSED_ON) or self._trade_up(slot, role, by_number)
                ):
                    pass

    def _pass_on(
        self,
        slot: Slot,
        role: DeploymentRole,
        slots: Mapping[int, Slot],
        depth: int,
    ) -> bool:
        """Books someone at a slot; he may pass one booking on, whose taker may pass one on, and so forth."""
        able = self._able(role)
        for index in able:
            if self.book(index, slot, role):
                return True
        for index in able if depth else ():
            for stay in [
                each for each in self.stays[index] if each.slot in slots and each.slot != slot.number
            ]:
                other, was = slots[stay.slot], self._roles[stay.slot, index]
                self.release(index, other, was)
                if self.book(index, slot, role):
                    if self._pass_on(other, was, slots, depth - 1):
                        return True
                    self.release(index, slot, role)
                self.book(index, other, was)
        return False

    def _trade_up(self, slot: Slot, role: DeploymentRole, slots: Mapping[int, Slot]) -> bool:
        """Books someone who gives up what weighs less for it: one booking of his, or all of them."""
        for index in self._able(role):
            own = [(slots[each.slot], each) for each in self.stays[index] if each.slot in slots]
            held = [(other, self._roles[other.number, index]) for other, _ in own if other is not slot]
            for given_up in [[each] for each in held] + [held]:
                if sum(ROLE_WEIGHTS[was] for _, was in given_up) >= ROLE_WEIGHTS[role] or not given_up:
                    continue
                for other, was in given_up:
                    self.release(index, other, was)
                if self.book(index, slot, role):
                    return True
                for other, was in given_up:
                    self.book(index, other, was)
        return False

    def _fill(self, slot: Slot, role: DeploymentRole, km: Sequence[int]) -> None:
        lacking = self.lacking(slot, role)
        willing = sorted(
            self._able(role), key=lambda index: (self.hours[index], km[self._home[index]], index)
        )
        for index in willing:
            if self.book(index, slot, role):
                lacking -= 1
                if not lacking:
                    return


def _by_time(stay: Stay) -> tuple[int, int]:
    return stay.starts_ms, stay.ends_ms
