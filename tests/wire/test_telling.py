"""Summaries of operations: when each is told, by whom, and what trouble with it stops."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from pamwal.contracts.errors import LogError
from pamwal.wire.core import Said
from pamwal.wire.log import TopicPartition
from pamwal.wire.memory import Faults, MemoryLog
from pamwal.wire.metrics import Unobserved
from pamwal.wire.telling import Teller
from pamwal.wire.to_tell import AGAIN_EVERY_S, LOOK_EVERY_S, TELL_EVERY_S, ToTell
from pamwal.wire.watching import WatchingDecider
from tests.wire.counting import a_request
from tests.wire.silence import Heard, SilenceCore, Silences
from tests.wire.test_watching import Clock
from tests.wire.witness import DEADLINE_S, Worker, everything, post

TOPIC = "silence.summaries.v1"


class TellingSilence(SilenceCore):
    """Also tells of which posts it heard; of an operation named `mute` nothing, of `broken` it cannot."""

    tells = TOPIC

    def tell(self, picture: Heard, state: Silences, now: str, vector: dict[str, int]) -> Said | None:  # noqa: ARG002
        operation = next(iter(picture.seen))
        if operation == "mute":
            return None
        if operation == "broken":
            raise RuntimeError("this core cannot tell of that operation")
        sense = json.dumps(sorted(picture.posts)).encode()
        return Said(json.dumps([operation, now, vector, sorted(picture.posts)]).encode(), sense, runs=True)


CORE = TellingSilence()
FIRST, _ = CORE.followed


class House:
    def __init__(self) -> None:
        self.log = MemoryLog(partitions=1)
        for topic in CORE.topics:
            self.log.create_topic(topic, 1, max_bytes=8 * 1024 * 1024)
        self.log.create_topic(TOPIC, 1, max_bytes=8 * 1024 * 1024)
        self.clock, self._names = Clock(), 0

    async def hear(self, operation: str, post_id: str = "alak") -> None:
        self._names += 1
        request = a_request(f"h{self._names}", post=post_id, operation=operation, time=self.clock())
        await post(self.log, request, topic=FIRST.requests_topic)
        async with Worker(self.log, FIRST, 0) as worker:
            asked = TopicPartition(FIRST.requests_topic, 0)
            await worker.until_next((await self.log.end_offsets([asked]))[asked])

    async def decider(self, *, simulated: bool = False) -> WatchingDecider[Silences, Heard]:
        decider = WatchingDecider(
            CORE, self.log, 0, now=self.clock, observer=Unobserved(), simulated=simulated
        )
        await decider.take_over()
        return decider

    async def told(self) -> list[tuple[str, list[str]]]:
        found = [json.loads(record.value) for record in await everything(self.log, TOPIC)]
        return [(operation, posts) for operation, _, _, posts in found]


@pytest.fixture
async def house() -> AsyncIterator[House]:
    house = House()
    yield house
    await house.log.close()


def a_teller(house: House, *deciders: WatchingDecider[Any, Any]) -> Teller:
    return Teller(TOPIC, house.log, lambda: deciders)


async def level(decider: WatchingDecider[Any, Any]) -> asyncio.Task[None]:
    """It follows, and has folded all there is."""
    following = asyncio.create_task(decider.follow())
    async with asyncio.timeout(DEADLINE_S):
        while not await decider.is_level(1):
            await asyncio.sleep(0)
    return following


async def test_a_new_owner_tells_of_every_operation_once(house: House) -> None:
    await house.hear("one")
    await house.hear("two")
    await house.hear("mute")
    decider = await house.decider()
    following = await level(decider)
    teller = a_teller(house, decider)
    assert await teller.tell() == 2
    assert sorted(await house.told()) == [("one", ["alak"]), ("two", ["alak"])]
    assert await teller.tell() == 0, "nothing was heard since"

    another = await house.decider()
    following.cancel()
    following = await level(another)
    assert await a_teller(house, another).tell() == 2, "what an owner before told may be old"
    following.cancel()


async def test_what_says_nothing_new_is_not_told_again(house: House) -> None:
    await house.hear("one")
    decider = await house.decider()
    following = await level(decider)
    teller = a_teller(house, decider)
    await teller.tell()
    await house.hear("one")
    await level_again(decider)
    assert "one" in decider.to_tell(later := asyncio.get_running_loop().time() + TELL_EVERY_S)
    assert decider.say("one", later) is None
    await house.hear("one", "oeba")
    await level_again(decider)
    assert decider.say("one", later) is not None
    following.cancel()


async def level_again(decider: WatchingDecider[Any, Any]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not await decider.is_level(1):
            await asyncio.sleep(0)


async def test_an_operation_that_cannot_be_told_keeps_no_other_from_being_told(house: House) -> None:
    await house.hear("broken")
    await house.hear("one")
    decider = await house.decider()
    following = await level(decider)
    assert await a_teller(house, decider).tell() == 1
    assert await house.told() == [("one", ["alak"])]
    following.cancel()


async def test_no_simulated_clock_tells_of_a_real_operation(house: House) -> None:
    await house.hear("real-1")
    await house.hear("one")
    decider = await house.decider(simulated=True)
    following = await level(decider)
    assert await a_teller(house, decider).tell() == 1
    assert await house.told() == [("one", ["alak"])]
    following.cancel()


async def test_what_the_log_may_not_have_is_told_again(house: House) -> None:
    await house.hear("one")
    decider = await house.decider()
    following = await level(decider)
    house.log.faults = Faults(send_lost=1.0)
    teller = a_teller(house, decider)
    with pytest.raises(LogError):
        await teller.tell()
    assert await house.told() == []
    house.log.faults = Faults()
    running = asyncio.create_task(teller.run())
    async with asyncio.timeout(DEADLINE_S):
        while not await house.told():
            await asyncio.sleep(0.01)
    assert await house.told() == [("one", ["alak"])]
    running.cancel()
    following.cancel()


async def test_a_stuck_partition_is_told_of_again_and_fails_no_others(house: House) -> None:
    await house.hear("one")
    decider = await house.decider()
    following = await level(decider)
    teller = a_teller(house, decider)
    house.log.stuck.add(TopicPartition(TOPIC, 0))
    assert await teller.tell() == 0
    house.log.stuck.clear()
    assert await teller.tell() == 1
    assert await house.told() == [("one", ["alak"])]
    following.cancel()


def test_at_most_two_a_second_are_due_and_none_is_forgotten() -> None:
    to_tell, said = ToTell(), Said(b"1", b"1", runs=False)
    to_tell.hear("op")
    assert to_tell.due(0.0) == ["op"]
    assert to_tell.is_news("op", said, 0.0)
    to_tell.told("op", said, 0.0)
    to_tell.hear("op")
    assert to_tell.due(TELL_EVERY_S - 0.01) == []
    assert to_tell.due(TELL_EVERY_S) == ["op"]
    assert not to_tell.is_news("op", said, TELL_EVERY_S)
    assert to_tell.is_news("op", Said(b"2", b"2", runs=False), TELL_EVERY_S)
    to_tell.not_told("op")
    assert to_tell.due(TELL_EVERY_S) == ["op"]
    assert to_tell.is_news("op", said, TELL_EVERY_S), "nobody knows what the log has"


def test_one_that_runs_is_looked_at_by_the_clock_and_told_again_once_a_minute() -> None:
    to_tell, runs = ToTell(), Said(b"1", b"1", runs=True)
    to_tell.hear("op")
    assert to_tell.is_news("op", runs, 0.0)
    to_tell.told("op", runs, 0.0)
    assert to_tell.due(LOOK_EVERY_S - 0.01) == []
    assert to_tell.due(LOOK_EVERY_S) == ["op"]
    assert not to_tell.is_news("op", runs, LOOK_EVERY_S)
    assert to_tell.is_news("op", runs, AGAIN_EVERY_S)
    over = Said(b"1", b"1", runs=False)
    assert not to_tell.is_news("op", over, AGAIN_EVERY_S)
    assert to_tell.due(10 * AGAIN_EVERY_S) == []
