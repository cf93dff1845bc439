"""Every number of a strength drills down to officers and facts, as far as its reader may see."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from pamwal.contracts.claims import Role
from pamwal.contracts.explained import Row
from pamwal.contracts.field import ReportIncident, StartRally
from pamwal.contracts.reporting import Sight, Situation, Strength
from services.reporting.views.explain import OF_OFFICERS, NoRow, explain
from services.reporting.views.situation import situation_of
from tests.unit.reporting.house import House, Written, a_house
from tests.unit.reporting.telling import OEPURA, Teller, at, name_of
from tests.unit.reporting.test_kupang import day_as_it_was

NOON = at("14:00")


def rows_of(situation: Situation) -> Iterator[tuple[Row, str, Strength]]:
    """Every row of officers of a situation."""
    yield "total", "", situation.total
    yield from (("venue", row.venue_id, row.strength) for row in situation.venues)
    yield from (("site", row.site_id, row.strength) for row in situation.sites)
    yield from (("kelurahan", row.code, row.strength) for row in situation.kelurahan)
    yield from (("kecamatan", row.code, row.strength) for row in situation.kecamatan)
    yield from (("satgas", row.satgas_id, row.strength) for row in situation.satgas)
    yield from (("pair", row.pair, row.strength) for row in situation.pairs)
    yield from (("role", row.role, row.strength) for row in situation.roles)


def mixed() -> Teller:
    """Two rallies and a site, an intel officer, one of every way to stand or be missed, and an unknown id."""
    teller = Teller()
    teller.open()
    teller.register("a", "b", "c", "d", "e", "stranger")
    teller.plan("r", "09:00", "16:00", required={"guard": 2, "intel": 1})
    teller.plan("s", "09:00", "16:00")
    teller.guard("g")
    for officer, rally, role in (
        ("a", "r", "guard"),
        ("b", "r", "intel"),
        ("c", "s", "guard"),
        ("d", "site/g", "patrol"),
    ):
        teller.order(officer, rally, "09:00", "16:00", role=role)  # type: ignore[arg-type]
    teller.reserve("e", "s", "09:00", "16:00", role="traffic")
    teller.come("a", "r", "08:55")
    teller.come("b", "r", "08:56")
    teller.come("c", "r", "09:40")
    teller.come("stranger", "s", "10:00")
    teller.come("unknown", "s", "10:00")
    teller.go("a", "r", "13:00")
    for post in ("alak", "maulafa"):
        teller.beat(post, "13:55")
    return teller


@pytest.mark.parametrize("sight", ["guarded", "full"])
@pytest.mark.parametrize("seed", [None, 1])
def test_each_number_counts_whom_it_names(sight: Sight, seed: int | None) -> None:
    picture = (mixed() if seed is None else day_as_it_was(seed)[0]).picture()
    situation = situation_of(picture, NOON, sight=sight, name_of=name_of, wide=True)
    for row, key, strength in rows_of(situation):
        for number in sorted(OF_OFFICERS) if seed is None else ("present", "absent", "late"):
            found = explain(picture, NOON, number=number, row=row, key=key, sight=sight)
            assert not isinstance(found, NoRow)
            assert found.count == getattr(strength, number), (row, key, number)
            assert found.count == len(found.officers) + found.unnamed
            assert sight == "guarded" or not found.unnamed


def test_the_facts_say_who_when_and_by_which_channel() -> None:
    picture = mixed().picture()
    found = explain(picture, NOON, number="present", row="total", key="", sight="full")
    assert not isinstance(found, NoRow)
    assert [each.officer_id for each in found.officers] == ["b", "c", "stranger"]
    late = found.officers[1]
    assert (late.states, late.stands_at) == ({"c-s": "elsewhere"}, "rally/r")
    assert [(fact.kind, fact.about) for fact in late.facts] == [
        ("deployment_ordered", "deployment/c-s"), ("checked_in", "rally/r"),
    ]  # fmt: skip
    seen = late.facts[1]
    assert (seen.at, seen.recorded_at, seen.post_id, seen.channel) == (
        at("09:40"),
        at("09:40"),
        "alak",
        "app",
    )
    absent = explain(picture, NOON, number="absent", row="site", key="g", sight="full")
    assert not isinstance(absent, NoRow)
    assert [[fact.kind for fact in each.facts] for each in absent.officers] == [["deployment_ordered"]]


def test_intel_is_counted_and_not_named() -> None:
    picture = mixed().picture()
    found = explain(picture, NOON, number="present", row="total", key="", sight="guarded")
    assert not isinstance(found, NoRow)
    assert (found.count, found.unnamed, [each.officer_id for each in found.officers]) == (
        3,
        1,
        ["c", "stranger"],
    )
    at_rally = explain(picture, NOON, number="present", row="venue", key="v-r", sight="guarded")
    assert not isinstance(at_rally, NoRow)
    assert (at_rally.count, at_rally.unnamed) == (1, 0), "a place does not even count him"
    placed = explain(picture, NOON, number="present", row="role", key="intel", sight="guarded")
    assert isinstance(placed, NoRow)
    assert "intel" not in placed.keys


def test_roles_and_pairs_add_up() -> None:
    situation = situation_of(mixed().picture(), NOON, sight="full", name_of=name_of, wide=True)
    roles = {row.role: row.strength for row in situation.roles}
    assert list(roles) == ["", "guard", "intel", "patrol", "traffic"]
    for name in ("ordered", "present", "absent", "reserved", "required_total"):
        assert sum(getattr(each, name) for each in roles.values()) == getattr(situation.total, name), name
    assert (roles["guard"].wrong_place, roles[""].unplanned, roles["traffic"].reserved) == (1, 1, 1)
    assert (roles[""].unregistered, situation.total.unregistered) == (1, 1)
    # both rallies are of one pair: who stands at one and is ordered to the other is counted once
    [pair] = situation.pairs
    assert (pair.pair, pair.strength.ordered, pair.strength.present, pair.strength.reserved) == (
        "walikota/1",
        3,
        3,
        1,
    )
    narrow = situation_of(mixed().picture(), NOON, sight="full", name_of=name_of)
    assert (narrow.pairs, narrow.roles, narrow.total) == ([], [], situation.total)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    written = Written()
    await written.plan()
    await written.come("KPG-1", "08:50")
    await written.come("KPG-2", "08:51")
    await written.decide("09:20")
    async with a_house(tmp_path, written) as house:
        await house.until_folded()
        yield house


async def test_over_http_by_row_and_as_of_a_moment(house: House) -> None:
    found = await house.read("/explain?of=present&venue=v-a", "ops_head")
    assert [each["officer_id"] for each in found["officers"]] == ["KPG-1", "KPG-2"]
    assert found["officers"][0]["facts"][-1]["fact_id"] == "q5/0"
    then = await house.read("/explain?of=present&known=2024-10-03T09:10:00%2B08:00", "ops_head")
    assert (then["count"], then["knowledge"]["known"]) == (0, "2024-10-03T01:10:00.000Z")


async def test_each_fact_says_who_asked_for_it_and_when(house: House) -> None:
    await house.written.ask(StartRally(rally_id="a"), "09:05", post="maulafa")
    report = ReportIncident(incident_id="K-1", kind="crowd_clash", severity="severe", kelurahan=OEPURA)
    await house.written.ask(report, "09:06", post="maulafa")
    await house.written.decide("09:21")
    await house.until_folded()
    for number in ("ordered", "absent", "rallies_active", "incidents_open", "required_total"):
        found = await house.read(f"/explain?of={number}", "ops_head")
        facts = [fact for each in (*found["officers"], *found["subjects"]) for fact in each["facts"]]
        assert facts or number == "absent"
        for fact in facts:
            assert (fact["channel"], fact["source"]) == ("app", f"/posts/{fact['post_id']}/devices/1"), fact
            assert fact["at"].startswith("2024-10-0")
    [ordered, *_] = (await house.read("/explain?of=ordered", "ops_head"))["officers"][0]["facts"]
    assert (ordered["kind"], ordered["at"], ordered["post_id"]) == ("deployment_ordered", at("06:00"), "alak")


@pytest.mark.parametrize(
    ("role", "named"),
    [
        ("ops_head", ["KPG-1", "KPG-2"]), ("command_post", ["KPG-1"]), ("field_commander", ["KPG-1"]),
        ("admin", ["KPG-1"]), ("viewer", None), ("officer", None), ("propam", None),
    ],
)  # fmt: skip
async def test_every_role_is_told_its_part(house: House, role: Role, named: list[str] | None) -> None:
    answer = await house.get("/explain?of=ordered", role)
    if named is None:
        assert (answer.status_code, answer.json()["code"]) == (403, "wrong_role")
        return
    found = answer.json()
    assert [each["officer_id"] for each in found["officers"]] == named
    assert found["count"] == 2
    assert ("KPG-2" in answer.text) is (role == "ops_head")


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ("of=officers", 422, "is no number of the situation; ask for absent, alerts_"),
        ("venue=v-a&role=guard", 422, "venue and role: ask for one row"),
        ("of=posts_heard&venue=v-a", 422, "posts_heard stands in the total only"),
        ("venue=nowhere", 404, "venue: 'nowhere' is no venue of the situation at that moment; there is v-a"),
        ("role=cook", 422, "role: 'cook'"),
        ("day=besok", 422, "day"),
    ],
)
async def test_what_cannot_be_explained_is_said(house: House, query: str, status: int, says: str) -> None:
    answer = await house.get(f"/explain?{query}", "ops_head")
    assert (answer.status_code, says in answer.json()["detail"]) == (status, True), answer.text
