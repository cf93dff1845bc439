"""Who owns a partition: drains its queue into the decider, starts over after trouble, halts when it must.

Whoever hands records over (a worker shell, a simulation) calls `offer`, and is told where to read by `seek`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pamwal.contracts.errors import (
    AnotherCluster,
    ClockUnproven,
    CoreFailed,
    Fenced,
    Halted,
    LogError,
    LogTruncated,
    SnapshotIgnored,
    TopicMismatch,
)
from pamwal.wire.decider import BATCH_RECORDS, PartitionDecider
from pamwal.wire.gap import Gap
from pamwal.wire.guards import CLOCK_AHEAD, TRUNCATED
from pamwal.wire.log import Record
from pamwal.wire.metrics import Observer
from pamwal.wire.queued import Queue
from pamwal.wire.status import PartitionStatus, Phase
from pamwal.wire.unwritten import BATCH_BYTES

S = TypeVar("S")
QUEUED_BYTES_MAX = 8 * 1024 * 1024
"""Two full transactions; requests of a megabyte each would otherwise wait by the thousand."""
ANOTHER_CLUSTER = "another_cluster"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long an owner waits for what."""

    backoff_min_ms: int = 100
    backoff_max_ms: int = 1_000
    fenced_ms: int = 1_000
    """After being shut out: time to learn that the partition is somebody else's now."""
    halted_poll_ms: int = 1_000
    finish_ms: int = 1_500
    """On the way out a running transaction gets so long to end."""


