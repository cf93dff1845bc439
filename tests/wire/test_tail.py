"""Tails, waits, replays and finding a decision, on both logs."""

from __future__ import annotations

import asyncio
import gc
import uuid
from collections.abc import Mapping
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from pamwal.contracts import codec
from pamwal.contracts.errors import LogTruncated
from pamwal.wire.decider import PartitionDecider
from pamwal.wire.finding import find_decision, request_offset
from pamwal.wire.log import Isolation, Outgoing, Receipt, Record, TopicPartition
from pamwal.wire.memory import Faults, MemoryLog
from pamwal.wire.memory_clients import MemoryReader
from pamwal.wire.metrics import Unobserved
from pamwal.wire.replay import READ_RECORDS, replay, whole
from pamwal.wire.tail import Tail
from pamwal.wire.waiters import SWEPT, Waiters
from tests.wire.counting import NOW, CountingCore, a_request
from tests.wire.witness import DEADLINE_S, everything, post

if TYPE_CHECKING:
    from tests.wire.conftest import Bench

WAIT_MS = 10_000


class Heard:
    """What a tail handed over."""

    def __init__(self) -> None:
        self.values: dict[int, list[int]] = {}

    def __call__(self, at: TopicPartition, records: list[Record]) -> None:
        self.values.setdefault(at.partition, []).extend(int(record.value) for record in records)


def numbered(count: int, first: int = 0) -> list[Outgoing]:
    return [Outgoing(b"op", b"%d" % number) for number in range(first, first + count)]


async def until(holds: Any) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not holds():
            await asyncio.sleep(0.01)


async def test_a_tail_from_the_beginning_hands_over_all_that_is_and_comes(bench: Bench) -> None:
    transactor = await bench.log.fence(f"id-{uuid.uuid4()}")
    await transactor.write(bench.topic, 0, numbered(5))
    await transactor.write(bench.topic, 1, numbered(3))
    heard = Heard()
    tail = Tail(bench.log, [bench.topic], heard, start="begin")
    await tail.start()
    await until(lambda: tail.caught_up)
    assert heard.values == {0: [0, 1, 2, 3, 4], 1: [0, 1, 2]}
    last = await transactor.write(bench.topic, 0, numbered(2, 5))
    assert await tail.wait_for_position(TopicPartition(bench.topic, 0), last, WAIT_MS)
    assert heard.values[0] == [0, 1, 2, 3, 4, 5, 6]
    assert tail.vector()[TopicPartition(bench.topic, 0)] == last + 1
    await tail.stop()
    await transactor.close()


async def test_a_tail_from_the_end_hands_over_only_what_comes(bench: Bench) -> None:
    transactor = await bench.log.fence(f"id-{uuid.uuid4()}")
    await transactor.write(bench.topic, 0, numbered(5))
    heard = Heard()
    tail = Tail(bench.log, [bench.topic], heard)
    await tail.start()
    assert tail.caught_up
    last = await transactor.write(bench.topic, 0, numbered(1, 5))
    assert await tail.wait_for_position(TopicPartition(bench.topic, 0), last, WAIT_MS)
    assert heard.values == {0: [5]}
    await tail.stop()
    await transactor.close()


async def test_a_tail_goes_on_at_a_vector(bench: Bench) -> None:
    transactor = await bench.log.fence(f"id-{uuid.uuid4()}")
    await transactor.write(bench.topic, 0, numbered(5))
    heard = Heard()
    at = TopicPartition(bench.topic, 0)
    tail = Tail(bench.log, [bench.topic], heard, start={at: 3})
    await tail.start()
    assert await tail.wait_for_position(at, 4, WAIT_MS)
    assert heard.values == {0: [3, 4]}
    await tail.stop()
    await transactor.close()


async def test_a_wait_ends_at_its_deadline(bench: Bench) -> None:
    tail = Tail(bench.log, [bench.topic], Heard())
    await tail.start()
    assert not await tail.wait_for_position(TopicPartition(bench.topic, 0), 0, 20)
    await tail.stop()


async def test_a_replay_folds_everything_once_and_stops_at_the_end(bench: Bench) -> None:
    transactor = await bench.log.fence(f"id-{uuid.uuid4()}")
    for number in range(4):
        await transactor.write(bench.topic, number % 2, numbered(3, number * 3))
    heard = Heard()
    ends = await replay(bench.log, await whole(bench.log, [bench.topic]), heard)
    assert heard.values == {0: [0, 1, 2, 6, 7, 8], 1: [3, 4, 5, 9, 10, 11]}
    assert ends == await bench.log.end_offsets(list(ends))
    assert gc.isenabled()
    await transactor.close()


