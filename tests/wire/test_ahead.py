"""While one transaction is written the next is judged, up to a bound; what trouble meets of it is dropped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

import pytest

from pamwal.contracts.errors import LogUnavailable
from pamwal.wire.decider import BATCH_RECORDS, PartitionDecider
from pamwal.wire.log import Outgoing
from pamwal.wire.memory import MemoryLog
from pamwal.wire.memory_clients import MemoryTransactor
from pamwal.wire.metrics import Unobserved
from pamwal.wire.owner import PartitionOwner
from pamwal.wire.unwritten import BATCH_BYTES, TRANSACTION_RECORDS, Unwritten
from tests.wire.counting import NOW, CountingCore, a_request
from tests.wire.witness import DEADLINE_S, QUICK, everything, post, prove

ALL = 1 + BATCH_RECORDS + TRANSACTION_RECORDS + 300


class Disk:
    """Lets writes go on, or answers none of them."""

    def __init__(self) -> None:
        self.answers = asyncio.Event()
        self.fails = False
        self.asked: list[int] = []


class SlowTransactor(MemoryTransactor):
    """Writes once the disk answers."""

    disk: Disk

    async def write(
        self, topic: str, partition: int, records: Sequence[Outgoing], *, begins_at: int | None = None
    ) -> int:
        self.disk.asked.append(len(records))
        await self.disk.answers.wait()
        if self.disk.fails:
            self.disk.fails = False
            raise LogUnavailable("the disk is full")
        return await super().write(topic, partition, records, begins_at=begins_at)


class SlowLog(MemoryLog):
    """A log in memory on such a disk."""

    disk: Disk

    async def fence(self, transactional_id: str) -> SlowTransactor:
        await super().fence(transactional_id)
        transactor = SlowTransactor(self, transactional_id, self.epoch(transactional_id))
        transactor.disk = self.disk
        return transactor


class Noted(Unobserved):
    """How many decisions each transaction took, and which trouble there was."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.causes: list[str] = []

    def decided(self, partition: int, outcomes: Mapping[str, int], commit_s: float) -> None:  # noqa: ARG002
        self.sizes.append(sum(outcomes.values()))

    def started_over(self, partition: int, cause: str) -> None:  # noqa: ARG002
        self.causes.append(cause)


@pytest.fixture
async def log() -> SlowLog:
    log = SlowLog(partitions=1)
    log.disk = Disk()
    log.create_topics()
    await post(log, *(a_request(f"r{n}") for n in range(ALL)))
    return log


class Running:
    """An owner that has decided one request when it is handed all others, and the disk comes to a stop."""

    def __init__(self, log: SlowLog) -> None:
        self.noted, self._log = Noted(), log
        self.decider = PartitionDecider(CountingCore(), log, 0, now=lambda: NOW, observer=self.noted)
        self.owner: PartitionOwner[Any] = PartitionOwner(
            self.decider, seek=self._seek, observer=self.noted, pace=QUICK
        )
        self._records: list[Any] = []

    def _seek(self, offset: int) -> None:
        asyncio.get_running_loop().call_soon(self.owner.offer, self._records[offset:])

    async def start(self) -> None:
        disk, records = self._log.disk, await everything(self._log, CountingCore.requests_topic)
        disk.answers.set()
        self._records = records[:1]
        self.owner.start()
        await until(lambda: self.noted.sizes == [1])
        disk.answers.clear()
        disk.asked.clear()
        self._records = records
        self.owner.offer(records[1:])


@pytest.fixture
async def running(log: SlowLog) -> AsyncIterator[Running]:
    running = Running(log)
    await running.start()
    yield running
    log.disk.answers.set()
    await running.owner.stop()


async def until(seen: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not seen():
            await asyncio.sleep(0)


async def test_a_full_batch_that_is_written_does_not_keep_the_next_from_being_judged(
    log: SlowLog, running: Running
) -> None:
    await until(lambda: running.decider.unwritten == TRANSACTION_RECORDS)

    assert log.disk.asked == [BATCH_RECORDS]
    assert running.decider.next_offset == 1, "nothing of it stands yet"
    for _ in range(100):
        await asyncio.sleep(0)
    assert running.decider.unwritten == TRANSACTION_RECORDS, "and no more than that is judged"


async def test_what_was_judged_meanwhile_is_the_next_transaction(log: SlowLog, running: Running) -> None:
    await until(lambda: running.decider.unwritten == TRANSACTION_RECORDS)

    log.disk.answers.set()
    await until(lambda: running.decider.next_offset == ALL)

    assert running.noted.sizes == [1, BATCH_RECORDS, TRANSACTION_RECORDS, 300]
    await prove(log, ALL)


async def test_a_partition_starves_only_once_all_it_was_given_is_decided(
    log: SlowLog, running: Running
) -> None:
    owner = running.owner
    await until(lambda: running.decider.unwritten == TRANSACTION_RECORDS)
    owner.look(ALL + 1)
    assert owner.lag == ALL
    assert not owner.starving, "records wait in its queue"

    log.disk.answers.set()
    await until(lambda: running.noted.sizes == [1, BATCH_RECORDS, TRANSACTION_RECORDS, 300])
    owner.look(ALL + 1)
    assert owner.starving, "one more request is in the log, and nothing is being done"


async def test_a_partition_whose_last_transaction_waits_does_not_starve(
    log: SlowLog, running: Running
) -> None:
    owner, disk = running.owner, log.disk
    disk.answers.set()
    await until(lambda: running.decider.next_offset == ALL)
    disk.answers.clear()
    disk.asked.clear()
    await post(log, a_request("last"))

    owner.offer((await everything(log, CountingCore.requests_topic))[ALL:])
    await until(lambda: disk.asked == [1])
    owner.look(ALL + 1)

    assert owner.lag == 1
    assert owner.queued == running.decider.unwritten == 0
    assert not owner.starving, "what it was given is being written"


async def test_what_was_judged_meanwhile_is_dropped_if_the_write_fails(
    log: SlowLog, running: Running
) -> None:
    await until(lambda: running.decider.unwritten == TRANSACTION_RECORDS)

    log.disk.fails = True
    log.disk.answers.set()
    await until(lambda: running.decider.next_offset == ALL)

    assert running.noted.causes == ["LogUnavailable"]
    await prove(log, ALL)


def test_room_is_bounded_by_number_and_by_size() -> None:
    many, large = Unwritten(), Unwritten()

    many.add(Outgoing(b"op", b"1"))
    large.add(Outgoing(b"op", bytes(BATCH_BYTES)))

    assert (many.room, large.room) == (TRANSACTION_RECORDS - 1, 0)
    assert (len(large.take()), len(large), large.room) == (1, 0, TRANSACTION_RECORDS)
