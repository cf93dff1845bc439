"""The picture and the ledger as this replica knows them: it follows six topics by itself, in no group."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

import structlog

from pamwal.contracts.claims import Claims, Mode
from pamwal.contracts.errors import HttpProblem, LogError, PamwalError
from pamwal.contracts.topics import decisions_of, requests_of
from pamwal.edge.app import Clock
from pamwal.wire.log import Log, Receipt, Record, TopicPartition
from pamwal.wire.partitioning import partition_of
from pamwal.wire.tail import Tail
from services.reporting.kept import REQUESTS, TakenUp
from services.reporting.picture import OperationPicture, Pictures
from services.reporting.picture.decided import Decided
from services.reporting.picture.folding import Folding
from services.reporting.picture.history import DECISIONS, Cut, History
from services.reporting.picture.ledger import Ledger
from services.reporting.replica_snapshots import ReplicaSnapshots
from services.reporting.resting import RestingOperations

RETRY_S: Final = 1.0
LEVEL_LOOK_S: Final = 0.1
SETTLED_S: Final = 15.0
"""So long after its `knownat` a decision stands in the log: a transaction's ten seconds, and some more."""
_log = structlog.get_logger(__name__)


class LivePicture:
    """Folds what the log says, from its beginning on, and knows how far it has come.

    A partition with a decision that cannot be folded stops where it stands: its operations answer 503 and
    `/readyz` says why; the other partitions go on.
    """

    def __init__(self, log: Log, clock: Clock, snapshots: ReplicaSnapshots | None = None) -> None:
        self._log, self._clock, self._snapshots = log, clock, snapshots
        self.pictures, self.ledger = Pictures(), Ledger()
        self.history = History(self.pictures)
        self._folding = Folding(self.pictures, self.history)
        self.on_change: Callable[[], None] = lambda: None
        """Called after each handful of records."""
        self._begin: dict[TopicPartition, int] = {}
        """Where a snapshot ended."""
        self._tail = Tail(log, [*REQUESTS, *DECISIONS], self._take, start=self._begin)
        self._resting = RestingOperations(self.pictures, self.history, self._stop)
        self._next: dict[TopicPartition, int] = {}
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

    def stopped(self) -> list[str]:
        """The partitions that are folded no further, and why."""
        return [f"{at.topic}-{at.partition} stopped at {why}" for at, why in sorted(self._stopped.items())]

    def operation(self, operation_id: str, mode: Mode) -> OperationPicture | None:
        """The operation's picture by what tokens of that mode said, None while none spoke of it.

        HttpProblem 503 until all that was in the log has been folded once, and where its partition stopped.
        """
        found = self.pictures.of[mode].operations.get(operation_id)
        self._require_folded(operation_id)
        return found

    def as_of(self, operation_id: str, mode: Mode, cut: Cut, at_ms: int) -> OperationPicture | None:
        """The same as of a moment, from what was known at `cut`; HttpProblem 503 likewise."""
        self.operation(operation_id, mode)
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
        """Operations of which something new was decided and folded since this was last called."""
        changed, self.ledger.changed = self.pictures.take_changed() | self.ledger.changed, set()
        return changed

    def take_arrived(self) -> set[str]:
        """Operations of which requests arrived since this was last called."""
        arrived, self.ledger.arrived = self.ledger.arrived, set()
        return arrived

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
                if self._snapshots is not None and not self._begin:
                    self._take_up(await self._snapshots.load(self._log), partitions)
                await self._tail.start()
            except LogError as error:
                _log.warning("picture not started", why=str(error))
                await asyncio.sleep(RETRY_S)
            else:
                self._partitions = partitions
                break
        while not self._tail.level_once:  # noqa: ASYNC110 - it is asked for, nothing announces it
            await asyncio.sleep(LEVEL_LOOK_S)
        await self._resting.wake()

    def _take_up(self, found: TakenUp | None, partitions: int) -> None:
        """Goes on from a snapshot."""
        if found is None:
            return
        self.ledger = found.ledger
        for place in found.places:
            self._begin[place.at] = self._next[place.at] = place.next
            if place.due:
                self._folding.due[place.at] = place.due
            if place.marks is not None:
                self.history.partition(place.at).marks = place.marks
        self._resting.rest(found.operations, partitions)

    def _take(self, at: TopicPartition, records: list[Record]) -> None:
        """What the tail read of one partition, in order."""
        if at.topic in REQUESTS:
            self.ledger.receive(at, records)
        elif at in self._stopped or not self._fold(at, records):
            return
        self._next[at] = records[-1].offset + 1
        self.on_change()

    def _fold(self, at: TopicPartition, records: list[Record]) -> bool:
        decisions: list[Decided] = []
        try:
            self._folding.fold(at, records, decisions)
        except Exception as error:  # bad code or a foreign record stops its partition, loudly
            offset = self._next[at] = records[len(decisions)].offset
            self._stop(at, offset, error)
        self.ledger.decide(at, decisions)
        return at not in self._stopped

    def _stop(self, at: TopicPartition, offset: int, error: BaseException) -> None:
        """Nothing more of this partition is folded."""
        why = str(error) if isinstance(error, PamwalError) else repr(error)
        self._stopped[at] = f"offset {offset}: {why}"
        place = {"topic": at.topic, "partition": at.partition, "offset": offset}
        _log.error("a partition is folded no further", **place, exc_info=error)