async def test_what_a_fold_raises_comes_out_of_a_replay_and_wakes_the_collector(bench: Bench) -> None:
    producer = await bench.log.producer()
    await producer.send(bench.topic, Outgoing(b"op", b"not a number"), partition=0)
    with pytest.raises(ValueError, match="not a number"):
        await replay(bench.log, await whole(bench.log, [bench.topic]), Heard())
    assert gc.isenabled()
    await producer.close()


# --- on the log in memory


async def a_decided_log(requests: int, batch: int) -> tuple[MemoryLog, PartitionDecider[Any]]:
    log = MemoryLog(partitions=1)
    log.create_topics()
    await post(log, *(a_request(f"r{n}") for n in range(requests)))
    decider = PartitionDecider(CountingCore(), log, 0, now=lambda: NOW, observer=Unobserved())
    await decider.take_over()
    records = await everything(log, CountingCore.requests_topic)
    for start in range(0, requests, batch):
        await decider.decide(records[start : start + batch])
    return log, decider


@pytest.mark.parametrize("batch", [1, 3, 50])
async def test_any_decision_is_found_by_its_requests_receipt(batch: int) -> None:
    log, _ = await a_decided_log(200, batch)
    for offset in range(0, 200, 7):
        record = await find_decision(log, Receipt(CountingCore.requests_topic, 0, offset))
        assert record is not None
        assert request_offset(record) == offset
        request = codec.decode_decision(record.value).data.request
        assert request is not None
        assert request.id == f"r{offset}"
    assert await find_decision(log, Receipt(CountingCore.requests_topic, 0, 200)) is None
    assert await find_decision(log, Receipt(CountingCore.requests_topic, 0, 10_000)) is None


class CountedLog(MemoryLog):
    """Counts the lookups."""

    lookups = 0

    async def fetch(self, *given: Any, **named: Any) -> Record | None:
        self.lookups += 1
        return await super().fetch(*given, **named)


async def a_log_with_causes(chance: Random, requests: int, causes_each: int, unreadable: float) -> CountedLog:
    """The answers of so many requests among decisions that none caused, some of which nobody can read."""
    log = CountedLog(partitions=1)
    log.create_topics()
    transactor = await log.fence("counting-0")
    values = []
    for number in range(requests):
        for _ in range(chance.randrange(2 * causes_each + 1)):
            cause = b'{"data":{"request":null,"cause":{"requests":%d}}}' % number
            values.append(b"{" if chance.random() < unreadable else cause)
        values.append(b'{"data":{"request":{"offset":%d}}}' % number)
    while values:
        size = chance.randrange(1, 40)
        batch, values = values[:size], values[size:]
        outgoing = [Outgoing(b"op", value) for value in batch]
        await transactor.write(CountingCore.decisions_topic, 0, outgoing)
    return log


@pytest.mark.parametrize("unreadable", [0.0, 0.02])
@pytest.mark.parametrize("causes_each", [0, 1, 40])
async def test_a_decision_is_found_among_many_that_answer_no_request(
    causes_each: int, unreadable: float
) -> None:
    log = await a_log_with_causes(Random(causes_each), 120, causes_each, unreadable)
    for offset in range(120):
        record = await find_decision(log, Receipt(CountingCore.requests_topic, 0, offset))
        assert record is not None
        assert request_offset(record) == offset
    assert await find_decision(log, Receipt(CountingCore.requests_topic, 0, 120)) is None
    if not unreadable:
        assert log.lookups < 121 * 26, "twice the number of halvings, at most"


async def test_aborted_decisions_are_never_found() -> None:
    log = MemoryLog(partitions=1, faults=Faults(commit_lost=1.0))
    log.create_topics()
    await post(log, a_request("a"))
    decider = PartitionDecider(CountingCore(), log, 0, now=lambda: NOW, observer=Unobserved())
    await decider.take_over()
    with pytest.raises(Exception, match="no answer"):
        await decider.decide(await everything(log, CountingCore.requests_topic))
    receipt = Receipt(CountingCore.requests_topic, 0, 0)
    assert await find_decision(log, receipt) is None
    await log.fence("counting-0")
    assert await find_decision(log, receipt) is None


