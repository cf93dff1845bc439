"""Watching owners when everything fails: each silence is raised once, retracted once; a seed replays it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from random import Random

import pytest

from pamwal.contracts import codec
from pamwal.contracts.errors import LogUnavailable
from pamwal.wire.audit import audit
from pamwal.wire.log import Log, Outgoing, TopicPartition
from pamwal.wire.memory import Faults, MemoryLog
from pamwal.wire.memory_group import MemoryGroup
from pamwal.wire.partitioning import partition_of
from tests.wire.counting import a_request, outgoing
from tests.wire.silence import SILENT_S, SilenceCore, at, said
from tests.wire.test_simulation import CLIENT, FAULTS, SimulatedLoop
from tests.wire.test_watching import House
from tests.wire.witness import Worker, everything, prove

PARTITIONS = 2
CORE = SilenceCore()
OPERATIONS = ("op0", "op1", "op4", "op5")
POSTS = ("alak", "oeba", "oesapa")
DEADLINE_S = 600
QUIET_S = 4 * SILENT_S
"""A post is silent for so long, or heard every second: no delay of ours comes near to the difference."""
Silence = tuple[str, str, str]


class Clock:
    """Tells the simulated loop's time; each process of a host has another skew, and some are set back."""

    def __init__(self, skew_s: float = 0.0) -> None:
        self._skew_s = skew_s

    def __call__(self) -> str:
        return at(100 + asyncio.get_running_loop().time() + self._skew_s)


class Member:
    """A process in the watching group."""

    def __init__(self, log: MemoryLog, chance: Random) -> None:
        self._log = log
        self._clock = Clock(chance.uniform(-0.5, 0.5))
        self._workers: dict[int, Worker] = {}

    async def on_change(self, _: int, partitions: frozenset[int]) -> None:
        for number in set(self._workers) - partitions:
            await self._workers.pop(number).__aexit__()
        for number in sorted(partitions - set(self._workers)):
            worker = Worker(
                self._log, CORE, number, proved_for_ms=20, client=CLIENT, now=self._clock, read_wait_ms=100
            )
            self._workers[number] = await worker.__aenter__()

    async def end(self, after_s: float = 0.0) -> None:
        """A zombie lives on for a while, and takes partitions from their owners."""
        await asyncio.sleep(after_s)
        await self.on_change(0, frozenset())


async def tell(log: MemoryLog, topic: str, name: str, operation: str, post: str) -> None:
    """Says it until it is kept; the time is that of the first try."""
    request = a_request(name, operation=operation, post=post, time=Clock()())
    while True:
        producer = await log.producer()
        try:
            await producer.send(topic, outgoing(request))
        except LogUnavailable:
            continue
        else:
            return
        finally:
            await producer.close(flush=False)


async def live(log: MemoryLog, operation: str, post: str, seed: int) -> list[str]:
    """A post's day: heard each second for a while, then silent, three times. The last heartbeats."""
    chance = Random(f"{seed}/{operation}/{post}")
    silences = []
    for turn in range(3):
        for beat in range(chance.randrange(1, 6)):
            core = CORE.followed[chance.randrange(2)]
            last = Clock()()
            await tell(log, core.requests_topic, f"{post}-{turn}-{beat}", operation, post)
            await asyncio.sleep(1)
        silences.append(last)
        await asyncio.sleep(QUIET_S + chance.random())
    return silences


async def ask(log: MemoryLog, chance: Random) -> None:
    """Requests to the watching service itself, among its causes."""
    for number in range(80):
        await tell(log, CORE.requests_topic, f"r{number}", chance.choice(OPERATIONS), "posko")
        await asyncio.sleep(chance.random())


async def unsettled(group: MemoryGroup, log: MemoryLog, chance: Random) -> list[Member]:
    """Members come, go and are taken for dead, now and then through the day; who is left at its end."""
    members: dict[str, Member] = {}
    zombies = []
    for turn in range(14):
        if len(members) < 2 or chance.random() < 0.4:
            members[f"m{turn}"] = Member(log, chance)
            await group.join(f"m{turn}", members[f"m{turn}"].on_change)
        else:
            name = chance.choice(sorted(members))
            member = members.pop(name)
            if chance.random() < 0.5:
                await group.leave(name)
            else:
                await group.expel(name)
                zombies.append(asyncio.create_task(member.end(chance.uniform(0, 5))))
        await asyncio.sleep(chance.uniform(0, 8))
    await asyncio.gather(*zombies)
    return list(members.values())


