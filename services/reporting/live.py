"""The picture and the ledger as this replica knows them: it follows six topics by itself, in no group."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final

import structlog

from pamwal.contracts.claims import Claims, Mode
from pamwal.contracts.errors import HttpProblem, LogError
from pamwal.contracts.instants import from_ms
from pamwal.contracts.topics import decisions_of, requests_of
from pamwal.edge.app import Clock
from pamwal.wire.log import Bare, Log, Receipt, Record, TopicPartition
from pamwal.wire.shard import WHOLE, Shard
from pamwal.wire.tail import Tail
from services.reporting.deciding.alerts_then import alerts_then
from services.reporting.kept import REQUESTS, TakenUp, is_followed
from services.reporting.picture import OperationPicture
from services.reporting.picture.history import DECISIONS, Cut
from services.reporting.picture.ledger import Ledger
from services.reporting.reading_again import mend, undeclare
from services.reporting.replica_snapshots import ReplicaSnapshots
from services.reporting.taking_up import TakingUp
from services.reporting.views.window import zone_of
from services.reporting.where import Where, not_folded
from services.reporting.works import Works

RETRY_S: Final = 1.0
REQUESTS_REST_S: Final = 0.05
"""Requests are read for the ledger alone, and each would wake this process when its decider wants to run."""
SETTLED_S: Final = 15.0
"""So long after its `knownat` a decision stands in the log: a transaction's ten seconds, and some more."""
_log = structlog.get_logger(__name__)


