"""A replica is ready once decisions are read. What it answers then is true, though little is folded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from pamwal.cli.watch import ledger_line as watched
from pamwal.client.tables import ledger_table
from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.ledger import TurnedAway
from pamwal.contracts.topics import FIELD_DECISIONS, FIELD_REQUESTS, SCHEDULING_DECISIONS
from pamwal.edge.clock import Clock
from pamwal.snapshots.files import open_snapshot
from pamwal.snapshots.version import closure
from pamwal.wire.log import Receipt, TopicPartition, bare_of
from services.reporting import resting
from services.reporting.boards import Boards
from services.reporting.live import LivePicture
from services.reporting.page import board_page
from services.reporting.picture import Pictures
from services.reporting.picture.history import History
from services.reporting.replica_snapshots import ReplicaKeeper, ReplicaSnapshots
from services.reporting.taking_up import TakingUp
from services.reporting.unfolded import Block, Unfolded, Values
from services.reporting.views.ledger import ledger_of
from tests.unit.reporting.house import Written, until
from tests.unit.reporting.telling import OPERATION, at
from tests.unit.reporting.test_boards import a_caller
from tests.unit.reporting.test_families import opened
from tests.unit.reporting.test_replica_snapshots import digest

FIELD = TopicPartition(FIELD_DECISIONS.name, 0)
PLAN = TopicPartition(SCHEDULING_DECISIONS.name, 0)
ASKED = TopicPartition(FIELD_REQUESTS.name, 0)


@pytest.fixture
async def written() -> Written:
    written = Written()
    await written.plan()
    await written.come("KPG-1", "09:05")
    await written.beat("alak", "09:10")
    await written.decide()
    return written


@pytest.fixture
def asleep(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is folded by and by, only for who looks."""

    async def wake(_: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(resting.RestingOperations, "wake", wake)


@asynccontextmanager
async def a_replica(
    written: Written, snapshots: ReplicaSnapshots | None = None
) -> AsyncIterator[LivePicture]:
    live = LivePicture(written.log, Clock(), snapshots)
    await live.start()
    try:
        await until(lambda: live.trouble() is None)
        yield live
    finally:
        await live.stop()


@asynccontextmanager
async def requests_away(written: Written) -> AsyncIterator[None]:
    """No request can be read inside."""
    opens, away = written.log.reader, asyncio.Event()

    async def reader(starts: Any, isolation: Any = "committed", **how: Any) -> Any:
        if ASKED in starts:
            await away.wait()
        return await opens(starts, isolation, **how)

    written.log.reader = reader  # type: ignore[method-assign]
    yield
    written.log.reader = opens  # type: ignore[method-assign]
    away.set()


def awake(live: LivePicture) -> set[str]:
    return set(live.pictures.of["exercise"].operations)


@pytest.mark.usefixtures("asleep")
async def test_who_looks_has_it_folded_and_what_came_since_with_it(written: Written) -> None:
    async with a_replica(written) as live:
        assert not awake(live)
        await written.come("KPG-2", "09:12")
        await written.decide()
        await until(lambda: live.folded(*FIELD) == written.log.partition(FIELD).end - 1)
        assert not awake(live), "news of it is put behind what rests of it"
        async with a_replica(written) as other:
            assert digest(live) == digest(other)
        assert awake(live) == {OPERATION}
        assert not live.ledger.files("another")


@pytest.mark.usefixtures("asleep")
async def test_families_and_modes_and_lists_are_known_without_folding(written: Written) -> None:
    await opened(written, "nation", None)
    await opened(written, "ntt", "nation")
    async with a_replica(written) as live:
        families = Boards(live).families
        assert families.children("nation", "exercise") == ["ntt"]
        assert live.mode_of("ntt") == "exercise"
        assert live.mode_of("nowhere") is None
        listed = await live.listed("exercise", 0)
        assert sorted(each.operation_id for each in listed) == sorted([OPERATION, "nation", "ntt"])
        assert await live.listed("real", 0) == []
        assert not awake(live)
        await opened(written, "rote", "ntt")
        await until(lambda: families.children("ntt", "exercise") == ["rote"])


async def test_until_requests_are_counted_the_ledger_says_so_wherever_it_is_shown(written: Written) -> None:
    await written.come("KPG-2", "09:12")
    async with requests_away(written), a_replica(written) as live:
        state = Boards(live).state(OPERATION, a_caller("ops_head"))
        balance = state.ledger.balance
        assert (state.ledger.unread > 0, balance.balanced, balance.received) == (True, False, 0)
        assert "still being read" in watched(state)
        assert "BALANCED" not in watched(state)
        page = board_page(state)
        assert "Masih dibaca" in page
        assert "eimbang" not in page.replace('TIDAK SEIMBANG"]', "")
        whole = ledger_of(
            live.ledger, picture(live), at("09:30"), mode="exercise", vector={},
            turned_away=TurnedAway(counted_by="", by_post={}), unread=live.unread(OPERATION),
        )  # fmt: skip
        assert not any(each.balance.balanced for each in whole.rows)
        assert "still being read" in str(ledger_table(whole).caption)
        assert not live.settled(0, 0)
        assert await live.wait_folded(Receipt(*ASKED, 0), 1000), "its decision is folded"
    async with a_replica(written) as live:
        await until(lambda: live.unread(OPERATION) == 0)
        line = Boards(live).state(OPERATION, a_caller("ops_head")).ledger
        assert (line.unread, line.balance.balanced, line.balance.pending) == (0, True, 1)
        assert "balanced" in watched(Boards(live).state(OPERATION, a_caller("ops_head")))


async def test_a_decision_on_a_request_that_is_not_there_is_found(
    written: Written,
) -> None:
    slots = written.log.partition(ASKED)._slots
    slots[0] = slots[0]._replace(record=None)
    async with a_replica(written) as live:
        await until(lambda: live.unread(OPERATION) == 0)
        balance = Boards(live).state(OPERATION, a_caller("ops_head")).ledger.balance
        assert (balance.undeclared, balance.balanced) == (1, False)


@pytest.mark.parametrize("place", [FIELD, PLAN])
async def test_a_record_that_is_no_decision_stops_its_partition_at_once(
    written: Written, place: TopicPartition
) -> None:
    record = written.log.partition(place)._slots[1].record
    assert record is not None
    written.log.partition(place).replace(1, replace(record, value=b'{"data":{}}'))
    await stopped(written, f"{place} is not folded any more: offset 1")


async def test_places_are_noted_block_by_block_in_the_order_of_the_log(written: Written) -> None:
    taken, field = TakingUp(), written.log.partition(FIELD)
    records = [slot.record for slot in field._slots if slot.record is not None]
    for record in records:
        taken.take_decisions(FIELD, [bare_of(record)])
    taken.show()
    await taken.note_all_places()
    assert not taken.stopped
    assert (len(records), taken.folding.due) == (2, {FIELD: 2})
    assert taken.history.end(0).field.requests == 2


async def test_who_looks_before_places_are_noted_is_told_of_such_a_record(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing_by_and_by(_: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(TakingUp, "note_all_places", nothing_by_and_by)
    record = written.log.partition(FIELD)._slots[1].record
    assert record is not None
    written.log.partition(FIELD).replace(1, replace(record, value=b'{"data":{}}'))
    async with a_replica(written) as live:
        assert live.folded(FIELD.topic, 0) > 1
        with pytest.raises(HttpProblem) as halted:
            live.operation(OPERATION, "exercise")
        assert halted.value.code == "halted"
        assert f"{FIELD} is not folded any more: offset 1" in (live.trouble() or "")
        assert live.folded(FIELD.topic, 0) == 1


def with_a_new_fact(written: Written) -> None:
    """A newer version decided the check-in: its fact has a type that is not known here."""
    record = written.log.partition(FIELD)._slots[0].record
    assert record is not None
    value = record.value.replace(b'"checked_in"', b'"checked_up"')
    assert value != record.value
    written.log.partition(FIELD).replace(0, replace(record, value=value))


@pytest.mark.parametrize("kept", [False, True], ids=["from the log", "from a snapshot"])
async def test_a_fact_that_is_not_known_is_left_out_and_named(
    written: Written, tmp_path: Path, kept: bool
) -> None:
    with_a_new_fact(written)
    if kept:
        assert await ReplicaKeeper(tmp_path).keep(written.log, 1) == 1
    async with a_replica(written, ReplicaSnapshots(tmp_path)) as live:
        found, unknown = live.operation(OPERATION, "exercise"), live.pictures.unknown
        assert found is not None
        assert not found.reports
        assert found.posts["alak"].heartbeat is not None, "what stands behind it is folded"
        assert unknown.unknown_of(OPERATION) == unknown.unknown == {"checked_up": 1}
        assert "checked_up (1)" in (unknown.notice() or "")
        assert [each.decision for each in unknown.places] == [f"{FIELD}-0"]
        assert live.trouble() is None


async def test_a_fact_that_is_not_known_is_left_out_while_the_log_is_followed(written: Written) -> None:
    with_a_new_fact(written)
    taken = TakingUp()
    taken.show()
    records = [slot.record for slot in written.log.partition(FIELD)._slots if slot.record is not None]
    taken.take_decisions(FIELD, [bare_of(record) for record in records])
    assert not taken.stopped
    assert taken.pictures.unknown.unknown_of(OPERATION) == {"checked_up": 1}
    assert taken.folding.due == {FIELD: 2}


def test_a_version_that_knows_more_facts_uses_no_snapshot_of_one_that_left_them_out() -> None:
    assert {"pamwal.contracts.codec", "pamwal.contracts.field"} <= set(closure(["services.reporting.kept"]))


async def test_one_under_the_key_of_another_operation_stops_it(written: Written) -> None:
    record = written.log.partition(FIELD)._slots[0].record
    assert record is not None
    written.log.partition(FIELD).replace(0, replace(record, key=b"another"))
    await stopped(written, "has the key of 'another'")


async def stopped(written: Written, why: str) -> None:
    live = LivePicture(written.log, Clock())
    await live.start()
    # it says why once it met that record, perhaps with others left to read: until then nobody is answered
    await until(lambda: why in (live.trouble() or "") and live._taken.level)
    with pytest.raises(HttpProblem) as halted:
        live.operation(OPERATION, "exercise")
    assert halted.value.code == "halted"
    await live.stop()


@pytest.mark.usefixtures("asleep")
async def test_what_is_damaged_in_a_snapshot_is_read_from_the_log(written: Written, tmp_path: Path) -> None:
    await opened(written, "ntt", None)
    snapshots = ReplicaSnapshots(tmp_path)
    assert await ReplicaKeeper(tmp_path).keep(written.log, 1) == 1
    (path,) = snapshots.folder(await written.log.cluster_id()).newest_first()
    assert list(open_snapshot(path).head.sections)[-1] == f"operation/{OPERATION}"
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)

    await written.come("KPG-2", "09:12")
    await written.decide()
    async with a_replica(written) as whole, a_replica(written, snapshots) as live:
        assert live.operation("ntt", "exercise") is not None
        with pytest.raises(HttpProblem, match="damaged") as read_again:
            live.operation(OPERATION, "exercise")
        assert (read_again.value.status, read_again.value.code) == (503, "not_folded")
        await until(lambda: not live._taken.resting.damaged)
        assert digest(live) == digest(whole)
        assert live.trouble() is None


def picture(live: LivePicture) -> Any:
    return live.operation(OPERATION, "exercise")


async def test_what_rests_is_folded_by_and_by_partition_by_partition(monkeypatch: pytest.MonkeyPatch) -> None:
    """Operations of a partition share blocks, which are let go once the last of them is folded."""
    pictures, folded = Pictures(), list[str]()
    rests = resting.RestingOperations(pictures, History(pictures), lambda *_: None)
    for offset, (partition, key) in enumerate([(1, b"d"), (0, b"a"), (1, b"c"), (0, b"b"), (1, b"d")]):
        rests.add(TopicPartition(FIELD.topic, partition), [(offset, key, b"{}")])

    def fold(unfolded: Unfolded) -> None:
        folded.append(unfolded.name)
        rests._take(unfolded)

    monkeypatch.setattr(rests, "_fold_some", fold)
    await rests.wake()
    assert folded == ["a", "b", "d", "c"]


def test_what_rests_comes_in_its_order_however_it_was_put_together() -> None:
    """In blocks in which others stand as well, some of them taken before the next comes."""
    values, said = Values(), [b"%d" % number * (number % 3) for number in range(40)]
    some = iter(enumerate(said))

    def add(count: int) -> None:
        mine = list(islice(some, count))
        block = Block(
            [each for own in mine for each in ((own[0], b"op", own[1]), (-1, b"other", b"other's"))]
        )
        put = values.begin(block)
        for number in range(len(mine)):
            put(2 * number)

    add(9)
    taken = values.take()
    found = list(islice(taken, 7))
    add(3)
    assert len(values) == 5
    found += taken
    assert found == list(enumerate(said))[:12]
    assert not values
    add(2)
    add(3)
    taken = values.take()
    found += list(islice(taken, 2))
    assert len(values) == 3
    add(len(said))
    found += taken
    assert found == list(enumerate(said))
    assert not values
    assert list(values.take()) == []
