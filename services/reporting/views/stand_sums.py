"""Who is at each place and whom nobody saw, summed over all duties and kept as officers change. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from pamwal.contracts.scheduling import DeploymentRole
from services.reporting.picture.deployments import Deployment
from services.reporting.views.stands import Stand

UNSEEN: Final = frozenset({"absent", "unknown"})


class AtPlace:
    """Of one place."""

    __slots__ = ("present", "standing", "unknown")

    def __init__(self) -> None:
        self.present: dict[DeploymentRole, Counter[str]] = {}
        """Role → officer → how many duties he is there for."""
        self.unknown: dict[str, Deployment] = {}
        """Duties of which nobody would have heard, by id."""
        self.standing: dict[str, None] = {}
        """Who stands there, with and without an order."""

    @property
    def without_order(self) -> int:
        """How many stand there whom no duty there has come for."""
        return len(self.standing.keys() - {each for own in self.present.values() for each in own})


_NOBODY: Final = AtPlace()


class StandSums:
    """Each officer counts as he was `put` last."""

    def __init__(self) -> None:
        self.unseen: dict[str, Stand] = {}
        """Duties at which nobody was seen, absent or unknown, by id."""
        self._at: dict[str, AtPlace] = {}
        self._of: dict[str, tuple[list[Stand], str | None]] = {}

    def at(self, place: str) -> AtPlace:
        """What is known of a place; it is only to be read."""
        return self._at.get(place, _NOBODY)

    def put(self, officer_id: str, stands: Iterable[Stand], place: str | None) -> None:
        """How an officer's duties stand, and where he stands himself; None for who is on no roster."""
        before, stood = self._of.pop(officer_id, ((), None))
        for stand in before:
            self._take_back(stand)
        if stood is not None:
            self._at[stood].standing.pop(officer_id, None)
        own = list(self._counted(stands))
        for stand in own:
            self._add(stand)
        if place is not None:
            self._place(place).standing[officer_id] = None
        if own or place is not None:
            self._of[officer_id] = own, place

    @staticmethod
    def _counted(stands: Iterable[Stand]) -> Iterator[Stand]:
        return (stand for stand in stands if stand.state == "at_place" or stand.state in UNSEEN)

    def _add(self, stand: Stand) -> None:
        duty, at = stand.deployment, self._place(stand.deployment.place)
        if stand.state == "at_place":
            at.present.setdefault(duty.role, Counter())[duty.officer_id] += 1
            return
        self.unseen[duty.deployment_id] = stand
        if stand.state == "unknown":
            at.unknown[duty.deployment_id] = duty

    def _take_back(self, stand: Stand) -> None:
        duty, at = stand.deployment, self._at[stand.deployment.place]
        if stand.state == "at_place":
            there = at.present[duty.role]
            there[duty.officer_id] -= 1
            if not there[duty.officer_id]:
                del there[duty.officer_id]
            return
        self.unseen.pop(duty.deployment_id, None)
        at.unknown.pop(duty.deployment_id, None)

    def _place(self, place: str) -> AtPlace:
        found = self._at.get(place)
        if found is None:
            found = self._at[place] = AtPlace()
        return found
