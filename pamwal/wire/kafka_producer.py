"""Writing to Kafka: the idempotent producer of the edges and the fenced transactor of the deciders."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka import TopicPartition as Place
from aiokafka.producer import sender as their_sender

from pamwal.contracts.errors import LogUnavailable
from pamwal.wire.ending import at_most, start_within
from pamwal.wire.kafka_errors import in_our_words, our_errors
from pamwal.wire.kafka_security import PLAINTEXT, KafkaSecurity
from pamwal.wire.kafka_sent import put_requests_together_once, stamp_of
from pamwal.wire.log import Outgoing, Receipt, TopicPartition, refuse_elsewhere

if TYPE_CHECKING:
    from pamwal.wire.kafka import KafkaLog

REQUEST_BYTES_MAX: Final = 16 * 1024 * 1024
BATCH_BYTES_MAX: Final = 512 * 1024
TRANSACTION_BATCH_BYTES_MAX: Final = 960 * 1024
"""Each batch waits for the one before it to be on disk, so 500 decisions should be one; and a reader's fetch,
of 1 MiB, should hold it. No topic that transactions go to takes less."""
AROUND_VALUE_BYTES: Final = 1_024
"""More than key, headers and framing of one of our records take."""
REQUEST_TIMEOUT_MS: Final = 5_000
TRANSACTION_TIMEOUT_MS: Final = 10_000
WRITE_TIMEOUT_MS: Final = 15_000
CLOSE_S: Final = 2.0
RETRY_BACKOFF_MS: Final = 5
"""aiokafka's 100 would make a commit right after another wait 100 ms for the broker."""
NEXT_TRANSACTION_BACKOFF_S: Final = 0.002
"""The broker writes a commit's marker some milliseconds after it has answered, and begins no new transaction
before. aiokafka asks again after 20 ms, whatever `retry_backoff_ms` says: thrice what it takes."""
AHEAD_S: Final = 0.005
"""So long after a commit the next transaction is begun: by then its marker is written."""
AHEAD_BACKOFF_S: Final = 0.5
"""What is done ahead is in no hurry: without Kafka each try is an error in the log, of every partition."""
ASK_AGAIN_S: Final = 0.02
_log = logging.getLogger(__name__)
UNUSED_S: Final = 2.0
"""So long it waits to be used: far less than TRANSACTION_TIMEOUT_MS, when the broker would shut us out."""


def new_producer(
    bootstrap_servers: str, transactional_id: str | None = None, security: KafkaSecurity = PLAINTEXT
) -> Any:
    """An aiokafka producer, not started yet; linger 0 is fastest at our rates."""
    their_sender.BACKOFF_OVERRIDE = NEXT_TRANSACTION_BACKOFF_S
    put_requests_together_once()
    return AIOKafkaProducer(
        bootstrap_servers=bootstrap_servers,
        enable_idempotence=True,
        acks="all",
        linger_ms=0,
        max_batch_size=BATCH_BYTES_MAX if transactional_id is None else TRANSACTION_BATCH_BYTES_MAX,
        max_request_size=REQUEST_BYTES_MAX,
        request_timeout_ms=REQUEST_TIMEOUT_MS,
        retry_backoff_ms=RETRY_BACKOFF_MS,
        transactional_id=transactional_id,
        transaction_timeout_ms=TRANSACTION_TIMEOUT_MS,
        **security.options(),
    )


async def start(producer: Any, timeout_ms: int, doing: str) -> None:
    """Starts a producer within a time; on any trouble nothing of it is left."""
    try:
        with our_errors(doing):
            await start_within(timeout_ms / 1000, producer)
    except BaseException:
        await kill(producer)
        raise


async def kill(producer: Any) -> None:
    """Ends a producer and sends nothing more: its own `stop` flushes, and waits until Kafka is back."""
    producer._closed = True
    sender = producer._sender.sender_task
    for _ in range(50):
        if sender is None or sender.done():
            break
        # it waits for its own requests when cancelled; cancelling again ends those
        sender.cancel()
        await asyncio.wait([sender], timeout=0.02)
    gone = LogUnavailable("the producer was dropped")
    waiting = producer._message_accumulator
    for batches in waiting._batches.values():
        # aiokafka takes every failed batch out of the pending ones, and complains of one to be sent again
        waiting._pending_batches.update(batches)
    failed = list(waiting._pending_batches)
    waiting.fail_all(gone)
    for waiter in (each for batch in failed for each in (batch.future, batch._drain_waiter)):
        if waiter.done() and not waiter.cancelled():
            waiter.exception()
    if sender is not None and sender.done() and not sender.cancelled():
        sender.exception()
    waiter = getattr(producer._txn_manager, "_transaction_waiter", None)
    if waiter is not None and waiter.done() and not waiter.cancelled():
        waiter.exception()
    await at_most(CLOSE_S, producer.client.close())


