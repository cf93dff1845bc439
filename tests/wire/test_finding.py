"""Many decisions found together, however they stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from pamwal.contracts.topics import TOPICS
from pamwal.wire.decider import PartitionDecider
from pamwal.wire.finding import FAR, DecisionSearch, request_offset
from pamwal.wire.log import Isolation, Receipt, Record, TopicPartition
from pamwal.wire.memory import MemoryLog
from pamwal.wire.memory_clients import MemoryReader
from pamwal.wire.metrics import Unobserved
from tests.wire.counting import NOW, CountingCore, a_request
from tests.wire.witness import everything, post

REQUESTS = 3_000


class CountedReader(MemoryReader):
    """How much one reader was handed."""

    handed = 0

    async def read(self, *, max_records: int, wait_ms: int) -> dict[TopicPartition, list[Record]]:
        found = await super().read(max_records=max_records, wait_ms=wait_ms)
        self.handed += sum(map(len, found.values()))
        return found


class CountedLog(MemoryLog):
    """A log in memory that keeps the readers it opened."""

    def __init__(self) -> None:
        super().__init__(partitions=1)
        self.opened: list[CountedReader] = []

    async def reader(
        self, starts: Mapping[TopicPartition, int], isolation: Isolation = "committed", **_: Any
    ) -> MemoryReader:
        self.opened.append(CountedReader(self, starts, isolation))
        return self.opened[-1]


async def a_decided_log(batch: int) -> CountedLog:
    """Three thousand requests, decided in transactions of `batch`."""
    log = CountedLog()
    log.create_topics(TOPICS)
    await post(log, *(a_request(f"r{n}") for n in range(REQUESTS)))
    decider = PartitionDecider(CountingCore(), log, 0, now=lambda: NOW, observer=Unobserved())
    await decider.take_over()
    records = await everything(log, CountingCore.requests_topic)
    for start in range(0, REQUESTS, batch):
        await decider.decide(records[start : start + batch])
    log.opened.clear()
    return log


def receipts(*offsets: int) -> list[Receipt]:
    return [Receipt(CountingCore.requests_topic, 0, offset) for offset in offsets]


async def found(search: DecisionSearch, *offsets: int) -> list[int]:
    """The requests whose decisions were found, each checked to be that request's."""
    told = []
    async for receipt, record in search.find(receipts(*offsets)):
        assert request_offset(record) == receipt.offset
        told.append(receipt.offset)
    return told


@pytest.mark.parametrize("batch", [1, 7, 500])
async def test_decisions_close_together_and_far_apart_are_found_by_one_reader(batch: int) -> None:
    log = await a_decided_log(batch)
    search = DecisionSearch(log)
    close = range(1_000, 1_200)
    assert await found(search, *close) == list(close)
    assert await found(search, 2_990, 5, 1_100, 5) == [5, 1_100, 2_990]
    assert len(log.opened) == 1
    await search.close()


async def test_what_lies_between_decisions_far_apart_is_not_read() -> None:
    log = await a_decided_log(1)
    search = DecisionSearch(log)
    assert await found(search, 0, 7, REQUESTS - 1) == [0, 7, REQUESTS - 1]
    [reader] = log.opened
    assert reader.handed <= 2 * REQUESTS // 3, (
        "each jump lands short, by what it cannot know, and is made again"
    )
    await search.close()


async def test_a_search_that_goes_on_reads_on_where_the_last_one_stopped() -> None:
    log = await a_decided_log(500)
    search = DecisionSearch(log)
    for start in range(0, REQUESTS, 500):
        assert await found(search, *range(start, start + 500)) == list(range(start, start + 500))
    [reader] = log.opened
    assert reader.handed <= REQUESTS + FAR
    await search.close()


async def test_a_request_that_has_no_decision_is_left_out() -> None:
    log = await a_decided_log(500)
    await post(log, a_request("not decided"))
    search = DecisionSearch(log)
    assert await found(search, REQUESTS - 1, REQUESTS, REQUESTS + 7_000) == [REQUESTS - 1]
    assert await found(search, REQUESTS) == []
    await search.close()
