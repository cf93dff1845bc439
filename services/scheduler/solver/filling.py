"""Officers' bookings in the making, and filling what still lacks by asking the rules officer by officer.

Used for what whole numbers left open, and alone it is the plain way: slot by slot in order of time, the one
with the fewest hours who may.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence

from pamwal.contracts.scheduling import DeploymentRole
from services.scheduler.solver.objective import way_km
from services.scheduler.solver.problem import ROLE_WEIGHTS, Problem
from services.scheduler.solver.rules import Limits, Stay, breach
from services.scheduler.solver.slots import Slot


class Plan:
    """Who stands where so far. Every booking added has been asked of the rules."""

    def __init__(self, problem: Problem, limits: Limits) -> None:
        self.problem, self.limits = problem, limits
        self.stays: list[list[Stay]] = [
            sorted(
                (Stay(each.starts_ms, each.ends_ms, each.point, each.duty) for each in officer.bound),
                key=lambda stay: stay[:2],
            )
            for officer in problem.officers
        ]
        homes = {home: at for at, home in enumerate(dict.fromkeys(each.home for each in problem.officers))}
        self._homes = list(homes)
        self._home = [homes[each.home] for each in problem.officers]
        self.hours = [officer.hours_so_far for officer in problem.officers]
        self.at: dict[tuple[int, DeploymentRole], list[int]] = {}

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
        insort(self.stays[officer], slot.stay, key=lambda stay: stay[:2])
        self.hours[officer] += slot.hours
        self.at.setdefault((slot.number, role), []).append(officer)
        return True

    def release(self, officer: int, slot: Slot, role: DeploymentRole) -> None:
        """Takes a booking out. ValueError if it is not there."""
        self.stays[officer].remove(slot.stay)
        self.hours[officer] -= slot.hours
        self.at[slot.number, role].remove(officer)

    def copy(self) -> Plan:
        """One that can be changed apart."""
        other = Plan(self.problem, self.limits)
        other.stays = [list(each) for each in self.stays]
        other.hours = list(self.hours)
        other.at = {need: list(officers) for need, officers in self.at.items()}
        return other

    def fill(self, slots: Sequence[Slot]) -> None:
        """Books whoever may, the fewest hours first and then the nearest, until nobody can be added."""
        for slot in slots:
            open_roles = [role for role in slot.needs() if self.lacking(slot, role) > 0]
            if open_roles:
                km = [way_km(home, slot.point) for home in self._homes]
                for role in sorted(open_roles, key=lambda each: (-ROLE_WEIGHTS[each], each)):
                    self._fill(slot, role, km)

    def _fill(self, slot: Slot, role: DeploymentRole, km: Sequence[int]) -> None:
        lacking = self.lacking(slot, role)
        willing = [index for index, officer in enumerate(self.problem.officers) if role in officer.roles]
        willing.sort(key=lambda index: (self.hours[index], km[self._home[index]], index))
        for index in willing:
            if self.book(index, slot, role):
                lacking -= 1
                if not lacking:
                    return
