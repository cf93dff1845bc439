"""Writing to Kafka in transactions: the fenced transactor of the deciders."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from aiokafka import TopicPartition as Place

from pamwal.contracts.errors import LogUnavailable
from pamwal.wire.kafka_errors import our_errors
from pamwal.wire.kafka_producer import RETRY_BACKOFF_MS, kill
from pamwal.wire.log import Outgoing, TopicPartition, refuse_elsewhere

if TYPE_CHECKING:
    from pamwal.wire.kafka import KafkaLog

WRITE_TIMEOUT_MS: Final = 15_000
AHEAD_S: Final = 0.005
"""So long after a commit the next transaction is begun: by then its marker is written."""
AHEAD_BACKOFF_S: Final = 0.5
"""What is done ahead is in no hurry: without Kafka each try is an error in the log, of every partition."""
UNUSED_S: Final = 2.0
"""So long it waits to be used: far less than TRANSACTION_TIMEOUT_MS, when the broker would shut us out."""
ASK_AGAIN_S: Final = 0.02
_log = logging.getLogger(__name__)


class KafkaTransactor:
    """One epoch of a transactional id; after any error it is spent."""

    def __init__(self, log: KafkaLog, producer: Any, transactional_id: str) -> None:
        self._log = log
        self._producer = producer
        self._id = transactional_id
        self._spent = False
        self._begun = False
        self._ahead: asyncio.TimerHandle | None = None
        self._ending: asyncio.Task[None] | None = None

    async def write(
        self, topic: str, partition: int, records: Sequence[Outgoing], *, begins_at: int | None = None
    ) -> int:
        if self._spent:
            raise LogUnavailable(f"{self._id}: this transactor was closed or has failed; fence again")
        self._spent = True
        self._look_no_further()
        await self._log.check(topic, partition, records)
        with our_errors(f"writing as {self._id} to {topic}-{partition}"):
            async with asyncio.timeout(WRITE_TIMEOUT_MS / 1000):
                last = await self._write(topic, partition, records, begins_at)
        self._spent = False
        return last

    async def abort_hanging(self, at: TopicPartition) -> None:
        """Writes a record and aborts it: its marker ends all that this producer id has open in the partition.

        Kafka leaves a transaction hanging when a broker is killed between a commit and its marker. Until the
        broker that comes back is registered anew, none of its partitions has a leader; it takes such a
        partition for a deleted one, and completes the transaction without the marker.
        """
        began = await self._open_from(at)
        if began is None:
            return
        self._spent = True
        with our_errors(f"aborting as {self._id} what hangs in {at}"):
            async with asyncio.timeout(WRITE_TIMEOUT_MS / 1000):
                await self._producer.begin_transaction()
                await self._producer.send_and_wait(at.topic, b"", b"aborted", partition=at.partition)
                await self._producer.abort_transaction()
                # the broker writes the marker some milliseconds after it has answered
                marked = False
                while not marked:
                    await asyncio.sleep(ASK_AGAIN_S)
                    marked = await self._open_from(at) is None
        self._spent = False
        _log.warning("%s: aborted a transaction that was hanging in %s since offset %d", self._id, at, began)

    async def _open_from(self, at: TopicPartition) -> int | None:
        """The offset of the first open transaction of a partition, or None if there is none."""
        ends = await self._log.end_offsets([at], "uncommitted")
        stable = await self._log.end_offsets([at], "committed")
        return stable[at] if stable[at] < ends[at] else None

    def begin_next(self, topic: str, partition: int) -> None:
        self._later(AHEAD_S, self._begin, Place(topic, partition))

    async def _write(
        self, topic: str, partition: int, records: Sequence[Outgoing], begins_at: int | None
    ) -> int:
        producer = self._producer
        if self._ending is not None:
            await self._ending
        producer._sender._retry_backoff = RETRY_BACKOFF_MS / 1000
        if not self._begun:
            await producer.begin_transaction()
        self._begun = False
        batch, last = producer.create_batch(), -1
        for record in records:
            if not _append(batch, record):
                last = await self._deliver(batch, topic, partition)
                batch = producer.create_batch()
                _append(batch, record)
        last = await self._deliver(batch, topic, partition)
        refuse_elsewhere(begins_at, last - len(records) + 1)
        # only now: aiokafka would commit a transaction although a batch of it failed
        await producer.commit_transaction()
        return last

    async def _deliver(self, batch: Any, topic: str, partition: int) -> int:
        count = int(batch.record_count())
        kept = await (await self._producer.send_batch(batch, topic, partition=partition))
        if kept.offset < 0:
            raise LogUnavailable(f"{self._id}: the broker does not know where it keeps the batch")
        return int(kept.offset) + count - 1

    def _later(self, after_s: float, do: Callable[..., None], *arguments: Any) -> None:
        self._ahead = asyncio.get_running_loop().call_later(after_s, do, *arguments)

    def _look_no_further(self) -> None:
        if self._ahead is not None:
            self._ahead.cancel()

    def _begin(self, at: Place) -> None:
        """Begins the next transaction and has the broker add the partition to it, as the next write would."""
        if self._producer._sender.sender_task.done():
            return  # it failed meanwhile, which the next write says
        self._producer._sender._retry_backoff = AHEAD_BACKOFF_S
        manager = self._producer._txn_manager
        manager.begin_transaction()
        manager.maybe_add_partition_to_txn(at)
        self._begun = True
        self._later(UNUSED_S, self._end)

    def _end(self) -> None:
        """Ends a transaction that was begun ahead and not needed. What goes wrong, the next write raises."""
        self._begun = False
        self._ending = asyncio.ensure_future(self._end_unused())
        self._ending.add_done_callback(lambda ended: ended.cancelled() or ended.exception())

    async def _end_unused(self) -> None:
        try:
            async with asyncio.timeout(WRITE_TIMEOUT_MS / 1000):
                await self._producer.commit_transaction()
        except BaseException:
            await kill(self._producer)  # else it would ask for ever
            raise

    async def close(self) -> None:
        self._spent = True
        self._look_no_further()
        await kill(self._producer)
        self._log.forget(self)


def _append(batch: Any, record: Outgoing) -> bool:
    value = record.value or None
    kept = batch.append(timestamp=None, key=record.key, value=value, headers=list(record.headers))
    return kept is not None
