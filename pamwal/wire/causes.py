"""The judge of a core that watches: answers that say what was seen, decisions that nobody asked for. Pure.

Which operations have to be judged, and when next, is kept here and never stored: a new owner judges all of
its operations once, and knows every deadline again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, NamedTuple, TypeVar

from msgspec.structs import replace

from pamwal.contracts import codec
from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import Cause, Decision, DecisionData, Request, Verdict
from pamwal.contracts.errors import NotSeen, SnapshotIgnored
from pamwal.wire.asked import read_asked
from pamwal.wire.book import Book, KeptBook
from pamwal.wire.core import Judged, Said, Seen, TellingCore, WatchingCore
from pamwal.wire.deadlines import Deadlines
from pamwal.wire.decided import NOT_SEEN, cause_name, enveloped, parked
from pamwal.wire.judge import IdRules, Judge
from pamwal.wire.log import Outgoing, Record, TopicPartition
from pamwal.wire.quarantine import Quarantine, retry_at
from pamwal.wire.to_tell import ToTell
from pamwal.wire.watched import Watched

S = TypeVar("S")
P = TypeVar("P")
CAUSED_FACTS_MAX: Final = 5_000
"""A decision that no request caused has at most so many facts; the next one has the rest."""
CAUSED_PART: Final = 4
"""Its facts take at most this part of the bytes that the topic allows for a record."""


class Rejudged(NamedTuple):
    """What has to be stated of an operation, with nothing taken in."""

    decision: Decision[Fact] | None
    again_at: str | None
    left: int = 0
    """How many facts are left for the decisions behind this one."""

    @property
    def facts(self) -> int:
        """How many facts there are to be stated in all."""
        return self.left + (0 if self.decision is None else len(self.decision.data.facts))


class Judgement(NamedTuple):
    """What came of judging one operation."""

    operation_id: str
    written: Outgoing | None = None
    """The decision, if there is one: it is in book and state and has to be written."""
    error: Exception | None = None
    """Why the operation is in quarantine now."""
    spoiled: bool = False
    """The error left a state that is of no use: the partition has to be taken over again."""


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
        quarantine: Quarantine | None = None,
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
        self.quarantine = Quarantine() if quarantine is None else quarantine
        self.caused_bytes_max = self.bytes_max // CAUSED_PART
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

    def see(self, *records: Record) -> None:
        """Folds followed decisions in their order; see `Watched.take`."""
        for record in records:
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
        for operation_id in self._heard:
            failure = self.quarantine.failure(operation_id)
            if failure is None:
                self.waiting[operation_id] = None
            elif not failure.until_restart:
                self._deadlines.put(operation_id, retry_at(failure, heard=True))
        self._heard.clear()
        self.waiting.update(dict.fromkeys(self._deadlines.come(max(now, self.book.knownat))))
        return bool(self.waiting)

    def judge_next(self, now: str) -> Judgement:
        """Judges the operation that waits longest. One that cannot be judged goes into quarantine.

        StopIteration if none waits. SnapshotIgnored: what is known of it cannot be read from the snapshot.
        """
        operation_id = next(iter(self.waiting))
        del self.waiting[operation_id]
        now = max(now, self.book.knownat)
        written, spoiled = None, False
        try:
            rejudged = self._judge_now(operation_id, now)
            self._deadlines.put(operation_id, rejudged.again_at)
            if rejudged.decision is not None:
                value = self._encoded(rejudged.decision)
                spoiled = True
                self._evolve(rejudged.decision)
                written = self.book.enter(rejudged.decision, operation_id.encode(), value)
                self.caused += 1
                spoiled = False
                self._settle(operation_id, now, rejudged.left)
        except SnapshotIgnored:
            raise
        except Exception as error:  # whatever a core raises keeps one operation from being judged, not all
            self._set_apart(operation_id, now, error, written=written is not None, spoiled=spoiled)
            return Judgement(operation_id, written, error, spoiled)
        self.quarantine.release(operation_id)
        return Judgement(operation_id, written)

    def _judge_now(self, operation_id: str, now: str) -> Rejudged:
        if self.simulated:
            picture, state = self.watched.of(operation_id), self._state(operation_id)
            if self._seeing.watching.is_real(picture, state):
                return Rejudged(None, None)
        return self.rejudge(operation_id, now, self.vector())

    def _encoded(self, decision: Decision[Fact]) -> bytes:
        value = codec.encode(decision)
        if len(value) > self.bytes_max:
            fact = type(decision.data.facts[0]).__name__
            raise ValueError(f"its {fact} takes {len(value)} bytes; a record takes {self.bytes_max}")
        return value

    def _settle(self, operation_id: str, now: str, left: int) -> None:
        """Judged again at once, the core must state what was left and no more: else it would never end."""
        again = self.rejudge(operation_id, now, {})
        if again.facts > left:
            raise ValueError(
                f"judged at {now}, {left} facts were left to state; judged again at once, {again.facts}"
            )
        self._deadlines.put(operation_id, again.again_at)
        self._heard.pop(operation_id, None)
        if again.facts:
            self.waiting[operation_id] = None

    def _set_apart(
        self, operation_id: str, now: str, error: Exception, *, written: bool, spoiled: bool
    ) -> None:
        """A core that does not settle would state something each time: it is not tried without news."""
        failure = self.quarantine.fail(operation_id, now, repr(error), until_restart=spoiled)
        self._deadlines.put(operation_id, None if written or spoiled else retry_at(failure, heard=False))
        self._heard.pop(operation_id, None)

    def rejudge(
        self, operation_id: str, now: str, vector: dict[str, int], *, whole: bool = False
    ) -> Rejudged:
        """The decision that has to be made of an operation, if any, and when to judge it again.

        `whole`: with all its facts, however many. Nothing is taken in. ValueError for what no core may say.
        """
        number = self.book.causes + 1
        cause_id = cause_name(self.book.partition, number)
        judged = self._seeing.watching.judge(
            self.watched.of(operation_id), self._state(operation_id), now, cause_id
        )
        _keep_to_the_rules(cause_id, now, judged)
        if not judged.facts:
            return Rejudged(None, judged.again_at)
        count = len(judged.facts) if whole else _count_at_once(judged.facts, self.caused_bytes_max)
        data: DecisionData[Fact] = DecisionData(
            request=None,
            knownat=now,
            decider_version=self.core.version,
            outcome="accepted",
            facts=list(judged.facts[:count]),
            cause=Cause(vector=vector, now=now, n=number, requests=self.book.next_offset),
            partitions=self.book.partitions_to_state,
        )
        decision = enveloped(self.book, operation_id, data)
        return Rejudged(decision, judged.again_at, len(judged.facts) - count)

    def _decide(self, record: Record, knownat: str, rules: IdRules) -> Decision[Fact]:
        self._seeing.looked()
        try:
            decision = super()._decide(record, knownat, rules)
        except NotSeen as error:
            return self._parked(record, knownat, error)
        seen = self._seeing.looked()
        return decision if seen is None else replace(decision, data=replace(decision.data, seen=seen))

    def _parked(self, record: Record, knownat: str, error: NotSeen) -> Decision[Fact]:
        """A request about an operation without a picture. It takes no id: it may be sent again."""
        message = (
            f"{error.place} of this operation cannot be seen by {self.core.version}; "
            "send this again with the same id once that is repaired"
        )
        request = read_asked(record).request
        decision = parked(self.book, self.core.version, record, NOT_SEEN, message, knownat, request)
        return replace(decision, data=replace(decision.data, seen=self.vector()))

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


def _count_at_once(facts: Sequence[Fact], bytes_max: int) -> int:
    """How many of these facts go into one decision: at least one."""
    size = 0
    for number, fact in enumerate(facts[:CAUSED_FACTS_MAX]):
        size += len(codec.encode(fact))
        if number and size > bytes_max:
            return number
    return min(len(facts), CAUSED_FACTS_MAX)
