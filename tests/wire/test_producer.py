"""What senders are told while Kafka does not answer; a client of aiokafka's that hangs stands in for it."""

from __future__ import annotations

import asyncio
import gc
import uuid
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pamwal.contracts.errors import LogUnavailable, PartitionStuck
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.kafka_producer import BATCH_BYTES_MAX, KafkaProducer
from pamwal.wire.log import Outgoing, TopicPartition
from tests.wire.conftest import Bench, create_topic

ANSWER_WITHIN_MS = 60


class Stuck:
    """aiokafka's: the first record is queued and never answered, for a second, large one there is no room."""

    def __init__(self) -> None:
        self.queued = 0
        self.client = self.cluster = self._message_accumulator = self._sender = self

    def partitions_for_topic(self, _: str) -> set[int]:
        return {0}

    async def send(self, *_: object, **__: object) -> asyncio.Future[Any]:
        self.queued += 1
        if self.queued > 1:
            await asyncio.Event().wait()
        return asyncio.get_running_loop().create_future()


class OneTopic(KafkaLog):
    """Knows a topic of one partition without asking anybody."""

    def __init__(self) -> None:
        super().__init__("nobody:1")
        self._cluster.partitions["t"] = 1


async def test_who_waits_for_room_when_the_producer_breaks_is_told_that_nothing_is_known() -> None:
    # given a record nobody answers, and a second one for which there is no room
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    producer = KafkaProducer(OneTopic(), cast("Any", Stuck()), ANSWER_WITHIN_MS)
    first = await producer.post("t", Outgoing(b"op", b"1"))
    await asyncio.sleep(ANSWER_WITHIN_MS / 3 / 1000)

    # when the first one's time runs out, both hear the same, and so does whoever comes later
    with pytest.raises(LogUnavailable):
        await producer.post("t", Outgoing(b"op", b"2" * BATCH_BYTES_MAX))
    with pytest.raises(LogUnavailable, match="no answer from Kafka"):
        await first
    with pytest.raises(LogUnavailable, match="no answer from Kafka"):
        await producer.post("t", Outgoing(b"op", b"3"))

    # then nothing is left that Python would complain of
    gc.collect()
    await asyncio.sleep(0)
    assert complaints == []


class TooFewReplicas:
    """Stands before a connection: one topic's records are refused, as by Kafka without enough replicas."""

    def __init__(self, client: Any, topic: str) -> None:
        self._send, client.send = client.send, self.send
        self._topic: str | None = topic
        self.tries = 0

    def end(self) -> None:
        """All records are taken from now on."""
        self._topic = None

    async def send(self, node_id: int, request: Any, **more: Any) -> Any:
        refused = [each for each in getattr(request, "_topics", ()) if each[0] == self._topic]
        if not refused:
            return await self._send(node_id, request, **more)
        self.tries += 1
        answers: list[Any] = [(name, [(n, 19, -1, -1, -1) for n, _ in batches]) for name, batches in refused]
        request._topics = [each for each in request._topics if each not in refused]
        if request._topics:
            answers += (await self._send(node_id, request, **more)).topics
        return SimpleNamespace(API_VERSION=7, topics=answers)


@pytest.mark.kafka
async def test_a_stuck_partition_is_given_up_and_the_others_go_on(kafka_bench: Bench) -> None:
    # given a topic that takes nothing and one that works
    log, works, stuck = kafka_bench.log, kafka_bench.topic, f"stuck-{uuid.uuid4()}"
    assert isinstance(log, KafkaLog)
    create_topic(log._bootstrap_servers, stuck)
    log._answer_within_ms = 1_500
    producer = await log.producer()
    replicas = TooFewReplicas(producer._producer.client, stuck)
    sent = await producer.post(stuck, Outgoing(b"op", b"sent"))
    await until(lambda: replicas.tries > 0)
    queued = await producer.post(stuck, Outgoing(b"op", b"queued"))
    assert (await producer.send(works, Outgoing(b"op", b"1"), partition=0)).offset == 0

    # when the time for an answer runs out, who waits for the stuck one is told, and others at once
    for answer in (sent, queued):
        with pytest.raises(PartitionStuck, match=stuck):
            await answer
    with pytest.raises(PartitionStuck, match=stuck):
        await producer.post(stuck, Outgoing(b"op", b"refused"))
    assert producer.stuck == [TopicPartition(stuck, 0)]
    assert (await producer.send(works, Outgoing(b"op", b"2"), partition=0)).offset == 1

    # then, when it takes records again, what was sent is written, and nothing else of what was given up
    replicas.end()
    await until(lambda: not producer.stuck)
    assert (await producer.send(stuck, Outgoing(b"op", b"later"))).offset == 1
    first = await log.fetch(TopicPartition(stuck, 0), 0)
    assert first is not None
    assert first.value == b"sent"
    assert (await producer.send(works, Outgoing(b"op", b"3"), partition=0)).offset == 2


@pytest.mark.kafka
async def test_what_was_never_sent_is_not_written_later(kafka_bench: Bench) -> None:
    # given a partition without a leader
    log, at = kafka_bench.log, TopicPartition(kafka_bench.topic, 0)
    assert isinstance(log, KafkaLog)
    log._answer_within_ms = 1_500
    producer = await log.producer()
    await producer.send(at.topic, Outgoing(b"op", b"before"), partition=0)
    cluster = producer._producer.client.cluster
    leader_of, cluster.leader_for_partition = cluster.leader_for_partition, lambda _: -1

    # when a record is given up, and one that tries it again
    for value in (b"given up", b"tried"):
        with pytest.raises(PartitionStuck):
            await producer.send(at.topic, Outgoing(b"op", value), partition=0)

    # then neither is written when there is a leader again, and the partition works
    cluster.leader_for_partition = leader_of
    assert (await producer.send(at.topic, Outgoing(b"op", b"after"), partition=0)).offset == 1
    assert producer.stuck == []


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.005)
