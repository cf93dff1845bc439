"""Taking a partition over by a snapshot: by one of this log and this code, and never by a doubted one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from prometheus_client import CollectorRegistry, generate_latest

from pamwal.contracts.errors import SnapshotIgnored
from pamwal.snapshots.files import Snapshot, read_snapshot, write_snapshot
from pamwal.snapshots.keeper import DeciderKeeper
from pamwal.snapshots.of_core import CoreSnapshots
from pamwal.snapshots.packing import Packing
from pamwal.snapshots.partition import OPERATION, DeciderSnapshots
from pamwal.snapshots.process import SnapshotWatch, keep_once
from pamwal.snapshots.settings import SnapshotSettings
from pamwal.snapshots.states import StatesByType
from pamwal.wire.decider import PartitionDecider
from pamwal.wire.log import TopicPartition
from pamwal.wire.memory import MemoryLog
from pamwal.wire.metrics import PrometheusObserver, Unobserved
from tests.wire.counting import EVOLVE_RAISES, NOW, RAISES, CountingCore, a_request
from tests.wire.witness import Worker, outcomes, post, prove

CORE = CountingCore()
DECISIONS = TopicPartition(CORE.decisions_topic, 0)


class Told(Unobserved):
    """What became of snapshots."""

    def __init__(self) -> None:
        self.loaded = 0
        self.ignored: list[str] = []

    def snapshot_loaded(self, partition: int, seconds: float) -> None:  # noqa: ARG002
        self.loaded += 1

    def snapshot_ignored(self, partition: int, reason: str) -> None:  # noqa: ARG002
        self.ignored.append(reason)


class Counting(MemoryLog):
    """Also notes from which offset of the decisions each reader began."""

    def __init__(self, **more: Any) -> None:
        super().__init__(partitions=1, **more)
        self.create_topics()
        self.began: list[int] = []

    async def reader(self, starts: Any, isolation: Any = "committed", **how: Any) -> Any:
        self.began += [offset for at, offset in starts.items() if at == DECISIONS]
        return await super().reader(starts, isolation, **how)


class House:
    """A log of one partition, its snapshots, and deciders that may use them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.log = folder, Counting()
        self.snapshots = DeciderSnapshots(folder, CORE)
        self.keeper = DeciderKeeper(folder, CORE)
        self.told = Told()

    async def decide(self, *names: str, **more: Any) -> None:
        """These requests, by an owner that reads every decision there is."""
        await post(self.log, *(a_request(name, **more) for name in names))
        end = (await self.log.end_offsets([TopicPartition(CORE.requests_topic, 0)])).popitem()[1]
        async with Worker(self.log, CORE, 0) as worker:
            await worker.until_next(end)

    def decider(self) -> PartitionDecider[Any]:
        return PartitionDecider(
            CORE, self.log, 0, now=lambda: NOW, observer=self.told, snapshots=self.snapshots
        )

    async def take_over(self) -> int:
        """The next offset of one that takes over, and where it began to fold is the last in `log.began`."""
        decider = self.decider()
        self.log.began.clear()
        next_offset = await decider.take_over()
        await decider.drop()
        return next_offset

    def files(self) -> list[Path]:
        return self.snapshots.folder(self.log.cluster, 0).newest_first()


@pytest.fixture
async def house(tmp_path: Path) -> House:
    house = House(tmp_path)
    await house.decide(*(f"r{number}" for number in range(20)))
    return house


async def test_a_takeover_folds_only_what_stands_behind_the_snapshot(house: House) -> None:
    assert await house.keeper.keep(house.log, 1) == 1
    (path,) = house.files()
    offset = read_snapshot(path).head.offset
    await house.decide("more")
    assert await house.take_over() == 21
    assert house.log.began == [offset]
    assert house.told.loaded == 1
    await house.decide("r3", "last")
    assert (await outcomes(house.log))[-2:] == ["repeat", "accepted"]
    await prove(house.log, 23)


async def test_an_owner_goes_on_from_a_snapshot_as_if_it_had_folded(house: House) -> None:
    await house.keeper.keep(house.log, 1)
    await post(house.log, a_request("r5"), a_request("new"), a_request("r5", queue=1))
    async with Worker(house.log, CORE, 0, snapshots=CoreSnapshots(house.snapshots)) as worker:
        await worker.until_next(23)
    assert (await outcomes(house.log))[-3:] == ["repeat", "accepted", "key_reused"]
    await prove(house.log, 23)


