"""Sends records and is honest about what is not known: a producer in doubt is dropped, another one opened."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence

import structlog

from pamwal.contracts.errors import (
    HttpProblem,
    LogError,
    LogUnavailable,
    PartitionStuck,
    TooLarge,
    TopicMismatch,
)
from pamwal.edge.metrics import Metrics
from pamwal.wire.clock_proof import ClockProof
from pamwal.wire.log import Log, Outgoing, Producer, Receipt, TopicPartition
from pamwal.wire.partition_count import refuse_other_count

BACKOFF_S = (0.1, 0.25, 0.5, 1.0, 2.0)
CLOSE_S = 2.0
_log = structlog.get_logger(__name__)


class Sender:
    """One producer at a time. `trouble` says why there is none; nothing waits in memory for one to come.

    A producer answers every send in time or breaks; one that broke is dropped without flushing. One stuck
    partition breaks nothing: its records are answered as not known to be kept, and all others go on.

    With `topics` (requests, decisions) none is opened while those have another partition count than was
    decided for.
    """

    def __init__(
        self,
        log: Log,
        metrics: Metrics,
        proof: ClockProof,
        *,
        unacked_max: int,
        topics: tuple[str, str] | None = None,
    ) -> None:
        self.trouble: str | None = "no producer was opened yet"
        self.require: Callable[[], object] = lambda: None
        """LogError while none may be opened."""
        self.unacked = 0
        self._log, self._metrics, self._proof = log, metrics, proof
        self._unacked_max = unacked_max
        self._topics = topics
        self._producer: Producer | None = None
        self._opening: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Opens a producer in the background."""
        self._opening = asyncio.get_running_loop().create_task(self._open(None))

    async def stop(self) -> None:
        """Waits for what is on its way, then closes."""
        self._retire(flush=True)
        ending = [task for task in (self._opening, self._closing) if task is not None]
        if ending:
            await asyncio.wait(ending, timeout=CLOSE_S)

    def give_up(self) -> None:
        """On the way out: who still waits for the log is told at once that nothing is known of his record."""
        self._retire(flush=False)

    def _retire(self, *, flush: bool) -> None:
        if self._opening is not None:
            self._opening.cancel()
        producer, self._producer, self.trouble = self._producer, None, "this edge is stopping"
        if producer is not None:
            self._closing = asyncio.get_running_loop().create_task(_close(producer, flush=flush))

    @property
    def stuck(self) -> Sequence[TopicPartition]:
        """Partitions that take no records although Kafka answers."""
        return () if self._producer is None else sorted(self._producer.stuck)

    def notice(self) -> str | None:
        """Which partitions are stuck and what that means, in a sentence; None if none is."""
        if not self.stuck:
            return None
        return (
            f"no records are taken by {', '.join(map(str, self.stuck))}; requests of the operations there "
            "are 503. Look whether these partitions have a leader and enough replicas in sync"
        )

    def require_clock(self) -> None:
        """HttpProblem 503 `clock_unproven` unless the clock that stamps what is sent is proven now."""
        trouble = self._proof.trouble()
        if trouble is not None:
            raise HttpProblem(
                503,
                "clock_unproven",
                f"not kept: this server's clock is not proven ({trouble}); send again with the same id",
                headers=(("retry-after", "1"),),
            )

    async def send(self, topic: str, record: Outgoing) -> Receipt:
        """Returns once the log has it. LogUnavailable: not known to be kept. TooLarge.

        HttpProblem 503 `busy`, and `clock_unproven`: what was stamped by a wrong clock is not sent.
        """
        producer = self._admit(1)
        self.unacked += 1
        begun_s = time.perf_counter()
        try:
            receipt = await (await producer.post(topic, record))
        except LogUnavailable as error:
            if not isinstance(error, PartitionStuck):
                self._drop(producer, str(error))
            raise LogUnavailable("not known to be kept: send again with the same id") from error
        except asyncio.CancelledError:
            self._uncancelled(producer)
            raise LogUnavailable("not known to be kept: send again with the same id") from None
        finally:
            self.unacked -= 1
        self._metrics.ack_seconds.observe(time.perf_counter() - begun_s)
        return receipt

    async def send_all(self, topic: str, records: Sequence[Outgoing]) -> list[Receipt | LogError]:
        """Sends in order; one result a record. HttpProblem 503 as `send`, if there is no room for all."""
        producer = self._admit(len(records))
        self.unacked += len(records)
        try:
            return await self._settle(producer, topic, records)
        finally:
            self.unacked -= len(records)

    async def _settle(
        self, producer: Producer, topic: str, records: Sequence[Outgoing]
    ) -> list[Receipt | LogError]:
        results: list[Receipt | LogError] = [LogUnavailable("not known to be kept")] * len(records)
        waiting: dict[asyncio.Future[Receipt], int] = {}
        trouble: str | None = None
        for row, record in enumerate(records):
            try:
                waiting[_future(await producer.post(topic, record))] = row
            except TooLarge as error:
                results[row] = error
            except LogError as error:
                results[row:] = [error] * (len(records) - row)
                trouble = _breaks(error)
                break
        if waiting:
            await asyncio.wait(waiting)
        for future, row in waiting.items():
            if future.cancelled():
                trouble = trouble or "the producer gave up"
            elif isinstance(failure := future.exception(), LogError):
                results[row] = failure
                trouble = trouble or _breaks(failure)
            elif failure is not None:
                raise failure
            else:
                results[row] = future.result()
        if trouble is not None:
            self._drop(producer, trouble)
        return results

    def _admit(self, records: int) -> Producer:
        self.require_clock()
        if self._producer is None:
            raise LogUnavailable(f"{self.trouble}: not kept, send again with the same id")
        if self.unacked + records > self._unacked_max:
            raise HttpProblem(
                503,
                "busy",
                f"{self.unacked} records wait for the log; send again with the same id",
                headers=(("retry-after", "1"),),
            )
        return self._producer

    def _uncancelled(self, producer: Producer) -> None:
        """A cancellation that nobody asked of this task is the producer's way of giving a record up."""
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise asyncio.CancelledError
        self._drop(producer, "the producer gave up")

    def _drop(self, producer: Producer, why: str) -> None:
        if self._producer is not producer:
            return
        _log.warning("producer dropped", why=why, unacked=self.unacked)
        self._metrics.producers.inc()
        self._producer, self.trouble = None, why
        self._opening = asyncio.get_running_loop().create_task(self._open(producer))

    async def _open(self, dropped: Producer | None) -> None:
        if dropped is not None:
            await _close(dropped, flush=False)
        attempt = 0
        while True:
            try:
                self.require()
                if self._topics is not None:
                    await refuse_other_count(self._log, *self._topics)
                    self._topics = None
                self._producer = await self._log.producer()
            except LogError as error:
                named = "partition_count" if isinstance(error, TopicMismatch) else "no producer"
                self.trouble = f"{named}: {error}"
                await asyncio.sleep(BACKOFF_S[min(attempt, len(BACKOFF_S) - 1)])
                attempt += 1
            else:
                self.trouble = None
                return


def _breaks(error: LogError) -> str | None:
    """Why no more is sent with the producer that says so; None if it can be used further."""
    unusable = isinstance(error, LogUnavailable) and not isinstance(error, PartitionStuck)
    return str(error) if unusable else None


async def _close(producer: Producer, *, flush: bool) -> None:
    """Whatever closing it says: it is not used again, and its unsent records are not ours to promise."""
    with contextlib.suppress(LogError, TimeoutError):
        async with asyncio.timeout(CLOSE_S):
            await producer.close(flush=flush)


def _future(answer: Awaitable[Receipt]) -> asyncio.Future[Receipt]:
    return asyncio.ensure_future(answer)