class PartitionOwner(Generic[S]):
    """Runs one decider. `start` and `hold` frame a rebalance and keep its state, `stop` gives it up."""

    def __init__(
        self,
        decider: PartitionDecider[S],
        *,
        seek: Callable[[int], None],
        observer: Observer,
        pace: Pace | None = None,
        on_room: Callable[[], None] = lambda: None,
        queued_max: int = 100_000,
        queued_bytes_max: int = QUEUED_BYTES_MAX,
    ) -> None:
        self.decider = decider
        self.settled = asyncio.Event()
        """Set once the first takeover has come to an end, good or bad."""
        self.lag: int | None = None
        self._seek = seek
        self._on_room = on_room
        self._verify = False
        self._observer = observer
        self._pace = pace or Pace()
        self._queue = Queue(queued_max, queued_bytes_max)
        self._wake = asyncio.Event()
        self._leaving = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._writing: asyncio.Task[None] | None = None
        self._phase: Phase = "idle"
        self._trouble: tuple[str, str] | None = None
        self._doubted: tuple[str, str] | None = None
        self._anew = False  # whether the next takeover believes the log alone
        self._gap_at: int | None = None
        self._next_offset: int | None = None
        self._backoff_ms = self._pace.backoff_min_ms

    @property
    def queued(self) -> int:
        """Records handed over and not decided yet."""
        return len(self._queue)

    @property
    def hungry(self) -> bool:
        """Whether it can take records. Once full, not before half of them are decided."""
        return self._phase == "deciding" and not self._queue.full

    @property
    def starving(self) -> bool:
        """Whether requests wait in the log although everything that was handed over is decided."""
        working = self._queue or self.decider.busy or self.decider.unwritten
        return self._phase == "deciding" and not working and bool(self.lag)

    def look(self, end: int) -> int | None:
        """Takes note of where the requests end, and returns the next one to be decided."""
        offset = self.decider.next_offset
        if offset is not None:
            self.lag = max(0, end - offset)
            self._observer.lag(self.decider.partition, self.lag)
            if end < offset:
                self._verify = True
                self._wake.set()
        return offset

    def offer(self, records: Sequence[Record]) -> None:
        """Takes records over, in the order the client has them; never blocks."""
        if self._phase == "deciding":
            self._queue.put(records)
            self._wake.set()

    def status(self) -> PartitionStatus:
        """The partition as it stands."""
        reason, message = self._trouble or (None, None)
        return PartitionStatus(
            partition=self.decider.partition,
            phase=self._phase,
            next_offset=self._next_offset if self.decider.next_offset is None else self.decider.next_offset,
            lag=self.lag,
            reason=reason,
            message=message,
        )

    def start(self) -> None:
        """Takes the partition over, or goes on if nobody else wrote meanwhile. One loop runs, never two."""
        if self._task is not None and not self._task.done():
            _log.error("partition %d was started while it runs", self.decider.partition)
            return
        self._leaving.clear()
        self.settled.clear()
        self._task = asyncio.create_task(self._run(), name=f"owner of partition {self.decider.partition}")

    async def hold(self) -> None:
        """Finishes the running transaction and pauses; state and transactor stay for `start`."""
        task, self._task = self._task, None
        if task is None:
            return
        self._leaving.set()
        self._wake.set()
        if self._phase == "deciding":
            await asyncio.wait([task], timeout=self._pace.finish_ms / 1000)
        if not task.done():
            task.cancel()
        await asyncio.wait([task])
        if task.cancelled() or task.exception() is not None:
            await self.decider.drop()
        self._queue.clear()
        self._phase = "idle"
        self._observer.freed(self.decider.partition)

    async def stop(self) -> None:
        """`hold`, then gives the partition up, so that the next owner starts at once."""
        await self.hold()
        await self.decider.drop()
        self._observer.left(self.decider.partition)

    async def _run(self) -> None:
        while not self._leaving.is_set():
            try:
                await self._take_over()
                await self._drain()
            except (Halted, LogTruncated) as error:
                await self._doubt(error, getattr(error, "reason", TRUNCATED), str(error))
            except CoreFailed as error:
                await self._doubt(error, "core_failed", error.place)
            except (AnotherCluster, TopicMismatch) as error:
                reason = ANOTHER_CLUSTER if isinstance(error, AnotherCluster) else "partition_count"
                await self._doubt(error, reason, str(error))
            except SnapshotIgnored as error:
                self._anew = True
                await self._start_over(error, 0)
            except Fenced as error:
                await self._start_over(error, self._pace.fenced_ms)
            except (LogError, ClockUnproven) as error:
                await self._start_over(error, self._backoff_ms)
                self._slow_down()
            except Exception as error:
                _log.exception("partition %d: a mistake of ours", self.decider.partition)
                await self._start_over(error, self._backoff_ms)
                self._slow_down()

    async def _doubt(self, error: Exception, reason: str, mark: str) -> None:
        """Halts; unless a clock was wrong, after one retry, for it may have been a client or a state."""
        if reason == CLOCK_AHEAD or self._doubted == (reason, mark):
            await self._halt(reason, str(error))
        else:
            self._doubted, self._anew = (reason, mark), True
            await self._start_over(error, 0)

    def _slow_down(self) -> None:
        self._backoff_ms = min(self._backoff_ms * 2, self._pace.backoff_max_ms)

    async def _take_over(self) -> None:
        self._phase = "folding"
        if not await self.decider.resume():
            await self.decider.take_over(anew=self._anew)
        self._anew, self._trouble, self._gap_at = False, None, None
        self._queue.clear()
        self._phase = "deciding"
        self._seek_to_next()
        self._observer.freed(self.decider.partition)
        self.settled.set()

    async def _drain(self) -> None:
        """While one transaction commits, what comes is judged; the next transaction takes all of it."""
        try:
            while not self._leaving.is_set():
                await self._work()
            await self._settle()
            await self.decider.commit()
        finally:
            writing, self._writing = self._writing, None
            if writing is not None:
                writing.cancel()
                await asyncio.wait([writing])
                _ = writing.cancelled() or writing.exception()

    async def _work(self) -> None:
        """One turn: judge what is there, commit if nothing is being written, else wait for either."""
        decider = self.decider
        if self._verify:
            self._verify = False
            await decider.verify()
        self._wake.clear()
        batch = self._take_batch(min(BATCH_RECORDS, decider.room))
        trouble = await decider.judge(batch) if batch else None
        if trouble is not None:
            await self._settle()
            await decider.commit()
            if isinstance(trouble, CoreFailed):
                raise trouble
            await self._close(trouble)
        elif self._writing is None or self._writing.done():
            await self._settle()
            if decider.unwritten:
                self._writing = asyncio.create_task(decider.commit())
                self._writing.add_done_callback(lambda _: self._wake.set())
                # it takes what it writes; else there would seem to be no room to judge what comes next
                await asyncio.sleep(0)
            elif not self._queue and not self._leaving.is_set():
                await self._wake.wait()
        elif not self._queue or not decider.room:
            await self._wake.wait()

    async def _settle(self) -> None:
        """Waits for the running transaction; raises what came of it."""
        writing, self._writing = self._writing, None
        if writing is not None:
            try:
                await writing
            finally:
                self._writing = None if writing.done() else writing
            self._backoff_ms = self._pace.backoff_min_ms

    async def _close(self, gap: Gap) -> None:
        """Once: seek back, for a client may leave records out. Twice: ask the log itself."""
        self._queue.clear()
        if gap.found > gap.expected:
            if gap.expected == self._gap_at:
                await self.decider.confirm_absent(gap)
            self._gap_at = gap.expected
        self._seek_to_next()

    def _take_batch(self, records_max: int) -> list[Record]:
        was_full = self._queue.full
        batch = self._queue.take(records_max, BATCH_BYTES)
        if was_full and not self._queue.full:
            self._on_room()
        return batch

    def _seek_to_next(self) -> None:
        if (offset := self.decider.next_offset) is not None:
            self._seek(offset)

    async def _start_over(self, error: Exception, wait_ms: int) -> None:
        _log.warning("partition %d starts over: %r", self.decider.partition, error)
        self._observer.started_over(self.decider.partition, type(error).__name__)
        self._trouble = (type(error).__name__, str(error))
        self._phase = "backing_off"
        await self._drop()
        await self._rest(wait_ms)

    async def _halt(self, reason: str, message: str) -> None:
        """Stands still, loudly, until an operator parked the record, or cluster or clock are right again."""
        _log.error("partition %d HALTED (%s): %s", self.decider.partition, reason, message)
        self._observer.halted(self.decider.partition, reason)
        self._phase, self._trouble = "halted", (reason, message)
        await self._drop()
        while not self._leaving.is_set():
            await self._rest(self._pace.halted_poll_ms)
            try:
                over = reason == CLOCK_AHEAD and self.decider.has_caught_up()
                if await self.decider.others_wrote() or over or reason == ANOTHER_CLUSTER:
                    return
            except LogError as error:
                _log.warning("partition %d is halted and cannot look: %r", self.decider.partition, error)

    async def _drop(self) -> None:
        """Nothing of it is written, and what was handed over is forgotten."""
        if self.decider.next_offset is not None:
            self._next_offset = self.decider.next_offset
        await self.decider.drop()
        self._queue.clear()
        self.settled.set()

    async def _rest(self, wait_ms: int) -> None:
        waiting = asyncio.create_task(self._leaving.wait())
        await asyncio.wait([waiting], timeout=wait_ms / 1000)
        waiting.cancel()
