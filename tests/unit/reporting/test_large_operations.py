"""An operation that is too large to be folded while its reader waits is folded in slices; others go on."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.field import Heartbeat
from pamwal.contracts.topics import FIELD_DECISIONS
from pamwal.wire.log import TopicPartition
from services.reporting import kept, resting
from services.reporting.boards import Boards
from services.reporting.live import LivePicture
from services.reporting.replica_snapshots import ReplicaKeeper, ReplicaSnapshots
from tests.unit.reporting.house import Written, a_house, until
from tests.unit.reporting.telling import OPERATION
from tests.unit.reporting.test_at_rest import a_replica, asleep
from tests.unit.reporting.test_families import opened
from tests.unit.reporting.test_problem_pages import PAGES, shown
from tests.unit.reporting.test_replica_snapshots import digest

__all__ = ["asleep"]

RETRY = (("retry-after", "1"),)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than eight decisions are many here, and three are folded at once."""
    monkeypatch.setattr(resting, "AT_A_LOOK", 8)
    monkeypatch.setattr(resting, "AT_ONCE", 3)
    monkeypatch.setattr(kept, "FRAME", 2)


@pytest.fixture
async def written() -> Written:
    written = Written()
    await written.plan()
    await opened(written, "ntt", None)
    for minute in range(10, 40):
        await written.come(f"KPG-{minute % 5 + 1}", f"09:{minute}")
    await written.decide()
    return written


def look(live: LivePicture) -> tuple[int, int] | None:
    """How many of how many are folded, as who looks is told; None if he was answered."""
    try:
        live.operation(OPERATION, "exercise")
    except HttpProblem as found:
        problem = found
    else:
        return None
    assert (problem.status, problem.code, problem.headers) == (503, "not_folded", RETRY)
    said = re.search(rf"{OPERATION} is being folded: (\d+) of about (\d+) .*ask again", str(problem))
    assert said is not None
    return int(said[1]), int(said[2])


def is_folded(live: LivePicture) -> bool:
    return OPERATION not in live._taken.resting


@pytest.mark.usefixtures("asleep")
async def test_who_looks_is_told_how_far_it_is_and_others_are_answered(written: Written) -> None:
    async with a_replica(written) as live:
        await asyncio.sleep(0.05)
        assert not is_folded(live), "nobody looked yet"
        seen = []
        while (told := look(live)) is not None:
            seen.append(told[0])
            assert live.operation("ntt", "exercise") is not None, "others come between its slices"
            assert live.trouble() is None
            await asyncio.sleep(0)
        assert seen[0] == 0
        assert seen == sorted(seen)
        assert len(set(seen)) > 3
        await written.come("KPG-2", "09:41")
        await written.decide()
        async with a_replica(written) as other:
            await until(lambda: look(other) is None)
            assert digest(live) == digest(other)


@pytest.mark.usefixtures("asleep")
async def test_of_a_snapshot_it_is_folded_in_slices_as_well(written: Written, tmp_path: Path) -> None:
    snapshots = ReplicaSnapshots(tmp_path)
    assert await ReplicaKeeper(tmp_path).keep(written.log, 1) == 1
    await written.come("KPG-2", "09:41")
    await written.decide()
    async with a_replica(written) as whole, a_replica(written, snapshots) as live:
        told = look(live)
        assert told is not None
        assert told[0] == 0
        await until(lambda: look(live) is None)
        await until(lambda: look(whole) is None)
        assert digest(live) == digest(whole)


@pytest.mark.usefixtures("asleep")
async def test_one_that_cannot_be_folded_stops_it_and_says_so(written: Written) -> None:
    place = TopicPartition(FIELD_DECISIONS.name, 0)
    record = written.log.partition(place)._slots[20].record
    assert record is not None
    value = record.value.replace(b'"operationid"', b'"operation"')
    assert value != record.value
    written.log.partition(place).replace(20, replace(record, value=value))
    async with a_replica(written) as live:
        assert look(live) is not None
        await until(lambda: "offset 20" in (live.trouble() or ""))
        with pytest.raises(HttpProblem) as halted:
            live.operation(OPERATION, "exercise")
        assert halted.value.code == "halted"


@pytest.mark.usefixtures("asleep")
async def test_a_parent_is_counted_meanwhile_and_says_what_is_missing(written: Written) -> None:
    await opened(written, "nation", None)
    await opened(written, "west", "nation")
    await opened(written, "east", "nation")
    for minute in range(10, 40):
        await written.ask(Heartbeat(), f"09:{minute}", operation="east")
    await written.decide()
    async with a_replica(written) as live:
        families = Boards(live).families
        assert live.operation("nation", "exercise") is not None
        seen = families.look("nation", "exercise", "full", within_s=1).rolled_up
        assert seen is not None
        (missing,) = seen.unseen
        assert (missing.operation_id, missing.why) == ("east", "it is not counted yet; ask again")
        await families.freshen("nation", "exercise")
        seen = families.look("nation", "exercise", "full", within_s=1).rolled_up
        assert seen is not None
        assert not seen.unseen


@pytest.mark.usefixtures("asleep")
@pytest.mark.parametrize("path", PAGES)
async def test_of_a_large_operation_a_page_says_how_far_it_is_until_it_is_there(
    written: Written, tmp_path: Path, path: str
) -> None:
    async with a_house(tmp_path, written) as house:
        said = list[int]()
        while (found := await shown(house, path))[0] != 200:
            status, page = found
            assert (status, "mencoba lagi sendiri" in page) == (503, True)
            how_far = re.search(r"(\d+) dari sekitar (\d+) catatan", page)
            assert how_far is not None
            said.append(int(how_far[1]))
            assert f'max="{how_far[2]}" value="{how_far[1]}"' in page
            await asyncio.sleep(0)
        assert said == sorted(said)
        assert said[0] == 0
        assert "LATIHAN" in found[1]


@pytest.mark.usefixtures("asleep")
async def test_whoever_is_no_browser_is_told_the_problem(written: Written, tmp_path: Path) -> None:
    async with a_house(tmp_path, written) as house:
        for accept in ("application/json", "*/*"):
            headers = {**house.bearer("ops_head"), "accept": accept}
            answer = await house.client.get("/", params={"operation": OPERATION}, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (503, "not_folded")
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["retry-after"] == "1"
