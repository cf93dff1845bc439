"""A nation over HTTP: its own and all below it, as far as a token reads, now and as of a moment."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from msgspec.structs import replace

from pamwal.client.board import board_after
from pamwal.client.stream import messages
from pamwal.contracts.claims import Claims, Mode, Role
from pamwal.contracts.field import CheckIn
from pamwal.contracts.places import Venue
from pamwal.contracts.reporting import BoardState, Situation
from pamwal.contracts.scheduling import (
    AdmitChild,
    AmendOperation,
    DismissChild,
    OfficerEntry,
    OpenOperation,
    Order,
    OrderDeployments,
    PlanRally,
    RegisterOfficers,
)
from pamwal.edge.app import Board, Caller, Clock
from pamwal.edge.clock import system_ms
from services.reporting.boards import Boards
from services.reporting.live import LivePicture
from services.reporting.views.changes import change_between
from services.reporting.views.own_counts import KeptCounts, OwnCounts
from tests.unit.reporting.house import House, Written, a_house, until
from tests.unit.reporting.telling import OEPURA, POSTS, TASK_FORCES, at, at_ms
from tests.unit.reporting.test_service import Stream


async def opened(
    written: Written,
    name: str,
    parent: str | None,
    *,
    mode: Mode = "exercise",
    clock: str = "06:00",
    admitted: bool = True,
) -> None:
    """An operation that names its parent, which counts it."""
    before, written.mode = written.mode, mode
    opening = OpenOperation(
        name=f"OMP {name}", mode=mode, zone="Asia/Makassar", region="53.71", starts_on="2024-09-25",
        ends_on="2024-11-23", posts=POSTS, task_forces=TASK_FORCES, pairs=["walikota/1"], parent=parent,
    )  # fmt: skip
    await written.ask(opening, clock, operation=name)
    if parent is not None and admitted:
        await written.ask(AdmitChild(child=name), clock, operation=parent)
    await written.decide(clock)
    written.mode = before


async def manned(written: Written, name: str, *officers: str) -> None:
    """A rally from 09:00 to 11:00 with these officers ordered to it."""
    entries = [
        OfficerEntry(officer_id=each, rank="BRIPTU", unit="Samapta", satgas="preventif", home_post="maulafa")
        for each in officers
    ]
    await written.ask(RegisterOfficers(officers=entries), operation=name)
    venue = Venue(venue_id="v-a", name="Balai", kelurahan=OEPURA)
    hours = {"starts_at": at("09:00"), "ends_at": at("11:00")}
    rally = PlanRally(
        rally_id="a", kind="dialogue", pairs=["walikota/1"], venue=venue, required={"guard": 1}, **hours
    )
    await written.ask(rally, operation=name)
    orders = [
        Order(deployment_id=f"d-{each}", officer_id=each, place="rally/a", role="guard", **hours)
        for each in officers
    ]
    await written.ask(OrderDeployments(sprin="S/1", orders=orders), operation=name)
    await written.decide()


async def come(written: Written, name: str, officer: str, clock: str = "09:05") -> None:
    said = CheckIn(officer_id=officer, place="rally/a", method="manual")
    await written.ask(said, clock, post="maulafa", operation=name)
    await written.decide(clock)


async def get(
    house: House, operation: str, path: str = "/situation", role: Role = "ops_head", *, by: str | None = None
) -> httpx.Response:
    """A read of one operation with a token of another, or of its own, once all of the log is folded."""
    await house.until_folded()
    return await asked(house, operation, path, role, by=by)


async def asked(
    house: House, operation: str, path: str, role: Role = "ops_head", *, by: str | None = None
) -> httpx.Response:
    """The same of what is folded now."""
    headers = house.bearer(role, by or operation)
    return await house.client.get(f"/reporting/v1/operations/{operation}{path}", headers=headers)


async def situation(house: House, operation: str, path: str = "/situation", **asked: Any) -> Situation:
    answer = await get(house, operation, path, **asked)
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=Situation)


class Restless(LivePicture):
    """Something of Kupang is new whenever somebody asks."""

    def take_changed(self) -> set[str]:
        return super().take_changed() | {"kupang"}


@asynccontextmanager
async def replica(written: Written, kind: type[LivePicture] = LivePicture) -> AsyncIterator[Boards]:
    """What follows the log and looks at boards, without HTTP."""
    live = kind(written.log, Clock(start_ms=at_ms("09:30"), speed=0.001, anchor_ms=system_ms()))
    boards = Boards(live)
    await live.start()
    await boards.start()
    yield boards
    await boards.stop()
    await live.stop()
    await written.log.close()


@pytest.fixture
async def written() -> Written:
    """Nation, province and two cities; two officers in one of them, one of these lent to the other too."""
    written = Written()
    await opened(written, "nation", None)
    await opened(written, "ntt", "nation")
    await opened(written, "kupang", "ntt")
    await opened(written, "rote", "ntt")
    await manned(written, "kupang", "KPG-1", "KPG-2")
    await manned(written, "rote", "KPG-2")
    return written


@pytest.fixture
async def house(written: Written, tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path, written) as house:
        yield house


async def test_a_parent_shows_its_own_and_all_below_it(house: House) -> None:
    await come(house.written, "kupang", "KPG-1", "09:20")
    nation = await situation(house, "nation")
    total = nation.rolled_up
    assert total is not None
    assert (total.operations, total.strength.ordered, total.strength.present) == (4, 2, 1)
    assert (total.posts.heard, total.posts.total, total.unseen, total.settled) == (1, 8, [], None)
    assert [(row.operation_id, row.operations, row.strength.ordered) for row in nation.children] == [
        ("ntt", 3, 2)
    ]
    province = await situation(house, "ntt")
    assert [(row.operation_id, row.strength.ordered) for row in province.children] == [
        ("kupang", 2), ("rote", 1),
    ]  # fmt: skip
    assert province.children[0].vector.keys() == province.vector.keys()
    city = await situation(house, "kupang")
    assert (city.rolled_up, city.children) == (None, [])


async def test_an_officer_whom_two_operations_want_is_named_in_their_parent(house: House) -> None:
    found = (await situation(house, "ntt")).rolled_up
    assert found is not None
    assert found.overlapping == 1
    assert (found.overlaps[0].first.operation_id, found.overlaps[0].second.operation_id) == ("kupang", "rote")
    counts = (await situation(house, "ntt", role="viewer")).rolled_up
    assert counts is not None
    assert (counts.overlapping, counts.overlaps) == (1, [])


async def test_what_changes_below_is_in_the_next_read_of_those_above(house: House) -> None:
    assert (await situation(house, "nation")).children[0].strength.present == 0
    await come(house.written, "rote", "KPG-2")
    assert (await situation(house, "nation")).children[0].strength.present == 1
    await opened(house.written, "sabu", "ntt")
    assert (await situation(house, "nation")).children[0].operations == 4
    await house.written.ask(AmendOperation(parent="west"), operation="sabu")
    await house.written.decide()
    assert (await situation(house, "nation")).children[0].operations == 3
    alone = (await situation(house, "sabu")).rolled_up
    assert alone is not None
    assert [(each.operation_id, each.code) for each in alone.unseen] == [("west", "no_parent")]


async def test_who_names_a_parent_is_counted_once_it_is_admitted_and_until_it_is_dismissed(
    house: House,
) -> None:
    written = house.written
    await opened(written, "sabu", "ntt", admitted=False)
    await manned(written, "sabu", "SABU-1")
    before = await situation(house, "ntt")
    assert before.rolled_up is not None
    assert (before.rolled_up.operations, before.rolled_up.strength.ordered) == (3, 2)
    assert [(each.operation_id, each.code) for each in before.rolled_up.unseen] == [
        ("sabu", "asks_to_belong")
    ]
    for path in ("/children/alerts", "/children/ledger", "/children/timeline"):
        assert "sabu" not in (await get(house, "ntt", path)).text, path
    assert (await get(house, "ntt", "/children/ledger")).json()["balanced"], "who asks is not missing"
    cited = (await get(house, "ntt", "/children/sitreps")).json()["children"]
    assert [each["operation_id"] for each in cited] == ["kupang", "rote"]
    alone = (await situation(house, "sabu")).rolled_up
    assert alone is not None
    assert [(each.operation_id, each.code) for each in alone.unseen] == [("ntt", "not_admitted")]
    assert (await get(house, "sabu", by="ntt")).status_code == 200, "its parent looks before it decides"

    await written.ask(AdmitChild(child="sabu"), operation="ntt")
    await written.decide()
    during = (await situation(house, "nation")).rolled_up
    assert during is not None
    assert (during.operations, during.strength.ordered, during.unseen) == (5, 3, [])
    assert (await situation(house, "sabu")).rolled_up is None

    for child in ("sabu", "rote"):
        await written.ask(DismissChild(child=child, cause="not ours"), operation="ntt")
    await written.decide()
    after = await situation(house, "ntt")
    assert after.rolled_up is not None
    assert (after.rolled_up.operations, after.rolled_up.unseen) == (2, [])
    assert [row.operation_id for row in after.children] == ["kupang"]


async def test_who_moves_to_another_parent_asks_that_one(house: House) -> None:
    await opened(house.written, "ntb", "nation")
    await house.written.ask(AmendOperation(parent="ntb"), operation="rote")
    await house.written.decide()
    assert [row.operation_id for row in (await situation(house, "ntt")).children] == ["kupang"]
    other = (await situation(house, "ntb")).rolled_up
    assert other is not None
    assert (other.operations, [each.operation_id for each in other.unseen]) == (1, ["rote"])
    await house.written.ask(AdmitChild(child="rote"), operation="ntb")
    await house.written.decide()
    assert [row.operation_id for row in (await situation(house, "ntb")).children] == ["rote"]


async def test_a_parents_token_reads_what_lies_below_and_not_the_other_way(house: House) -> None:
    for path in ("/situation", "/alerts", "/digest", "/ledger", "/timeline"):
        assert (await get(house, "rote", path, by="nation")).status_code == 200, path
        assert (await get(house, "nation", path, by="rote")).json()["type"].endswith("wrong_operation"), path
        assert (await get(house, "rote", path, by="kupang")).status_code == 403, path
    assert (await situation(house, "rote", by="nation", role="viewer")).sight == "counts"
    bound = await get(house, "rote", role="command_post", by="nation")
    assert bound.status_code == 403, "a post is of one operation"
    assert (await get(house, "nowhere", by="nation")).status_code == 403


async def test_pages_and_streams_below_are_for_the_parent_too(house: House) -> None:
    await house.until_folded()
    for page in ("/", "/sitreps", "/timeline", "/claims"):
        for by, status in (("nation", 200), ("kupang", 403)):
            headers = house.bearer("ops_head", by)
            answer = await house.client.get(f"{page}?operation=rote", headers=headers)
            assert answer.status_code == status, (page, by)
    async with Stream(house, "viewer", operation="rote", by="nation") as below:
        await until(lambda: "event: snapshot" in below.text)
    async with Stream(house, "viewer", operation="nation", by="rote") as upward:
        await until(lambda: "wrong_operation" in upward.text)
    async with Stream(house, "ops_head", operation="nation", by="nation") as own:
        await until(lambda: '"rolled_up":{"operations":4' in own.text)


async def test_a_parents_token_asks_nothing_of_what_lies_below(house: House) -> None:
    await house.until_folded()
    answer = await house.client.post(
        "/reporting/v1/operations/rote/sitreps",
        headers=house.bearer("ops_head", "nation"),
        json={
            "id": "s1",
            "source": "/posts/alak/devices/1",
            "time": at("09:30"),
            "channel": "web",
            "data": {},
        },
    )
    assert answer.json()["type"].endswith("wrong_operation")


async def test_a_ring_of_parents_is_said(house: House) -> None:
    await house.written.ask(AmendOperation(parent="rote"), operation="nation")
    await house.written.ask(AdmitChild(child="nation"), operation="rote")
    await house.written.decide()
    nation = (await situation(house, "nation")).rolled_up
    assert nation is not None
    assert (nation.cycle, nation.operations) == (["nation", "rote", "ntt"], 4)


async def test_nothing_of_an_exercise_is_rolled_up_into_a_real_operation() -> None:
    written = Written()
    await opened(written, "nation", None, mode="real")
    await opened(written, "kupang", "nation", mode="real")
    await opened(written, "latihan", "nation", mode="exercise", admitted=False)
    async with replica(written) as boards:
        families = boards.families
        await until(lambda: families.look("nation", "real", "full").rolled_up is not None)
        seen = families.look("nation", "real", "full")
        assert seen.rolled_up is not None
        assert (seen.rolled_up.operations, [row.operation_id for row in seen.children]) == (2, ["kupang"])
        apart = families.look("nation", "exercise", "full").rolled_up
        assert apart is not None
        assert (apart.operations, [each.why for each in apart.unseen]) == (
            0,
            [
                "nobody has opened it as exercise",
                "it asks to belong to nation, which has neither admitted nor dismissed it",
            ],
        )


async def test_as_of_a_moment_each_is_looked_at_by_what_was_known_there(house: House) -> None:
    await come(house.written, "kupang", "KPG-1", "09:05")
    await come(house.written, "rote", "KPG-2", "09:20")
    early = await situation(house, "nation", f"/situation?known={at('09:10')}")
    assert early.rolled_up is not None
    assert (early.rolled_up.strength.present, early.rolled_up.settled) == (1, True)
    await opened(house.written, "sabu", "ntt", clock="09:22")
    assert early.children[0].operations == 3
    again = await situation(house, "nation", f"/situation?known={at('09:10')}")
    assert again.rolled_up == early.rolled_up, "what was opened since was no part of it"
    await house.written.ask(AmendOperation(parent="west"), "09:26", operation="sabu")
    await house.written.decide("09:26")
    then = await situation(house, "nation", f"/situation?known={at('09:24')}")
    assert then.children[0].operations == 4, "what went elsewhere since was part of it"
    assert (await situation(house, "nation")).children[0].operations == 3
    assert (await situation(house, "kupang", f"/situation?known={at('09:10')}")).rolled_up is None
    later = await situation(house, "nation", f"/situation?at={at('09:25')}")
    assert later.rolled_up is not None
    assert (later.rolled_up.strength.present, later.rolled_up.settled) == (2, None)
    vector = ",".join(f"{place}-{offset}" for place, offset in early.vector.items())
    again = await situation(house, "nation", f"/situation?known={vector}&at={at('09:10')}")
    assert again.children == early.children


class Follower:
    """One reader of a board's stream, and what he has of it."""

    def __init__(self, board: Board) -> None:
        self.text = ""
        scope = {"query_string": b"tick_ms=0", "headers": []}
        self.task = asyncio.ensure_future(
            board.serve(scope, self._receive, self._send, expires_ms=None, more_headers=[])
        )

    async def _receive(self) -> dict[str, Any]:
        return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]

    async def _send(self, message: Any) -> None:
        self.text += message.get("body", b"").decode()

    def state(self) -> BoardState | None:
        state: BoardState | None = None
        for message in messages(self.text.splitlines()):
            state = board_after(state, message)
        return state

    def present(self) -> int | None:
        """In all that lies below."""
        state = self.state()
        total = None if state is None else state.situation.rolled_up
        return None if total is None else total.strength.present


