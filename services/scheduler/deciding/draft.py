"""A decision in the making: facts and warnings so far, over a state that it never touches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

from pamwal.contracts.claims import Claims
from pamwal.contracts.envelope import Reason, Request, RequestData, Verdict
from pamwal.contracts.instants import from_ms, to_ms
from pamwal.contracts.scheduling import SchedulingFact
from pamwal.spellings import Spellings
from services.scheduler.deciding.bookings import Booking, last_until, overlapping, starting_from
from services.scheduler.deciding.evolve import apply
from services.scheduler.deciding.state import Deployment, Operation, Schedule

FREE_TRIES: Final = 64
"""How many bookings are looked at for a free moment before none is offered."""


class Draft:
    """Every look at `state` sees what the facts so far would leave; `before` is what really stands."""

    def __init__(
        self,
        before: Schedule,
        operation: Operation,
        request: Request[RequestData],
        claims: Claims,
        knownat: str,
        first: int = 0,
        *,
        checking: bool = False,
        root: Draft | None = None,
    ) -> None:
        """`knownat`: when it is decided, as the decision will say.

        `checking`: nothing is decided; what `hides` names then has no effect at all.
        `root`: the draft of the whole request, of which this is a fork.
        """
        self.knownat, self.checking = knownat, checking
        self.operation, self.claims = operation, claims
        self.postid, self.actor, self.asked = request.postid, request.actor, request.data
        self.before, self.state = before, before.over()
        self.facts: list[SchedulingFact] = []
        self.warnings: list[Reason] = []
        self._request, self._request_id, self._first = request, request.id, first
        self._root = root or self
        self._on_roster: Spellings | None = None

    def fact_id(self) -> str:
        """The id of the next fact: derived, never random."""
        return f"{self._request_id}/{self._first + len(self.facts)}"

    def fork(self) -> Draft:
        """A draft over this one: `absorb` it, or drop it and nothing of it was ever there."""
        first = self._first + len(self.facts)
        return Draft(
            self.state, self.operation, self._request, self.claims, self.knownat, first,
            checking=self.checking, root=self._root,
        )  # fmt: skip

    def absorb(self, fork: Draft) -> None:
        """Takes over what a fork recorded, as if it had been recorded here."""
        for fact in fork.facts:
            self.record(fact)

    def record(self, fact: SchedulingFact) -> None:
        """Adds a fact; from now on every look sees what it changes."""
        self.facts.append(fact)
        apply(self.state, fact)

    def nearest_officer(self, officer_id: str) -> str | None:
        """The id most like this one, of the roster as it stood before the request; None if it is empty."""
        root = self._root
        if root._on_roster is None:
            root._on_roster = Spellings()
            for each in root.before.officers.values():
                if not each.withdrawn:
                    root._on_roster.add(each.officer_id)
        return root._on_roster.nearest(officer_id)

    def warn(self, code: str, message: str, subject: str, possible: str | None = None) -> None:
        """Adds a warning."""
        self.warnings.append(Reason(code=code, message=message, subject=subject, possible=possible))

    def verdict(self) -> Verdict[SchedulingFact]:
        """Accepted, with what was recorded so far."""
        return Verdict(facts=self.facts, warnings=self.warnings)

    def hides(self, deployment: Deployment) -> bool:
        """Whether it is kept from the sender: `intel` is only for the ops_head and the officer himself.

        Source: domain section 5, the filter for every route; what a decision says is a route as well.
        """
        return (
            deployment.role == "intel"
            and self.claims.role != "ops_head"
            and self.claims.officer != deployment.officer_id
        )

    def deployment(self, deployment_id: str) -> Deployment | None:
        """The deployment of this id, unless there is none that the sender may see."""
        found = self.state.deployments.get(deployment_id)
        return None if found is None or self.hides(found) else found

    def bookings_of(self, officer_id: str) -> Sequence[Booking]:
        """The officer's bookings that the sender may see, in order of time. To be read only."""
        found = self.state.bookings.of(officer_id)
        if self.claims.role == "ops_head":
            return found
        return [each for each in found if not self.hides(self.state.deployments[each[2]])]

    def holder(
        self, officer_id: str, starts_at: str, ends_at: str, without: str | None = None
    ) -> Deployment | None:
        """The earliest binding deployment in `[starts_at, ends_at)` that is not hidden, `without` aside."""
        for _, _, deployment_id in overlapping(self.bookings_of(officer_id), starts_at, ends_at):
            if deployment_id != without:
                return self.state.deployments[deployment_id]
        return None

    def collides(self, officer_id: str, starts_at: str, ends_at: str) -> bool:
        """Whether a deployment that is hidden binds the officer in `[starts_at, ends_at)`."""
        found = overlapping(self.state.bookings.of(officer_id), starts_at, ends_at)
        return not self.checking and any(self.hides(self.state.deployments[each]) for _, _, each in found)

    def hides_any_of(self, officer_id: str) -> bool:
        """Whether the officer has a live deployment that is hidden."""
        found = (self.state.deployments[each] for _, _, each in self.state.bookings.of(officer_id))
        return any(each.live and self.hides(each) for each in found)

    def before_moment(self, officer_id: str, moment: str) -> Deployment | None:
        """The binding deployment that ends last at or before `moment`."""
        found = last_until(self.bookings_of(officer_id), moment)
        return self.state.deployments[found[2]] if found else None

    def after_moment(self, officer_id: str, moment: str) -> Deployment | None:
        """The binding deployment that starts first at or after `moment`."""
        found = next(starting_from(self.bookings_of(officer_id), moment), None)
        return self.state.deployments[found[2]] if found else None

    def held_at(self, officer_id: str, place: str) -> Iterator[Deployment]:
        """The officer's live deployments at one place."""
        for _, _, deployment_id in self.state.bookings.of(officer_id):
            found = self.state.deployments[deployment_id]
            if found.place == place and found.live:
                yield found

    def free_from(self, officer_id: str, starts_at: str, ends_at: str) -> str | None:
        """The first moment from `starts_at` on at which the officer is free for as long, if it is near."""
        length_ms = to_ms(ends_at) - to_ms(starts_at)
        bookings, free = self.bookings_of(officer_id), starts_at
        later = chain(overlapping(bookings, starts_at, ends_at), starting_from(bookings, ends_at))
        for tries, (begins, ends, _) in enumerate(later):
            if to_ms(begins) - to_ms(free) >= length_ms:
                break
            if tries == FREE_TRIES:
                return None
            free = max(free, ends)
        return free if from_ms(to_ms(free) + length_ms) <= self.operation.ends_before else None
