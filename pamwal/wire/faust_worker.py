"""The worker shell: a consumer group by Faust around the partition owners; beside an edge, or alone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

from pamwal.contracts.errors import LogError, TopicMismatch
from pamwal.contracts.kafka_users import group_of
from pamwal.snapshots.of_core import CoreSnapshots
from pamwal.wire.clock_proof import ClockProof
from pamwal.wire.core import Core, TellingCore, WatchingCore
from pamwal.wire.ending import at_most, first_of
from pamwal.wire.faust_transport import DeciderApp, new_app, partitions_in
from pamwal.wire.judge import SealsAsked
from pamwal.wire.kafka_security import PLAINTEXT, KafkaSecurity
from pamwal.wire.log import Log, Record, TopicPartition
from pamwal.wire.metrics import Observer, Unobserved
from pamwal.wire.owner import Pace, PartitionOwner
from pamwal.wire.partition_count import refuse_other_count
from pamwal.wire.status import WorkerStatus
from pamwal.wire.telling import Teller
from pamwal.wire.turns import Turns
from pamwal.wire.watching import WatchingDecider
from pamwal.wire.watching_owner import new_owner

S = TypeVar("S")
QUEUED_MAX = 6_000
"""Records handed over and not decided, per partition; then it is read no further until half are done."""
LOOK_EVERY_S = 1.0
SEEK_AGAIN_S, STALLED_S = 2.0, 5.0
"""A partition that starves for so long while Kafka answers seeks again; then the engine starts over.