async def test_a_followed_parent_hears_of_what_changed_below(written: Written) -> None:
    async with replica(written) as boards:
        await until(lambda: boards.families.look("nation", "exercise", "full").rolled_up is not None)
        claims = Claims(role="viewer", operation="nation", mode="exercise")
        caller = Caller(claims=claims, actor="v", claims_text="", expires_ms=2**62, limit_key="v")
        follower = Follower(boards.board_of("nation", caller))
        await until(lambda: follower.present() == 0)
        await come(written, "kupang", "KPG-1", "09:05")
        await until(lambda: follower.present() == 1)
        state = follower.state()
        assert state is not None
        assert [row.strength.present for row in state.situation.children] == [1]
        deltas = [each for each in messages(follower.text.splitlines()) if each.event == "delta"]
        assert all('"venues"' not in each.data for each in deltas), "only what changed"
        for name in ("ntt", "nation"):
            await written.ask(AmendOperation(parent="west"), operation=name)
        await written.decide()
        await until(lambda: (found := follower.state()) is not None and not found.situation.children)
        follower.task.cancel()
        await asyncio.gather(follower.task, return_exceptions=True)


async def test_of_a_child_nothing_is_told_while_only_time_passes(written: Written) -> None:
    async with replica(written) as boards:
        families = boards.families
        await until(
            lambda: (
                (found := families.look("ntt", "exercise", "full").rolled_up) is not None
                and found.operations == 3
            )
        )
        before = families.look("ntt", "exercise", "full").children
        later = [replace(row, at=at("10:00"), vector={"p": 9}) for row in before]
        claims = Claims(role="viewer", operation="ntt", mode="exercise")
        state = boards.state("ntt", Caller(claims, "v", "", 2**62, "v"))
        was = replace(state, situation=replace(state.situation, children=before))
        assert change_between(was, replace(state, situation=replace(state.situation, children=later))) is None
        later[1] = replace(later[1], known_at=at("10:00"))
        change = change_between(was, replace(state, situation=replace(state.situation, children=later)))
        assert change is not None
        assert change.rows is not None
        assert change.rows.children == [later[1]]


async def test_a_read_waits_for_each_count_once_however_much_changes_meanwhile(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: Counter[str] = Counter()
    counts_at = KeptCounts.at

    def count(self: KeptCounts, now: str, vector: Mapping[str, int]) -> OwnCounts:
        counted[self.picture.operation_id] += 1
        return counts_at(self, now, vector)

    async with replica(written, Restless) as boards:
        families = boards.families
        await until(
            lambda: (
                "kupang" in {row.operation_id for row in families.look("ntt", "exercise", "full").children}
            )
        )
        monkeypatch.setattr(KeptCounts, "at", count)

        async def hear() -> None:
            while True:
                families.take_changed()
                await asyncio.sleep(0)

        hearing = asyncio.ensure_future(hear())
        await families.freshen("ntt", "exercise")
        hearing.cancel()
    assert counted["kupang"] == 1
    assert set(counted.values()) == {1}