async def test_a_tail_that_does_not_follow_a_partition_waits_for_none_of_its_decisions() -> None:
    log, _ = await a_decided_log(3, 2)
    receipt = Receipt(CountingCore.requests_topic, 0, 0)
    waiting = Tail(log, [CountingCore.decisions_topic], lambda _at, _records: None)
    assert not await waiting.wait_for_decision(receipt, WAIT_MS), "Kafka was away, and it could not begin yet"
    others = Tail(log, [CountingCore.decisions_topic], lambda _at, _records: None, only=lambda _: False)
    await others.start()
    assert not await others.wait_for_decision(receipt, WAIT_MS)
    await others.stop()


async def test_waiting_for_the_decision_of_a_receipt() -> None:
    log, decider = await a_decided_log(3, 2)
    tail = Tail(log, [CountingCore.decisions_topic], lambda _at, _records: None)
    await tail.start()
    assert await tail.wait_for_decision(Receipt(CountingCore.requests_topic, 0, 2), 1000), "it stood before"
    waiting = asyncio.create_task(tail.wait_for_decision(Receipt(CountingCore.requests_topic, 0, 3), WAIT_MS))
    assert not await tail.wait_for_decision(Receipt(CountingCore.requests_topic, 0, 3), 20)
    await post(log, a_request("next"))
    await decider.decide(await everything(log, CountingCore.requests_topic))
    assert await waiting
    assert tail.decided(TopicPartition(CountingCore.decisions_topic, 0)) == 4
    await tail.stop()


async def test_a_request_at_the_offset_of_a_lost_one_is_not_taken_for_decided() -> None:
    log, _ = await a_decided_log(3, 2)
    tail = Tail(log, [CountingCore.decisions_topic], lambda _at, _records: None, start="begin")
    await tail.start()
    first = Receipt(CountingCore.requests_topic, 0, 0)
    assert await tail.wait_for_decision(first, WAIT_MS)

    # the broker loses the last two requests, and gives their offsets to others
    log.partition(TopicPartition(CountingCore.requests_topic, 0)).lose_tail(2)
    await post(log, a_request("new1"), a_request("new2"), a_request("new3"))
    tail._looked_s.clear()  # a second later
    for receipt in (Receipt(CountingCore.requests_topic, 0, 1), first):
        with pytest.raises(LogTruncated, match=f"{CountingCore.requests_topic}-0-2 is not the request"):
            await tail.wait_for_decision(receipt, WAIT_MS)
    assert f"{CountingCore.requests_topic}-0-2 is not the request" in (tail.trouble or "")
    await tail.stop()


async def test_a_tail_survives_trouble_and_hands_over_each_record_once() -> None:
    log = MemoryLog(partitions=1, seed=3, faults=Faults(read_failed=0.3))
    log.create_topic("t")
    heard = Heard()
    tail = Tail(log, ["t"], heard, start="begin")
    await tail.start()
    producer = await log.producer()
    for record in numbered(20):
        await producer.send("t", record)
    log.faults = Faults()
    assert await tail.wait_for_position(TopicPartition("t", 0), 19, WAIT_MS)
    assert heard.values == {0: list(range(20))}
    await tail.stop()


async def test_a_tail_whose_holder_raises_says_so() -> None:
    log = MemoryLog(partitions=1)
    log.create_topic("t")
    tail = Tail(log, ["t"], Heard(), start="begin")
    await tail.start()
    producer = await log.producer()
    await producer.send("t", Outgoing(b"op", b"not a number"))
    await until(lambda: tail.failed is not None)
    assert isinstance(tail.failed, ValueError)
    assert not tail.caught_up
    assert "ended: ValueError" in (tail.trouble or "")
    await tail.stop()


async def test_a_tail_before_which_the_log_was_cut_names_the_loss() -> None:
    log, heard = MemoryLog(partitions=1), Heard()
    log.create_topic("t")
    for record in numbered(3):
        log.store("t", 0, record)
    log.partition(TopicPartition("t", 0)).lose_head(1)
    tail = Tail(log, ["t"], heard, start="begin")
    await tail.start()
    await until(lambda: (tail.trouble or "").startswith("log_truncated: t-0 begins at 1, "))
    assert tail.broken == tail.trouble
    assert not tail.caught_up
    await tail.stop()
    assert heard.values == {}, "nothing is handed over behind the gap"


