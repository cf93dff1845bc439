"""Records by their offsets, on a log in memory."""

from __future__ import annotations

import pytest

from pamwal.contracts.errors import LogUnavailable
from pamwal.contracts.topics import FIELD_REQUESTS
from pamwal.edge.clock import system_ms
from pamwal.wire.log import Outgoing, TopicPartition
from pamwal.wire.memory import MemoryLog
from pamwal.wire.records import GAP_MAX, records_at, stretches

AT = TopicPartition(FIELD_REQUESTS.name, 0)


@pytest.fixture
async def log() -> MemoryLog:
    """1,200 records, each its own number."""
    log = MemoryLog(partitions=1, clock_ms=system_ms)
    log.create_topics()
    producer = await log.producer()
    for number in range(1_200):
        await producer.send(AT.topic, Outgoing(key=b"o", value=str(number).encode()))
    await producer.close()
    return log


def test_what_lies_close_together_is_one_stretch() -> None:
    assert stretches([]) == []
    assert stretches([7]) == [(7, 7)]
    assert stretches([9, 7, 7, 7 + GAP_MAX, 2_000]) == [(7, 7 + GAP_MAX), (2_000, 2_000)]
    assert stretches([0, GAP_MAX + 1]) == [(0, 0), (GAP_MAX + 1, GAP_MAX + 1)]


@pytest.mark.parametrize("offsets", [[], [5], [3, 1, 2], [0, 400, 1_150], [1_199, 0], list(range(1_200))])
async def test_records_come_in_the_order_asked(log: MemoryLog, offsets: list[int]) -> None:
    found = await records_at(log, AT, offsets)
    assert [record.value for record in found] == [str(offset).encode() for offset in offsets]


async def test_a_record_that_is_not_there_is_no_empty_answer(log: MemoryLog) -> None:
    with pytest.raises(LogUnavailable):
        await records_at(log, AT, [1_200])
