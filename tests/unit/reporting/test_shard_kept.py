"""What a replica of one shard reads, keeps in memory and in snapshots, and what it leaves to others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from shutil import copytree

import msgspec
import pytest

from pamwal.contracts.errors import Misdirected
from pamwal.contracts.persons import PersonalRecord, PersonalRef, PersonalWords
from pamwal.contracts.topics import PERSONAL
from pamwal.edge.clock import Clock
from pamwal.edge.names import Names
from pamwal.snapshots.files import read_snapshot
from pamwal.wire.log import Outgoing, TopicPartition
from pamwal.wire.shard import WHOLE, Shard
from services.reporting.families import Families
from services.reporting.live import LivePicture
from services.reporting.picture.history import DECISIONS, PLAN
from services.reporting.replica_snapshots import ReplicaKeeper, ReplicaSnapshots
from services.reporting.views.situation import digest_of, situation_of
from tests.unit.reporting.house import Written, until
from tests.unit.reporting.telling import at, name_of
from tests.unit.reporting.test_families import come, manned, opened
from tests.wire.test_snapshots import Told

ONE, TWO = Shard(1, 2), Shard(2, 2)
CITIES = {"rote": ONE, "kupang": TWO}
"""In a log of four partitions; `ntt`, their parent, lives in the first shard."""


@pytest.fixture
async def written() -> Written:
    written = Written(partitions=4)
    await opened(written, "ntt", None)
    for city in CITIES:
        await opened(written, city, "ntt")
        await manned(written, city, f"{city}-1", f"{city}-2")
        await come(written, city, f"{city}-1")
    return written


@asynccontextmanager
async def replica(
    written: Written, shard: Shard, snapshots: ReplicaSnapshots | None = None
) -> AsyncIterator[LivePicture]:
    live = LivePicture(written.log, Clock(), snapshots, shard)
    await live.start()
    await until(lambda: live.trouble() is None and live.whole)
    yield live
    await live.stop()


def digest(live: LivePicture, operation: str) -> str:
    picture = live.operation(operation, "exercise")
    assert picture is not None
    return digest_of(situation_of(picture, at("09:30"), sight="full", name_of=name_of))


async def test_of_other_shards_it_keeps_only_how_operations_stand(written: Written) -> None:
    async with replica(written, WHOLE) as whole, replica(written, TWO) as two:
        assert digest(two, "kupang") == digest(whole, "kupang")
        assert list(two.pictures.of["exercise"].operations) == ["kupang"]
        with pytest.raises(Misdirected):
            two.operation("rote", "exercise")
        standing = two.standing("rote", "exercise")
        assert standing is not None
        assert standing.charter is not None
        assert (standing.charter.parent, standing.planned.officers) == ("ntt", {})
        assert two.mode_of("rote") == "exercise"
        assert {at for at, offset in two._taken.next.items() if not TWO.holds(at.partition)} == {
            TopicPartition(PLAN, 2)
        }
        assert {at.partition for at in two.ledger.partitions} <= {1, 3}


async def test_a_snapshot_holds_a_shard_and_begins_no_other(written: Written, tmp_path: Path) -> None:
    log, told = written.log, Told()
    for shard in (WHOLE, ONE, TWO):
        assert await ReplicaKeeper(tmp_path, shard).keep(log, 1) == 1
    own = ReplicaSnapshots(tmp_path, told, TWO)
    [path] = own.folder(log.cluster).newest_first()
    found = read_snapshot(path)
    assert {mark.partition for mark in found.head.marks if mark.topic != PLAN} == {3}
    assert [name for name in found.sections if "rote" in name or "ntt" in name] == []
    await come(written, "kupang", "kupang-2", "09:12")
    await opened(written, "alor", "ntt")
    async with replica(written, WHOLE) as whole, replica(written, TWO, own) as two:
        assert told.loaded == 1
        assert digest(two, "kupang") == digest(whole, "kupang")
        families = Families(two)
        assert families.children("ntt", "exercise") == ["alor", "kupang", "rote"]
    for other in (ONE, WHOLE, Shard(2, 4)):
        there = ReplicaSnapshots(tmp_path / "moved", told, other)
        copytree(path.parent, there.folder(log.cluster).path, dirs_exist_ok=True)
        assert await there.load(log) is None, "a file that somebody put into another's folder"


async def test_a_replica_of_another_shard_is_kept_apart_on_one_machine(tmp_path: Path) -> None:
    folders = [ReplicaSnapshots(tmp_path, shard=each).folder("c") for each in (WHOLE, ONE, TWO, Shard(1, 3))]
    assert len({each.path for each in folders}) == len({each.version for each in folders}) == 4


async def test_of_persons_it_keeps_those_of_its_operations(written: Written) -> None:
    names = Names(written.log, texts=True, shard=TWO)
    for city in CITIES:
        words = PersonalRecord(
            operation_id=city, ref="r", words=PersonalWords(name="Personel A"), written_at=at("06:00")
        )
        await written.put(PERSONAL.name, Outgoing(f"{city}/r".encode(), msgspec.json.encode(words)))
    await names.follower.start()
    await until(lambda: names.follower.level_once)
    ref = PersonalRef(ref="r", digest="0" * 64)
    assert names.words_of("kupang", ref) is not None
    assert names.words_of("rote", ref) is None
    await names.follower.stop()


async def test_more_shards_than_partitions_leave_one_without_any_and_it_says_so(written: Written) -> None:
    live = LivePicture(written.log, Clock(), shard=Shard(6, 8))
    await live.start()
    await until(lambda: "shard 6/8 has none of the 4 partitions" in (live.trouble() or ""))
    await live.stop()


@pytest.mark.parametrize("bad", ["garbled", "of an operation that lives here"])
async def test_a_plan_elsewhere_that_cannot_be_taken_is_said(written: Written, bad: str) -> None:
    own = await written.log.fetch(TopicPartition(PLAN, 3), 0, "committed")
    assert own is not None
    value = own.value if bad.startswith("of") else b'{"operation_'
    await written.put(DECISIONS[0], Outgoing(b"rote", value))
    live = LivePicture(written.log, Clock(), shard=TWO)
    await live.start()
    await until(lambda: f"{PLAN}-2 is not folded any more" in (live.trouble() or ""))
    assert digest(live, "kupang")
    assert list(live.pictures.of["exercise"].operations) == ["kupang"]
    unread = list(Families(live).unread())
    assert [each.operation_id for each in unread] == [None]
    await live.stop()
