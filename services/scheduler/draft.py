"""A decision in the making: what it would change, laid over a state that it never touches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

from pamwal.contracts.claims import Claims
from pamwal.contracts.envelope import Reason, Request, RequestData
from pamwal.contracts.instants import from_ms, to_ms
from pamwal.contracts.places import Point
from pamwal.contracts.scheduling import (
    DeploymentOrdered,
    OfficerRegistered,
    OperationOpened,
    RallyCancelled,
    RallyMoved,
    RallyNoticed,
    RallyPlanned,
    SchedulingFact,
)
from services.scheduler.bookings import Booking, book, last_until, overlapping, release, starting_from
from services.scheduler.evolve import (
    deployment_after,
    officer_after,
    ordered,
    planned,
    rally_after,
)
from services.scheduler.state import RALLY, Deployment, Officer, Operation, Rally, Schedule

FREE_TRIES: Final = 64
"""How many bookings are looked at for a free moment before none is offered."""


class Draft:
    """Facts and warnings so far. Every look sees the state as those facts would leave it."""

    def __init__(
        self, state: Schedule, operation: Operation, request: Request[RequestData], claims: Claims
    ) -> None:
        self.operation, self.claims = operation, claims
        self.postid, self.actor = request.postid, request.actor
        self.facts: list[SchedulingFact] = []
        self.warnings: list[Reason] = []
        self._state, self._request_id = state, request.id
        self._officers: dict[str, Officer] = {}
        self._rallies: dict[str, Rally] = {}
        self._deployments: dict[str, Deployment] = {}
        self._booked: dict[str, list[Booking]] = {}
        self._more_at: dict[str, int] = {}

    def officer(self, officer_id: str) -> Officer | None:
        """The roster's entry."""
        return self._officers.get(officer_id) or self._state.officers.get(officer_id)

    def rally(self, rally_id: str) -> Rally | None:
        """The rally as planned now."""
        return self._rallies.get(rally_id) or self._state.rallies.get(rally_id)

    def rally_at(self, place: str) -> Rally | None:
        """The rally that a place reference names."""
        return self.rally(place.removeprefix(RALLY)) if place.startswith(RALLY) else None

    def point_of(self, place: str) -> Point | None:
        """Where a place is, if that is known."""
        rally = self.rally_at(place)
        return rally.venue.point if rally else None

    def deployment(self, deployment_id: str) -> Deployment | None:
        """The deployment of that id, live or not."""
        return self._deployments.get(deployment_id) or self._state.deployments.get(deployment_id)

    def live_at(self, place: str) -> list[Deployment]:
        """Live deployments of a place before this draft, by start and id."""
        return self._state.live_at(place)

    def count_at(self, place: str) -> int:
        """How many live deployments a place has."""
        return len(self._state.at_place.get(place, ())) + self._more_at.get(place, 0)

    def holder(
        self, officer_id: str, starts_at: str, ends_at: str, without: str | None = None
    ) -> Deployment | None:
        """The earliest live deployment that shares a moment with `[starts_at, ends_at)`, `without` aside."""
        for _, _, deployment_id in overlapping(self._of(officer_id), starts_at, ends_at):
            if deployment_id != without:
                return self.deployment(deployment_id)
        return None

    def before(self, officer_id: str, moment: str) -> Deployment | None:
        """The live deployment that ends last at or before `moment`."""
        found = last_until(self._of(officer_id), moment)
        return self.deployment(found[2]) if found else None

    def after(self, officer_id: str, moment: str) -> Deployment | None:
        """The live deployment that starts first at or after `moment`."""
        found = next(starting_from(self._of(officer_id), moment), None)
        return self.deployment(found[2]) if found else None

    def held_at(self, officer_id: str, place: str) -> Iterator[Deployment]:
        """The officer's live deployments at one place."""
        for _, _, deployment_id in self._of(officer_id):
            found = self.deployment(deployment_id)
            if found is not None and found.place == place:
                yield found

    def free_from(self, officer_id: str, starts_at: str, ends_at: str) -> str | None:
        """The first moment from `starts_at` on at which the officer is free for as long, if it is near."""
        length_ms = to_ms(ends_at) - to_ms(starts_at)
        bookings, free = self._of(officer_id), starts_at
        later = chain(overlapping(bookings, starts_at, ends_at), starting_from(bookings, ends_at))
        for tries, (begins, ends, _) in enumerate(later):
            if to_ms(begins) - to_ms(free) >= length_ms:
                break
            if tries == FREE_TRIES:
                return None
            free = max(free, ends)
        return free if from_ms(to_ms(free) + length_ms) <= self.operation.ends_before else None

    def fact_id(self) -> str:
        """The id of the next fact: derived, never random."""
        return f"{self._request_id}/{len(self.facts)}"

    def record(self, fact: SchedulingFact) -> None:
        """Adds a fact; from now on every look sees what it changes."""
        self.facts.append(fact)
        match fact:
            case OperationOpened():
                pass
            case OfficerRegistered():
                self._officers[fact.officer_id] = officer_after(fact)
            case RallyPlanned():
                self._rallies[fact.rally_id] = planned(fact)
            case RallyNoticed() | RallyMoved() | RallyCancelled():
                rally = self._rallies.get(fact.rally_id) or self._state.rallies[fact.rally_id]
                self._rallies[fact.rally_id] = rally_after(rally, fact)
            case DeploymentOrdered():
                self._put(ordered(fact))
            case _:
                known = self._deployments.get(fact.deployment_id)
                known = known or self._state.deployments[fact.deployment_id]
                if known.live:
                    self._take(known)
                self._put(deployment_after(known, fact))

    def _put(self, deployment: Deployment) -> None:
        self._deployments[deployment.deployment_id] = deployment
        if deployment.live:
            book(self._own(deployment.officer_id), deployment.booking)
            self._more_at[deployment.place] = self._more_at.get(deployment.place, 0) + 1

    def _take(self, deployment: Deployment) -> None:
        release(self._own(deployment.officer_id), deployment.booking)
        self._more_at[deployment.place] = self._more_at.get(deployment.place, 0) - 1

    def _of(self, officer_id: str) -> Sequence[Booking]:
        """The officer's bookings as this draft leaves them; to be read only."""
        own = self._booked.get(officer_id)
        return self._state.bookings.get(officer_id, ()) if own is None else own

    def _own(self, officer_id: str) -> list[Booking]:
        """This draft's copy of an officer's bookings, made when they first change."""
        own = self._booked.get(officer_id)
        if own is None:
            own = self._booked[officer_id] = list(self._state.bookings.get(officer_id, ()))
        return own
