"""Rebalances that follow each other closely, without a broker: each partition has one loop, or none."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any, cast

import pytest
from faust.types import TP

from pamwal.contracts import codec
from pamwal.contracts.errors import LogUnavailable
from pamwal.wire.decider import PartitionDecider
from pamwal.wire.faust_transport import DeciderApp
from pamwal.wire.faust_worker import DeciderWorker
from pamwal.wire.log import Outgoing
from pamwal.wire.memory import Faults, MemoryLog
from pamwal.wire.memory_clients import MemoryTransactor
from pamwal.wire.metrics import Unobserved
from tests.wire.counting import NOW, Count, CountingCore, a_request
from tests.wire.witness import DEADLINE_S, Worker, everything, post

REQUESTS = CountingCore.requests_topic


class SlowTransactor(MemoryTransactor):
    """One whose writes and whose end take their time, as a broker's do."""

    log: SlowLog

    async def write(  # type: ignore[override]
        self, topic: str, partition: int, records: list[Outgoing], *, begins_at: int | None = None
    ) -> int:
        self._refuse_if_fenced()
        self._spent = True
        await asyncio.sleep(self.log.write_s())
        self._spent = False
        return await super().write(topic, partition, records, begins_at=begins_at)

    async def close(self) -> None:
        self.log.closing.set()
        await self.log.may_close.wait()
        await super().close()


class SlowLog(MemoryLog):
    """A log whose transactors end when they may, and write as slowly as they are told."""

    def __init__(self, partitions: int) -> None:
        super().__init__(partitions)
        self.create_topics()
        self.closing, self.may_close = asyncio.Event(), asyncio.Event()
        self.may_close.set()
        self.write_s = lambda: 0.0

    async def fence(self, transactional_id: str) -> SlowTransactor:
        fenced = await super().fence(transactional_id)
        slow = SlowTransactor(self, transactional_id, self.epoch(fenced._id))
        slow.log = self
        return slow


class App:
    """What the worker asks of Faust's app, dealt by hand."""

    consumer_generation_id = 1

    def __init__(self) -> None:
        self.assignments = 0
        self.mine: set[int] = set()
        self.consumer = self

    def deal(self, *mine: int) -> None:
        self.assignments += 1
        self.mine = set(mine)

    def assignment(self) -> set[TP]:
        return {TP(REQUESTS, number) for number in self.mine}

    def seek_soon(self, *_: object) -> asyncio.Task[None]:
        return asyncio.get_running_loop().create_task(asyncio.sleep(0))


def a_worker(log: MemoryLog) -> tuple[DeciderWorker[Count], App]:
    worker, app = DeciderWorker(CountingCore(), "none", log, lambda: NOW), App()
    worker._app = cast("DeciderApp", app)
    return worker, app


def loops(partition: int) -> int:
    """How many loops decide that partition in this process."""
    name = f"owner of partition {partition}"
    return sum(task.get_name() == name and not task.done() for task in asyncio.all_tasks())


async def until_deciding(worker: DeciderWorker[Count]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not worker.status().ready:
            await asyncio.sleep(0.001)


async def test_a_rebalance_during_a_slow_hand_over_starts_no_partition_twice() -> None:
    # given a worker that owns two partitions, and a second deal that takes one away, slowly
    log = SlowLog(partitions=2)
    worker, app = a_worker(log)
    app.deal(0, 1)
    await worker._on_dealt()
    await until_deciding(worker)
    await worker._on_revoked()
    log.may_close.clear()
    app.deal(0)
    dealing = asyncio.create_task(worker._on_dealt())
    await log.closing.wait()

    # when a third one begins meanwhile, and deals the same
    revoking = asyncio.create_task(worker._on_revoked())
    await asyncio.sleep(0)
    log.may_close.set()
    await asyncio.gather(dealing, revoking)
    between = loops(0)
    app.deal(0)
    await worker._on_dealt()
    await until_deciding(worker)
    running = loops(0)
    await worker._on_revoked()
    app.deal()
    await worker._on_dealt()

    # then nobody decided between the two, one loop afterwards, and none when it was given up
    assert (between, running, loops(0)) == (0, 1, 0)


async def test_a_worker_told_to_stop_during_a_deal_starts_nothing() -> None:
    # given a deal that waits for a partition to be given up
    log = SlowLog(partitions=2)
    worker, app = a_worker(log)
    app.deal(1)
    await worker._on_dealt()
    await until_deciding(worker)
    await worker._on_revoked()
    log.may_close.clear()
    app.deal(0)
    dealing = asyncio.create_task(worker._on_dealt())
    await log.closing.wait()

    # when the worker is told to end
    worker._app = None
    stopping = asyncio.create_task(worker.stop())
    await asyncio.sleep(0)
    log.may_close.set()
    await asyncio.gather(dealing, stopping)

    # then nothing of it runs
    assert (loops(0), loops(1), worker.status().partitions) == (0, 0, ())


async def test_an_owner_that_runs_is_not_started_again() -> None:
    log = MemoryLog(partitions=1)
    log.create_topics()
    async with Worker(log, CountingCore(), 0) as worker:
        await worker.owner.settled.wait()

        worker.owner.start()

        assert loops(0) == 1
    assert loops(0) == 0


@pytest.mark.parametrize("seed", range(12))
async def test_two_loops_on_one_decider_never_both_write(seed: int) -> None:
    """No way leads here any more; should one be found, the log stays whole."""
    # given one owner whose loop runs twice, over a log and a client that stumble
    chance = Random(seed)
    log = SlowLog(partitions=1)
    log.write_s = lambda: chance.choice([0.0, 0.001, 0.003])
    proved_for_ms = chance.choice([0, 1, 3, 1_500])
    client = Faults(read_skips=0.02, read_again=0.02)
    async with Worker(log, CountingCore(), 0, proved_for_ms=proved_for_ms, client=client) as worker:
        await worker.owner.settled.wait()
        second: asyncio.Task[Any] = asyncio.create_task(worker.owner._run())
        # when requests come
        for turn in range(30):
            await post(log, *(a_request(f"r{turn}-{n}") for n in range(chance.randint(1, 150))))
            await asyncio.sleep(chance.choice([0, 0.001, 0.004]))
        second.cancel()
        await asyncio.wait([second])
    # and the next owner fences, which ends a transaction that the second loop was cut off in
    await log.fence(f"{CountingCore.service}-0")
    # then what was decided was decided once, in order
    found = [
        codec.decode_decision(r.value).data.request
        for r in await everything(log, CountingCore.decisions_topic)
    ]
    offsets = [asked.offset for asked in found if asked is not None]
    assert offsets == list(range(len(offsets)))


async def test_what_was_judged_before_a_drop_is_not_written_behind_it() -> None:
    # given a decider that judges a long list
    log = MemoryLog(partitions=1)
    log.create_topics()
    await post(log, *(a_request(f"r{n}") for n in range(200)))
    records = await everything(log, REQUESTS)
    decider = PartitionDecider(CountingCore(), log, 0, now=lambda: NOW, observer=Unobserved())
    await decider.take_over()
    judging = asyncio.create_task(decider.judge(records))
    await asyncio.sleep(0)

    # when a second caller comes, and another takes the partition over
    with pytest.raises(LogUnavailable, match="another loop"):
        await decider.judge(records)
    await decider.take_over()

    # then the first one is told so, and nothing of it is left
    with pytest.raises(LogUnavailable, match="given up"):
        await judging
    assert decider.unwritten == 0
    await decider.drop()
