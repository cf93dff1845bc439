"""What senders are told while Kafka does not answer; a client of aiokafka's that hangs stands in for it."""

from __future__ import annotations

import asyncio
import gc
from typing import Any, cast

import pytest

from pamwal.contracts.errors import LogUnavailable
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.kafka_producer import BATCH_BYTES_MAX, KafkaProducer
from pamwal.wire.log import Outgoing

ANSWER_WITHIN_MS = 60


class Stuck:
    """aiokafka's: the first record is queued and never answered, for a second, large one there is no room."""

    def __init__(self) -> None:
        self.queued = 0
        self.client = self.cluster = self

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
