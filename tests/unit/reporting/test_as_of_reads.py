"""Reads as of a moment, by what was known at another, over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, get_args

import pytest

from pamwal.contracts.claims import Role
from pamwal.contracts.field import AckPoll, ReportIncident, StartPoll
from services.reporting.live import SETTLED_S
from tests.unit.reporting.house import DEADLINE_S, House, Written, a_house
from tests.unit.reporting.telling import OEPURA

FIELD, PLAN = "pamwal.field.decisions.v1-0", "pamwal.scheduling.decisions.v1-0"


def clock(text: str) -> str:
    """A wall clock in Kupang, as a query writes it."""
    return f"2024-10-03T{text}:00%2B08:00"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """Half past nine. Planned at 06:00; one came at 08:50, which was known at 09:20: his post was silent.

    At 09:10 only the other post had been heard.
    """
    written = Written()
    await written.plan()
    await written.beat("alak", "09:05")
    await written.decide("09:05")
    await written.come("KPG-1", "08:50")
    await written.beat("maulafa", "09:20")
    await written.decide("09:20")
    async with a_house(tmp_path, written) as house:
        await house.until_folded()
        yield house


async def counts(house: House, query: str, role: Role = "ops_head") -> tuple[int, int, int, str]:
    found = await house.read(f"/situation?{query}", role)
    total = found["total"]
    return total["present"], total["unknown"], total["absent"], found["knowledge"]["posts"]


async def test_what_was_known_then_and_what_is_known_of_then(house: House) -> None:
    at = f"at={clock('09:10')}"
    assert await counts(house, f"{at}&known={clock('09:10')}") == (
        0,
        2,
        0,
        "1 of 2 posts heard within 15 min",
    )
    assert await counts(house, f"{at}&known={clock('09:25')}") == (
        1,
        0,
        0,
        "2 of 2 posts heard within 15 min",
    )
    assert await counts(house, at) == await counts(house, f"{at}&known={clock('09:25')}")
    # by default the moment looked at is the one of which it was known
    assert await counts(house, f"known={clock('09:10')}") == await counts(
        house, f"{at}&known={clock('09:10')}"
    )
    # and of a moment before he came nobody knew of him at any time
    assert (await counts(house, f"at={clock('08:49')}&known={clock('09:25')}"))[0] == 0


async def test_silence_is_explained_by_the_newest_heartbeat_that_was_known(house: House) -> None:
    for clock_time in ("09:20", "09:22"):
        await house.written.beat("alak", clock_time)
        await house.written.decide(clock_time)
    await house.until_folded()
    for known, newest in ("09:15", "09:05"), ("09:21", "09:20"), ("09:25", "09:22"):
        found = await house.read(f"/explain?of=posts_heard&known={clock(known)}", "ops_head")
        [alak] = [each for each in found["subjects"] if each["subject"] == "post/alak"]
        assert alak["facts"][0]["at"] == f"2024-10-03T0{int(newest[1]) - 8}:{newest[3:]}:00.000Z"


async def test_an_answer_says_its_vector_and_the_vector_asks_for_it_again(house: House) -> None:
    found = await house.read(f"/situation?known={clock('09:10')}")
    assert found["vector"] == {FIELD: 1, PLAN: 4}
    assert found["known_at"] == "2024-10-03T01:05:00.000Z"
    assert found["knowledge"]["known"] == "2024-10-03T01:10:00.000Z"
    vector = ",".join(f"{place}-{offset}" for place, offset in found["vector"].items())
    again = await house.read(f"/situation?known={vector}&at={clock('09:10')}")
    assert again["knowledge"].pop("known") == "2024-10-03T01:05:00.000Z"  # the last that is in it
    found["knowledge"].pop("known")
    assert again == found
    # what a vector does not name was not known
    bare = await house.read(f"/situation?known={PLAN}-4")
    assert (bare["total"]["ordered"], bare["posts"]["heard"], bare["at"][11:16]) == (2, 0, "22:00")


async def test_it_is_settled_once_nothing_can_be_decided_any_more_that_was_known_then(house: House) -> None:
    long_past = await house.read(f"/situation?known={clock('09:10')}")
    assert long_past["knowledge"]["settled"] is True
    assert (await house.read("/situation"))["knowledge"]["settled"] is False
    just_now = (await house.read("/situation"))["at"]
    assert (await house.read(f"/situation?known={just_now}"))["knowledge"]["settled"] is (SETTLED_S <= 0)
    # a request that waits may still be decided by a clock that stood still
    receipt = await house.written.come("KPG-2", "09:24")
    async with asyncio.timeout(DEADLINE_S):
        while (await house.read(f"/situation?known={clock('09:25')}"))["knowledge"]["settled"]:
            await asyncio.sleep(0.001)
    await house.written.decide("09:26")
    later = await house.get(f"/situation?known={clock('09:25')}", pamwal_at=str(receipt))
    assert later.json()["knowledge"]["settled"] is True
    assert later.json()["total"]["present"] == 1, "it happened by then, and was not known"


async def test_every_read_of_a_moment_is_cut_alike(house: House) -> None:
    await house.written.ask(StartPoll(poll_id="par", window_min=15, place="rally/a"), "09:22")
    await house.written.ask(
        ReportIncident(incident_id="i", kind="traffic_jam", severity="minor", kelurahan=OEPURA), "09:23"
    )
    await house.written.decide("09:24")
    await house.written.ask(AckPoll(poll_id="par", officer_id="KPG-1"), "09:26", channel="radio")
    await house.written.decide("09:27")
    await house.until_folded()

    async def read(path: str) -> Any:
        return await house.read(path, "ops_head")

    early, late = f"known={clock('09:25')}", f"known={clock('09:28')}"
    assert [(await read(f"/polls?{each}"))["polls"]["acked"] for each in (early, late)] == [0, 1]
    stays = [
        len((await read(f"/officers/KPG-1/presences?known={clock(each)}"))["stays"])
        for each in ("09:10", "09:20")
    ]
    assert stays == [0, 1]
    moments = ("09:22", "09:23")
    open_then = [(await read(f"/situation?at={clock(each)}"))["incidents"]["open"] for each in moments]
    assert open_then == [0, 1], "an incident is not there before it happened, though it is known of now"
    table = (await house.get(f"/situation.csv?section=venues&known={clock('09:10')}", "ops_head")).text
    assert table != (await house.get("/situation.csv?section=venues", "ops_head")).text


async def test_alerts_of_a_moment_are_those_that_stood_then(house: House) -> None:
    await house.written.judge("09:22")
    await house.written.come("KPG-2", "09:24")
    await house.written.decide("09:25")
    await house.written.judge("09:25")
    await house.until_folded()

    async def standing(query: str) -> set[str]:
        listed = await house.read(f"/alerts?{query}", "ops_head")
        board = await house.read(f"/situation?{query}", "ops_head")
        assert listed["standing"]["standing"] == board["alerts"]["standing"] == len(listed["alerts"])
        return {row["kind"] for row in listed["alerts"]}

    then = await standing(f"known={clock('09:22')}")
    assert "no_show" in then
    assert await standing(f"at={clock('09:22')}") == then, "what ended at 09:24 stood at 09:22"
    now = await standing("")
    assert "no_show" not in now
    assert await standing(f"at={clock('09:24')}") == now


async def test_the_ledger_of_then_counts_what_was_decided_by_then(house: House) -> None:
    await house.written.come("KPG-2", "09:22")
    await house.written.decide("09:23")
    await house.until_folded()
    await house.written.come("KPG-2", "09:24")
    async with asyncio.timeout(DEADLINE_S):
        while not (await house.read("/ledger"))["total"]["pending"]:
            await asyncio.sleep(0.001)
    then, later = [await house.read(f"/ledger?known={clock(each)}") for each in ("09:10", "09:25")]
    assert [each["total"]["received"] for each in (then, later)] == [5, 8]
    for each in (then, later):
        total = each["total"]
        assert (total["balanced"], total["pending"], total["received"]) == (True, 0, total["accepted"])
        assert (
            each["vector"] == (await house.read(f"/situation?known={each['knowledge']['known']}"))["vector"]
        )
    assert then["knowledge"]["posts"] == "1 of 2 posts heard within 15 min"
    assert [(row["post_id"], row["balance"]["accepted"]) for row in then["rows"]] != [
        (row["post_id"], row["balance"]["accepted"]) for row in later["rows"]
    ]
    # by the vector that the answer says, it is the same; and nothing is pending but now
    vector = ",".join(f"{place}-{offset}" for place, offset in later["vector"].items())
    again = await house.read(f"/ledger?known={vector}&at={clock('09:25')}")
    assert (again["total"], again["rows"], again["sources"]) == (
        later["total"],
        later["rows"],
        later["sources"],
    )
    now = await house.read("/ledger")
    assert (now["total"]["received"], now["total"]["pending"]) == (9, 1)
    assert now["total"]["accepted"] == later["total"]["accepted"]
    same = [{name: row[name] for name in ("post_id", "channel")} for row in now["rows"]]
    assert same == [{name: row[name] for name in ("post_id", "channel")} for row in later["rows"]]


async def test_replicas_compare_digests_at_one_vector_wherever_each_has_come(house: House) -> None:
    before = await house.read("/digest")
    await house.written.come("KPG-2", "09:28")
    await house.written.decide("09:29")
    await house.until_folded()
    now = await house.read("/digest")
    assert now["sha256"] != before["sha256"]
    vector = ",".join(f"{place}-{offset}" for place, offset in before["vector"].items())
    again = await house.read(f"/digest?known={vector}&at={before['at']}")
    assert (again["sha256"], again["vector"]) == (before["sha256"], before["vector"])


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ("known=yesterday", 422, "neither a moment nor a part of a vector such as pamwal.field"),
        (f"known={clock('23:00')}", 422, "lies ahead, it is 2024-10-03T01:3"),
        ("known=2024-10-03T09:10:00", 422, "known: '2024-10-03T09:10:00' is not an RFC 3339 time"),
        ("known=pamwal.nonsense.v1-0-4", 422, "neither a moment nor a part of a vector"),
        ("known=pamwal.field.decisions.v1-7-4", 422, "names no offset of partition 0"),
        (f"known={FIELD}-999", 503, "is folded up to 4 here, not to 999"),
        (f"known={FIELD}-0", 404, "nothing was known of 'turangga' then"),
        (f"known={clock('05:00')}", 404, "nothing was known of 'turangga' then"),
        (f"known={FIELD}-3&at=soon", 422, "at: 'soon' is not an RFC 3339 time"),
    ],
)
async def test_what_cannot_be_looked_at_is_said(house: House, query: str, status: int, says: str) -> None:
    for path in ("situation", "digest", "polls", "officers/KPG-1/presences", "situation.xlsx"):
        answer = await house.get(f"/{path}?{query}", "ops_head")
        assert (answer.status_code, says in answer.json()["detail"]) == (status, True), answer.text


@pytest.mark.parametrize("role", get_args(Role))
async def test_a_role_sees_of_then_what_it_sees_of_now(house: House, role: Role) -> None:
    then = await house.get(f"/situation?known={clock('09:25')}", role)
    now = await house.get("/situation", role)
    assert then.status_code == now.status_code == 200
    for one in (then.json(), now.json()):
        assert one["sight"] == {"ops_head": "full"}.get(role, one["sight"])
        assert bool(one["posts"]["rows"]) is (one["sight"] != "counts")
    for part in ("sight", "venues", "kelurahan", "satgas"):
        assert then.json()[part] == now.json()[part]
