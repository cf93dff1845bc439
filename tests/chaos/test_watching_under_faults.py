"""Watchers are killed, frozen and told to go, the broker is killed: what they say, they say once.

Four partitions, a silence of five seconds, a group session of six: deadlines come while nobody is there.
"""

from __future__ import annotations

import asyncio
import signal
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from pamwal.contracts import codec
from pamwal.contracts.errors import LogUnavailable
from pamwal.local.kafka import LocalKafka, running_kafka
from pamwal.wire.audit import audit
from pamwal.wire.faust_worker import DeciderWorker
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.log import Record, TopicPartition
from pamwal.wire.partitioning import partition_of
from pamwal.wire.tail import Tail
from tests.chaos.fleet import until
from tests.ports import reserved_port
from tests.wire.conftest import create_topic
from tests.wire.counting import NOW, Count, a_request, outgoing
from tests.wire.silence import SilenceCore, by_the_clock, said
from tests.wire.test_takeover import Process

pytestmark = [pytest.mark.kafka, pytest.mark.chaos]

PARTITIONS = 4
CORE = SilenceCore("chaos")
OPERATIONS = tuple(f"op{number}" for number in range(8))
POST = "alak"
DEADLINE_S = 90.0


class Town:
    """The posts of eight operations, who decides what they say, and what is said of them."""

    def __init__(self, log: KafkaLog) -> None:
        self.log = log
        self.told: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self.causes: dict[int, list[int]] = defaultdict(list)
        self.expected: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self._heartbeats = self._requests = 0

    def note(self, at: TopicPartition, records: list[Record]) -> None:
        """A tail's: everything that is raised and retracted, as anyone sees it."""
        for record in records:
            decision = codec.decode_decision(record.value)
            if decision.data.cause is not None:
                self.causes[at.partition].append(decision.data.cause.n)
            for word, post, episode in said(decision.data.facts):
                assert post == POST
                self.told[decision.operationid].append((word, episode))

    async def heard(self, turn: int) -> None:
        """Every post is heard once, now by this core, now by that; a standing silence is over then."""
        for operation in OPERATIONS:
            self._heartbeats += 1
            stamp = by_the_clock()
            request = a_request(f"h{self._heartbeats}", post=POST, operation=operation, time=stamp)
            await self._send(CORE.followed[turn % 2].requests_topic, operation, request)
            if self.expected[operation]:
                self.expected[operation].append(("retracted", self.expected[operation][-1][1]))
            self.expected[operation].append(("raised", stamp))

    async def ask(self) -> None:
        """A request to the watchers of each operation."""
        for operation in OPERATIONS:
            self._requests += 1
            await self._send(
                CORE.requests_topic, operation, a_request(f"r{self._requests}", operation=operation)
            )

    async def until_said(self, *, silent: bool = True) -> None:
        """Until all that is expected is said, nothing else; the last silence only if it must be by now."""

        def wrong() -> list[str]:
            return [each for each in OPERATIONS if not self._is_said(each, silent=silent)]

        async def is_said() -> bool:
            return not wrong()

        def missing() -> str:
            return "; ".join(f"{each}: {self.told[each]}, not {self.expected[each]}" for each in wrong())

        await until(is_said, DEADLINE_S, missing)

    def _is_said(self, operation: str, *, silent: bool) -> bool:
        told, expected = self.told[operation], self.expected[operation]
        return told == expected or (not silent and told == expected[:-1])

    async def _send(self, topic: str, operation: str, request: object) -> None:
        number = partition_of(operation.encode(), PARTITIONS)
        async with asyncio.timeout(DEADLINE_S):
            while True:
                producer = None
                try:
                    producer = await self.log.producer()
                    await producer.send(topic, outgoing(request), partition=number)
                except LogUnavailable:
                    continue
                else:
                    return
                finally:
                    if producer is not None:
                        await producer.close(flush=False)


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[LocalKafka]:
    with reserved_port() as port:
        async with running_kafka(tmp_path, port=port) as broker:
            for topic in CORE.topics:
                await asyncio.to_thread(create_topic, broker.bootstrap_servers, topic, PARTITIONS)
            yield broker


@pytest.fixture
async def town(broker: LocalKafka) -> AsyncIterator[Town]:
    log = KafkaLog(broker.bootstrap_servers)
    town = Town(log)
    async with AsyncExitStack() as ends:
        ends.push_async_callback(log.close)
        for core in CORE.followed:
            worker: DeciderWorker[Count] = DeciderWorker(core, broker.bootstrap_servers, log, lambda: NOW)
            await worker.start()
            ends.push_async_callback(worker.stop)
        tail = Tail(log, [CORE.decisions_topic], town.note, start="begin")
        await tail.start()
        ends.push_async_callback(tail.stop)
        yield town
        assert tail.failed is None, repr(tail.failed)


async def test_each_silence_is_raised_once_and_retracted_once(broker: LocalKafka, town: Town) -> None:
    servers = broker.bootstrap_servers
    assert {partition_of(name.encode(), PARTITIONS) for name in OPERATIONS} == set(range(PARTITIONS))
    first = await Process.start(servers, "chaos", "watches")
    second = await Process.start(servers, "chaos", "watches")
    third = None
    try:
        await first.until_deciding(PARTITIONS // 2)
        await second.until_deciding(PARTITIONS // 2)
        await town.heard(0)
        await town.ask()
        first.signal(signal.SIGKILL)
        await town.until_said()

        third = await Process.start(servers, "chaos", "watches")
        await third.until_deciding(PARTITIONS // 2)
        second.signal(signal.SIGSTOP)
        await town.heard(1)
        await town.ask()
        await town.until_said()
        second.signal(signal.SIGCONT)
        await second.until_deciding(PARTITIONS // 2)

        await town.heard(2)
        await asyncio.to_thread(broker.kill)
        await asyncio.to_thread(broker.start)
        await town.until_said()
        await town.heard(3)
        second.signal(signal.SIGTERM)
        await town.until_said(silent=False)
        assert await second.ended() == 0
    finally:
        for process in (first, second, third):
            if process is not None:
                process.signal(signal.SIGKILL)
                await process.ended()
    assert {number: list(range(1, len(found) + 1)) for number, found in town.causes.items()} == town.causes
    cores = {core.requests_topic: core for core in (*CORE.followed, CORE)}
    report = await audit(town.log, topics=list(cores), redecide=cores)
    assert report.findings == ()
    assert report.pending == 0
    assert report.outcomes["caused"] == sum(map(len, town.causes.values()))
