"""Single records are fetched a few at once, and what a decider asks waits behind nobody's lookups."""

from __future__ import annotations

import asyncio
import logging
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError

from pamwal.contracts.errors import LogTruncated, LogUnavailable
from pamwal.edge.logs import configure_logging
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.kafka_fetchers import AT_ONCE
from pamwal.wire.log import Isolation, TopicPartition
from tests.wire.witness import DEADLINE_S

AT = TopicPartition("t", 0)


class Consumer:
    """aiokafka's, of an empty partition, which answers when it may."""

    def __init__(self, may_answer: asyncio.Event) -> None:
        self._may_answer = may_answer
        self.failing: Exception | None = None
        self.stopped = asyncio.Event()
        self._client = SimpleNamespace(_conns={})

    async def end_offsets(self, places: list[Any]) -> dict[Any, int]:
        await self._may_answer.wait()
        if self.failing is not None:
            raise self.failing
        return dict.fromkeys(places, 0)

    async def beginning_offsets(self, places: list[Any]) -> dict[Any, int]:
        return dict.fromkeys(places, 0)

    async def stop(self) -> None:
        self.stopped.set()


class BusyLog(KafkaLog):
    """A log over such consumers; those it makes from now on answer when `answering` says so."""

    def __init__(self, answer_within_ms: int = 600_000) -> None:
        super().__init__("nobody:1", answer_within_ms=answer_within_ms)
        self._cluster.partitions[AT.topic] = 1
        self.answering = asyncio.Event()
        self.made = 0

    async def _started_consumer(self, isolation: Isolation) -> Any:  # noqa: ARG002
        self.made += 1
        self.last = Consumer(self.answering)
        return self.last


async def test_a_decider_waits_for_nobodys_lookups_and_those_are_a_few_at_once() -> None:
    # given more lookups than are done at once, none of which is answered
    log = BusyLog()
    stalled = log.answering
    lookups = [asyncio.create_task(log.fetch(AT, 0)) for _ in range(3 * AT_ONCE)]
    async with asyncio.timeout(DEADLINE_S):
        while log.made < AT_ONCE:
            await asyncio.sleep(0)
    for _ in range(10):
        await asyncio.sleep(0)
    assert log.made == AT_ONCE

    # when a decider asks, it is answered
    log.answering = asyncio.Event()
    log.answering.set()
    async with asyncio.timeout(DEADLINE_S):
        assert await log.fetch(AT, 0, urgent=True) is None
    assert not any(lookup.done() for lookup in lookups)

    # and the lookups share the consumers there are
    stalled.set()
    assert await asyncio.gather(*lookups) == [None] * len(lookups)
    assert log.made == AT_ONCE + 1
    await log.close()


async def test_a_lookup_that_finds_no_consumer_free_in_time_is_told_so() -> None:
    log = BusyLog(answer_within_ms=50)
    found = await asyncio.gather(*(log.fetch(AT, 0) for _ in range(2 * AT_ONCE)), return_exceptions=True)
    assert [type(each) for each in found] == [LogUnavailable] * len(found)
    log.answering.set()
    assert await log.fetch(AT, 0) is None, "and the consumers are free again"
    await log.close()


async def test_a_consumer_that_failed_is_not_lent_again() -> None:
    log = BusyLog()
    log.answering.set()
    assert await log.fetch(AT, 0) is None
    failed = log.last
    with pytest.raises(LogTruncated):
        await log.fetch(AT, 1)
    assert (await log.fetch(AT, 0), log.made) == (None, 1), "that was the log, not the consumer"

    failed.failing = KafkaConnectionError("gone")
    with pytest.raises(LogUnavailable):
        await log.fetch(AT, 0)
    assert (await log.fetch(AT, 0), log.made) == (None, 2)
    async with asyncio.timeout(DEADLINE_S):
        await failed.stopped.wait()
    await log.close()


def test_a_lookup_says_nothing_in_the_services_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    configure_logging("tests")
    assert not logging.getLogger("aiokafka.consumer.subscription_state").isEnabledFor(logging.INFO)
    assert logging.getLogger("pamwal").isEnabledFor(logging.INFO)
