"""Duties one officer could do: sequences of slots within the rules, and the cheapest at given prices.

A shortest path over the slots in order of time, for all stretches at once: `cost[slot, stretch, units]` is
the cheapest way to end at a slot with that much duty done (Desrochers and Soumis 1988 call it pricing with
resources; duty is the resource). Rest needs none, for a stretch is never longer than it may be.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from itertools import islice, pairwise
from math import gcd
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pamwal.contracts.scheduling import DeploymentRole
from services.scheduler.solver.crews import Crew
from services.scheduler.solver.objective import way_km
from services.scheduler.solver.rules import HOUR_MS, Limits, breach
from services.scheduler.solver.slots import Slot

Numbers = NDArray[np.float64]
UNIT_MIN_MS = HOUR_MS // 4
"""Duty is counted in the largest unit all slots are multiples of, or in quarters of an hour, rounded down: a
bound stays one, and the rules are asked again of the exact hours."""
PER_CREW_MAX = 40
PER_ROUND_MAX = 600


class Pattern(NamedTuple):
    """A duty: slots by position in the window, a role at each, units of duty, km between the slots."""

    crew: int
    steps: tuple[tuple[int, DeploymentRole], ...]
    units: int
    km: int


class Ground:
    """A window's slots: which can follow which, how far apart, how long."""

    def __init__(self, slots: Sequence[Slot], limits: Limits) -> None:
        self.stays = stays = [slot.stay for slot in slots]
        self.limits = limits
        lengths = [slot.ends_ms - slot.starts_ms for slot in slots]
        self.unit_ms = max(gcd(*lengths), UNIT_MIN_MS)
        self.units = [length // self.unit_ms for length in lengths]
        horizon_ms = max(stay.ends_ms for stay in stays) - min(stay.starts_ms for stay in stays)
        self.duty_ms = _most_duty_ms(horizon_ms, limits)
        self.levels = self.duty_ms // self.unit_ms + 1
        """How many amounts of duty there are."""
        # What the rules allow within this is one stretch, or no more than one holds, if nothing else binds.
        self.one_duty = horizon_ms <= limits.span_ms and self.duty_ms <= limits.duty_ms
        self.before: list[NDArray[np.intp]] = []
        self.km: list[Numbers] = []
        self.rested: list[NDArray[np.intp]] = []
        """Which of those before end a whole rest before, by position in `before`."""
        for j, stay in enumerate(stays):
            found = [i for i, other in enumerate(stays) if i != j and limits.follows(other, stay)]
            self.before.append(np.array(found, dtype=np.intp))
            self.km.append(np.array([way_km(slots[i].point, slots[j].point) for i in found], dtype=float))
            ends = np.array([stays[i].ends_ms for i in found], dtype=np.int64)
            self.rested.append(np.flatnonzero(ends + limits.rest_ms <= stay.starts_ms))
        # In order of their starts whatever can precede a slot stands before it.
        self.position = {slot.number: j for j, slot in enumerate(slots)}

    def way(self, i: int, j: int) -> int:
        """Km from one slot to one that can follow it."""
        return int(self.km[j][np.searchsorted(self.before[j], i)])


def _most_duty_ms(horizon_ms: int, limits: Limits) -> int:
    """The most duty one officer can do in so long: n stretches have n - 1 rests between them."""
    duties = range(1, 2 + horizon_ms // max(limits.rest_ms, HOUR_MS))
    return max(min(n * limits.duty_ms, horizon_ms - (n - 1) * limits.rest_ms) for n in duties)


class Pricer:
    """Finds patterns with negative reduced cost.

    Beside its stretches each crew has one more, `later`: what follows a whole rest after any, where no fixed
    booking takes that rest away. Only its sum of duty is limited, so all that an officer may do is among what
    is found, and the least reduced costs make a bound; of what is found only what the rules allow is told.
    """

    def __init__(self, ground: Ground, crews: Sequence[Crew]) -> None:
        self._ground, self._crews = ground, crews
        stretches = [
            (index, each or crew.later(ground.duty_ms), each is None)
            for index, crew in enumerate(crews)
            for each in [*crew.stretches, *([] if self._is_one_duty(crew) else [None])]
        ]
        self.crew_of = np.array([index for index, _, _ in stretches], dtype=np.intp)
        self._first_of = np.flatnonzero(np.diff(self.crew_of, prepend=-1))
        self._later = np.array([later for *_, later in stretches], dtype=bool)
        self._joined = _joined(ground, crews)
        longest_ms = max(each.duty_ms for _, each, _ in stretches)
        self.levels = min(longest_ms // ground.unit_ms + 1, ground.levels)
        self._shut = np.ones((len(ground.units), len(stretches)), dtype=bool)
        for number, (_, stretch, _) in enumerate(stretches):
            for slot in stretch.slots:
                self._shut[ground.position[slot], number] = False
        duty = np.array([each.duty_ms // ground.unit_ms for _, each, _ in stretches])
        self._over = np.arange(self.levels)[None, :] > duty[:, None]
        self.cells = sum(len(before) + 1 for before in ground.before) * len(stretches) * self.levels

    def price(
        self,
        gains: Numbers,
        roles: Sequence[Sequence[DeploymentRole]],
        level_prices: Numbers,
        km: float,
    ) -> tuple[list[Pattern], Numbers]:
        """Patterns worth adding, cheapest first, and for each crew the least reduced cost (at most 0).

        `gains[crew, slot]` is what standing there saves at the best role, `roles` that role, and
        `level_prices[crew, units]` what so much duty costs, `km` what a km does.
        """
        cost, parent = self._paths(gains, km)
        reduced = cost + level_prices[self.crew_of, : self.levels][None, :, :]
        least = np.zeros(len(self._crews))
        found: list[tuple[float, Pattern]] = []
        for first, last in pairwise([*map(int, self._first_of), len(self.crew_of)]):
            crew = int(self.crew_of[first])
            part = reduced[:, first:last, :]
            least[crew] = min(0.0, float(part.min()))
            for value, slot, stretch, units in _candidates(part):
                steps = self._steps(parent, slot, first + stretch, units)
                named = tuple((each, roles[crew][each]) for each in steps)
                way = sum(self._ground.way(i, j) for i, j in pairwise(steps))
                found.append((value, Pattern(crew, named, units, way)))
        found.sort(key=lambda each: each[0])
        legal = (pattern for _, pattern in found if self._is_legal(pattern))
        return list(islice(legal, PER_ROUND_MAX)), least

    def _is_one_duty(self, crew: Crew) -> bool:
        """Whether stretches hold all that such an officer may do: what binds him may ask for a rest."""
        return self._ground.one_duty and not crew.bound

    def _is_legal(self, pattern: Pattern) -> bool:
        crew = self._crews[pattern.crew]
        if self._is_one_duty(crew):
            return True
        stays = list(crew.bound)
        for at, _ in pattern.steps:
            stay = self._ground.stays[at]
            if breach(self._ground.limits, stays, stay) is not None:
                return False
            insort(stays, stay, key=lambda each: each.starts_ms)
        return True

    def _paths(self, gains: Numbers, km: float) -> tuple[Numbers, NDArray[np.int32]]:
        """Cost by slot, stretch and units; and where it comes from, as slot times stretches plus stretch."""
        ground, wide = self._ground, len(self.crew_of)
        cost = np.full((len(ground.units), wide, self.levels), np.inf)
        parent = np.full(cost.shape, -1, dtype=np.int32)
        saved = gains[self.crew_of]
        done = np.full((len(ground.units), len(self._crews), self.levels), np.inf)
        for j, units in enumerate(ground.units):
            if units >= self.levels:
                continue
            before = ground.before[j]
            if len(before):
                ways = cost[before, :, : self.levels - units] + km * ground.km[j][:, None, None]
                best = ways.argmin(axis=0)
                cost[j, :, units:] = np.take_along_axis(ways, best[None], axis=0)[0]
                parent[j, :, units:] = before[best] * wide + np.arange(wide)[:, None]
            if self._later.any() and len(ground.rested[j]):
                self._after_rest(cost, parent, done, j, km)
            first = (cost[j, :, units] > 0) & ~self._later
            cost[j, first, units] = 0.0
            parent[j, first, units] = -1
            cost[j] -= saved[:, j, None]
            cost[j][self._over | self._shut[j][:, None]] = np.inf
            done[j] = np.minimum.reduceat(cost[j], self._first_of, axis=0)
        return cost, parent

    def _after_rest(self, cost: Numbers, parent: NDArray[np.int32], done: Numbers, j: int, km: float) -> None:
        """Where what follows a rest is cheaper than what is there."""
        ground, units = self._ground, self._ground.units[j]
        before, way = ground.before[j][ground.rested[j]], ground.km[j][ground.rested[j]]
        ways = done[before, :, : self.levels - units] + km * way[:, None, None]
        if self._joined is not None:
            after_it, before_it = self._joined
            ways[after_it[before] == before_it[j]] = np.inf
        best = ways.argmin(axis=0)
        least = np.take_along_axis(ways, best[None], axis=0)[0]
        for at in np.flatnonzero(self._later):
            crew = self.crew_of[at]
            cheaper = np.flatnonzero(least[crew] < cost[j, at, units:])
            first = int(self._first_of[crew])
            for level in cheaper:
                slot = int(before[best[crew, level]])
                stretch = first + int(cost[slot, first : at + 1, level].argmin())
                parent[j, at, level + units] = slot * len(self.crew_of) + stretch
            cost[j, at, units + cheaper] = least[crew, cheaper]

    def _steps(self, parent: NDArray[np.int32], slot: int, stretch: int, units: int) -> list[int]:
        steps = []
        while slot >= 0:
            steps.append(slot)
            came, units = int(parent[slot, stretch, units]), units - self._ground.units[slot]
            slot, stretch = divmod(came, len(self.crew_of)) if came >= 0 else (-1, 0)
        return steps[::-1]


def _joined(ground: Ground, crews: Sequence[Crew]) -> tuple[NDArray[np.intp], NDArray[np.intp]] | None:
    """By slot and crew: the block of fixed duty that follows without a rest, and the one that goes before.

    Between two slots with the same block after the first and before the second lies no rest. None where no
    crew is bound.
    """
    if not any(crew.bound for crew in crews):
        return None
    shape = len(ground.stays), len(crews)
    after_it, before_it = np.full(shape, -1, dtype=np.intp), np.full(shape, -2, dtype=np.intp)
    for number, crew in enumerate(crews):
        block = 0
        for index, stay in enumerate(crew.bound):
            block += index > 0 and stay.starts_ms - crew.bound[index - 1].ends_ms >= ground.limits.rest_ms
            for at, slot in enumerate(ground.stays):
                if 0 <= stay.starts_ms - slot.ends_ms < ground.limits.rest_ms and after_it[at, number] < 0:
                    after_it[at, number] = block
                if 0 <= slot.starts_ms - stay.ends_ms < ground.limits.rest_ms:
                    before_it[at, number] = block
    return after_it, before_it


def _candidates(part: Numbers) -> list[tuple[float, int, int, int]]:
    """For each last slot and for each amount of duty the cheapest, while it is worth anything."""
    slots, stretches, levels = part.shape
    flat = part.reshape(slots, -1)
    best = flat.argmin(axis=1)
    found = {(slot, *divmod(int(best[slot]), levels)) for slot in range(slots)}
    across = part.reshape(-1, levels).argmin(axis=0)
    found |= {(*divmod(int(row), stretches), level) for level, row in enumerate(across)}
    worth = sorted((float(part[each]), *each) for each in found)
    return [each for each in worth[:PER_CREW_MAX] if each[0] < -1e-6]
