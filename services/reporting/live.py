"""The picture and the ledger as this replica knows them: it follows six topics by itself, in no group."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

import structlog

from pamwal.contracts.claims import Claims, Mode
from pamwal.contracts.errors import Halted, HttpProblem, LogError, PamwalError
from pamwal.contracts.topics import (
    FIELD_REQUESTS,
    REPORTING_REQUESTS,
    SCHEDULING_REQUESTS,
    decisions_of,
    requests_of,
)
from pamwal.edge.app import Clock
from pamwal.wire.log import Log, Receipt, Record, TopicPartition
from pamwal.wire.partitioning import partition_of
from pamwal.wire.tail import Tail
from services.reporting.picture import OperationPicture, Pictures, decode_decided
from services.reporting.picture.decided import AnyAsked
from services.reporting.picture.history import DECISIONS, Cut, History
from services.reporting.picture.ledger import Ledger

REQUESTS: Final = (SCHEDULING_REQUESTS.name, FIELD_REQUESTS.name, REPORTING_REQUESTS.name)
RETRY_S: Final = 1.0
SETTLED_S: Final = 15.0
"""So long after its `knownat` a decision stands in the log: a transaction's ten seconds, and some more."""
_log = structlog.get_logger(__name__)


class LivePicture:
    """Folds what the log says, from its beginning on, and knows how far it has come.

    A partition with a decision that cannot be folded stops where it stands: its operations answer 503 and
    `/readyz` says why; the other partitions go on.
    """

    def __init__(self, log: Log, clock: Clock) -> None:
        self._log, self._clock = log, clock
        self.pictures, self.ledger = Pictures(), Ledger()
        self.history = History(self.pictures)
        self.on_change: Callable[[], None] = lambda: None
        """Called after each handful of records."""
        self._tail = Tail(log, [*REQUESTS, *DECISIONS], self._take, start="begin")
        self._next: dict[TopicPartition, int] = {}
        self._due: dict[TopicPartition, int] = {}
        """The request whose decision comes next."""
        self._stopped: dict[TopicPartition, str] = {}
        self._partitions = 0
        self._level = False
        """All that was in the log has been folded once."""
        self._starting: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begins to follow; returns at once, also while Kafka is away."""
        self._starting = asyncio.get_running_loop().create_task(self._start())

    async def stop(self) -> None:
        """Follows no longer."""
        if self._starting is not None:
            self._starting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._starting
        await self._tail.stop()

    def trouble(self) -> str | None:
        """Why this replica should not be asked, or None."""
        if self._stopped:
            at, why = next(iter(self._stopped.items()))
            return f"{at.topic}-{at.partition} is not folded any more: {why}"
        return self._tail.trouble

    def operation(self, operation_id: str, mode: Mode) -> OperationPicture | None:
        """The operation's picture by what tokens of that mode said, None while none spoke of it.

        HttpProblem 503 until all that was in the log has been folded once, and where its partition stopped.
        """
        self._require_folded(operation_id)
        return self.pictures.of[mode].operations.get(operation_id)

    def as_of(self, operation_id: str, mode: Mode, cut: Cut, at_ms: int) -> OperationPicture | None:
        """The same as of a moment, from what was known at `cut`; HttpProblem 503 likewise."""
        self._require_folded(operation_id)
        return self.history.as_of(operation_id, mode, cut, at_ms)

    def settled(self, partition: int, known_ms: int) -> bool:
        """Whether nothing can be decided any more that was known by then.

        Each of the partition's logs has a later decision; or that moment is long past, every request there is
        was decided, and all of it is folded here.
        """
        return all(self._settled(topic, partition, known_ms) for topic in DECISIONS)

    def _settled(self, topic: str, partition: int, known_ms: int) -> bool:
        marks = self.history.marks(topic, partition)
        if marks.newest_ms > known_ms:
            return True
        past_s = self._clock.real_s(self._clock.now_ms() - known_ms)
        asked = self.folded(requests_of(topic).name, partition)
        return past_s >= SETTLED_S and self.trouble() is None and asked <= marks.end.requests

    def partition_of(self, operation_id: str) -> int:
        """Where an operation lives."""
        return partition_of(operation_id.encode(), max(self._partitions, 1))

    def _require_folded(self, operation_id: str) -> None:
        self._level = self._level or self._tail.caught_up
        if not self._level:
            retry = (("retry-after", "1"),)
            raise HttpProblem(503, "not_folded", "this replica still reads the log; ask again", headers=retry)
        for topic in DECISIONS:
            at = self._place(topic, operation_id)
            why = self._stopped.get(at)
            if why is not None:
                raise HttpProblem(503, "halted", f"the picture of {operation_id} stopped: {why}")

    def lost(self, claims: Claims) -> bool:
        """Whether the device these claims are of was revoked."""
        found = self.pictures.of[claims.mode].operations.get(claims.operation)
        return found is not None and f"/posts/{claims.post}/devices/{claims.device}" in found.lost

    def mode_of(self, operation_id: str) -> Mode | None:
        """How an operation was opened, None if nobody did. HttpProblem 503 while that is not known here."""
        mode = self.pictures.mode_of(operation_id)
        if mode is None:
            self._require_folded(operation_id)
        return mode

    def take_changed(self) -> set[str]:
        """Operations of which something new was folded since this was last called."""
        changed, self.ledger.changed = self.pictures.take_changed() | self.ledger.changed, set()
        return changed

    def now(self, operation: OperationPicture) -> str:
        """The moment to look at: the clock's, but never before what is known already."""
        return max(self._clock.now(), operation.latest)

    def clock_now(self) -> str:
        """The Instant the clock shows."""
        return self._clock.now()

    def folded(self, topic: str, partition: int) -> int:
        """The offset behind the last folded record of a partition."""
        return self._next.get(TopicPartition(topic, partition), 0)

    def vector(self) -> dict[TopicPartition, int]:
        """Decisions topic and partition → offset behind the last folded record."""
        return {at: offset for at, offset in self._next.items() if at.topic in DECISIONS}

    def vector_of(self, operation_id: str, *, requests: bool = False) -> dict[str, int]:
        """The same of an operation's own partition, as text; with `requests` the requests topics too."""
        places = [self._place(topic, operation_id) for topic in (*DECISIONS, *(REQUESTS if requests else ()))]
        return {f"{at.topic}-{at.partition}": self._next[at] for at in sorted(places) if at in self._next}

    async def wait_folded(self, receipt: Receipt, timeout_ms: int) -> bool:
        """True once that request and its decision are folded; False if that does not happen in time.

        HttpProblem 400 for a receipt of no topic or partition that is followed here.
        """
        if receipt.topic not in REQUESTS or not 0 <= receipt.partition < max(self._partitions, 1):
            raise HttpProblem(400, "malformed", f"{receipt} is no request that reporting follows")
        decisions = TopicPartition(decisions_of(receipt.topic).name, receipt.partition)
        if decisions in self._stopped or not self._partitions:
            return False
        at = TopicPartition(receipt.topic, receipt.partition)
        both = await asyncio.gather(
            self._tail.wait_for_decision(receipt, timeout_ms),
            self._tail.wait_for_position(at, receipt.offset, timeout_ms),
        )
        return all(both) and decisions not in self._stopped

    def _place(self, topic: str, operation_id: str) -> TopicPartition:
        return TopicPartition(topic, self.partition_of(operation_id))

    async def _start(self) -> None:
        while True:
            try:
                partitions = await self._log.partition_count(DECISIONS[0])
                await self._tail.start()
            except LogError as error:
                _log.warning("picture not started", why=str(error))
                await asyncio.sleep(RETRY_S)
            else:
                self._partitions = partitions
                return

    def _take(self, at: TopicPartition, records: list[Record]) -> None:
        """What the tail read of one partition, in order."""
        if at.topic in REQUESTS:
            self.ledger.receive(at, records)
        elif at in self._stopped or not self._fold(at, records):
            return
        self._next[at] = records[-1].offset + 1
        self.on_change()

    def _fold(self, at: TopicPartition, records: list[Record]) -> bool:
        folds, history, decisions = self.pictures.folds, self.history.partition(at), []
        for record in records:
            try:
                decision = decode_decided(record.value)
                request = decision.data.request
                self._check_due(at, request)
                folds[None if request is None else request.mode](decision)
                history.take(record.offset, decision)
            except Exception as error:  # bad code or a foreign record stops its partition, loudly
                why = str(error) if isinstance(error, PamwalError) else repr(error)
                self._stopped[at] = f"offset {record.offset}: {why}"
                self._next[at] = record.offset
                _log.exception(
                    "a partition is folded no further",
                    topic=at.topic,
                    partition=at.partition,
                    offset=record.offset,
                )
                break
            decisions.append(decision)
        self.ledger.decide(at, decisions)
        return at not in self._stopped

    def _check_due(self, at: TopicPartition, request: AnyAsked | None) -> None:
        """Each request is decided once and in order, or the log was cut, repeated or written by another."""
        due = self._due.get(at, 0)
        if request is None:
            return
        if request.offset != due:
            message = f"the decision of request {request.offset} stands where that of {due} belongs"
            raise Halted("not_dense", f"{message}; run `pamwal audit`")
        self._due[at] = due + 1
