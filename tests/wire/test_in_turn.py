"""Of the partitions of one process one at a time judges; none waits for another's log."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from itertools import groupby
from typing import Any

import pytest

from pamwal.contracts.envelope import Request, Verdict
from pamwal.wire.decider import PartitionDecider
from pamwal.wire.gap import goes_back
from pamwal.wire.log import Record, TopicPartition
from pamwal.wire.memory import MemoryLog
from pamwal.wire.metrics import Unobserved
from pamwal.wire.partitioning import partition_of
from tests.wire.counting import NOW, Count, CountingCore, a_record, a_request

HOMES = {partition_of(name.encode(), 2): name for name in ("op-1", "op-2", "op-3", "op-4")}


class Noting(CountingCore):
    """Notes whose requests are judged, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.judged: list[int] = []

    def decide(self, state: Count, request: Request[Any], knownat: str) -> Verdict[Any]:
        self.judged.append(partition_of(request.operationid.encode(), 2))
        return super().decide(state, request, knownat)


async def two_deciders(core: CountingCore, log: MemoryLog) -> list[PartitionDecider[Any]]:
    turn = asyncio.Lock()
    deciders: list[PartitionDecider[Any]] = [
        PartitionDecider(core, log, number, now=lambda: NOW, observer=Unobserved(), turn=turn)
        for number in range(2)
    ]
    for decider in deciders:
        await decider.take_over()
    return deciders


def requests_of(partition: int, numbers: Iterable[int]) -> list[Record]:
    name = HOMES[partition]
    return [a_record(n, a_request(f"r{n}", operation=name), partition=partition) for n in numbers]


@pytest.fixture
def log() -> MemoryLog:
    log = MemoryLog(partitions=2)
    log.create_topics()
    return log


async def test_partitions_judge_128_requests_in_their_turn(log: MemoryLog) -> None:
    core = Noting()
    first, second = await two_deciders(core, log)
    await asyncio.gather(first.judge(requests_of(0, range(200))), second.judge(requests_of(1, range(200))))
    runs = [(partition, len(list(run))) for partition, run in groupby(core.judged)]
    assert runs == [(0, 128), (1, 128), (0, 72), (1, 72)]
    assert [first.unwritten, second.unwritten] == [200, 200]


async def test_who_has_to_ask_the_log_first_keeps_nobody_waiting(
    log: MemoryLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await two_deciders(CountingCore(), log)
    answers, ask = asyncio.Event(), log.begin_offsets

    async def slow_for_the_first(partitions: Any) -> dict[TopicPartition, int]:
        if first.requests in partitions:
            await answers.wait()
        return await ask(partitions)

    monkeypatch.setattr(log, "begin_offsets", slow_for_the_first)
    monkeypatch.setattr(first, "_proved_at", float("-inf"))
    waiting = asyncio.create_task(first.judge(requests_of(0, range(3))))
    await second.judge(requests_of(1, range(300)))
    assert (first.unwritten, second.unwritten) == (0, 300)
    answers.set()
    assert await waiting is None
    assert first.unwritten == 3


async def test_who_is_given_up_while_it_waits_for_its_turn_judges_nothing(log: MemoryLog) -> None:
    core = Noting()
    first, second = await two_deciders(core, log)
    judging = asyncio.create_task(first.judge(requests_of(0, range(100))))
    waiting = asyncio.create_task(second.judge(requests_of(1, range(100))))
    await asyncio.sleep(0)
    await second.drop()
    assert await judging is None
    with pytest.raises(Exception, match="partition 1 was given up meanwhile"):
        await waiting
    assert set(core.judged) == {0}


@pytest.mark.parametrize(
    ("offsets", "back"),
    [([5, 6, 7], False), ([4, 5], True), ([5, 6, 5], True), ([5, 5], True), ([5, 8, 9], False), ([], False)],
)
def test_a_client_went_back_where_a_record_comes_again(offsets: list[int], back: bool) -> None:
    assert goes_back(requests_of(0, offsets), 5) is back
