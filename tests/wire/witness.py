"""Driving owners over a log as a worker shell does, and looking at what they wrote with nobody's help."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from typing import Any, Self

from pamwal.contracts import codec
from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import Decision
from pamwal.contracts.errors import LogError
from pamwal.snapshots.of_core import CoreSnapshots
from pamwal.wire.clock_proof import ClockProof
from pamwal.wire.core import Core, WatchingCore
from pamwal.wire.log import Log, Outgoing, Record, TopicPartition
from pamwal.wire.memory import Faults
from pamwal.wire.memory_clients import MemoryReader
from pamwal.wire.metrics import Unobserved
from pamwal.wire.owner import Pace, PartitionOwner
from pamwal.wire.turns import Turns
from pamwal.wire.watching_owner import new_owner
from tests.wire.counting import NOW, CountingCore, outgoing

DEADLINE_S = 60
QUICK = Pace(backoff_min_ms=1, backoff_max_ms=5, fenced_ms=2, halted_poll_ms=5)


class Worker:
    """One partition's owner with a client of its own that reads where it is told to."""

    def __init__(
        self,
        log: Log,
        core: Core[Any] | WatchingCore[Any, Any],
        partition: int,
        *,
        pace: Pace = QUICK,
        proved_for_ms: int = 1_500,
        client: Faults | None = None,
        now: Callable[[], str] = lambda: NOW,
        simulated: bool = False,
        read_wait_ms: int = 2,
        snapshots: CoreSnapshots | None = None,
        turns: Turns | None = None,
        proof: ClockProof | None = None,
    ) -> None:
        self._read_wait_ms = read_wait_ms
        self._client = client
        self._log = log
        self._at = TopicPartition(core.requests_topic, partition)
        self.owner: PartitionOwner[Any] = new_owner(
            core,
            log,
            partition,
            now=now,
            observer=Unobserved(),
            proved_for_ms=proved_for_ms,
            simulated=simulated,
            snapshots=snapshots,
            turns=turns,
            proof=proof,
            seek=self._seek,
            pace=pace,
        )
        self.seeks: list[int] = []
        self._task: asyncio.Task[None] | None = None

    def _seek(self, offset: int) -> None:
        self.seeks.append(offset)

    async def __aenter__(self) -> Self:
        self.owner.start()
        self._task = asyncio.create_task(self._pump())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        await self.owner.stop()

    async def _pump(self) -> None:
        reader = await self._log.reader({self._at: 0}, "uncommitted")
        if isinstance(reader, MemoryReader):
            reader.faults = self._client
        done = 0
        try:
            while True:
                if len(self.seeks) > done:
                    done = len(self.seeks)
                    reader.seek(self._at, self.seeks[-1])
                try:
                    for records in (await reader.read(max_records=50, wait_ms=self._read_wait_ms)).values():
                        self.owner.offer(records)
                except LogError:
                    await asyncio.sleep(0)
        finally:
            await reader.close()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Waits, at most the deadline, until something holds."""
        async with asyncio.timeout(DEADLINE_S):
            while not holds():
                await asyncio.sleep(0.001)

    async def until_next(self, offset: int) -> None:
        await self.until(lambda: self.owner.decider.next_offset == offset)

    async def until_halted(self) -> None:
        await self.until(lambda: self.owner.status().phase == "halted")


async def post(
    log: Log, *requests: Any, partition: int | None = 0, topic: str = CountingCore.requests_topic
) -> None:
    """Puts requests (or raw bytes) into a partition, whatever their key says; None: where it says."""
    producer = await log.producer()
    for request in requests:
        record = outgoing(request) if not isinstance(request, bytes) else outgoing_bytes(request)
        await producer.send(topic, record, partition=partition)
    await producer.close()


def outgoing_bytes(value: bytes) -> Outgoing:
    return Outgoing(b"op", value)


async def everything(log: Log, topic: str, partition: int = 0) -> list[Record]:
    """All committed records of a partition, in order."""
    at = TopicPartition(topic, partition)
    end = (await log.end_offsets([at]))[at]
    reader = await log.reader({at: 0}, "committed")
    found: list[Record] = []
    async with asyncio.timeout(DEADLINE_S):
        while await reader.position(at) < end:
            try:
                found += (await reader.read(max_records=1000, wait_ms=50)).get(at, [])
            except LogError:
                await asyncio.sleep(0)
    await reader.close()
    return found


async def decisions(log: Log, partition: int = 0, core: CountingCore | None = None) -> list[Decision[Fact]]:
    records = await everything(log, (core or CountingCore()).decisions_topic, partition)
    return [codec.decode_decision(record.value) for record in records]


async def outcomes(log: Log, partition: int = 0, core: CountingCore | None = None) -> list[str]:
    return [
        decision.data.reason.code if decision.data.reason else decision.data.outcome
        for decision in await decisions(log, partition, core)
    ]


async def prove(log: Log, requests: int, partition: int = 0, core: CountingCore | None = None) -> None:
    """The invariant, looked at by hand: each offset once and in order, digests and chain fit."""
    core = core or CountingCore()
    stored = {r.offset: r for r in await everything(log, core.requests_topic, partition)}
    chain = hashlib.sha256(f"{await log.cluster_id()}/{core.decisions_topic}/{partition}".encode()).digest()
    counts: dict[str, int] = {}
    records = await everything(log, core.decisions_topic, partition)
    assert len(records) == requests
    for offset, record in enumerate(records):
        decision = codec.decode_decision(record.value)
        asked = decision.data.request
        assert asked is not None
        assert asked.offset == offset
        if offset in stored:
            assert asked.sha256 == hashlib.sha256(stored[offset].value).hexdigest()
        chain = hashlib.sha256(chain + (record.key or b"") + record.value).digest()
        assert record.header("chain") == chain.hex().encode()
        for fact in decision.data.facts:
            heard: Any = fact
            assert heard.queue_length == counts.get(decision.operationid, 0), "a count was lost or repeated"
            counts[decision.operationid] = heard.queue_length + 1