async def test_nothing_new_makes_no_snapshot_and_the_next_begins_at_the_last(house: House) -> None:
    keeper, log = house.keeper, house.log
    (none,) = await keeper.stands(log)
    assert none.behind >= 20
    assert none.written_at == 0
    assert await keeper.keep(log, 10_000) == 0
    assert await keeper.keep(log, 1) == 1
    (first,) = await keeper.stands(log)
    assert first.behind <= 1, "the marker that ends the last transaction"
    assert first.written_at > 0
    log.began.clear()
    assert await keeper.keep(log, 0) == 0
    await house.decide("one", "two")
    log.began.clear()
    assert await keeper.keep(log, 1) == 1
    assert log.began == [20], "the twenty are not read again"
    new, old = house.files()
    assert read_snapshot(new).head.offset > read_snapshot(old).head.offset
    fresh = House(house.folder / "fresh")
    fresh.log = log
    assert await fresh.keeper.keep(log, 1) == 1
    assert read_snapshot(fresh.files()[0]) == read_snapshot(new), "the same as from the beginning"


async def test_one_ahead_of_the_log_is_ignored_and_the_log_folded(house: House) -> None:
    await house.keeper.keep(house.log, 1)
    house.log.partition(DECISIONS).lose_tail(4)
    decided = sum(1 for _, record in house.log.partition(DECISIONS).slots_from(0, "committed") if record)
    assert decided < 20
    assert await house.take_over() == decided
    assert house.told.ignored == ["not_in_log"]
    assert 0 in house.log.began


async def test_one_of_a_log_that_was_written_anew_is_ignored(house: House) -> None:
    await house.keeper.keep(house.log, 1)
    other = House(house.folder)
    await other.decide(*(f"other{number}" for number in range(20)))
    assert other.log.cluster == house.log.cluster
    assert await other.take_over() == 20
    assert other.told.ignored == ["not_in_log"]


async def test_one_of_another_cluster_is_not_even_looked_for(house: House) -> None:
    await house.keeper.keep(house.log, 1)
    other = House(house.folder)
    other.log = Counting(cluster="another")
    await other.decide("only")
    assert await other.take_over() == 1
    assert (other.told.loaded, other.told.ignored) == (0, [])
    (path,) = house.files()
    home = other.snapshots.folder("another", 0).path
    home.mkdir(parents=True)
    path.rename(home / path.name)
    assert await other.take_over() == 1
    assert other.told.ignored == ["other_cluster"]


async def test_a_damaged_one_is_passed_over_for_the_one_before_it(house: House) -> None:
    await house.keeper.keep(house.log, 1)
    await house.decide("more")
    await house.keeper.keep(house.log, 1)
    new, old = house.files()
    content = bytearray(new.read_bytes())
    content[-40] ^= 1
    new.write_bytes(content)
    assert await house.take_over() == 21
    assert house.told.ignored == ["damaged"]
    assert house.log.began == [read_snapshot(old).head.offset]
    await house.decide("again")
    await house.keeper.keep(house.log, 1)
    assert new not in house.files(), "who keeps them takes away what is of no use"


async def test_one_of_other_code_is_ignored(house: House) -> None:
    await house.keeper.keep(house.log, 1)
    house.snapshots.version = "0" * 64
    assert await house.take_over() == 20
    assert house.told.loaded == 0
    house.snapshots.version = DeciderSnapshots(house.folder, CORE).version[:12] + "0" * 52
    assert await house.take_over() == 20
    assert house.told.ignored == ["other_code"]


async def test_one_of_another_place_or_whose_book_ends_elsewhere_is_ignored(house: House) -> None:
    await house.keeper.keep(house.log, 1)
    (path,) = house.files()
    whole = read_snapshot(path)
    await house.decide("more")
    await house.keeper.keep(house.log, 1)
    newer = read_snapshot(house.files()[0])
    write_snapshot(path.parent, newer.head, whole.sections)
    assert await house.take_over() == 21
    assert house.told.ignored == ["damaged"], "then the older one is taken"
    assert house.told.loaded == 1
    house.log.grow(CORE.decisions_topic, 2)
    house.log.grow(CORE.requests_topic, 2)
    house.told.ignored.clear()
    with pytest.raises(Exception, match="was written for 1 partitions"):
        await house.take_over()
    assert house.told.ignored == ["damaged", "not_this_place"], "the count is part of the place"


