"""Writing to Kafka: how producers are opened and ended, and the idempotent producer of the edges."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka import TopicPartition as Place
from aiokafka.errors import KafkaTimeoutError
from aiokafka.producer import sender as their_sender

from pamwal.contracts.errors import LogError, LogUnavailable, PartitionStuck
from pamwal.wire.ending import at_most, start_within
from pamwal.wire.kafka_errors import in_our_words, our_errors
from pamwal.wire.kafka_security import PLAINTEXT, KafkaSecurity
from pamwal.wire.kafka_sent import put_requests_together_once, stamp_of
from pamwal.wire.kafka_unanswered import Unanswered, drop_queued, rest_stuck
from pamwal.wire.log import Outgoing, Receipt, TopicPartition

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
CLOSE_S: Final = 2.0
RETRY_BACKOFF_MS: Final = 5
"""aiokafka's 100 would make a commit right after another wait 100 ms for the broker."""
NEXT_TRANSACTION_BACKOFF_S: Final = 0.002
"""The broker writes a commit's marker some milliseconds after it has answered, and begins no new transaction
before. aiokafka asks again after 20 ms, whatever `retry_backoff_ms` says: thrice what it takes."""


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


class KafkaProducer:
    """Idempotent, acks=all. It breaks when Kafka does not answer: nobody knows what of its records stands.

    Where Kafka answers and a partition does not, only that partition is given up. What was queued for it is
    dropped. What was sent may still be written: aiokafka sends it again until Kafka takes it, and until then
    more records for that partition are refused.
    """

    def __init__(self, log: KafkaLog, producer: Any, answer_within_ms: int) -> None:
        self._log = log
        self._producer = producer
        self._answer_within_s = answer_within_ms / 1000
        self._loop = asyncio.get_running_loop()
        self._unanswered = Unanswered()
        rest_stuck(producer, self._unanswered.stuck)
        self._for_room: dict[asyncio.Timeout, Place] = {}
        self._broken: str | None = None
        self._watch = self._loop.create_task(self._look(), name="producer")

    @property
    def stuck(self) -> list[TopicPartition]:
        return [TopicPartition(*at) for at in self._unanswered.stuck]

    async def post(self, topic: str, record: Outgoing, *, partition: int | None = None) -> Awaitable[Receipt]:
        if self._broken:
            raise LogUnavailable(self._broken)
        at = Place(topic, await self._log.place(topic, record, partition))
        if self._unanswered.refuses(at):
            raise _stuck(at)
        answer: asyncio.Future[Receipt] = self._loop.create_future()
        self._unanswered.add(at, answer, len(record.value) + AROUND_VALUE_BYTES, self._loop.time())
        try:
            with our_errors(f"sending to {topic}-{at.partition}"):
                sent = await self._queue(at, record)
        except BaseException:
            self._unanswered.settle(at, answer)
            if answer.done():
                # while this one waited for room, the oldest broke the producer, and every answer with it
                answer.exception()
            raise
        sent.add_done_callback(partial(self._answered, at, answer))
        return answer

    async def _queue(self, at: Place, record: Outgoing) -> asyncio.Future[Any]:
        """Waits while there is no room for it, or the topic's metadata is away, until the producer breaks."""
        sending = self._producer.send(
            at.topic, record.value or None, record.key, partition=at.partition, headers=list(record.headers)
        )
        known = self._producer.client.cluster.partitions_for_topic(at.topic)
        if known and self._unanswered.size_bytes <= BATCH_BYTES_MAX:
            # all that is under way fits into one batch, so it does not wait: watching over it costs 10 µs
            return await sending  # type: ignore[no-any-return]
        limit = asyncio.timeout(self._answer_within_s)
        try:
            async with limit:
                self._for_room[limit] = at
                return await sending  # type: ignore[no-any-return]
        except (TimeoutError, KafkaTimeoutError) as error:
            if known and not self._broken:
                raise _stuck(at) from error
            raise
        finally:
            self._for_room.pop(limit, None)

    async def send(self, topic: str, record: Outgoing, *, partition: int | None = None) -> Receipt:
        return await (await self.post(topic, record, partition=partition))

    async def stamp(self, topic: str, record: Outgoing, *, partition: int) -> int:
        await self._log.check(topic, partition, [record])
        with our_errors(f"sending to {topic}-{partition}"):
            return stamp_of(await (await self._queue(Place(topic, partition), record)))

    async def close(self, *, flush: bool = True) -> None:
        self._watch.cancel()
        if flush and not self._broken:
            await at_most(self._answer_within_s, self._producer.stop())
        self._break("this producer was closed; open another")
        await kill(self._producer)
        self._log.forget(self)

    def _answered(self, at: Place, answer: asyncio.Future[Receipt], sent: asyncio.Future[Any]) -> None:
        self._unanswered.settle(at, answer)
        if sent.cancelled():
            answer.cancel()
            return
        error = sent.exception()
        if error is None:
            self._unanswered.stuck.discard(at)
        if answer.done():
            if error is not None and not isinstance(error, PartitionStuck) and not self._broken:
                # nobody is left to be told, and Kafka takes nothing more of this producer there
                self._break(f"{at.topic}-{at.partition} failed: {error!r}; open another producer")
            return
        if error is not None:
            answer.set_exception(in_our_words(error, "sending"))
            return
        kept = sent.result()
        if kept.offset < 0:
            answer.set_exception(LogUnavailable("the broker has it, but no longer knows where"))
        else:
            answer.set_result(Receipt(kept.topic, kept.partition, kept.offset))

    async def _look(self) -> None:
        """Gives up, every quarter of the time for an answer, what has none in time."""
        limit_s = self._answer_within_s
        while not self._broken:
            await asyncio.sleep(limit_s / 4)
            if not self._unanswered.older_than(limit_s / 2, self._loop.time()):
                continue
            answers = await self._kafka_answers()
            late = self._unanswered.older_than(limit_s, self._loop.time())
            if late and not answers:
                self._break(f"no answer from Kafka in {limit_s} s; open another producer")
            for at in late if answers else ():
                self._give_up(at)

    async def _kafka_answers(self) -> bool:
        """Whether Kafka answers at all, and is the cluster it was; it has half the time of a record."""
        try:
            async with asyncio.timeout(self._answer_within_s / 2):
                await self._log.cluster_id(anew=True)
        except (LogError, TimeoutError):
            return False
        return True

    def _give_up(self, at: Place) -> None:
        """Tells all who wait for a partition that nothing is known; what was never sent is dropped."""
        error = _stuck(at)
        self._unanswered.stuck.add(at)
        drop_queued(self._producer, at, error)
        for answer in self._unanswered.of(at):
            if not answer.done():
                answer.set_exception(error)
        self._end_waits(at)

    def _break(self, why: str) -> None:
        self._broken = why
        for answer in self._unanswered.give_up():
            if not answer.done():
                answer.set_exception(LogUnavailable(why))
        self._end_waits(None)

    def _end_waits(self, at: Place | None) -> None:
        """Those who wait for room in one partition, or in any, wait no longer."""
        for limit, where in self._for_room.items():
            if at in (None, where):
                limit.reschedule(self._loop.time())


def _stuck(at: Place) -> PartitionStuck:
    return PartitionStuck(f"{at.topic}-{at.partition} takes no records, although Kafka answers")
