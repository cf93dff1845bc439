"""What the in-memory log hands out: producer, transactor, reader; each fails as the log's faults say."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import TYPE_CHECKING

from pamwal.contracts.errors import Fenced, LogTruncated, LogUnavailable, PartitionStuck
from pamwal.wire.log import (
    Bare,
    Isolation,
    Outgoing,
    Receipt,
    Record,
    TopicPartition,
    bare_of,
    refuse_elsewhere,
    refuse_lost_head,
)
from pamwal.wire.memory_partition import Transaction

if TYPE_CHECKING:
    from pamwal.wire.memory import Faults, MemoryLog


class MemoryProducer:
    """The idempotent producer: a send that is not answered may or may not have been written."""

    def __init__(self, log: MemoryLog) -> None:
        self._log = log
        self._closed = False
        self._stalled: list[asyncio.Future[Receipt]] = []

    @property
    def stuck(self) -> list[TopicPartition]:
        return sorted(self._log.stuck)

    async def post(self, topic: str, record: Outgoing, *, partition: int | None = None) -> Awaitable[Receipt]:
        if self._closed:
            raise LogUnavailable("this producer was closed; open another")
        log = self._log
        at = log.place(topic, partition, record)
        if at in log.stuck:
            raise PartitionStuck(f"{at} takes no records, although the log answers")
        answer: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        if log.strikes(log.faults.send_lost):
            answer.set_exception(LogUnavailable(f"{topic}: no answer in time"))
            return answer
        if log.strikes(log.faults.send_stalled):
            self._stalled.append(answer)
            return answer
        receipt = log.store(topic, partition, record)
        if log.strikes(log.faults.send_unanswered):
            answer.set_exception(LogUnavailable(f"{topic}: no answer in time"))
        else:
            answer.set_result(receipt)
        return answer

    async def send(self, topic: str, record: Outgoing, *, partition: int | None = None) -> Receipt:
        answer = await self.post(topic, record, partition=partition)
        await asyncio.sleep(0)
        return await answer

    async def stamp(self, topic: str, record: Outgoing, *, partition: int) -> int:
        receipt = await self.send(topic, record, partition=partition)
        kept = await self._log.fetch(TopicPartition(topic, partition), receipt.offset)
        if kept is None:
            raise LogUnavailable(f"{receipt} is not there any more")
        return kept.timestamp_ms

    async def close(self, *, flush: bool = True) -> None:  # noqa: ARG002  nothing is ever queued here
        self._closed = True
        for answer in self._stalled:
            if not answer.done():
                answer.set_exception(LogUnavailable("this producer was closed; open another"))


class MemoryTransactor:
    """One epoch of a transactional id."""

    def __init__(self, log: MemoryLog, transactional_id: str, epoch: int) -> None:
        self._log = log
        self._id = transactional_id
        self._epoch = epoch
        self._spent = False

    async def abort_hanging(self, at: TopicPartition) -> None:
        """No transaction hangs in this log."""

    def begin_next(self, topic: str, partition: int) -> None:
        """There is nothing to begin."""

    async def write(
        self, topic: str, partition: int, records: Sequence[Outgoing], *, begins_at: int | None = None
    ) -> int:
        log, faults = self._log, self._log.faults
        self._refuse_if_fenced()
        self._spent = True
        transaction = Transaction(self._id)
        log.leave_open(self._id, transaction)
        last = -1
        for record in records:
            last = log.store(topic, partition, record, transaction).offset
        refuse_elsewhere(begins_at, last - len(records) + 1)
        await asyncio.sleep(0)
        if log.strikes(faults.fenced):
            log.expire(self._id)
        if transaction.state != "open" or log.epoch(self._id) != self._epoch:
            raise Fenced(f"{self._id}: a newer owner exists")
        if log.strikes(faults.commit_lost):
            raise LogUnavailable(f"{self._id}: no answer to the commit")
        log.finish(transaction, commit=True)
        if log.strikes(faults.commit_unanswered):
            raise LogUnavailable(f"{self._id}: no answer to the commit")
        await asyncio.sleep(0)
        self._spent = False
        return last

    async def close(self) -> None:
        self._spent = True

    def _refuse_if_fenced(self) -> None:
        if self._spent:
            raise LogUnavailable(f"{self._id}: this transactor was closed or has failed; fence again")
        if self._log.epoch(self._id) != self._epoch:
            raise Fenced(f"{self._id}: a newer owner exists")


class MemoryReader:
    """Positions in assigned partitions; each read may fail, skip or go back as the faults say."""

    def __init__(self, log: MemoryLog, starts: Mapping[TopicPartition, int], isolation: Isolation) -> None:
        self._log = log
        self._positions = dict(starts)
        self._isolation: Isolation = isolation
        self.faults: Faults | None = None
        """This reader's own faults; the log's, if it has none."""

    async def read(self, *, max_records: int, wait_ms: int) -> dict[TopicPartition, list[Record]]:
        log = self._log
        await asyncio.sleep(0)
        if log.strikes(self._faults.read_failed):
            raise LogUnavailable("no answer to a fetch")
        found = self._take(max_records)
        if not found and wait_ms > 0:
            await log.wait_for_growth(wait_ms)
            found = self._take(max_records)
        return found

    async def read_bare(self, *, max_records: int, wait_ms: int) -> dict[TopicPartition, list[Bare]]:
        found = await self.read(max_records=max_records, wait_ms=wait_ms)
        return {at: list(map(bare_of, records)) for at, records in found.items()}

    @property
    def _faults(self) -> Faults:
        return self.faults or self._log.faults

    def _take(self, max_records: int) -> dict[TopicPartition, list[Record]]:
        found: dict[TopicPartition, list[Record]] = {}
        left = max_records
        for place in list(self._positions):
            records = self._take_one(place, left)
            left -= len(records)
            if records:
                found[place] = records
        return found

    def _take_one(self, place: TopicPartition, limit: int) -> list[Record]:
        partition, faults = self._log.partition(place), self._faults
        refuse_lost_head(place, self._positions[place], partition.begin)
        position = max(self._positions[place], partition.begin)
        if position > partition.end:
            raise LogTruncated(
                f"{place} ends at {partition.end}, before {position}, where it was to be read: its last "
                "records are gone. Restore the log, and restart this process"
            )
        if position > partition.begin and self._log.strikes(faults.read_again):
            position -= 1
        elif position < partition.end and self._log.strikes(faults.read_skips):
            position += 1
        records: list[Record] = []
        for at, record in partition.slots_from(position, self._isolation):
            if len(records) == limit:
                break
            position = at + 1
            if record is not None:
                records.append(record)
        self._positions[place] = position
        return records

    def seek(self, at: TopicPartition, offset: int) -> None:
        self._positions[at] = offset

    async def position(self, at: TopicPartition) -> int:
        return self._positions[at]

    async def close(self) -> None:
        self._positions.clear()
