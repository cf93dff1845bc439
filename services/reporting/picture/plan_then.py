"""The plan as it was known earlier: what stands planned now, less what was told since. Pure.

Nearly all of an operation's plan is the same in both; only what was told of again since is made anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from itertools import chain
from typing import Any, TypeVar

from pamwal.contracts.scheduling import RallyPlanned
from services.reporting.picture.charter import Charter, charter_of
from services.reporting.picture.decided import AnyData
from services.reporting.picture.plan import Plan, Revised
from services.reporting.picture.plan_facts import OF_A_DEPLOYMENT, OF_A_RALLY, TAKEN, PlanFacts

V = TypeVar("V")


class PlanThen:
    """A plan, and what it was made of."""

    def __init__(
        self,
        facts: Callable[[], PlanFacts],
        planned_at: dict[str, str],
        charter: Charter | None,
        plan: Plan,
    ) -> None:
        self._facts = facts
        self.planned_at = planned_at
        """Rally → when it was first decided that it stands planned."""
        self.charter, self.plan = charter, plan

    @cached_property
    def facts(self) -> PlanFacts:
        """All of them; few who look ask for it."""
        return self._facts()


class _Subjects:
    """Which decisions of those kept tell of each rally, or of each deployment; by place."""

    def __init__(self) -> None:
        self._told: list[tuple[str, ...]] = []
        """Of each decision, whom it tells of."""
        self._first: dict[str, int] = {}
        self._again: dict[str, list[int]] = {}
        """Of whom more than one tells, and which."""

    def read(self, names: tuple[str, ...]) -> None:
        """The next decision."""
        place = len(self._told)
        self._told.append(names)
        for name in names:
            first = self._first.setdefault(name, place)
            if first != place:
                self._again.setdefault(name, [first]).append(place)

    def since(self, upto: int) -> set[str]:
        """Of whom the place `upto` or one behind it tells."""
        return set(chain.from_iterable(self._told[upto:]))

    def before(self, since: AbstractSet[str], upto: int) -> tuple[set[str], set[int]]:
        """Of whom of these one before `upto` tells as well, and which do."""
        names = {name for name in self._again.keys() & since if self._first[name] < upto}
        return names, {place for name in names for place in self._again[name] if place < upto}


class PlansThen:
    """Earlier plans of one operation. The last one is kept: it is often asked for again."""

    def __init__(self) -> None:
        self._rallies, self._deployments = _Subjects(), _Subjects()
        self._rest: list[int] = []
        """The decisions that tell of something else."""
        self._read = 0
        self._last: tuple[tuple[int, int], PlanThen] | None = None

    def at(self, now: PlanThen, kept: Sequence[AnyData], upto: int) -> PlanThen:
        """The plan of the first `upto` decisions of those `kept`; all of them tell of it as it is `now`."""
        asked = upto, len(kept)
        if self._last is None or self._last[0] != asked:
            self._read_up(kept)
            self._last = asked, self._then(now, kept, upto)
        return self._last[1]

    def _read_up(self, kept: Sequence[AnyData]) -> None:
        for place in range(self._read, len(kept)):
            rallies: list[str] = []
            deployments: list[str] = []
            rest = False
            for fact in kept[place].facts:
                kind: Any = type(fact)
                if kind in OF_A_DEPLOYMENT:
                    deployments.append(fact.deployment_id)  # type: ignore[union-attr]
                elif kind in OF_A_RALLY:
                    rallies.append(fact.rally_id)  # type: ignore[union-attr]
                else:
                    rest = rest or kind in TAKEN
            self._rallies.read(tuple(rallies))
            self._deployments.read(tuple(deployments))
            if rest:
                self._rest.append(place)
        self._read = len(kept)

    def _then(self, now: PlanThen, kept: Sequence[AnyData], upto: int) -> PlanThen:
        rallies, deployments = self._rallies.since(upto), self._deployments.since(upto)
        rest = bool(self._rest) and self._rest[-1] >= upto
        told = PlanFacts()
        again, at = self._rallies.before(rallies, upto)
        also, also_at = self._deployments.before(deployments, upto)
        places = at | also_at | ({place for place in self._rest if place < upto} if rest else set())
        for fact in chain.from_iterable(kept[place].facts for place in sorted(places)):
            if _is_of(fact, again, also, rest):
                told.take(fact)
        charter = charter_of(told.operation) if rest else now.charter
        planned_at = _less(now.planned_at, rallies)
        for rally_id, of_it in told.rallies.items():
            if rally_id in now.planned_at and _stood_planned(of_it):
                planned_at[rally_id] = now.planned_at[rally_id]
        revised = Revised(rallies, deployments, told, rest)
        plan = now.plan.then(charter, revised)
        return PlanThen(lambda: _facts_then(now.facts, revised), planned_at, charter, plan)


def _facts_then(now: PlanFacts, revised: Revised) -> PlanFacts:
    told = revised.told
    facts = (told if revised.rest else now).without_rallies_and_deployments()
    facts.deployments = _less(now.deployments, revised.deployments) | told.deployments
    facts.rallies = _less(now.rallies, revised.rallies) | told.rallies
    return facts


def _is_of(fact: Any, rallies: AbstractSet[str], deployments: AbstractSet[str], rest: bool) -> bool:
    kind: Any = type(fact)
    if kind in OF_A_DEPLOYMENT:
        return fact.deployment_id in deployments
    if kind in OF_A_RALLY:
        return fact.rally_id in rallies
    return rest and kind in TAKEN


def _less(now: Mapping[str, V], since: Iterable[str]) -> dict[str, V]:
    found = dict(now)
    for name in since:
        found.pop(name, None)
    return found


def _stood_planned(told: Mapping[int, Any]) -> bool:
    """It was decided before; the first time is the same then, as no clock of the log goes back."""
    return any(isinstance(fact, RallyPlanned) and fact.stage == "planned" for fact in told.values())
