"""The plan as it was known earlier: what stands planned now, less what was told since. Pure.

Nearly all of an operation's plan is the same in both; only what was told of again since is made anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeVar

from pamwal.contracts.scheduling import RallyPlanned
from services.reporting.picture.charter import Charter, charter_of
from services.reporting.picture.decided import AnyData
from services.reporting.picture.plan import Plan, Revised
from services.reporting.picture.plan_facts import OF_A_DEPLOYMENT, OF_A_RALLY, TAKEN, PlanFacts

V = TypeVar("V")
_RALLY_OR_DEPLOYMENT: Final = OF_A_RALLY | OF_A_DEPLOYMENT


class PlanThen(NamedTuple):
    """A plan, and what it was made of."""

    facts: PlanFacts
    planned_at: dict[str, str]
    """Rally → when it was first decided that it stands planned."""
    charter: Charter | None
    plan: Plan


class _Since:
    """Of what was told since."""

    def __init__(self, later: Iterable[AnyData]) -> None:
        self.rallies: set[str] = set()
        self.deployments: set[str] = set()
        self.rest = False
        """Something else than rallies and deployments."""
        for data in later:
            for fact in data.facts:
                kind: Any = type(fact)
                if kind in OF_A_DEPLOYMENT:
                    self.deployments.add(fact.deployment_id)  # type: ignore[union-attr]
                elif kind in OF_A_RALLY:
                    self.rallies.add(fact.rally_id)  # type: ignore[union-attr]
                elif kind in TAKEN:
                    self.rest = True

    def told_before(self, sooner: Iterable[AnyData]) -> PlanFacts:
        """What had been told of the same before."""
        found = PlanFacts()
        for data in sooner:
            for fact in data.facts:
                kind: Any = type(fact)
                if kind in OF_A_DEPLOYMENT:
                    again = fact.deployment_id in self.deployments  # type: ignore[union-attr]
                elif kind in OF_A_RALLY:
                    again = fact.rally_id in self.rallies  # type: ignore[union-attr]
                else:
                    again = self.rest and kind in TAKEN
                if again:
                    found.take(fact)
        return found


def plan_then(now: PlanThen, kept: Sequence[AnyData], upto: int) -> PlanThen:
    """The plan of the first `upto` decisions of those `kept`; all of them tell of the plan as it is `now`."""
    since = _Since(kept[upto:])
    told = since.told_before(kept[:upto])
    facts = (told if since.rest else now.facts).without_rallies_and_deployments()
    facts.deployments = _less(now.facts.deployments, since.deployments) | told.deployments
    facts.rallies = _less(now.facts.rallies, since.rallies) | told.rallies
    charter = charter_of(facts.operation) if since.rest else now.charter
    planned_at = {
        rally_id: at
        for rally_id, at in now.planned_at.items()
        if rally_id not in since.rallies or _stood_planned(told.rallies.get(rally_id, {}))
    }
    revised = Revised(since.rallies, since.deployments, told, since.rest)
    return PlanThen(facts, planned_at, charter, now.plan.then(charter, facts, revised))


def _less(now: Mapping[str, V], since: set[str]) -> dict[str, V]:
    return {name: told for name, told in now.items() if name not in since}


def _stood_planned(told: Mapping[int, Any]) -> bool:
    """It was decided before; the first time is the same then, as no clock of the log goes back."""
    return any(isinstance(fact, RallyPlanned) and fact.stage == "planned" for fact in told.values())