class LivePicture:
    """Reads what the log says, from its beginning on, and knows how far it has come.

    Decisions are read first; when all there were are read it is ready. An operation is folded when somebody
    looks at it, and by and by. Requests are read behind that, with at most half of the time: until all there
    were are counted, the ledger is `unread`.
    Of a shard only its own partitions are read and kept, and of the others how each operation stands.
    A partition with a decision that cannot be folded stops where it stands: its operations answer 503 and
    `/readyz` says why; the other partitions go on.
    """

    def __init__(
        self, log: Log, clock: Clock, snapshots: ReplicaSnapshots | None = None, shard: Shard = WHOLE
    ) -> None:
        """`shard`: which partitions are folded here, and are those of `snapshots`."""
        self._log, self._clock, self._snapshots = log, clock, snapshots
        self.where = Where(shard)
        self._taken = TakingUp(shard)
        self.pictures, self.history = self._taken.pictures, self._taken.history
        self.on_change: Callable[[], None] = lambda: None
        """Called after each handful of records."""
        self._begin: dict[TopicPartition, int] = {}
        """Where a snapshot ended."""
        only = partial(is_followed, shard)
        self._decisions = Tail(log, DECISIONS, self._take_decisions, start=self._begin, only=only, bare=True)
        self._requests = Tail(
            log, REQUESTS, self._take_requests, start=self._begin, gently=True, rest_s=REQUESTS_REST_S,
            only=only,
        )  # fmt: skip
        self._counted = False
        """All requests there were have been counted once."""
        self.works = Works()
        """What is done behind the answers."""

    async def start(self) -> None:
        """Begins to follow; returns at once, also while Kafka is away."""
        self.works.begin("reading decisions", self._read_decisions)

    async def stop(self) -> None:
        """Follows no longer."""
        await self.works.stop()
        await self._decisions.stop()
        await self._requests.stop()

    @property
    def ledger(self) -> Ledger:
        """What became of every request, where nothing is `unread`."""
        return self._taken.ledger

    def unread(self, operation_id: str) -> int:
        """How many requests, of this operation or another of its partition, are not counted yet, at least.

        While there is one nothing the ledger says of it adds up.
        """
        if self._counted:
            return 0
        partition = self.where.partition_of(operation_id)
        return max(1, sum(self._requests.left(TopicPartition(topic, partition)) for topic in REQUESTS))

    @property
    def whole(self) -> bool:
        """Whether all there was is folded and counted: nothing is left to be done by and by."""
        return self._counted and not self._taken.resting

    async def listed(self, mode: Mode, within_s: float) -> list[OperationPicture]:
        """What says how each operation stands of which tokens of that mode spoke, by `standing`.

        HttpProblem 503 if some have to be folded for that, and it takes longer.
        """
        self._require_level()
        rest, charters = self._taken.resting, self._taken.chartered
        await rest.wake_within(within_s, (name for name in rest.names() if charters.mode_of(name) is None))
        names = [*self.pictures.of[mode].operations, *rest.names(), *self._taken.elsewhere]
        if any(charters.mode_of(name) is None for name in rest.names()):
            raise not_folded(f"{len(rest)} operations are not folded yet; ask again")
        found = (self.standing(name, mode) for name in names if self.opened_as(name) in {None, mode})
        return [each for each in found if each is not None]

    def trouble(self) -> str | None:
        """Why this replica should not be asked, or None."""
        if self._taken.stopped:
            at, why = next(iter(self._taken.stopped.items()))
            return f"{at.topic}-{at.partition} is not folded any more: {why}"
        ended = self.works.trouble()
        if ended is not None or not self._taken.level:
            return ended or self._decisions.trouble or "the decisions there are were read just now"
        requests = self._requests.trouble if self._counted else self._requests.broken
        return self.where.trouble() or self._decisions.trouble or requests

    def stopped(self) -> list[str]:
        """The partitions that are folded no further, and why."""
        stopped = sorted(self._taken.stopped.items())
        return [f"{at.topic}-{at.partition} stopped at {why}" for at, why in stopped]

    def operation(self, operation_id: str, mode: Mode) -> OperationPicture | None:
        """The operation's picture by what tokens of that mode said, None while none spoke of it.

        HttpProblem 503 until all that was in the log has been folded once, and where its partition stopped.
        Misdirected where another shard has it.
        """
        self.where.require(operation_id)
        self._require_level()
        found = self.pictures.of[mode].operations.get(operation_id)
        self._require_folded(operation_id)
        return found

    def as_of(self, operation_id: str, mode: Mode, cut: Cut, at_ms: int) -> OperationPicture | None:
        """The same as of a moment, from what was known at `cut`; HttpProblem 503 likewise."""
        self.operation(operation_id, mode)
        found = self.history.as_of(operation_id, mode, cut, at_ms)
        if found is not None:
            found.alerts = alerts_then(found.alerts, found, from_ms(at_ms))
        return found

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
        level = self._counted and self._decisions.caught_up and self._requests.caught_up
        level = level and self.trouble() is None
        return past_s >= SETTLED_S and level and asked <= marks.end.requests

    @property
    def hides(self) -> bool:
        """Whether there may be operations that cannot be looked at here."""
        return bool(self._taken.stopped) or not self.where.shard.whole

    def _require_level(self) -> None:
        if not self._taken.level:
            read = sum(self._taken.next.values())
            left = sum(map(self._decisions.left, self._taken.next))
            about = read + left if left else 0  # how much there is may not be known yet
            raise not_folded("this replica still reads the log; ask again", taken=read, about=about)

    def _require_folded(self, operation_id: str) -> None:
        self._require_level()
        for topic in DECISIONS:
            at = self.where.place(topic, operation_id)
            self._taken.note_places(at)
            why = self._taken.stopped.get(at)
            if why is not None:
                raise HttpProblem(503, "halted", f"the picture of {operation_id} stopped: {why}")

    def lost(self, claims: Claims) -> bool:
        """Whether the device these claims are of was revoked. HttpProblem 503 until that is known here."""
        self._require_level()
        found = self.pictures.of[claims.mode].operations.get(claims.operation)
        return found is not None and f"/posts/{claims.post}/devices/{claims.device}" in found.lost

    def mode_of(self, operation_id: str) -> Mode | None:
        """How an operation was opened, None if nobody did. HttpProblem 503 while that is not known here."""
        mode = self.opened_as(operation_id)
        if mode is None:
            self._require_folded(operation_id)
        return mode

    def opened_as(self, operation_id: str) -> Mode | None:
        """The same as far as it is known by now; nothing is folded for that."""
        return (self._taken.chartered if self._is_chartered(operation_id) else self.pictures).mode_of(
            operation_id
        )

    def zone_of(self, operation_id: str) -> str | None:
        """The operation's zone, None while its opening is not known here; nothing is folded for that."""
        mode = self.opened_as(operation_id)
        picture = None if mode is None else self.standing(operation_id, mode)
        return None if picture is None or picture.charter is None else zone_of(picture)

    def _is_chartered(self, operation_id: str) -> bool:
        """Whether no more is known of it here, yet, than how it stands."""
        return operation_id in self._taken.resting or operation_id in self._taken.elsewhere

    def standing(self, operation_id: str, mode: Mode) -> OperationPicture | None:
        """What says how one stands: its picture or, at rest or elsewhere, one of its charter alone."""
        if self._is_chartered(operation_id):
            return self._taken.chartered.get(operation_id, mode)
        return self.pictures.of[mode].operations.get(operation_id)

    def take_changed(self) -> set[str]:
        """Operations of which something new was folded since this was last called."""
        return self._taken.changed()

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
        return self._taken.next.get(TopicPartition(topic, partition), 0)

    def vector(self) -> dict[TopicPartition, int]:
        """Decisions topic and partition → offset behind the last folded record."""
        read, here = self._taken.next.items(), self.where.shard.holds
        return {at: offset for at, offset in read if at.topic in DECISIONS and here(at.partition)}

    def vector_of(self, operation_id: str, *, requests: bool = False) -> dict[str, int]:
        """The same of an operation's own partition, as text; with `requests` the requests topics too."""
        places = [
            self.where.place(topic, operation_id) for topic in (*DECISIONS, *(REQUESTS if requests else ()))
        ]
        read = self._taken.next
        return {f"{at.topic}-{at.partition}": read[at] for at in sorted(places) if at in read}

    async def wait_folded(self, receipt: Receipt, timeout_ms: int) -> bool:
        """True once that request and its decision are folded; False if that does not happen in time.

        While requests are `unread` only the decision is waited for.
        HttpProblem 400 for a receipt of no topic or partition that is followed, Misdirected for one that
        another shard follows.
        """
        if receipt.topic not in REQUESTS or not 0 <= receipt.partition < max(self.where.partitions, 1):
            raise HttpProblem(400, "malformed", f"{receipt} is no request that reporting follows")
        self.where.require_receipt(receipt)
        decisions = TopicPartition(decisions_of(receipt.topic).name, receipt.partition)
        if decisions in self._taken.stopped or not self.where.partitions:
            return False
        waited = [self._decisions.wait_for_decision(receipt, timeout_ms)]
        if self._counted:
            at = TopicPartition(receipt.topic, receipt.partition)
            waited.append(self._requests.wait_for_position(at, receipt.offset, timeout_ms))
        return all(await asyncio.gather(*waited)) and decisions not in self._taken.stopped

    async def _read_decisions(self) -> None:
        """Until all there were are read; from then on they are followed, and all else is done by and by."""
        while not self.where.partitions:
            try:
                partitions = await self._log.partition_count(DECISIONS[0])
                if self._snapshots is not None and not self._begin:
                    self._go_on(await self._snapshots.load(self._log), partitions)
                await self._decisions.start()
            except LogError as error:
                await self._try_again(error)
            else:
                self.where.partitions = partitions
        await self._decisions.until_level()
        self._taken.show()
        self.on_change()
        self.works.begin("folding what is asked for", self._taken.resting.fold_asked)
        self.works.begin("reading damaged parts again", partial(mend, self._log, self._taken, self._begin))
        await self._taken.note_all_places()
        self.works.begin("counting requests", self._count_requests)

    async def _count_requests(self) -> None:
        """Reads requests, until all there were are counted; then what still rests is folded."""
        while True:
            try:
                await self._requests.start()
            except LogError as error:
                await self._try_again(error)
            else:
                break
        await self._requests.until_level()
        await undeclare(self._log, self._taken)
        self._counted = True
        self.on_change()
        self.works.begin("folding by and by", self._taken.resting.wake)

    async def _try_again(self, error: LogError) -> None:
        _log.warning("picture not read", why=str(error))
        await asyncio.sleep(RETRY_S)

    def _go_on(self, found: TakenUp | None, partitions: int) -> None:
        """Goes on from a snapshot."""
        if found is not None:
            self._begin.update({place.at: place.next for place in found.places})
            self._taken.go_on(found, partitions)

    def _take_decisions(self, at: TopicPartition, records: list[Bare]) -> None:
        self._taken.take_decisions(at, records)
        self.on_change()

    def _take_requests(self, at: TopicPartition, records: list[Record]) -> None:
        self._taken.take_requests(at, records)
        self.on_change()
