"""Where partitions end is asked for together, and answered to each who asked."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Collection
from typing import Any

import pytest
from aiokafka.consumer.fetcher import Fetcher

from pamwal.contracts.errors import LogUnavailable
from pamwal.local.kafka import LocalKafka
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.kafka_offsets import Offsets
from pamwal.wire.log import TopicPartition
from tests.wire.conftest import create_topic

PLACES = [TopicPartition("t", number) for number in range(4)]


class Broker:
    """Answers with a number that grows with each request."""

    def __init__(self) -> None:
        self.asked: list[list[TopicPartition]] = []
        self.away = False

    async def ask(self, places: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        self.asked.append(list(places))
        number = len(self.asked)
        await asyncio.sleep(0)
        if self.away:
            raise LogUnavailable("away")
        return dict.fromkeys(places, number)


async def test_all_who_ask_at_one_moment_are_answered_by_one_request() -> None:
    broker = Broker()
    offsets = Offsets(broker.ask)
    found = await asyncio.gather(offsets.of(PLACES[:2]), offsets.of(PLACES[1:3]), offsets.of(PLACES[3:]))
    assert broker.asked == [PLACES]
    assert list(found) == [dict.fromkeys(PLACES[:2], 1), dict.fromkeys(PLACES[1:3], 1), {PLACES[3]: 1}]


async def test_who_asks_while_one_is_on_its_way_gets_a_newer_answer() -> None:
    broker = Broker()
    offsets = Offsets(broker.ask)
    first = asyncio.create_task(offsets.of(PLACES[:1]))
    while not broker.asked:
        await asyncio.sleep(0.001)
    assert await offsets.of(PLACES[:1]) == {PLACES[0]: 2}
    assert await first == {PLACES[0]: 1}


async def test_trouble_is_told_to_each_and_is_over_with_it() -> None:
    broker = Broker()
    broker.away = True
    offsets = Offsets(broker.ask)
    found = await asyncio.gather(offsets.of(PLACES[:1]), offsets.of(PLACES[1:]), return_exceptions=True)
    assert [type(each) for each in found] == [LogUnavailable, LogUnavailable]
    broker.away = False
    assert await offsets.of(PLACES[:1]) == {PLACES[0]: 2}


async def test_one_who_gives_up_takes_the_answer_from_nobody() -> None:
    offsets = Offsets(Broker().ask)
    gone = asyncio.create_task(offsets.of(PLACES[:1]))
    stays = asyncio.create_task(offsets.of(PLACES[1:]))
    await asyncio.sleep(0)
    gone.cancel()
    assert await stays == dict.fromkeys(PLACES[1:], 1)


async def test_who_waits_at_the_end_is_cancelled() -> None:
    offsets = Offsets(Broker().ask)
    waits = asyncio.create_task(offsets.of(PLACES))
    await asyncio.sleep(0)
    await offsets.close()
    with pytest.raises(asyncio.CancelledError):
        await waits


@pytest.mark.kafka
async def test_a_log_asks_once_for_topics_it_asks_of_for_the_first_time(
    kafka: LocalKafka, kafka_log: KafkaLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kafka's client learns of one topic at a time, and rests before it asks for the next."""
    asked: list[int] = []
    theirs = Fetcher._proc_offset_requests

    async def ask(fetcher: Any, moments: Any) -> Any:
        asked.append(len(moments))
        return await theirs(fetcher, moments)

    monkeypatch.setattr(Fetcher, "_proc_offset_requests", ask)
    places = [TopicPartition(f"ends-{uuid.uuid4()}", 0) for _ in range(3)]
    for place in places:
        create_topic(kafka.bootstrap_servers, place.topic)
    assert await kafka_log.end_offsets(places) == dict.fromkeys(places, 0)
    assert asked == [3]
