"""What only the log in memory has: transactions left hanging, lost tails, faults by seed, groups."""

from __future__ import annotations

import pytest

from pamwal.contracts.errors import Fenced, LogTruncated, LogUnavailable
from pamwal.contracts.topics import PERSONAL
from pamwal.wire.log import Outgoing, TopicPartition
from pamwal.wire.memory import Faults, MemoryLog
from pamwal.wire.memory_group import MemoryGroup
from pamwal.wire.partitioning import partition_of

AT = TopicPartition("t", 0)


def a_log(seed: int = 0, **faults: float) -> MemoryLog:
    log = MemoryLog(seed=seed, faults=Faults(**faults))
    log.create_topic("t")
    return log


async def values(log: MemoryLog, *, committed: bool = True) -> list[bytes]:
    reader = await log.reader({AT: 0}, "committed" if committed else "uncommitted")
    found = await reader.read(max_records=1000, wait_ms=0)
    return [record.value for record in found.get(AT, [])]


@pytest.mark.parametrize(
    ("key", "hash_of_java"),
    [
        # vectors of Kafka's own UtilsTest.testMurmur2, as unsigned numbers
        (b"21", 0xFFFFFFFF & -973932308),
        (b"foobar", 0xFFFFFFFF & -790332482),
        (b"a-little-bit-long-string", 0xFFFFFFFF & -985981536),
        (b"a-little-bit-longer-string", 0xFFFFFFFF & -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", 0xFFFFFFFF & -58897971),
        (b"abc", 479470107),
    ],
)
def test_partitions_are_those_of_java(key: bytes, hash_of_java: int) -> None:
    for partitions in (1, 12, 48):
        assert partition_of(key, partitions) == (hash_of_java & 0x7FFFFFFF) % partitions


async def test_a_transaction_left_open_hides_what_follows_until_somebody_fences() -> None:
    log = a_log(commit_lost=1.0)
    lost = await log.fence("id")
    with pytest.raises(LogUnavailable):
        await lost.write("t", 0, [Outgoing(b"", b"hanging")])
    producer = await log.producer()
    await producer.send("t", Outgoing(b"", b"behind"), partition=0)
    assert await values(log) == []
    assert await log.end_offsets([AT], "committed") == {AT: 0}
    assert await values(log, committed=False) == [b"hanging", b"behind"]
    await log.fence("id")
    assert await values(log) == [b"behind"]
    assert await log.end_offsets([AT], "committed") == {AT: 3}


async def test_a_commit_that_was_not_answered_may_stand() -> None:
    log = a_log(commit_unanswered=1.0)
    transactor = await log.fence("id")
    with pytest.raises(LogUnavailable):
        await transactor.write("t", 0, [Outgoing(b"", b"stands")])
    with pytest.raises(LogUnavailable):
        await transactor.write("t", 0, [Outgoing(b"", b"never")])
    await log.fence("id")
    assert await values(log) == [b"stands"]


async def test_sends_that_are_not_answered_may_or_may_not_stand() -> None:
    for log, kept in ((a_log(send_lost=1.0), []), (a_log(send_unanswered=1.0), [b"x"])):
        producer = await log.producer()
        with pytest.raises(LogUnavailable):
            await producer.send("t", Outgoing(b"", b"x"))
        assert await values(log) == kept


async def test_a_broker_that_gives_up_on_a_transaction_shuts_its_writer_out() -> None:
    log = a_log(fenced=1.0)
    transactor = await log.fence("id")
    with pytest.raises(Fenced):
        await transactor.write("t", 0, [Outgoing(b"", b"x")])
    assert await values(log) == []


async def test_a_lost_tail_gives_its_offsets_out_again() -> None:
    log = a_log()
    producer = await log.producer()
    for value in (b"a", b"b", b"c"):
        await producer.send("t", Outgoing(b"", value))
    reader = await log.reader({AT: 3})
    log.partition(AT).lose_tail(2)
    with pytest.raises(LogTruncated):
        await reader.read(max_records=1, wait_ms=0)
    assert (await producer.send("t", Outgoing(b"", b"again"))).offset == 1
    assert await values(log) == [b"a", b"again"]


async def test_a_lost_head_moves_the_beginning() -> None:
    log, at = a_log(), TopicPartition(PERSONAL.name, 0)
    log.create_topics([PERSONAL])
    producer = await log.producer()
    for value in (b"a", b"b"):
        await producer.send(at.topic, Outgoing(b"", value), partition=0)
    log.partition(at).lose_head(1)
    assert await log.begin_offsets([at]) == {at: 1}
    reader = await log.reader({at: 0})
    read = (await reader.read(max_records=9, wait_ms=0))[at]
    assert [record.value for record in read] == [b"b"], "a compacted topic may lose records"


async def test_one_seed_replays_the_same_failures() -> None:
    async def story(seed: int) -> list[str]:
        log = a_log(seed, send_lost=0.3, send_unanswered=0.3)
        producer = await log.producer()
        told = []
        for number in range(40):
            try:
                told.append(str(await producer.send("t", Outgoing(b"", b"%d" % number))))
            except LogUnavailable:
                told.append("?")
        return [*told, str(await values(log))]

    assert await story(7) == await story(7) != await story(8)


async def test_a_reader_may_skip_and_go_back_but_a_seek_puts_it_right() -> None:
    log = a_log(read_skips=1.0)
    producer = await log.producer()
    for value in (b"a", b"b"):
        await producer.send("t", Outgoing(b"", value))
    assert await values(log) == [b"b"]
    log.faults = Faults(read_again=1.0)
    reader = await log.reader({AT: 1})
    assert [record.offset for record in (await reader.read(max_records=9, wait_ms=0))[AT]] == [0, 1]


async def test_a_group_deals_every_partition_to_exactly_one_member() -> None:
    group = MemoryGroup(12)
    seen: dict[str, frozenset[int]] = {}

    async def join(name: str) -> None:
        async def on_change(_: int, partitions: frozenset[int]) -> None:
            seen[name] = partitions

        await group.join(name, on_change)

    for name in ("a", "b", "c"):
        await join(name)
    assert sorted(number for owned in seen.values() for number in owned) == list(range(12))
    await group.expel("b")
    assert sorted((*seen["a"], *seen["c"])) == list(range(12))
    assert seen["b"], "a zombie still believes that it owns something"
    await group.leave("c")
    assert seen["c"] == frozenset()
    assert seen["a"] == frozenset(range(12))
    assert group.generation == 5
