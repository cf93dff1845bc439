"""What the linear programme pays for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pamwal.contracts.scheduling import DeploymentRole
from services.scheduler.solver.crews import Crew
from services.scheduler.solver.demand import Need
from services.scheduler.solver.objective import (
    PAIRS_WEIGHT,
    SHORTAGE_WEIGHT,
    SPREAD_WEIGHT,
    TRAVEL_WEIGHT,
)
from services.scheduler.solver.patterns import Numbers, Pattern


class Weights(NamedTuple):
    """What counts in one solution."""

    lack: float
    """Of a role that weighs 1; 0: a lack costs four times what the slot is worth at fair prices."""
    pairs: float
    spread: float
    km: float


EVERYTHING = Weights(SHORTAGE_WEIGHT, PAIRS_WEIGHT, SPREAD_WEIGHT, TRAVEL_WEIGHT)
"""The objective as it is. Its range is too wide for large problems in doubles."""
ENOUGH = Weights(0.0, 0.0, SPREAD_WEIGHT, TRAVEL_WEIGHT)
"""Where nothing lacks: a lack costs more than it is worth, no more. What costs less is a bound as well."""
LACKS_ONLY = Weights(1.0, PAIRS_WEIGHT / SHORTAGE_WEIGHT, 0.0, 0.0)
"""Lacks and unequal treatment, in units of one lack."""


class Prices(NamedTuple):
    """What one officer more is worth at each need, what so much duty costs a crew, and the cost they explain.

    Prices mixed of two are prices too, and explain at least the mixed cost.
    """

    worth: dict[Need, float]
    levels: Numbers
    value: float
    km: float
    """What a km costs."""

    def towards(self, other: Prices, share: float) -> Prices:
        """So far on the way to `other`."""
        keep = 1 - share
        return Prices(
            {need: keep * value + share * other.worth[need] for need, value in self.worth.items()},
            keep * self.levels + share * other.levels,
            keep * self.value + share * other.value,
            self.km,
        )

    def reduced_cost(self, pattern: Pattern) -> float:
        """Below 0: the pattern would pay."""
        return (
            self.km * pattern.km
            + float(self.levels[pattern.crew, pattern.units])
            - sum(self.worth[step] for step in pattern.steps)
        )

    def gains(self, crews: Sequence[Crew], slots: int) -> tuple[Numbers, list[list[DeploymentRole]]]:
        """What standing at a slot is worth to each crew, in which role; `reserve` where in none."""
        gains = np.full((len(crews), slots), -np.inf)
        roles: list[list[DeploymentRole]] = [["reserve"] * slots for _ in crews]
        for number, crew in enumerate(crews):
            for (at, role), value in self.worth.items():
                if role in crew.roles and value > gains[number, at]:
                    gains[number, at], roles[number][at] = value, role
        return gains, roles


ASCENTS = 300


class Water(NamedTuple):
    """Hours needed per role, and who could do them, if hours could be spread like water."""

    hours: dict[DeploymentRole, float]
    counts: Numbers
    """Officers of each group."""
    costs: Numbers
    """Of each group and amount of duty."""
    levels_h: Numbers
    may: NDArray[np.bool_]
    """Whether a group may take a role, in the order of `hours`."""

    def fair(self) -> tuple[dict[DeploymentRole, float], Numbers]:
        """What an hour of each role is worth, and what each group's cheapest duty costs less its worth (≤ 0).

        The best of a subgradient ascent from one price for all (Held, Wolfe and Crowder 1974); any prices at
        all make a bound.
        """
        needed = np.array(list(self.hours.values()))
        prices = np.full(len(needed), self._one_price(float(needed.sum())))
        best, top, heads = -np.inf, prices, np.zeros(len(self.counts))
        for step in range(ASCENTS):
            value, least, supplied = self._explained(prices, needed)
            if value > best:
                best, top, heads = value, prices.copy(), least
            short = needed - supplied
            length = float(np.abs(short).sum())
            if not length:
                break
            prices = np.maximum(0.0, prices + short / length * float(prices.mean() + 1.0) / (1 + step / 4))
        return dict(zip(self.hours, map(float, top), strict=True)), heads

    def _one_price(self, hours: float) -> float:
        """The smallest at which there are enough hours, whoever does them."""
        low, high = 0.0, float(self.costs.max()) + 1.0
        for _ in range(60):
            middle = (low + high) / 2
            done = self.levels_h[(self.costs - middle * self.levels_h).argmin(axis=1)]
            low, high = (middle, high) if float(done @ self.counts) < hours else (low, middle)
        return high

    def _explained(self, prices: Numbers, needed: Numbers) -> tuple[float, Numbers, Numbers]:
        open_to = np.where(self.may, prices, -1.0)
        role, price = open_to.argmax(axis=1), np.maximum(open_to.max(axis=1), 0.0)
        reduced = self.costs - price[:, None] * self.levels_h
        level = reduced.argmin(axis=1)
        least: Numbers = reduced.min(axis=1)
        supplied: Numbers = np.zeros(len(prices))
        np.add.at(supplied, role, self.levels_h[level] * self.counts)
        return float(prices @ needed + least @ self.counts), least, supplied
