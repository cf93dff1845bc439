"""Where partitions end is asked for together, and answered to each who asked."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

import pytest

from pamwal.contracts.errors import LogUnavailable
from pamwal.wire.kafka_offsets import Offsets
from pamwal.wire.log import TopicPartition

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