def packing_of(house: House) -> Packing[Any]:
    states = house.snapshots.states
    assert isinstance(states, StatesByType)
    return states.packing


def with_another_state(found: Snapshot, packed: bytes) -> Snapshot:
    """Well-formed and signed, and wrong: what only a mistake of ours could write."""
    return Snapshot(found.head, {**found.sections, f"{OPERATION}op": packed})


async def test_a_state_that_cannot_be_unpacked_is_folded_from_the_log(house: House) -> None:
    await house.keeper.keep(house.log, 1)
    (path,) = house.files()
    write_snapshot(path.parent, *with_another_state(read_snapshot(path), b"\xc1"))
    with pytest.raises(SnapshotIgnored):
        packing_of(house).unpack(b"\xc1")
    await post(house.log, a_request("next"))
    async with Worker(house.log, CORE, 0, snapshots=CoreSnapshots(house.snapshots)) as worker:
        await worker.until_next(21)
    await prove(house.log, 21)


async def test_a_doubted_state_is_folded_from_the_log(house: House) -> None:
    """A snapshot holds a state on which the core raises: the one retry does not begin with it again."""
    await house.keeper.keep(house.log, 1)
    (path,) = house.files()
    found = read_snapshot(path)
    wrong = packing_of(house).pack({"heard": "many"})
    write_snapshot(path.parent, *with_another_state(found, wrong))
    await post(house.log, a_request("next"))
    async with Worker(house.log, CORE, 0, snapshots=CoreSnapshots(house.snapshots)) as worker:
        await worker.until_next(21)
    assert 0 in house.log.began
    await prove(house.log, 21)


async def test_what_the_core_cannot_decide_halts_with_a_snapshot_as_without(house: House) -> None:
    await house.keeper.keep(house.log, 1)
    await post(house.log, a_request("bad", queue=RAISES))
    async with Worker(house.log, CORE, 0, snapshots=CoreSnapshots(house.snapshots)) as worker:
        await worker.until_halted()
        assert worker.owner.status().reason == "core_failed"


async def test_a_partition_that_cannot_be_folded_gets_no_snapshot(house: House) -> None:
    await house.decide("harmless")
    at = next(
        (offset, record)
        for offset, record in house.log.partition(DECISIONS).slots_from(0, "committed")
        if record
    )
    house.log.partition(DECISIONS).replace(at[0], replace(at[1], value=at[1].value + b" "))
    assert await house.keeper.keep(house.log, 1) == 0
    assert house.files() == []
    other = House(house.folder / "raising")
    mended = CountingCore(mended=True)
    await post(other.log, a_request("bad", queue=EVOLVE_RAISES))
    async with Worker(other.log, mended, 0) as worker:
        await worker.until_next(1)
    assert await other.keeper.keep(other.log, 1) == 0, "fixed code decided it; this code cannot fold it"


async def test_what_runs_elsewhere_is_left_to_it_and_the_metrics_tell(house: House, tmp_path: Path) -> None:
    settings = SnapshotSettings(folder=tmp_path / "kept", behind=20)
    keeper = DeciderKeeper(settings.folder, CORE)
    registry = CollectorRegistry()
    watch = SnapshotWatch(("counting", "decider"), [keeper], house.log, settings, registry)
    assert await watch.look()
    assert await keep_once([keeper], house.log, settings) == 1
    assert not await watch.look()
    metrics = generate_latest(registry).decode()
    assert 'pamwal_snapshot_behind_records{service="counting"} 1.0' in metrics
    assert 'pamwal_snapshot_age_seconds{service="counting"}' in metrics
    observer = PrometheusObserver("counting", registry)
    observer.snapshot_loaded(0, 0.5)
    observer.snapshot_ignored(0, "damaged")
    metrics = generate_latest(registry).decode()
    assert 'pamwal_snapshot_load_seconds_sum{service="counting"} 0.5' in metrics
    assert 'pamwal_snapshots_ignored_total{partition="0",reason="damaged",service="counting"} 1.0' in metrics
