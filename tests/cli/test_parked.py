"""`pamwal parked put` decides, so it goes by the clock the deciders go by."""

from __future__ import annotations

import pytest

from pamwal.cli.parked import put_aside, shown
from pamwal.contracts.errors import ClockError, ClockUnproven, Halted, LogError, LogTruncated
from pamwal.contracts.topics import EXERCISE_MARK
from pamwal.edge.clock import Clock, system_ms
from pamwal.wire.log import Receipt, TopicPartition
from pamwal.wire.memory import MemoryLog
from tests.wire.counting import CountingCore, a_request
from tests.wire.machine import HOUR_MS, YEAR_MS
from tests.wire.witness import Worker, decisions, post

RECEIPT = Receipt(CountingCore.requests_topic, 0, 0)


def an_exercise() -> Clock:
    return Clock.parse("2031-01-01T00:00:00Zx1")


async def a_log() -> MemoryLog:
    log = MemoryLog(partitions=1, clock_ms=system_ms)
    log.create_topics()
    await post(log, b"{")
    return log


async def test_a_record_of_an_exercise_is_parked_at_the_time_of_the_exercise() -> None:
    log = await a_log()
    log.create_topics([EXERCISE_MARK])

    said = await put_aside(log, an_exercise(), RECEIPT, reason="unreadable", operator="siti")

    (decision,) = await decisions(log)
    assert decision.data.knownat.startswith("2031-01-01T00:0")
    assert decision.data.knownat in said
    assert "by PAMWAL_CLOCK" in said


async def test_a_simulated_clock_parks_nothing_where_it_is_not_allowed() -> None:
    log = await a_log()
    with pytest.raises(ClockError, match=EXERCISE_MARK.name):
        await put_aside(log, an_exercise(), RECEIPT, reason="unreadable", operator="siti")
    assert await decisions(log) == []


async def test_in_earnest_it_goes_by_the_clock_of_the_system() -> None:
    log = await a_log()
    said = await put_aside(log, Clock(), RECEIPT, reason="unreadable", operator="siti")
    assert "by the system's clock" in said
    assert len(await decisions(log)) == 1


@pytest.mark.parametrize("ahead_ms", [HOUR_MS, 7 * YEAR_MS, -HOUR_MS])
async def test_a_wrong_clock_parks_nothing_and_it_is_said_how_far_it_is_off(ahead_ms: int) -> None:
    log, clock = await a_log(), Clock(system=lambda: system_ms() + ahead_ms)
    with pytest.raises(ClockUnproven, match="the broker's; set it"):
        await put_aside(log, clock, RECEIPT, reason="unreadable", operator="siti")
    assert await decisions(log) == []


async def test_behind_a_decision_of_the_future_nothing_is_parked() -> None:
    log = MemoryLog(partitions=1, clock_ms=system_ms)
    log.create_topics()
    await post(log, a_request("a"))
    async with Worker(log, CountingCore(), 0, now=lambda: "2099-01-01T00:00:00.000Z") as worker:
        await worker.until_next(1)
    await post(log, b"{")
    with pytest.raises(Halted, match="in the future by the broker's clock"):
        await put_aside(log, Clock(), RECEIPT._replace(offset=1), reason="unreadable", operator="siti")
    assert len(await decisions(log)) == 1


async def test_a_parked_record_is_shown_with_its_decision() -> None:
    log = await a_log()
    await put_aside(log, Clock(), RECEIPT, reason="unreadable", operator="siti")
    assert "\ndecision: parked, " in await shown(log, RECEIPT)
    with pytest.raises(LogError, match="no record stands at"):
        await shown(log, RECEIPT._replace(offset=1))


async def test_a_decision_of_a_lost_request_is_not_shown_as_that_of_another() -> None:
    log = await a_log()
    await put_aside(log, Clock(), RECEIPT, reason="unreadable", operator="siti")
    log.partition(TopicPartition(RECEIPT.topic, 0)).lose_tail(1)
    with pytest.raises(LogTruncated, match="decided another request that stood there"):
        await shown(log, RECEIPT)
    await post(log, a_request("later"))
    told = await shown(log, RECEIPT)
    assert "decision: none of this record" in told
    assert "log_truncated" in told
    assert "unreadable" not in told
