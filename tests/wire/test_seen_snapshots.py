"""What a watching decider has seen, taken up from a snapshot: it says what one says that read it all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from pamwal.contracts.errors import SnapshotIgnored
from pamwal.snapshots.files import read_snapshot, write_snapshot
from pamwal.snapshots.keeper import DeciderKeeper
from pamwal.snapshots.of_core import CoreSnapshots
from pamwal.snapshots.partition import OPERATION
from pamwal.snapshots.seen import STRANDS, frames
from pamwal.snapshots.seen_keeper import SeenKeeper
from pamwal.wire.log import TopicPartition
from pamwal.wire.partitioning import partition_of
from pamwal.wire.watching import WatchingDecider
from tests.wire.silence import SILENT_S
from tests.wire.test_snapshots import Told
from tests.wire.test_watching import CORE, SECOND, House, decided, judged
from tests.wire.witness import Worker

FOLLOWED = [TopicPartition(topic, 0) for topic in CORE.follows]


class Kept(House):
    """A house with snapshots; `began` are the offsets at which readers of what is followed stood."""

    def __init__(self, folder: Path, partitions: int = 1) -> None:
        super().__init__(partitions)
        self.folder, self.told = folder, Told()
        self.snapshots = CoreSnapshots.of(CORE, folder)
        self.keeper, self.own = SeenKeeper(folder, CORE), DeciderKeeper(folder, CORE)
        self.began: list[tuple[TopicPartition, int]] = []
        opened = self.log.reader

        async def reader(starts: Any, isolation: Any = "committed", **how: Any) -> Any:
            self.began += [(at, offset) for at, offset in starts.items() if at in FOLLOWED]
            return await opened(starts, isolation, **how)

        self.log.reader = reader  # type: ignore[method-assign]

    def by_snapshot(self) -> WatchingDecider[Any, Any]:
        """A decider that may use them."""
        self.began.clear()
        return WatchingDecider(
            CORE,
            self.log,
            0,
            now=self.clock,
            observer=self.told,
            snapshots=self.snapshots.own,
            seen_snapshots=self.snapshots.seen,
        )

    async def vectors(self, decider: WatchingDecider[Any, Any]) -> Any:
        """What it saw of the operation, and how far; having taken over."""
        await decider.take_over()
        judge = decider._watches(decider._held())
        seen = judge.look("op")
        return seen.picture, seen.vector, seen.heads

    def files(self) -> list[Path]:
        assert self.snapshots.seen is not None
        return self.snapshots.seen.folder(self.log.cluster, 0).newest_first()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Kept]:
    house = Kept(tmp_path)
    await house.hear("alak", "oeba", "alak")
    await house.hear("oesapa", core=SECOND)
    await house.hear("oesapa", core=SECOND, operation="elsewhere")
    yield house
    await house.log.close()


async def test_what_was_seen_is_read_no_more_and_is_the_same(house: Kept) -> None:
    assert await house.keeper.keep(house.log, 1) == 1
    await house.hear("new")
    expected = await house.vectors(house.decider())
    found = await house.vectors(house.by_snapshot())
    assert found == expected
    assert house.told.loaded == 1
    assert [offset for at, offset in house.began if at == FOLLOWED[0]] == [
        mark.offset + 1
        for mark in read_snapshot(house.files()[0]).head.marks
        if mark.topic == FOLLOWED[0].topic
    ]


async def test_the_next_snapshot_puts_what_came_since_behind_what_it_has(house: Kept) -> None:
    await house.keeper.keep(house.log, 1)
    first = read_snapshot(house.files()[0])
    assert await house.keeper.keep(house.log, 0) == 0, "nothing new"
    await house.hear("new")
    house.began.clear()
    assert await house.keeper.keep(house.log, 1) == 1
    assert min(offset for at, offset in house.began if at == FOLLOWED[0]) > 2
    second = read_snapshot(house.files()[0])
    assert second.sections[f"{OPERATION}op"].startswith(first.sections[f"{OPERATION}op"])
    assert second.sections[f"{OPERATION}elsewhere"] == first.sections[f"{OPERATION}elsewhere"]
    assert len(list(frames.read(second.sections[f"{OPERATION}op"]))) == 5
    found = await house.vectors(house.by_snapshot())
    assert found == await house.vectors(house.decider())


async def test_after_a_takeover_by_snapshots_all_is_judged_once(house: Kept) -> None:
    house.clock.seconds = SILENT_S / 2
    first = house.by_snapshot()
    await first.take_over()
    await judged(first)
    await first.drop()
    assert await house.said() == []
    await house.keeper.keep(house.log, 1)
    house.clock.seconds = SILENT_S
    successor = house.by_snapshot()
    await successor.take_over()
    await judged(successor)
    assert sorted(word[1] for word in await house.said()) == ["alak", "oeba", "oesapa", "oesapa"]
    await judged(successor)
    await house.ask("r0")
    await decided(house, successor)
    await successor.drop()
    assert await house.own.keep(house.log, 1) == 1
    third = house.by_snapshot()
    await third.take_over()
    await judged(third)
    assert len(await house.said()) == 4, "what was raised is known by the own snapshot"
    assert house.told.loaded == 3
    assert house.told.ignored == []
    assert (await house.audited()).findings == ()


async def test_one_that_the_log_does_not_have_is_ignored(house: Kept) -> None:
    await house.keeper.keep(house.log, 1)
    house.log.partition(FOLLOWED[1]).lose_tail(2)
    found = await house.vectors(house.by_snapshot())
    assert house.told.ignored == ["not_in_log"]
    assert found == await house.vectors(house.decider())
    assert (FOLLOWED[0], 0) in house.began


async def test_one_whose_strands_end_elsewhere_or_are_others_is_ignored(house: Kept) -> None:
    await house.keeper.keep(house.log, 1)
    (path,) = house.files()
    old = read_snapshot(path)
    await house.hear("new")
    await house.keeper.keep(house.log, 1)
    new = read_snapshot(house.files()[0])
    write_snapshot(path.parent, new.head, {**new.sections, STRANDS: old.sections[STRANDS]})
    write_snapshot(path.parent, old.head, {**old.sections, STRANDS: b"\xc1"})
    found = await house.vectors(house.by_snapshot())
    assert house.told.ignored == ["damaged", "unreadable"]
    assert found == await house.vectors(house.decider())


async def test_a_picture_that_cannot_be_unpacked_is_folded_from_the_log(house: Kept) -> None:
    await house.keeper.keep(house.log, 1)
    (path,) = house.files()
    found = read_snapshot(path)
    write_snapshot(path.parent, found.head, {**found.sections, f"{OPERATION}op": b"\0\0\0\x09\x90"})
    house.clock.seconds = SILENT_S
    async with Worker(house.log, CORE, 0, now=house.clock, snapshots=house.snapshots) as worker:
        await worker.until(lambda: worker.owner.decider.next_offset == 0 and (FOLLOWED[0], 0) in house.began)
        await house.ask("r0")
        await worker.until_next(1)
        await worker.until(lambda: house.log.partition(TopicPartition(CORE.decisions_topic, 0)).end >= 4)
    assert (await house.audited()).findings == ()


async def test_one_damaged_where_it_was_not_read_yet_is_used_until_somebody_looks(house: Kept) -> None:
    await house.keeper.keep(house.log, 1)
    (path,) = house.files()
    flipped = bytearray(path.read_bytes())
    flipped[-1] ^= 1
    path.write_bytes(flipped)
    house.clock.seconds = SILENT_S
    decider = house.by_snapshot()
    await decider.take_over()
    assert (house.told.loaded, house.told.ignored) == (1, [])
    with pytest.raises(SnapshotIgnored, match="operation/op of"):
        await judged(decider)
    assert house.told.ignored == ["damaged"]
    await decider.drop()
    async with Worker(house.log, CORE, 0, now=house.clock, snapshots=house.snapshots) as worker:
        await house.ask("r0")
        await worker.until_next(1)
        await worker.until(lambda: house.log.partition(TopicPartition(CORE.decisions_topic, 0)).end >= 4)
    assert sorted(word[1] for word in await house.said()) == ["alak", "oeba", "oesapa", "oesapa"]
    assert (await house.audited()).findings == ()


async def test_who_makes_the_next_reads_all_of_the_last_and_drops_a_damaged_one(house: Kept) -> None:
    await house.keeper.keep(house.log, 1)
    (path,) = house.files()
    flipped = bytearray(path.read_bytes())
    flipped[-1] ^= 1
    path.write_bytes(flipped)
    await house.hear("new")
    assert await house.keeper.keep(house.log, 1) == 1
    assert not path.exists()
    assert len(list(frames.read(read_snapshot(house.files()[0]).sections[f"{OPERATION}op"]))) == 5


async def test_by_a_snapshot_of_any_age_all_is_seen_as_from_the_beginning(tmp_path: Path) -> None:
    house, ages = Kept(tmp_path), set()
    for number in range(16):
        operation, core = f"op{number * number % 5}", CORE.followed[number % 2]
        await house.hear(f"post{number % 3}", operation=operation, core=core, seconds=number)
        await house.keeper.keep(house.log, 16)
        expected, found = house.decider(), house.by_snapshot()
        for each in (expected, found):
            await each.take_over()
        mine, its = (each._watches(each._held()) for each in (found, expected))
        ages.add(sum(len(resting.news) for resting in mine.watched.resting.values()))
        names = sorted(its.watched.pictures, reverse=number % 2 == 0)
        assert sorted({*mine.watched.pictures, *mine.watched.resting}) == sorted(names)
        assert [mine.look(name) for name in names] == [its.look(name) for name in names]
        assert not mine.watched.resting
        await found.drop()
    assert {0, 1, 2} <= ages, "right behind one, and further"
    await house.log.close()


async def test_what_comes_while_an_operation_rests_is_put_behind_what_rests_of_it(house: Kept) -> None:
    await house.keeper.keep(house.log, 1)
    decider = house.by_snapshot()
    await decider.take_over()
    following = asyncio.create_task(decider.follow())
    await house.hear("new", "alak")
    while not await decider.is_level(1):
        await asyncio.sleep(0)
    following.cancel()
    judge = decider._watches(decider._held())
    assert [name for name, each in judge.watched.resting.items() if each.news] == ["op"]
    expected = await house.vectors(house.decider())
    seen = judge.look("op")
    assert (seen.picture, seen.vector, seen.heads) == expected
    assert list(judge.watched.resting) == ["elsewhere"]


async def test_an_operation_that_rests_is_told_once_it_was_judged(house: Kept) -> None:
    await house.keeper.keep(house.log, 1)
    decider = house.by_snapshot()
    await decider.take_over()
    assert decider.to_tell(0.0) == []
    await judged(decider)
    assert sorted(decider.to_tell(0.0)) == ["elsewhere", "op"]


async def test_what_was_parked_because_it_lives_elsewhere_is_no_operation_here(tmp_path: Path) -> None:
    house = Kept(tmp_path, partitions=2)
    here, elsewhere = (
        next(name for name in (f"op{n}" for n in range(99)) if partition_of(name.encode(), 2) == number)
        for number in (0, 1)
    )
    await house.hear("alak", operation=here)
    await house.hear("alak", operation=elsewhere)
    assert await house.keeper.keep(house.log, 1) == 1
    sections = read_snapshot(house.files()[0]).sections
    assert [name for name in sections if name.startswith(OPERATION)] == [f"{OPERATION}{here}"]
    await house.log.close()
