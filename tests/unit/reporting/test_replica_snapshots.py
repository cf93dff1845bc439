"""A replica begins with a snapshot if one is of this log; what that holds is folded when it is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.topics import FIELD_DECISIONS
from pamwal.edge.clock import Clock
from pamwal.snapshots.files import read_snapshot, write_snapshot
from pamwal.snapshots.partition import OPERATION as SECTION
from pamwal.wire.log import TopicPartition
from services.reporting.kept import REPLICA, Arrived, frames
from services.reporting.live import LivePicture
from services.reporting.picture.decided import DecidedData
from services.reporting.replica_snapshots import ReplicaKeeper, ReplicaSnapshots
from services.reporting.views.situation import digest_of, situation_of
from tests.unit.reporting.house import Written, until
from tests.unit.reporting.telling import OPERATION, at, name_of
from tests.wire.test_snapshots import Told

FIELD = TopicPartition(FIELD_DECISIONS.name, 0)


class Kept:
    """A log in which something was planned and seen, its snapshots, and replicas of it."""

    def __init__(self, folder: Path) -> None:
        self.written, self.told = Written(), Told()
        self.keeper, self.snapshots = ReplicaKeeper(folder), ReplicaSnapshots(folder, self.told)
        self.began: dict[TopicPartition, int] = {}

    @asynccontextmanager
    async def replica(self, *, snapshots: bool = True) -> AsyncIterator[LivePicture]:
        """One that has read all there is, by a snapshot if there is one."""
        live = LivePicture(self.written.log, Clock(), self.snapshots if snapshots else None)
        opened = self.written.log.reader

        async def reader(starts: Any, isolation: Any = "committed", **how: Any) -> Any:
            self.began |= starts
            return await opened(starts, isolation, **how)

        self.written.log.reader = reader  # type: ignore[method-assign]
        await live.start()
        try:
            await until(lambda: live.trouble() is None and not live.unread(OPERATION))
            yield live
        finally:
            await live.stop()
            self.written.log.reader = opened  # type: ignore[method-assign]

    @property
    def folder(self) -> Any:
        return self.snapshots.folder(self.written.log.cluster)


def digest(live: LivePicture) -> str:
    picture = live.operation(OPERATION, "exercise")
    assert picture is not None
    situation = situation_of(picture, at("09:30"), sight="full", name_of=name_of)
    return digest_of(situation)


@pytest.fixture
async def kept(tmp_path: Path) -> Kept:
    kept = Kept(tmp_path)
    await kept.written.plan()
    await kept.written.come("KPG-1", "09:05")
    await kept.written.beat("alak", "09:10")
    await kept.written.decide()
    await kept.written.judge("09:20")
    return kept


async def test_a_replica_reads_what_stands_behind_its_snapshot_and_shows_the_same(kept: Kept) -> None:
    assert await kept.keeper.keep(kept.written.log, 1) == 1
    assert await kept.keeper.keep(kept.written.log, 1) == 0, "nothing is due"
    marks = read_snapshot(kept.folder.newest_first()[0]).head.marks
    await kept.written.come("KPG-2", "09:12")
    await kept.written.decide()
    async with kept.replica(snapshots=False) as whole:
        expected, files, vector = digest(whole), whole.ledger.files(OPERATION), whole.vector()
    kept.began = {}
    async with kept.replica() as live:
        assert kept.told.loaded == 1
        assert {at: offset for at, offset in kept.began.items() if offset} == {
            TopicPartition(mark.topic, mark.partition): mark.offset + 1 for mark in marks
        }
        assert digest(live) == expected
        assert live.vector() == vector
        assert {by: each.outcomes for by, each in live.ledger.files(OPERATION).items()} == {
            by: each.outcomes for by, each in files.items()
        }


async def test_what_nobody_asks_for_is_folded_by_and_by(kept: Kept) -> None:
    await kept.keeper.keep(kept.written.log, 1)
    async with kept.replica() as live:
        resting = live.pictures.of["exercise"].operations.resting
        await until(lambda: not resting)
        assert dict.__contains__(live.pictures.of["exercise"].operations, OPERATION)


async def test_all_operations_are_there_for_who_lists_them(kept: Kept) -> None:
    await kept.keeper.keep(kept.written.log, 1)
    live = LivePicture(kept.written.log, Clock())
    live._go_on(await kept.snapshots.load(kept.written.log), 1)
    live._taken.show()
    operations = live.pictures.of["exercise"].operations
    assert list(operations.resting) == [OPERATION]
    assert [each.operation_id for each in operations.values()] == [OPERATION]
    assert not operations.resting
    assert not live.pictures.of["real"].operations.resting
    assert [name for name, _ in operations.items()] == [OPERATION]


async def test_what_is_kept_beside_a_picture_is_there_for_who_asks_for_it_first(kept: Kept) -> None:
    await kept.keeper.keep(kept.written.log, 1)
    live = LivePicture(kept.written.log, Clock())
    live._go_on(await kept.snapshots.load(kept.written.log), 1)
    live._taken.show()
    assert live.history.known_at(OPERATION, "exercise", live.history.end(0))
    live = LivePicture(kept.written.log, Clock())
    live._go_on(await kept.snapshots.load(kept.written.log), 1)
    live._taken.show()
    assert live.history.arrivals(OPERATION, "exercise") is not None


async def test_one_that_is_not_of_this_log_is_ignored(kept: Kept) -> None:
    await kept.keeper.keep(kept.written.log, 1)
    kept.written.log.partition(FIELD).lose_tail(2)
    async with kept.replica():
        assert kept.told.ignored == ["not_in_log"]
        assert set(kept.began.values()) == {0}
    assert await kept.keeper.keep(kept.written.log, 1) == 1
    assert len(kept.folder.newest_first()) == 1, "what is of no use is gone"


async def test_one_that_does_not_hold_together_is_ignored(kept: Kept) -> None:
    await kept.keeper.keep(kept.written.log, 1)
    (path,) = kept.folder.newest_first()
    found = read_snapshot(path)
    await kept.written.come("KPG-2", "09:12")
    await kept.written.decide()
    await kept.keeper.keep(kept.written.log, 1)
    newest = read_snapshot(kept.folder.newest_first()[0])
    write_snapshot(path.parent, newest.head, {**newest.sections, REPLICA: found.sections[REPLICA]})
    write_snapshot(path.parent, found.head, {**found.sections, REPLICA: b"\xc1"})
    async with kept.replica() as live:
        assert kept.told.ignored == ["damaged", "unreadable"]
        assert live.operation(OPERATION, "exercise") is not None


async def test_a_decision_that_cannot_be_unpacked_stops_its_partition_loudly(kept: Kept) -> None:
    """Only a mistake of ours could write one: the digest fits."""
    await kept.keeper.keep(kept.written.log, 1)
    (path,) = kept.folder.newest_first()
    found = read_snapshot(path)
    no_fact: Any = None
    wrong = frames.frame([Arrived(1, 3, DecidedData(None, at("09:00"), "accepted", [no_fact]))])
    name = f"{SECTION}{OPERATION}"
    write_snapshot(path.parent, found.head, {**found.sections, name: found.sections[name] + wrong})
    live = LivePicture(kept.written.log, Clock(), kept.snapshots)
    await live.start()
    async with asyncio.timeout(60):
        while "cannot be unpacked" not in (live.trouble() or ""):
            await asyncio.sleep(0.01)
    with pytest.raises(HttpProblem) as stopped:
        live.operation(OPERATION, "exercise")
    assert stopped.value.code == "halted"
    await live.stop()


async def test_where_a_decision_cannot_be_read_no_snapshot_is_made(kept: Kept) -> None:
    (at_offset, record) = next(
        (offset, record)
        for offset, record in kept.written.log.partition(FIELD).slots_from(0, "committed")
        if record is not None
    )
    kept.written.log.partition(FIELD).replace(at_offset, replace(record, value=b"{"))
    assert await kept.keeper.keep(kept.written.log, 1) == 0
    assert kept.folder.newest_first() == []
