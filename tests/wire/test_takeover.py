"""Worker processes that are killed, frozen and told to end: nothing lost, nothing twice, others go on."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator

import pytest

from pamwal.local.kafka import LocalKafka
from pamwal.wire.audit import audit
from pamwal.wire.finding import request_offset
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.log import Receipt, TopicPartition
from pamwal.wire.partitioning import partition_of
from tests.wire.counting import CountingCore, a_request, outgoing
from tests.wire.witness import prove

pytestmark = pytest.mark.kafka

PARTITIONS = 4
OPERATIONS = [f"op{number}" for number in range(8)]
DEADLINE_S = 60


class Process:
    """A worker in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @staticmethod
    async def start(servers: str, scope: str, *watches: str) -> Process:
        return Process(
            await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.wire.worker_process",
                servers,
                scope,
                *watches,
                stdout=asyncio.subprocess.PIPE,
            )
        )

    async def until_deciding(self, partitions: int) -> None:
        """Until it says that it decides so many."""
        assert self._process.stdout is not None
        async with asyncio.timeout(DEADLINE_S):
            while (line := await self._process.stdout.readline()) and int(line) != partitions:
                pass

    def signal(self, number: signal.Signals) -> None:
        if self._process.returncode is None:
            os.kill(self._process.pid, number)

    async def ended(self) -> int:
        async with asyncio.timeout(DEADLINE_S):
            return await self._process.wait()


class Poster:
    """Posts to all operations, a request every few milliseconds, and remembers every receipt."""

    def __init__(self, log: KafkaLog, core: CountingCore) -> None:
        self._log, self._topic = log, core.requests_topic
        self.receipts: list[Receipt] = []
        self._enough = asyncio.Event()
        self._task = asyncio.create_task(self._post())

    async def _post(self) -> None:
        producer = await self._log.producer()
        number = 0
        while not self._enough.is_set():
            number += 1
            request = a_request(f"r{number}", operation=OPERATIONS[number % len(OPERATIONS)])
            self.receipts.append(await producer.send(self._topic, outgoing(request)))
            await asyncio.sleep(0.004)
        await producer.close()

    async def stop(self) -> None:
        self._enough.set()
        async with asyncio.timeout(DEADLINE_S):
            await self._task


class Watch:
    """How far the decisions of each partition have come."""

    def __init__(self, log: KafkaLog, core: CountingCore) -> None:
        self._log, self._topic = log, core.decisions_topic
        self._reader_at: dict[TopicPartition, int] = {
            TopicPartition(core.decisions_topic, n): 0 for n in range(4)
        }
        self.next = dict.fromkeys(range(PARTITIONS), 0)

    async def follow(self) -> None:
        reader = await self._log.reader(self._reader_at, "committed")
        while True:
            for at, records in (await reader.read(max_records=1000, wait_ms=50)).items():
                self.next[at.partition] = (request_offset(records[-1]) or 0) + 1

    async def until_all_move(self) -> float:
        """Until every partition has decided something it had not; returns the seconds this took."""
        clock = asyncio.get_running_loop().time
        began, before = clock(), dict(self.next)
        async with asyncio.timeout(DEADLINE_S):
            while not all(self.next[number] > before[number] for number in range(PARTITIONS)):
                await asyncio.sleep(0.01)
        return clock() - began

    async def until_decided(self, receipts: list[Receipt]) -> None:
        wanted = dict.fromkeys(range(PARTITIONS), 0)
        for receipt in receipts:
            wanted[receipt.partition] = max(wanted[receipt.partition], receipt.offset + 1)
        async with asyncio.timeout(DEADLINE_S):
            while self.next != wanted:
                await asyncio.sleep(0.01)


@pytest.fixture
async def watch(kafka_log: KafkaLog, core: CountingCore) -> AsyncIterator[Watch]:
    watch = Watch(kafka_log, core)
    task = asyncio.create_task(watch.follow())
    yield watch
    task.cancel()
    await asyncio.wait([task])


async def test_partitions_change_hands_by_kill_freeze_and_sigterm(
    kafka: LocalKafka, kafka_log: KafkaLog, core: CountingCore, watch: Watch
) -> None:
    assert {partition_of(name.encode(), PARTITIONS) for name in OPERATIONS} == set(range(PARTITIONS))
    servers, scope = kafka.bootstrap_servers, core.service.removeprefix("counting-")
    first = await Process.start(servers, scope)
    await first.until_deciding(PARTITIONS)
    poster = Poster(kafka_log, core)
    second = await Process.start(servers, scope)
    third = None
    try:
        await second.until_deciding(PARTITIONS // 2)
        await watch.until_all_move()

        first.signal(signal.SIGKILL)
        killed_s = await watch.until_all_move()

        third = await Process.start(servers, scope)
        await third.until_deciding(PARTITIONS // 2)
        await watch.until_all_move()
        second.signal(signal.SIGSTOP)
        frozen_s = await watch.until_all_move()
        await third.until_deciding(PARTITIONS)
        second.signal(signal.SIGCONT)
        await third.until_deciding(PARTITIONS // 2)
        await watch.until_all_move()

        second.signal(signal.SIGTERM)
        ended_s = await watch.until_all_move()
        assert await second.ended() == 0
        await poster.stop()
        await watch.until_decided(poster.receipts)
    finally:
        await poster.stop()
        for process in (first, second, third):
            if process is not None:
                process.signal(signal.SIGKILL)
                await process.ended()
    assert max(killed_s, frozen_s) < 10, "session timeout 6 s, takeover, and a busy machine"
    assert ended_s < 3, "a clean hand-over waits for no session; 2 s is the promise"

    for partition in range(PARTITIONS):
        here = [receipt.offset for receipt in poster.receipts if receipt.partition == partition]
        await prove(kafka_log, max(here) + 1, partition, core)
    topics = {core.requests_topic: core}
    report = await audit(kafka_log, topics=topics, redecide=topics)
    assert report.findings == ()
    assert report.outcomes == {"accepted": report.requests}
