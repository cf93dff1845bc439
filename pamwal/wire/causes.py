"""The judge of a core that watches: answers that say what was seen, decisions that nobody asked for. Pure.

Which operations have to be judged, and when next, is kept here and never stored: a new owner judges all of
its operations once, and knows every deadline again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from msgspec.structs import replace

from pamwal.contracts import codec
from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import Cause, Decision, DecisionData, Request, Verdict
from pamwal.wire.book import Book, KeptBook
from pamwal.wire.core import Judged, Said, Seen, TellingCore, WatchingCore
from pamwal.wire.deadlines import Deadlines
from pamwal.wire.decided import cause_name, enveloped
from pamwal.wire.judge import Judge
from pamwal.wire.log import Outgoing, Record, TopicPartition
from pamwal.wire.to_tell import ToTell
from pamwal.wire.watched import Watched

S = TypeVar("S")
P = TypeVar("P")


class Seeing(Generic[S, P]):
    """A watching core as a `Core`: what it decides, it decides by what has been seen until then."""

    def __init__(self, core: WatchingCore[S, P]) -> None:
        self.watching = core
        self.service, self.version, self.evolves = core.service, core.version, core.evolves
        self.requests_topic, self.decisions_topic = core.requests_topic, core.decisions_topic
        self.look: Callable[[str], Seen[P]] = _nothing_is_seen
        """Operation → what is seen of it now; whoever judges sets it."""
        self._looked: dict[str, int] | None = None

    def new_state(self, operation_id: str) -> S:
        """As the core says."""
        return self.watching.new_state(operation_id)

    def evolve(self, state: S, decision: DecisionData[Fact]) -> S:
        """As the core says."""
        return self.watching.evolve(state, decision)

    def decide(self, state: S, request: Request[Any], knownat: str) -> Verdict[Any]:
        """As the core says, having looked."""
        seen = self.look(request.operationid)
        self._looked = seen.vector
        return self.watching.decide_seeing(state, request, knownat, seen)

    def looked(self) -> dict[str, int] | None:
        """The vector of the one look since this was last asked, if there was one."""
        vector, self._looked = self._looked, None
        return vector


class WatchingJudge(Judge[S], Generic[S, P]):
    """A partition's judge that also keeps what was seen, and what it makes necessary."""

    def __init__(
        self,
        core: WatchingCore[S, P],
        book: Book,
        watched: Watched[P],
        partition_of: Callable[[bytes, int], int],
        own_next: Callable[[], int],
        *,
        simulated: bool = False,
    ) -> None:
        """`own_next` tells the offset behind the last own decision: the place of the one being made."""
        self._seeing = Seeing(core)
        self._seeing.look = self.look
        super().__init__(self._seeing, book, partition_of, simulated=simulated)
        self.watched = watched
        self.waiting: dict[str, None] = {}
        """The operations to be judged now, in the order in which something of them was heard."""
        self._heard: dict[str, None] = {}
        self.to_tell = ToTell()
        self.caused = 0
        """How many decisions nobody asked for; whoever reads it may clear it."""
        self._own = str(TopicPartition(book.decisions_topic, book.partition))
        self._own_next = own_next
        self._deadlines = Deadlines()

    def restore(self, kept: KeptBook, packed: dict[str, Callable[[], S]]) -> None:
        """As every judge; all that is known so has to be judged once, as if it had been folded."""
        super().restore(kept, packed)
        for operation_id in packed:
            self._hear(operation_id)

    def take_up_seen(self) -> None:
        """What a snapshot has of followed topics was taken up: all of it has to be judged once."""
        for operation_id in self.watched.resting:
            self._hear(operation_id)

    def see(self, record: Record) -> None:
        """One followed decision; see `Watched.take`."""
        operation_id = self.watched.take(record)
        if operation_id is not None:
            self._hear(operation_id)

    def say(self, operation_id: str, now: str) -> Said | None:
        """The summary of an operation, if this core tells any and there is one now.

        No simulated clock tells of a real operation. What the core raises comes through.
        """
        core = self._seeing.watching
        if not isinstance(core, TellingCore):
            return None
        picture, state = self.watched.of(operation_id), self._state(operation_id)
        if self.simulated and core.is_real(picture, state):
            return None
        return core.tell(picture, state, max(now, self.book.knownat), self.vector())

    def look(self, operation_id: str) -> Seen[P]:
        """What is seen of an operation now."""
        heads = self.watched.heads()
        heads[self._own] = self.book.chain.hex()
        return Seen(self.watched.of(operation_id), self.vector(), heads)

    def vector(self) -> dict[str, int]:
        """Place, as text → first offset not folded now, the own decisions' among them."""
        return {**self.watched.vector(), self._own: self._own_next()}

    def gather(self, now: str) -> bool:
        """Whether operations wait to be judged: those of which something was heard or a deadline has come."""
        self.waiting.update(self._heard)
        self._heard.clear()
        self.waiting.update(dict.fromkeys(self._deadlines.come(max(now, self.book.knownat))))
        return bool(self.waiting)

    def judge_next(self, now: str) -> Outgoing | None:
        """Judges the operation that waits longest; its decision, taken into book and state, if there is one.

        StopIteration if none waits. What the core raises comes through, ValueError for what no core may say.
        """
        operation_id = next(iter(self.waiting))
        del self.waiting[operation_id]
        now = max(now, self.book.knownat)
        picture, state = self.watched.of(operation_id), self._state(operation_id)
        if self.simulated and self._seeing.watching.is_real(picture, state):
            return None
        decision, again_at = self.rejudge(operation_id, now, self.vector())
        self._deadlines.put(operation_id, again_at)
        if decision is None:
            return None
        value = codec.encode(decision)
        if len(value) > self.bytes_max:
            raise ValueError(f"what is to be said of {operation_id} takes {len(value)} bytes")
        self._evolve(decision)
        self.caused += 1
        written = self.book.enter(decision, decision.operationid.encode(), value)
        self._settle(operation_id, now)
        return written

    def _settle(self, operation_id: str, now: str) -> None:
        """Right after what it said the core must have no more to say; else it would go on for ever."""
        again, again_at = self.rejudge(operation_id, now, {})
        if again is not None:
            facts = ", ".join(type(fact).__name__ for fact in again.data.facts)
            raise ValueError(f"{operation_id} is judged at {now} and, judged again at once, makes {facts}")
        self._deadlines.put(operation_id, again_at)
        self._heard.pop(operation_id, None)

    def rejudge(
        self, operation_id: str, now: str, vector: dict[str, int]
    ) -> tuple[Decision[Fact] | None, str | None]:
        """The decision that has to be made of an operation, if any, and when to judge it again.

        Nothing is taken in. ValueError for what no core may say.
        """
        number = self.book.causes + 1
        cause_id = cause_name(self.book.partition, number)
        judged = self._seeing.watching.judge(
            self.watched.of(operation_id), self._state(operation_id), now, cause_id
        )
        _keep_to_the_rules(cause_id, now, judged)
        if not judged.facts:
            return None, judged.again_at
        data: DecisionData[Fact] = DecisionData(
            request=None,
            knownat=now,
            decider_version=self.core.version,
            outcome="accepted",
            facts=list(judged.facts),
            cause=Cause(vector=vector, now=now, n=number, requests=self.book.next_offset),
            partitions=self.book.partitions_to_state,
        )
        return enveloped(self.book, operation_id, data), judged.again_at

    def _decide(self, record: Record, knownat: str, strangers_first: bool) -> Decision[Fact]:
        self._seeing.looked()
        decision = super()._decide(record, knownat, strangers_first)
        seen = self._seeing.looked()
        return decision if seen is None else replace(decision, data=replace(decision.data, seen=seen))

    def _evolve(self, decision: Decision[Fact]) -> None:
        super()._evolve(decision)
        if decision.data.outcome in self.core.evolves:
            self._hear(decision.operationid)

    def _hear(self, operation_id: str) -> None:
        self._heard[operation_id] = None
        self.to_tell.hear(operation_id)


def _nothing_is_seen(operation_id: str) -> Seen[Any]:
    raise RuntimeError(f"{operation_id} is decided before anything was seen")


def _keep_to_the_rules(cause_id: str, now: str, judged: Judged) -> None:
    """Fact ids are derived; a deadline lies ahead. ValueError names the core's mistake."""
    for number, fact in enumerate(judged.facts):
        if fact.id != f"{cause_id}/{number}":
            raise ValueError(f"fact {number} of {cause_id} is named {fact.id!r}")
    if judged.again_at is not None and judged.again_at <= now:
        raise ValueError(f"judged at {now}, to be judged again at {judged.again_at}: that is not ahead")
