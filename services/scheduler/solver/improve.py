"""Better by small steps: hand one booking to another officer, or let two officers trade bookings.

Each step is asked of the rules and kept only if spread, ways and units together cost less; strengths stay as
they are. Which steps to try is guessed for all at once from hours and ways, the best guesses are measured.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pamwal.contracts.places import Point
from pamwal.contracts.scheduling import DeploymentRole
from services.scheduler.solver.filling import Plan
from services.scheduler.solver.objective import SPREAD_WEIGHT, TRAVEL_WEIGHT, UNITS_WEIGHT, way_km
from services.scheduler.solver.rules import Stay
from services.scheduler.solver.slots import Slot

Numbers = NDArray[np.float64]
TRIES = 6
PASSES_MAX = 25
LEAST_GAIN = 1e-6


class Post:
    """One booking proposed: who, where, as what."""

    __slots__ = ("officer", "role", "slot")

    def __init__(self, officer: int, slot: Slot, role: DeploymentRole) -> None:
        self.officer, self.slot, self.role = officer, slot, role


class Improver:
    """Changes a plan in place."""

    def __init__(self, plan: Plan, slots: Sequence[Slot]) -> None:
        officers = plan.problem.officers
        self._plan, self._slots = plan, {slot.number: slot for slot in slots}
        self._posts = [
            Post(officer, self._slots[number], role)
            for (number, role), there in sorted(plan.at.items())
            if number in self._slots
            for officer in sorted(there)
        ]
        self._least_h = min(each.hours_so_far for each in officers)
        self._ahead = np.array(plan.hours) - self._least_h
        homes = {home: at for at, home in enumerate(dict.fromkeys(each.home for each in officers))}
        column = {slot.number: at for at, slot in enumerate(slots)}
        self._km = np.array([[way_km(home, slot.point) for slot in slots] for home in homes], dtype=float)
        self._home = np.array([homes[each.home] for each in officers])
        self._may = {
            role: np.array([role in each.roles for each in officers])
            for role in {p.role for p in self._posts}
        }
        self._length = np.array([post.slot.hours for post in self._posts])
        self._at = np.array([column[post.slot.number] for post in self._posts], dtype=np.intp)
        self._who = np.array([post.officer for post in self._posts], dtype=np.intp)
        self._units: dict[str, Counter[str]] = defaultdict(Counter)
        for post in self._posts:
            self._units[post.slot.place.place][officers[post.officer].unit] += 1

    def run(self) -> int:
        """Takes steps until a pass finds none; returns how many."""
        total = 0
        for _ in range(PASSES_MAX if self._posts else 0):
            steps = sum(self._hand_over(index) or self._trade(index) for index in range(len(self._posts)))
            total += steps
            if not steps:
                break
        return total

    def _hand_over(self, index: int) -> bool:
        post = self._posts[index]
        hours, giver = post.slot.hours, post.officer
        guess = (2 * self._ahead + hours) * hours * SPREAD_WEIGHT
        guess = guess + TRAVEL_WEIGHT * self._km[self._home, self._at[index]]
        guess[~self._may[post.role]] = np.inf
        keep = (2 * self._ahead[giver] - hours) * hours * SPREAD_WEIGHT
        keep += TRAVEL_WEIGHT * self._km[self._home[giver], self._at[index]]
        takers = [taker for taker in _lowest(guess - keep) if taker != giver]
        return any(self._change([(index, taker)]) for taker in takers)

    def _trade(self, index: int) -> bool:
        post = self._posts[index]
        mine, theirs = self._ahead[post.officer], self._ahead[self._who]
        longer = self._length - post.slot.hours
        guess = SPREAD_WEIGHT * (longer * (2 * mine + longer) - longer * (2 * theirs - longer))
        here, home = self._at[index], self._home[post.officer]
        homes = self._home[self._who]
        guess = guess + TRAVEL_WEIGHT * (
            self._km[home, self._at]
            + self._km[homes, here]
            - self._km[home, here]
            - self._km[homes, self._at]
        )
        guess[~self._may[post.role][self._who]] = np.inf
        guess[self._who == post.officer] = np.inf
        for other in _lowest(guess):
            officer = self._posts[other].officer
            if self._may[self._posts[other].role][post.officer] and self._change(
                [(index, officer), (int(other), post.officer)]
            ):
                return True
        return False

    def _change(self, changes: Sequence[tuple[int, int]]) -> bool:
        """Gives each post to an officer if the rules allow all of it and it costs less."""
        before = [self._posts[index].officer for index, _ in changes]
        officers = sorted({*before, *(officer for _, officer in changes)})
        places = sorted({self._posts[index].slot.place.place for index, _ in changes})
        cost = self._cost(officers, places)
        for index, _ in changes:
            self._remove(index)
        done = 0
        for index, officer in changes:
            if not self._add(index, officer):
                break
            done += 1
        if done == len(changes) and self._cost(officers, places) < cost - LEAST_GAIN:
            return True
        for index, _ in changes[:done]:
            self._remove(index)
        for (index, _), officer in zip(changes, before, strict=True):
            self._add(index, officer)
        return False

    def _remove(self, index: int) -> None:
        post = self._posts[index]
        self._plan.release(post.officer, post.slot, post.role)
        self._ahead[post.officer] -= post.slot.hours
        units = self._units[post.slot.place.place]
        unit = self._plan.problem.officers[post.officer].unit
        units[unit] -= 1
        if not units[unit]:
            del units[unit]

    def _add(self, index: int, officer: int) -> bool:
        post = self._posts[index]
        if not self._plan.book(officer, post.slot, post.role):
            return False
        post.officer = self._who[index] = officer
        self._ahead[officer] += post.slot.hours
        self._units[post.slot.place.place][self._plan.problem.officers[officer].unit] += 1
        return True

    def _cost(self, officers: Sequence[int], places: Sequence[str]) -> float:
        uneven = sum(float(self._ahead[officer]) ** 2 for officer in officers)
        km = sum(_km(self._plan.problem.officers[each].home, self._plan.stays[each]) for each in officers)
        units = sum(len(self._units[place]) for place in places)
        return SPREAD_WEIGHT * uneven + TRAVEL_WEIGHT * km + UNITS_WEIGHT * units


def _lowest(guess: Numbers) -> Sequence[int]:
    """Where the guess is lowest, while it promises something."""
    count = min(TRIES, len(guess) - 1)
    if count <= 0:
        return []
    found = np.argpartition(guess, count)[:count]
    found = found[np.lexsort((found, guess[found]))]
    return [int(each) for each in found if guess[each] < UNITS_WEIGHT]


def _km(home: Point | None, stays: Sequence[Stay]) -> int:
    km, here = 0, home
    for stay in stays:
        if stay.duty:
            km += way_km(here, stay.point) if stay.slot >= 0 else 0
            here = stay.point
    return km
