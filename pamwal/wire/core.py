"""What a service's pure core offers the partition decider."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import DecisionData, Request, Verdict

S = TypeVar("S")


class Core(Protocol[S]):
    """`decide` and `evolve` are pure and deterministic.

    No clock, no I/O, no randomness; iteration orders are defined.
    """

    service: str
    """scheduler, checkin or reporting: names the transactional ids `<service>-<partition>`."""
    requests_topic: str
    decisions_topic: str
    version: str
    """Written into every decision as `decider_version`."""

    def new_state(self, operation_id: str) -> S:
        """The state of an operation nobody has spoken of."""
        ...

    def decide(self, state: S, request: Request[Any], knownat: str) -> Verdict[Any]:
        """The answer to one request that is not a repeat. Never changes `state`."""
        ...

    def evolve(self, state: S, decision: DecisionData[Fact]) -> S:
        """The state after an accepted decision; may reuse `state`, which its owner gives up."""
        ...
