"""What a service's pure core offers the partition decider."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeVar, runtime_checkable

from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import DecisionData, Outcome, Request, Verdict

S = TypeVar("S")
P = TypeVar("P")
ACCEPTED_ONLY: Final[frozenset[Outcome]] = frozenset({"accepted"})
"""The `evolves` of a core that remembers nothing of a refusal or a repeat."""


class Ruling(Protocol[S]):
    """What every core has: names, and the fold of its own decisions. Pure and deterministic.

    No clock, no I/O, no randomness; iteration orders are defined.
    """

    service: str
    """scheduler, checkin or reporting: names the transactional ids `<service>-<partition>`."""
    requests_topic: str
    decisions_topic: str
    version: str
    """Written into every decision as `decider_version`."""
    evolves: frozenset[Outcome]
    """The outcomes of the decisions that change a state. `evolve` is called with these and no others, whether
    a decision was just made, is read from the log or from a snapshot, or is audited."""

    def new_state(self, operation_id: str) -> S:
        """The state of an operation nobody has spoken of."""
        ...

    def evolve(self, state: S, decision: DecisionData[Fact]) -> S:
        """The state after a decision whose outcome is in `evolves`. May change and return `state` itself."""
        ...


class Core(Ruling[S], Protocol[S]):
    """A core that knows its own requests and decisions only."""

    def decide(self, state: S, request: Request[Any], knownat: str) -> Verdict[Any]:
        """The answer to one request that is not a repeat. Never changes `state`."""
        ...


@runtime_checkable
class KeptCore(Ruling[S], Protocol[S]):
    """A core whose states snapshots hold as they are; of another they hold the decisions behind them."""

    state_type: Any
    """The type of a state as msgspec reads it; see `pamwal.snapshots.packing` for what it cannot."""


class Seen(NamedTuple, Generic[P]):
    """What a watching decider had folded when it decided; places are named `<topic>-<partition>`."""

    picture: P
    """Of one operation, folded exactly to `vector`."""
    vector: dict[str, int]
    """Place → first offset not folded: of the followed decisions topics, and of the own one, exclusive of
    the decision being made."""
    heads: dict[str, str]
    """The same places → chain head, hex, behind the last folded record."""


class Judged(NamedTuple):
    """What a picture makes necessary that nobody asked for."""

    facts: Sequence[Fact] = ()
    """To be stated now, in order; fact `i` is named `<cause id>/<i>`. Empty if nothing changes."""
    again_at: str | None = None
    """When to judge next if nothing else is heard: the next deadline, behind `now`. None: no deadline."""


@runtime_checkable
class WatchingCore(Ruling[S], Protocol[S, P]):
    """A core that also sees the decisions of other contexts, and may state facts that no request asked for.

    All of it is pure. Every decision names the vector it was made at, so that anyone can make it again.
    """

    follows: tuple[str, ...]
    """Decisions topics of other contexts; each is read at the decider's own partition number."""

    def new_picture(self, operation_id: str) -> P:
        """The picture of an operation nobody has spoken of."""
        ...

    def see(self, picture: P, decision: DecisionData[Fact]) -> None:
        """Folds one followed decision of this operation, of any outcome, into `picture`, in place.

        Each topic's come in its partition's order, once. Between topics the order is not fixed: two owners
        may see it differently, so the picture must not depend on it.
        """
        ...

    def decide_seeing(self, state: S, request: Request[Any], knownat: str, seen: Seen[P]) -> Verdict[Any]:
        """In place of `decide`: the answer to one request. Changes neither `state` nor the picture."""
        ...

    def judge(self, picture: P, state: S, now: str, cause_id: str) -> Judged:
        """What has to be stated of an operation at `now`, which never goes back. Changes nothing.

        Called whenever something of the operation was decided or seen, when `again_at` has come, and once
        after each takeover. `cause_id` names the decision to be made, and begins the ids of its facts:
        `<cause_id>/<i>`. The decision may take only the first of them. Judged again at once, with those in
        the state, it must state the others and no more: that is checked. An operation of which more is stated
        is set apart, as one on which this raises.
        """
        ...

    def is_real(self, picture: P, state: S) -> bool:
        """Whether this operation is a real one: then no simulated clock may judge it."""
        ...


class Said(NamedTuple):
    """What a telling core has to say of an operation to whoever only watches."""

    value: bytes
    """The record."""
    sense: bytes
    """What it says apart from when: while this is the same it need not be said again soon."""
    runs: bool
    """Whether the clock alone may change it."""


@runtime_checkable
class TellingCore(WatchingCore[S, P], Protocol[S, P]):
    """A watching core that also has a latest summary of each operation. Pure, as all of it."""

    tells: str
    """The compacted topic where the summaries stand, under their operation."""

    def tell(self, picture: P, state: S, now: str, vector: dict[str, int]) -> Said | None:
        """The summary of an operation at `now`, folded to `vector`; None: there is nothing to tell of it."""
        ...
