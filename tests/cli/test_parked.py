"""`pamwal parked put` decides, so it goes by the clock the deciders go by."""

from __future__ import annotations

import pytest

from pamwal.cli.parked import put_aside
from pamwal.contracts.errors import ClockError
from pamwal.contracts.topics import EXERCISE_MARK
from pamwal.edge.clock import Clock
from pamwal.wire.log import Receipt
from pamwal.wire.memory import MemoryLog
from tests.wire.counting import CountingCore
from tests.wire.witness import decisions, post

EXERCISE = Clock.parse("2031-01-01T00:00:00Zx1")
RECEIPT = Receipt(CountingCore.requests_topic, 0, 0)


async def a_log() -> MemoryLog:
    log = MemoryLog(partitions=1)
    log.create_topics()
    await post(log, b"{")
    return log


async def test_a_record_of_an_exercise_is_parked_at_the_time_of_the_exercise() -> None:
    log = await a_log()
    log.create_topics([EXERCISE_MARK])

    said = await put_aside(log, EXERCISE, RECEIPT, reason="unreadable", operator="siti")

    (decision,) = await decisions(log)
    assert decision.data.knownat.startswith("2031-01-01T00:0")
    assert decision.data.knownat in said
    assert "by PAMWAL_CLOCK" in said


async def test_a_simulated_clock_parks_nothing_where_it_is_not_allowed() -> None:
    log = await a_log()
    with pytest.raises(ClockError, match=EXERCISE_MARK.name):
        await put_aside(log, EXERCISE, RECEIPT, reason="unreadable", operator="siti")
    assert await decisions(log) == []


async def test_in_earnest_it_goes_by_the_clock_of_the_system() -> None:
    log = await a_log()
    said = await put_aside(log, Clock(), RECEIPT, reason="unreadable", operator="siti")
    assert "by the system's clock" in said
    assert len(await decisions(log)) == 1
