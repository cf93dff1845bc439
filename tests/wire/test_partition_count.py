"""Somebody gave the topics more partitions: nobody decides, and nobody parks, what was decided elsewhere."""

from __future__ import annotations

import pytest

from pamwal.contracts.errors import TopicMismatch
from pamwal.wire.decider import PartitionDecider
from pamwal.wire.faust_worker import DeciderWorker
from pamwal.wire.log import Log
from pamwal.wire.memory import MemoryLog
from pamwal.wire.metrics import Unobserved
from pamwal.wire.parking import park
from pamwal.wire.partition_count import refuse_other_count
from pamwal.wire.partitioning import partition_of
from tests.wire.counting import NOW, Count, CountingCore, a_request
from tests.wire.witness import Worker, everything, outcomes, post

REQUESTS, DECISIONS = CountingCore.requests_topic, CountingCore.decisions_topic
BEFORE, AFTER = 4, 8
MOVES = next(
    name
    for name in map("op{}".format, range(100))
    if partition_of(name.encode(), BEFORE) != partition_of(name.encode(), AFTER)
)
OLD_HOME, NEW_HOME = partition_of(MOVES.encode(), BEFORE), partition_of(MOVES.encode(), AFTER)


async def decide(log: Log, partition: int) -> None:
    decider: PartitionDecider[Count] = PartitionDecider(
        CountingCore(), log, partition, now=lambda: NOW, observer=Unobserved()
    )
    await decider.take_over()
    await decider.decide(await everything(log, REQUESTS, partition))
    await decider.drop()


@pytest.fixture
async def log() -> MemoryLog:
    """One request decided; then eight partitions instead of four, and the same request sent again."""
    log = MemoryLog(partitions=BEFORE)
    log.create_topics()
    await post(log, a_request("once", operation=MOVES), partition=None)
    await decide(log, OLD_HOME)
    await refuse_other_count(log, REQUESTS, DECISIONS)
    log.grow(REQUESTS, AFTER)
    log.grow(DECISIONS, AFTER)
    await post(log, a_request("once", operation=MOVES), partition=None)
    return log


async def test_a_new_partition_halts_instead_of_deciding_a_second_time(log: MemoryLog) -> None:
    async with Worker(log, CountingCore(), NEW_HOME) as worker:
        await worker.until_halted()
        sentence = worker.owner.status().sentence()
    assert f"partition_count: {DECISIONS}-{OLD_HOME} was written for 4 partitions; there are 8" in sentence
    assert (await outcomes(log, OLD_HOME), await outcomes(log, NEW_HOME)) == (["accepted"], [])


async def test_a_worker_does_not_begin_and_says_why(log: MemoryLog) -> None:
    worker = DeciderWorker(CountingCore(), "none", log, lambda: NOW)
    with pytest.raises(TopicMismatch):
        await worker.start()
    assert (worker.trouble() or "").startswith("partition_count: ")


async def test_an_operator_cannot_park_there(log: MemoryLog) -> None:
    with pytest.raises(TopicMismatch):
        await park(log, CountingCore(), NEW_HOME, 0, reason="raises", operator="siti", now=NOW)
    assert await outcomes(log, NEW_HOME) == []


async def test_requests_alone_with_more_partitions_are_noticed_too() -> None:
    log = MemoryLog(partitions=BEFORE)
    log.create_topics()
    log.grow(REQUESTS, AFTER)
    with pytest.raises(TopicMismatch, match=f"has 8 partitions, {DECISIONS} has 4"):
        await refuse_other_count(log, REQUESTS, DECISIONS)
