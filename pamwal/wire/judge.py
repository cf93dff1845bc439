"""One stored request to its one decision: idempotency, parking, order in time, and the core's verdict. Pure.

What the service says is the core's; what every partition promises (once only, in order, provable) is here.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, NamedTuple, TypeVar

from pamwal.contracts import codec
from pamwal.contracts.claims import NOT_YOURS, read_claims, reserved_id
from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import (
    Decision,
    DecisionData,
    First,
    Parked,
    Reason,
    Request,
    RequestRef,
    Verdict,
)
from pamwal.contracts.errors import ContractError
from pamwal.contracts.rights import stranger_to
from pamwal.contracts.topics import BY_NAME, MIB
from pamwal.wire.answers import FACTS_MAX, Answer, digest_kept
from pamwal.wire.asked import Asked, read_ahead, read_asked
from pamwal.wire.book import Book, KeptBook
from pamwal.wire.core import Core
from pamwal.wire.decided import UNATTRIBUTED, enveloped, parked, too_large
from pamwal.wire.log import Outgoing, Record
from pamwal.wire.request_seal import UNSEALED, RequestSeals

S = TypeVar("S")
SealsAsked = Callable[[], RequestSeals]
"""What requests have to be sealed by, asked at each takeover: before, it may not be known."""
_HEADERS_BYTES: Final = 256
CLOCK_REFUSED: Final = "clock_refused"
_CLOCK_REFUSED: Final[Verdict[Any]] = Verdict(
    reason=Reason(
        code=CLOCK_REFUSED,
        message="the decider runs on a simulated clock, and this was said in a real operation",
        possible="send it again under the same id once the decider runs on the system's clock",
    )
)
_OF_NOTHING: Final = hashlib.sha256(b"").hexdigest()


class IdRules(NamedTuple):
    """What is asked of a request before its id is looked up. This version asks all of it (decision 6)."""

    strangers_first: bool = True
    """Whether its token may speak for the post; and a refusal `not_yours` takes no id."""
    reserved: bool = True
    """Whether the id is reserved to the service itself."""


ID_RULES: Final = IdRules()


class Judge(Generic[S]):
    """A partition's judge: its book, and the core's state of each operation in it."""

    def __init__(
        self, core: Core[S], book: Book, partition_of: Callable[[bytes, int], int], *, simulated: bool = False
    ) -> None:
        self.core = core
        self.book = book
        self.simulated = simulated
        """Whether the clock that gives it `now` is a simulated one: then it decides exercises only."""
        self.seals: RequestSeals | None = None
        """What requests have to be sealed by; None: nobody asks for seals."""
        self.operations: dict[str, S] = {}
        self.packed: dict[str, Callable[[], S]] = {}
        """Operations as a snapshot has them, each unpacked when somebody speaks of it."""
        self.outcomes: Counter[str] = Counter()
        """How many were judged with which outcome; whoever reads it may clear it."""
        self._ahead: dict[int, Asked] = {}
        self._partition_of = partition_of
        self._types = f"pamwal.{core.requests_topic.split('.')[1]}."
        limits = BY_NAME.get(core.decisions_topic)
        self.bytes_max = (limits.max_bytes if limits else MIB) - _HEADERS_BYTES

    def read_ahead(self, records: Sequence[Record]) -> None:
        """Reads what will be judged next, in one go. It may be left out, and it changes no answer."""
        self._ahead = read_ahead(records)

    def judge(self, record: Record, now: str) -> Outgoing:
        """The decision of the next request, taken into book and state; what the core raises comes through.

        `now` is the shell's clock; the decision says the later of it and the partition's last.
        """
        decision, value = self.propose(record, now)
        return self._enter(decision, value)

    def propose(self, record: Record, now: str, *, rules: IdRules = ID_RULES) -> tuple[Decision[Fact], bytes]:
        """The decision of the next request and its bytes, with nothing taken in.

        `rules`: those of the version whose decision is made again.
        """
        decision = self._decide(record, max(now, self.book.knownat), rules)
        value = codec.encode(decision)
        if len(value) > self.bytes_max or len(decision.data.facts) > FACTS_MAX:
            decision = too_large(decision, len(value), self.bytes_max)
            value = codec.encode(decision)
        return decision, value

    def _decide(self, record: Record, knownat: str, rules: IdRules) -> Decision[Fact]:
        try:
            asked = self._read(record)
        except ContractError as error:
            return parked(self.book, self.core.version, record, error.code, str(error), knownat)
        request, version = asked.request, self.core.version
        wrong = None if self.seals is None else self.seals.wrong_with(record)
        if wrong is not None:
            return parked(self.book, version, record, UNSEALED, wrong, knownat, request, unsealed=True)
        misfit = self._misfit(record, request)
        if misfit is not None:
            return parked(self.book, version, record, *misfit, knownat, request)
        if self.simulated and asked.ref.mode == "real":
            return self._decided(asked, _CLOCK_REFUSED, knownat)
        stranger = stranger_to(request) if rules.strangers_first else None
        if stranger is None and rules.reserved:
            stranger = reserved_id(request.type, request.id, read_claims(request.claims))
        if stranger is not None:
            return self._decided(asked, Verdict(reason=stranger), knownat)
        return self._answer(asked, knownat, rules)

    def _read(self, record: Record) -> Asked:
        asked = self._ahead.pop(record.offset, None)
        return asked if asked is not None and asked.value is record.value else read_asked(record)

    def absent(self, offset: int, now: str) -> Outgoing:
        """The decision of an offset at which the log keeps no record."""
        ref = RequestRef(offset=offset, sha256=_OF_NOTHING)
        message = f"no record stands at {self.core.requests_topic}-{self.book.partition}-{offset}"
        data: DecisionData[Fact] = DecisionData(
            request=ref,
            knownat=max(now, self.book.knownat),
            decider_version=self.core.version,
            outcome="parked",
            reason=Reason(code="absent", message=message),
            parked=Parked(sha256=_OF_NOTHING, size=0, error=message),
            partitions=self.book.partitions_to_state,
        )
        decision = enveloped(self.book, UNATTRIBUTED, data)
        return self._enter(decision, codec.encode(decision))

    def fold(self, record: Record) -> None:
        """The inverse of `judge`: book and state after a stored decision. Halted if it is not the next."""
        self.follow(self.book.read(record), record)

    def follow(self, decision: Decision[Fact], record: Record) -> None:
        """Takes in a stored decision as it is."""
        self._evolve(decision)
        self.book.enter(decision, record.key or b"", record.value)

    def restore(self, kept: KeptBook, packed: dict[str, Callable[[], S]]) -> None:
        """Goes on where another judge of the same partition was. ValueError if it was of another one."""
        self.book.restore(kept)
        self.operations, self.packed = {}, packed

    def _enter(self, decision: Decision[Fact], value: bytes) -> Outgoing:
        self._evolve(decision)
        self.outcomes[decision.data.outcome] += 1
        return self.book.enter(decision, decision.operationid.encode(), value)

    def _evolve(self, decision: Decision[Fact]) -> None:
        if decision.data.outcome in self.core.evolves:
            operation_id = decision.operationid
            self.operations[operation_id] = self.core.evolve(self._state(operation_id), decision.data)

    def _state(self, operation_id: str) -> S:
        state = self.operations.get(operation_id)
        if state is not None:
            return state
        unpack = self.packed.get(operation_id)
        if unpack is None:
            return self.core.new_state(operation_id)
        state = self.operations[operation_id] = unpack()
        del self.packed[operation_id]
        return state

    def _misfit(self, record: Record, request: Request[Any]) -> tuple[str, str] | None:
        """Why this decodable record does not belong where it stands, or None."""
        if not request.type.startswith(self._types):
            return "unknown_type", f"{request.type} does not belong into {record.topic}"
        key = request.operationid.encode()
        if record.key != key:
            return "wrong_key", f"the key {record.key!r:.200} is not the operation {request.operationid!r}"
        home = self._partition_of(key, self.book.partitions)
        if home != record.partition:
            return "wrong_partition", f"{request.operationid!r} lives in partition {home}"
        return None

    def _answer(self, asked: Asked, knownat: str, rules: IdRules) -> Decision[Fact]:
        request = asked.request
        first = self.book.answers.find(request.operationid, request.postid, request.id, asked.ref.mode)
        if first is None:
            state = self._state(request.operationid)
            verdict: Verdict[Any] = self.core.decide(state, request, knownat)
            _keep_to_the_rules(request, verdict)
        elif first.digest == digest_kept(asked.digest):
            return self._repeat(asked, first, knownat)
        else:
            verdict = _key_reused(request, first)
        if rules.strangers_first and verdict.reason is not None and verdict.reason.code == NOT_YOURS:
            return self._decided(asked, verdict, knownat)
        return self._decided(asked, verdict, knownat, asked.digest)

    def _decided(
        self, asked: Asked, verdict: Verdict[Any], knownat: str, digest: str | None = None
    ) -> Decision[Fact]:
        """Without a digest it is no first answer: nobody can take an id by asking for what is not his."""
        data: DecisionData[Fact] = DecisionData(
            request=asked.ref,
            knownat=knownat,
            decider_version=self.core.version,
            outcome=verdict.outcome,
            facts=verdict.facts,
            warnings=verdict.warnings,
            reason=verdict.reason,
            digest=digest,
            partitions=self.book.partitions_to_state,
        )
        return enveloped(self.book, asked.request.operationid, data)

    def _repeat(self, asked: Asked, first: Answer, knownat: str) -> Decision[Fact]:
        request = asked.request
        of = First(
            offset=first.offset,
            outcome=first.outcome,
            reason=first.reason,
            facts=[f"{request.id}/{number}" for number in range(first.facts)],
        )
        data: DecisionData[Fact] = DecisionData(
            request=asked.ref,
            knownat=knownat,
            decider_version=self.core.version,
            outcome="repeat",
            of=of,
        )
        return enveloped(self.book, request.operationid, data)


def _key_reused(request: Request[Any], first: Answer) -> Verdict[Any]:
    message = f"{request.id} was decided at offset {first.offset} for another body; send this with a new id"
    possible = "send this with a new id"
    return Verdict(reason=Reason(code="key_reused", message=message, subject=request.id, possible=possible))


def _keep_to_the_rules(request: Request[Any], verdict: Verdict[Any]) -> None:
    """Fact ids are derived, and a refusal has no facts. ValueError names the core's mistake."""
    if verdict.reason is not None and verdict.facts:
        raise ValueError(f"{request.id} was refused and has {len(verdict.facts)} facts")
    for number, fact in enumerate(verdict.facts):
        if fact.id != f"{request.id}/{number}":
            raise ValueError(f"fact {number} of {request.id} is named {fact.id!r}")
