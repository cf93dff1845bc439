"""Owners, a group that keeps dealing anew, a log that fails at every turn: one seed replays any failure."""

from __future__ import annotations

import asyncio
import selectors
from random import Random

import pytest

from pamwal.contracts.errors import LogUnavailable
from pamwal.wire.audit import Told, audit
from pamwal.wire.log import TopicPartition
from pamwal.wire.memory import Faults, MemoryLog
from pamwal.wire.memory_group import MemoryGroup
from pamwal.wire.partitioning import partition_of
from tests.wire.counting import REFUSED, CountingCore, a_request, outgoing
from tests.wire.witness import Worker, prove

PARTITIONS = 3
OPERATIONS = [f"op{number}" for number in range(24)]
REQUESTS = 240
DEADLINE_S = 60
FAULTS = Faults(
    send_lost=0.05,
    send_unanswered=0.05,
    commit_lost=0.04,
    commit_unanswered=0.04,
    fenced=0.03,
    read_failed=0.03,
)
CLIENT = Faults(read_failed=0.05, read_skips=0.05, read_again=0.05)


class Member:
    """A process in the group: it works for the partitions it believes to own."""

    def __init__(self, log: MemoryLog) -> None:
        self._log = log
        self._workers: dict[int, Worker] = {}

    async def on_change(self, _: int, partitions: frozenset[int]) -> None:
        for number in set(self._workers) - partitions:
            await self._workers.pop(number).__aexit__()
        for number in sorted(partitions - set(self._workers)):
            worker = Worker(self._log, CountingCore(), number, proved_for_ms=20, client=CLIENT)
            self._workers[number] = await worker.__aenter__()

    async def end(self) -> None:
        await self.on_change(0, frozenset())


async def post_all(log: MemoryLog, chance: Random) -> list[Told]:
    """A client that sends again with the same id until it is told that the request is kept."""
    told = []
    producer = await log.producer()
    for number in range(REQUESTS):
        name = f"r{chance.randrange(REQUESTS) if chance.random() < 0.2 else number}"
        operation = OPERATIONS[int(name[1:]) % len(OPERATIONS)]
        request = a_request(name, operation=operation, queue=REFUSED if int(name[1:]) % 9 == 0 else 0)
        while True:
            try:
                told.append(Told(await producer.send(CountingCore.requests_topic, outgoing(request)), name))
                break
            except LogUnavailable:
                await producer.close(flush=False)
                producer = await log.producer()
        await asyncio.sleep(0)
    return told


async def unsettle(group: MemoryGroup, log: MemoryLog, chance: Random, zombies: list[Member]) -> None:
    """Members come and go, and some are taken for dead who are not."""
    members: dict[str, Member] = {}
    for turn in range(12):
        if len(members) < 2 or chance.random() < 0.5:
            members[f"m{turn}"] = Member(log)
            await group.join(f"m{turn}", members[f"m{turn}"].on_change)
        elif chance.random() < 0.5:
            name = chance.choice(sorted(members))
            await group.leave(name)
            del members[name]
        else:
            name = chance.choice(sorted(members))
            zombies.append(members.pop(name))
            await group.expel(name)
        for _ in range(chance.randrange(400)):
            await asyncio.sleep(0)
    zombies.extend(members.values())


async def simulate(seed: int) -> str:
    """One run; the heads of all chains, which no two different stories share."""
    chance = Random(seed)
    log = MemoryLog(partitions=PARTITIONS, seed=seed, faults=FAULTS)
    log.create_topics()
    group, everybody = MemoryGroup(PARTITIONS), list[Member]()
    async with asyncio.timeout(DEADLINE_S):
        told, _ = await asyncio.gather(post_all(log, chance), unsettle(group, log, chance, everybody))
        for member in everybody:
            await member.end()
        log.faults = Faults()
        for number in range(PARTITIONS):
            at = TopicPartition(CountingCore.requests_topic, number)
            async with Worker(log, CountingCore(), number) as worker:
                await worker.until_next((await log.end_offsets([at]))[at])
    core = CountingCore()
    for number in range(PARTITIONS):
        at = TopicPartition(core.requests_topic, number)
        await prove(log, (await log.end_offsets([at]))[at], number)
    report = await audit(
        log, topics=[core.requests_topic], receipts=told, redecide={core.requests_topic: core}
    )
    assert report.findings == ()
    assert report.decisions == report.requests >= REQUESTS
    assert {partition_of(name.encode(), PARTITIONS) for name in OPERATIONS} == set(range(PARTITIONS))
    assert report.outcomes["repeat"] > 0 < report.outcomes["refused"]
    return " ".join(one.head for one in report.partitions)


class IdleClock(selectors.SelectSelector):
    """Time passes only when nobody has anything to do, and then at once."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("everybody waits for somebody: this would never end")
        self.now += max(timeout, 0)
        return super().select(0)


class SimulatedLoop(asyncio.SelectorEventLoop):
    """An event loop on such a clock: no run depends on how busy the machine is."""

    def __init__(self) -> None:
        self._idle = IdleClock()
        super().__init__(self._idle)

    def time(self) -> float:
        return self._idle.now

    def pass_by(self, seconds: float) -> None:
        """So much time is gone in which nobody here did anything, as in a frozen process."""
        self._idle.now += seconds


def run(seed: int) -> str:
    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        return runner.run(simulate(seed))


@pytest.mark.parametrize("seed", range(20))
def test_whatever_fails_each_request_is_decided_once_and_in_order(seed: int) -> None:
    run(seed)


def test_a_seed_tells_the_same_story_again() -> None:
    assert run(3) == run(3) != run(4)