class _Sent(NamedTuple):
    """When a record was handed to aiokafka, and how much room it takes there at most."""

    at_s: float
    size_bytes: int


class KafkaProducer:
    """Idempotent, acks=all. Sends not answered in time break it: nobody knows what of them stands."""

    def __init__(self, log: KafkaLog, producer: Any, answer_within_ms: int) -> None:
        self._log = log
        self._producer = producer
        self._answer_within_s = answer_within_ms / 1000
        self._loop = asyncio.get_running_loop()
        self._unanswered: OrderedDict[asyncio.Future[Receipt], _Sent] = OrderedDict()
        self._unanswered_bytes = 0
        self._for_room: set[asyncio.Timeout] = set()
        self._broken: str | None = None
        self._watch = self._loop.call_later(self._answer_within_s / 4, self._look)

    async def post(self, topic: str, record: Outgoing, *, partition: int | None = None) -> Awaitable[Receipt]:
        if self._broken:
            raise LogUnavailable(self._broken)
        number = await self._log.place(topic, record, partition)
        answer: asyncio.Future[Receipt] = self._loop.create_future()
        size = len(record.value) + AROUND_VALUE_BYTES
        self._unanswered[answer] = _Sent(self._loop.time(), size)
        self._unanswered_bytes += size
        try:
            with our_errors(f"sending to {topic}-{number}"):
                sent = await self._queue(topic, record, number)
        except BaseException:
            self._settled(answer)
            if answer.done():
                # while this one waited for room, the oldest broke the producer, and every answer with it
                answer.exception()
            raise
        sent.add_done_callback(partial(self._answered, answer))
        return answer

    async def _queue(self, topic: str, record: Outgoing, number: int) -> asyncio.Future[Any]:
        """Waits while there is no room for it, or the topic's metadata is away, until the producer breaks."""
        sending = self._producer.send(
            topic, record.value, record.key, partition=number, headers=list(record.headers)
        )
        known = self._producer.client.cluster.partitions_for_topic(topic)
        if known and self._unanswered_bytes <= BATCH_BYTES_MAX:
            # all that is under way fits into one batch, so it does not wait: watching over it costs 10 µs
            return await sending  # type: ignore[no-any-return]
        async with asyncio.timeout(self._answer_within_s) as limit:
            self._for_room.add(limit)
            try:
                return await sending  # type: ignore[no-any-return]
            finally:
                self._for_room.discard(limit)

    async def send(self, topic: str, record: Outgoing, *, partition: int | None = None) -> Receipt:
        return await (await self.post(topic, record, partition=partition))

    async def stamp(self, topic: str, record: Outgoing, *, partition: int) -> int:
        await self._log.check(topic, partition, [record])
        with our_errors(f"sending to {topic}-{partition}"):
            return stamp_of(await (await self._queue(topic, record, partition)))

    async def close(self, *, flush: bool = True) -> None:
        self._watch.cancel()
        if flush and not self._broken:
            await at_most(self._answer_within_s, self._producer.stop())
        self._break("this producer was closed; open another")
        await kill(self._producer)
        self._log.forget(self)

    def _settled(self, answer: asyncio.Future[Receipt]) -> None:
        sent = self._unanswered.pop(answer, None)
        if sent is not None:
            self._unanswered_bytes -= sent.size_bytes

    def _answered(self, answer: asyncio.Future[Receipt], sent: asyncio.Future[Any]) -> None:
        self._settled(answer)
        if sent.cancelled():
            answer.cancel()
            return
        error = sent.exception()
        if answer.done():
            return
        if error is not None:
            answer.set_exception(in_our_words(error, "sending"))
            return
        kept = sent.result()
        if kept.offset < 0:
            answer.set_exception(LogUnavailable("the broker has it, but no longer knows where"))
        else:
            answer.set_result(Receipt(kept.topic, kept.partition, kept.offset))

    def _look(self) -> None:
        now = self._loop.time()
        oldest = next(iter(self._unanswered.values()), None)
        if oldest is not None and now - oldest.at_s > self._answer_within_s:
            self._break(f"no answer from Kafka in {self._answer_within_s} s; open another producer")
        else:
            self._watch = self._loop.call_later(self._answer_within_s / 4, self._look)

    def _break(self, why: str) -> None:
        self._broken = why
        for answer in list(self._unanswered):
            if not answer.done():
                answer.set_exception(LogUnavailable(why))
        self._unanswered.clear()
        for limit in self._for_room:
            limit.reschedule(self._loop.time())


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
    kept = batch.append(timestamp=None, key=record.key, value=record.value, headers=list(record.headers))
    return kept is not None