async def test_a_tail_behind_which_the_log_was_cut_names_the_loss() -> None:
    log = MemoryLog(partitions=1)
    log.create_topic("t")
    tail = Tail(log, ["t"], Heard(), start={TopicPartition("t", 0): 3})
    await tail.start()
    await until(lambda: (tail.trouble or "").startswith("log_truncated: t-0 ends at 0, before 3"))
    for record in numbered(4):
        log.store("t", 0, record)
    assert await tail.wait_for_position(TopicPartition("t", 0), 3, WAIT_MS)
    assert (tail.trouble or "").startswith("log_truncated: "), "other records stand there now"
    await tail.stop()


async def test_the_collector_works_while_the_log_is_away_in_the_first_replay() -> None:
    # given a tail whose log stops answering before it is level
    log = MemoryLog(partitions=1)
    log.create_topic("t")
    await post(log, b"1", topic="t")
    log.faults = Faults(read_failed=1.0)
    tail = Tail(log, ["t"], Heard(), start="begin")
    await tail.start()
    away: list[bool] = []

    # when it has tried again and again
    while len(away) < 50:
        away.append(gc.isenabled())
        await asyncio.sleep(0.001)

    # then nothing was switched off meanwhile, and behind the replay it is as before
    assert all(away)
    log.faults = Faults()
    await until(lambda: tail.level_once)
    await until(gc.isenabled)
    await tail.stop()


class Stalling(MemoryReader):
    """Reads one record, and then, for long, nothing."""

    async def read(self, *, max_records: int, wait_ms: int) -> dict[TopicPartition, list[Record]]:  # noqa: ARG002
        found = await super().read(max_records=1, wait_ms=0) if 0 in self._positions.values() else {}
        await asyncio.sleep(0.01)
        return found


class StallingLog(MemoryLog):
    """A log whose broker hangs behind the first record."""

    async def reader(
        self, starts: Mapping[TopicPartition, int], isolation: Isolation = "committed", **_: Any
    ) -> MemoryReader:
        return Stalling(self, starts, isolation)


async def test_the_collector_wakes_where_a_replay_stalls() -> None:
    # given a replay of two records
    log = StallingLog(partitions=1)
    log.create_topic("t")
    await post(log, b"1", b"2", topic="t")
    asleep: list[bool] = []
    tail = Tail(log, ["t"], lambda *_: asleep.append(gc.isenabled()), start="begin")
    await tail.start()

    # when the second does not come, then the collector does not wait for it
    await until(lambda: asleep == [False])
    await until(gc.isenabled)
    assert not tail.caught_up
    await tail.stop()


async def test_a_gentle_tail_reads_all_of_it_and_says_how_much_is_left() -> None:
    log, heard = MemoryLog(partitions=1), Heard()
    log.create_topic("t")
    await post(log, *(b"%d" % number for number in range(READ_RECORDS + 1)), topic="t")
    left: list[int] = []
    tail = Tail(log, ["t"], heard, start="begin", gently=True)

    def take(at: TopicPartition, records: list[Record]) -> None:
        left.append(tail.left(at))
        heard(at, records)

    tail._on_records = take
    await tail.start()
    await tail.until_level()
    assert left == [READ_RECORDS + 1, 1]
    assert tail.left(TopicPartition("t", 0)) == 0
    assert tail.broken is None
    await tail.stop()


async def test_a_tail_says_apart_what_takes_time_and_what_will_not_end() -> None:
    log = MemoryLog(partitions=1)
    log.create_topic("t")
    await post(log, b"1", topic="t")

    def fail(*_: object) -> None:
        raise RuntimeError("no")

    tail = Tail(log, ["t"], fail, start="begin")
    assert (tail.broken, tail.trouble) == (None, "t is not read to its end yet")
    await tail.start()
    await until(lambda: tail.broken is not None)
    assert tail.trouble == tail.broken == "reading t ended: RuntimeError('no'); restart this process"
    await tail.stop()


def test_many_who_wait_are_not_swept_again_and_again() -> None:
    async def sweeps(waiting: int) -> int:
        waiters = Waiters()
        found = 0
        for number in range(waiting):
            before = waiters._heap
            waiters.add(number)
            found += waiters._heap is not before
        return found

    assert asyncio.run(sweeps(20_000)) <= 3


async def test_who_waits_no_longer_is_swept_away() -> None:
    waiters = Waiters()
    for number in range(3 * SWEPT):
        waiters.add(number).cancel()
    assert len(waiters._heap) <= SWEPT + 1
