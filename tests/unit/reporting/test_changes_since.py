"""What changed in the situation since a reader last looked, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pamwal.contracts.claims import Role
from tests.unit.reporting.house import House, Written, a_house

TEN_PAST = "2024-10-03T09:10:00%2B08:00"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """One came at 08:50, and it was known at 09:20; half past nine."""
    written = Written()
    await written.plan()
    await written.beat("alak", "09:05")
    await written.decide("09:05")
    await written.come("KPG-1", "08:50")
    await written.decide("09:20")
    async with a_house(tmp_path, written) as house:
        await house.until_folded()
        yield house


async def test_only_what_differs_is_told(house: House) -> None:
    found = await house.read(f"/changes?since={TEN_PAST}")
    assert found["since"]["at"] == "2024-10-03T01:10:00.000Z"
    change = found["change"]
    assert change["total"]["present"] == 1
    assert [row["strength"]["present"] for row in change["rows"]["venues"]] == [1]
    assert not {"name", "mode", "zone", "rallies", "ledger"} & change.keys()
    assert found["knowledge"]["settled"] is False


async def test_since_the_vector_of_an_answer(house: House) -> None:
    seen = await house.read("/situation")
    vector = ",".join(f"{place}-{offset}" for place, offset in seen["vector"].items())
    query = f"since={vector}&known={vector}"
    nothing = await house.read(f"/changes?{query}")
    assert nothing["change"].keys() == {"day", "at", "known_at", "vector"}
    await house.written.come("KPG-2", "09:25")
    await house.written.decide("09:26")
    await house.until_folded()
    more = await house.read(f"/changes?since={vector}", "ops_head")
    assert more["change"]["total"]["present"] == 2
    assert more["since"]["vector"] == seen["vector"]
    # from then to a moment that was itself long past
    then = await house.read(f"/changes?since={TEN_PAST}&known=2024-10-03T09:21:00%2B08:00")
    assert then["change"]["total"]["present"] == 1


@pytest.mark.parametrize("role", ["viewer", "command_post", "ops_head"])
async def test_a_role_is_told_of_changes_in_what_it_sees(house: House, role: Role) -> None:
    await house.written.come("KPG-2", "09:25")  # on intel
    await house.written.decide("09:26")
    await house.until_folded()
    change = (await house.read(f"/changes?since={TEN_PAST}", role))["change"]
    assert change["total"]["present"] == 2
    [venue] = change["rows"]["venues"]
    assert venue["strength"]["present"] == (2 if role == "ops_head" else 1)
    assert bool(change["posts"]["rows"]) is (role != "viewer")


async def test_since_when_has_to_be_said(house: House) -> None:
    missing = await house.get("/changes")
    assert (missing.status_code, "since" in missing.json()["detail"]) == (422, True)
    wrong = await house.get("/changes?since=lately")
    assert (wrong.status_code, "neither a moment nor a part of a vector" in wrong.json()["detail"]) == (
        422,
        True,
    )


@pytest.mark.parametrize("since", ["yesterday", "2099-01-01T00:00:00Z", "pamwal.field.decisions.v1-0-9999"])
async def test_what_is_wrong_with_since_is_said_of_since(house: House, since: str) -> None:
    answer = await house.get(f"/changes?since={since}")
    assert answer.status_code in (422, 503)
    assert answer.json()["detail"].startswith("since: ")