This is the last resort: `HandingConsumer.failure` notices a consumer that failed within `LOOK_EVERY_S`.
"""
RESTART_MIN_S, RESTART_MAX_S = 0.2, 1.0
STOP_S = 4.0
_log = logging.getLogger(__name__)


class DeciderWorker(Generic[S]):
    """Decides the partitions its consumer group gives it. `log` must outlive it; one event loop only."""

    def __init__(
        self,
        core: Core[S] | WatchingCore[S, Any],
        bootstrap_servers: str,
        log: Log,
        now: Callable[[], str],
        observer: Observer | None = None,
        *,
        simulated: bool = False,
        snapshots: Path | None = None,
        pace: Pace | None = None,
        group: str | None = None,
        security: KafkaSecurity = PLAINTEXT,
        proof: ClockProof | None = None,
        seals: SealsAsked | None = None,
    ) -> None:
        """`simulated` says that `now` is a simulated clock: requests of real operations are then refused.

        `proof`: of the clock behind `now`; while it is not proven nothing is decided.
        `seals`: says at each takeover what requests have to be sealed by.
        `snapshots`: the folder where they are, if partitions may be taken over from snapshots.
        """
        self._core = core
        self._servers, self._security = bootstrap_servers, security
        self._engine_log = log
        self._now, self._simulated = now, simulated
        self._observer = observer or Unobserved()
        self._snapshots = None if snapshots is None else CoreSnapshots.of(core, snapshots)
        self._pace = pace or Pace()
        self._proof, self._seals = proof, seals
        self._group = group or group_of(core.service)
        self._owners: dict[int, PartitionOwner[S]] = {}
        self._turns = Turns()
        self._app: DeciderApp | None = None
        self._changing = asyncio.Lock()
        self._room = asyncio.Event()
        self._again = asyncio.Event()
        self._leaving = asyncio.Event()
        self._revoked: int | None = None
        """The assignment that is taken away and not replaced yet."""
        self._closing = False
        self._joined = False
        self._blind: str | None = None
        self._refused: str | None = None
        self._failed: str | None = None
        """Why the consumer failed last; None once partitions were dealt again."""
        self._restarts = 0
        self._seeks: set[asyncio.Task[Any]] = set()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begins; partitions come when the group deals them. LogError if topics or Kafka are not there.

        TopicMismatch if the partitions are not as many as the decisions say; `trouble` says so, too.
        """
        try:
            await refuse_other_count(self._engine_log, self._core.requests_topic, self._core.decisions_topic)
        except TopicMismatch as error:
            self._refused = f"partition_count: {error}"
            raise
        self._refused = None
        self._leaving.clear()
        self._closing = False
        self._tasks = [
            asyncio.create_task(self._run(), name=f"{self._group} engine"),
            asyncio.create_task(self._look(), name=f"{self._group} look"),
        ]
        if isinstance(self._core, TellingCore):
            teller = Teller(self._core.tells, self._engine_log, self._watching)
            self._tasks.append(asyncio.create_task(teller.run(), name=f"{self._group} teller"))

    async def stop(self) -> None:
        """Finishes running transactions, stops their producers, leaves: the next owner starts at once."""
        self._closing = True
        await self._give_up()
        app = self._app
        if app is not None:
            await at_most(1, app.consumer.leave())
        self._leaving.set()
        for task in self._tasks[1:]:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        self._tasks = []

    def status(self) -> WorkerStatus:
        """All owned partitions as they stand."""
        partitions = tuple(owner.status() for _, owner in sorted(self._owners.items()))
        ready = self._joined and self._blind is None and all(status.well for status in partitions)
        return WorkerStatus(
            service=self._core.service,
            ready=ready,
            joined=self._joined,
            restarts=self._restarts,
            partitions=partitions,
        )

    def trouble(self) -> str | None:
        """Why it is not ready, in a sentence; None if it is."""
        status = self.status()
        if not status.joined:
            hint = "" if self._security.user is None else "; 'pamwal topics check' says if a rule is missing"
            return self._refused or (self._failed or "the group has not dealt partitions yet") + hint
        unproven = None if self._proof is None else self._proof.trouble()
        clock = None if unproven is None else f"nothing is decided until the clock is proven: {unproven}"
        troubled = [one.sentence() for one in status.partitions if not one.well]
        return "; ".join([each for each in (clock, self._blind, *troubled) if each is not None]) or None

    async def broke(self) -> BaseException:
        """Returns what ended it for good, should its own tasks fail; else never."""
        done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            error = None if task.cancelled() else task.exception()
            if error is not None:
                return error
        return LogError("the decider was stopped")

    def _watching(self) -> list[WatchingDecider[S, Any]]:
        """The deciders of a watching core, in the order of their partitions."""
        found = (owner.decider for _, owner in sorted(self._owners.items()))
        return [each for each in found if isinstance(each, WatchingDecider)]

    # --- what the consumer asks

    async def room(self) -> None:
        self._room.clear()
        await self._room.wait()

    def wanted(self) -> set[int]:
        return {number for number, owner in self._owners.items() if owner.hungry}

    def take(self, partition: int, records: list[Record]) -> None:
        owner = self._owners.get(partition)
        if owner is not None:
            owner.offer(records)

    # --- the group

    async def _on_revoked(self, *_: Any, **__: Any) -> None:
        """The group deals anew: running transactions end, nothing new begins; state is kept for now."""
        if self._app is not None:
            self._revoked = self._app.assignments
        async with self._changing:
            await asyncio.gather(*(owner.hold() for owner in self._owners.values()))

    async def _on_dealt(self, *_: Any, **__: Any) -> None:
        """Faust waits for this before anything flows. Each owner seeks as soon as it has taken over.

        Giving up takes its time, and the next rebalance may begin meanwhile: then nobody starts, for its
        `_on_revoked` waits for this to end and its own deal is still to come.
        """
        async with self._changing:
            app = self._app
            if app is None or self._is_stale(app):
                return
            mine = partitions_in(app.consumer.assignment(), self._core.requests_topic)
            _log.info("generation %s: partitions %s", app.consumer_generation_id, sorted(mine))
            await self._end(set(self._owners) - mine)
            if self._is_stale(app):
                return
            for number in sorted(mine):
                owner = self._owners.get(number) or self._new_owner(number)
                self._owners[number] = owner
                owner.start()
            self._joined, self._failed = True, None
            self._observer.owned(len(mine))

    def _is_stale(self, app: DeciderApp) -> bool:
        """Whether what was dealt through this app is not to be had any more."""
        return self._closing or app is not self._app or app.assignments == self._revoked

    def _new_owner(self, number: int) -> PartitionOwner[S]:
        return new_owner(
            self._core,
            self._engine_log,
            number,
            now=self._now,
            observer=self._observer,
            simulated=self._simulated,
            snapshots=self._snapshots,
            seek=lambda offset: self._seek(number, offset),
            on_room=self._room.set,
            queued_max=QUEUED_MAX,
            pace=self._pace,
            turns=self._turns,
            proof=self._proof,
            seals=self._seals,
        )

    async def _give_up(self) -> None:
        """Ends every owner there is."""
        async with self._changing:
            await self._end(set(self._owners))

    async def _end(self, numbers: set[int]) -> None:
        """Under `_changing` only."""
        await asyncio.gather(*(self._owners.pop(number).stop() for number in numbers))

    def _seek(self, number: int, offset: int) -> None:
        self._room.set()
        if self._app is None:
            return
        seeking = self._app.consumer.seek_soon(self._core.requests_topic, number, offset)
        self._seeks.add(seeking)
        seeking.add_done_callback(self._seeks.discard)

    # --- the engine

    async def _run(self) -> None:
        wait_s = RESTART_MIN_S
        while not self._leaving.is_set():
            self._again.clear()
            app = self._app = new_app(
                self, self._group, self._servers, self._core.requests_topic, self._security
            )
            app.on_partitions_revoked.connect(self._on_revoked, weak=False)
            app.on_rebalance_complete.connect(self._on_dealt, weak=False)
            # start returns only when the first partitions were dealt: with Kafka away, never
            await first_of(app.start(), app._crashed.wait(), self._again.wait(), self._leaving.wait())
            if self._joined:
                wait_s = RESTART_MIN_S
                await first_of(app._crashed.wait(), self._again.wait(), self._leaving.wait())
            self._app, self._joined, self._revoked = None, False, None
            await self._give_up()
            await at_most(STOP_S, app.stop())
            if self._leaving.is_set():
                return
            self._restarts += 1
            _log.warning("the engine of %s starts over in %.1f s: %r", self._group, wait_s, app.crash_reason)
            await first_of(self._leaving.wait(), asyncio.sleep(wait_s))
            wait_s = min(wait_s * 2, RESTART_MAX_S)

    async def _look(self) -> None:
        """Every second: how far behind each partition is, and whether it moves at all."""
        clock = asyncio.get_running_loop().time
        moved: dict[int, tuple[int | None, float]] = {}
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            failure = None if self._app is None else self._app.consumer.failure()
            if failure is not None:
                _log.error("the consumer of %s failed: %s", self._group, failure)
                self._failed = f"the consumer failed: {failure}"
                moved.clear()
                self._again.set()
                continue
            owners = dict(self._owners)
            places = [TopicPartition(self._core.requests_topic, number) for number in owners]
            try:
                ends = await self._engine_log.end_offsets(places) if places else {}
            except LogError as error:
                _log.warning("%s cannot see the requests' ends: %r", self._group, error)
                self._blind = f"the log does not answer: {error}"
                moved.clear()  # nothing can move while Kafka is away
                continue
            self._blind = None
            for place, end in ends.items():
                owner = owners[place.partition]
                stands = owner.look(end)
                unproven = owner.decider.clock.trouble is not None  # then nothing can move, either
                if stands != moved.get(place.partition, (None, 0.0))[0] or unproven or not owner.starving:
                    moved[place.partition] = (stands, clock())
                    continue
                waited_s = clock() - moved[place.partition][1]
                if SEEK_AGAIN_S < waited_s <= SEEK_AGAIN_S + LOOK_EVERY_S and stands is not None:
                    _log.warning("partition %d is given nothing: seeking %d again", place.partition, stands)
                    self._seek(place.partition, stands)
                elif waited_s > STALLED_S:
                    _log.error("partition %d stands at %s though requests wait", place.partition, stands)
                    moved.clear()
                    self._again.set()
                    break