async def spoken(log: Log) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """(operation, post) → what was raised and retracted, in the log's order; numbers looked at by hand."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for number in range(PARTITIONS):
        causes, now = 0, ""
        for record in await everything(log, CORE.decisions_topic, number):
            decision = codec.decode_decision(record.value)
            cause = decision.data.cause
            assert decision.data.knownat >= now
            now = decision.data.knownat
            if cause is None:
                continue
            causes += 1
            assert cause.n == causes
            assert cause.now == now
            for word, post, episode in said(decision.data.facts):
                found[decision.operationid, post].append((word, episode))
    return dict(found)


async def simulate(seed: int) -> str:
    chance = Random(seed)
    log = MemoryLog(partitions=PARTITIONS, seed=seed, faults=FAULTS)
    for topic in CORE.topics:
        log.create_topic(topic, PARTITIONS, max_bytes=8 * 1024 * 1024)
    assert {partition_of(name.encode(), PARTITIONS) for name in OPERATIONS} == set(range(PARTITIONS))
    group = MemoryGroup(PARTITIONS)
    steady = [
        Worker(log, core, number, read_wait_ms=100) for core in CORE.followed for number in range(PARTITIONS)
    ]
    pairs = [(operation, post) for operation in OPERATIONS for post in POSTS]
    async with asyncio.timeout(DEADLINE_S):
        for worker in steady:
            await worker.__aenter__()
        *silences, _, left = await asyncio.gather(
            *(live(log, operation, post, seed) for operation, post in pairs),
            ask(log, chance),
            unsettled(group, log, chance),
        )
        for member in left:
            await member.end()
        log.faults = Faults()
        for number in range(PARTITIONS):
            asked = TopicPartition(CORE.requests_topic, number)
            async with Worker(log, CORE, number, now=Clock()) as worker:
                await worker.until_next((await log.end_offsets([asked]))[asked])
        for worker in steady:
            await worker.__aexit__()
    told = await spoken(log)
    for pair, episodes in zip(pairs, silences, strict=True):
        expected = [(word, episode) for episode in episodes for word in ("raised", "retracted")]
        assert told[pair] == expected[:-1], f"{pair}: the last silence lasts"
    cores = {core.requests_topic: core for core in (*CORE.followed, CORE)}
    report = await audit(log, topics=list(cores), redecide=cores)
    assert report.findings == ()
    assert report.pending == 0
    for core in CORE.followed:
        for number in range(PARTITIONS):
            asked = TopicPartition(core.requests_topic, number)
            await prove(log, (await log.end_offsets([asked]))[asked], number, core)
    return " ".join(one.head for one in report.partitions)


def run(seed: int) -> str:
    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        return runner.run(simulate(seed))


async def freeze(turns: int) -> list[Silence]:
    """A watcher is frozen for 100 s, so many turns of the loop after it looked what waits; what it says then.

    alak is heard at 0, at 4.9 and at 104 s, the last two while it is frozen; oeba at 4.8 s only.
    """
    elsewhere, here = House(), House()
    await elsewhere.hear("alak", seconds=0)
    await elsewhere.hear("oeba", seconds=4.8)
    await elsewhere.hear("alak", seconds=4.9)
    await elsewhere.hear("alak", seconds=104)
    heard = [
        Outgoing(one.key or b"", one.value, one.headers)
        for one in await everything(elsewhere.log, CORE.followed[0].decisions_topic)
    ]
    loop = asyncio.get_running_loop()
    assert isinstance(loop, SimulatedLoop)
    began, looked = loop.time(), asyncio.Event()

    def now() -> str:
        looked.set()
        return at(loop.time() - began)

    def decided(*records: Outgoing) -> None:
        for record in records:
            here.log.store(CORE.followed[0].decisions_topic, 0, record)

    decided(heard[0])
    async with Worker(here.log, CORE, 0, now=now, read_wait_ms=100) as worker:
        await worker.until(lambda: worker.owner.status().phase == "deciding")
        await asyncio.sleep(began + 4.8 - loop.time())
        decided(heard[1])
        looked.clear()
        await looked.wait()
        for _ in range(turns):
            await asyncio.sleep(0)
        loop.pass_by(100)
        decided(*heard[2:])
        await asyncio.sleep(3)
    return await here.said()


@pytest.mark.parametrize("turns", range(12))
def test_who_was_frozen_calls_nobody_silent_who_was_heard_meanwhile(turns: int) -> None:
    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        assert runner.run(freeze(turns)) == [("raised", "oeba", at(4.8))]


@pytest.mark.parametrize("seed", range(8))
def test_whatever_fails_each_silence_is_raised_once_and_retracted_once(seed: int) -> None:
    run(seed)


def test_a_seed_tells_the_same_story_again() -> None:
    assert run(3) == run(3) != run(4)
