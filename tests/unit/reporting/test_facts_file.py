"""Facts as a Parquet file: complete, typed, and for each role what it may see."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from pamwal.contracts.claims import Role
from services.reporting import fact_reads
from services.reporting.exports.facts import COLUMNS
from services.reporting.timeline.index import Entry
from services.reporting.timeline_reads import TimelineReads
from tests.unit.reporting.house import House, Written, a_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A guard and an intel officer who came to a rally, half past nine."""
    written = Written()
    await written.plan()
    await written.come("KPG-1", "09:00")
    await written.come("KPG-2", "09:01")
    await written.decide("09:05")
    async with a_house(tmp_path, written) as house:
        await house.until_folded()
        yield house


async def table(house: House, role: Role = "ops_head", query: str = "") -> Any:
    """The file; where it was asked for more often than the limit allows, it waits as it is told to."""
    while (answer := await house.get(f"/facts.parquet?{query}", role)).status_code == 429:
        await asyncio.sleep(float(answer.headers["retry-after"]))
    assert answer.status_code == 200, answer.text
    return parquet.read_table(io.BytesIO(answer.content))


async def test_every_fact_is_a_row_with_both_times_and_its_own_json(house: House) -> None:
    found = await table(house)
    assert found.column_names == [column.name for column in COLUMNS]
    rows = found.to_pylist()
    assert [row["type"] for row in rows] == [
        "operation_opened", "officer_registered", "officer_registered", "rally_planned", "deployment_ordered",
        "deployment_ordered", "checked_in", "checked_in",
    ]  # fmt: skip
    came = rows[-2]
    assert (came["officer_id"], came["place"], came["venue_id"]) == ("KPG-1", "rally/a", "v-a")
    assert (came["at"].isoformat(), came["known_at"].isoformat()) == (
        "2024-10-03T01:00:00+00:00", "2024-10-03T01:05:00+00:00",
    )  # fmt: skip
    assert '"type":"checked_in"' in came["fact"]
    about = found.schema.metadata
    assert (about[b"mode"], about[b"operation_id"]) == (b"LATIHAN (exercise)", b"turangga")


@pytest.mark.parametrize("role", ["command_post", "field_commander", "admin"])
async def test_nothing_of_intel_is_told_to_who_may_not_place_it(house: House, role: Role) -> None:
    rows = (await table(house, role)).to_pylist()
    assert {row["type"] for row in rows if row["officer_id"] == "KPG-2"} == {"officer_registered"}
    assert {row["role"] for row in rows} == {None, "guard"}
    assert {row["fact"] for row in rows} == {None}


@pytest.mark.parametrize("role", ["viewer", "officer", "propam"])
async def test_it_is_for_who_may_see_officers(house: House, role: Role) -> None:
    answer = await house.get("/facts.parquet", role)
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_role")


async def test_days_moments_and_what_was_known_cut_it(house: House) -> None:
    assert (await table(house, query="from=2024-10-02&to=2024-10-02")).num_rows == 0
    assert (await table(house, query="at=2024-10-03T09:00:30%2B08:00")).num_rows == 7
    assert (await table(house, query="known=2024-10-03T06:30:00%2B08:00")).num_rows == 6


async def test_others_have_their_turn_while_entries_are_listed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns: list[int] = []
    listed = TimelineReads.entries

    def counted(*of: Any) -> Iterator[list[Entry]]:
        for some in listed(*of):
            asyncio.get_running_loop().call_soon(turns.append, len(turns))
            waiting.append(len(turns))
            yield some

    waiting: list[int] = []
    monkeypatch.setattr(TimelineReads, "entries", counted)
    monkeypatch.setattr(fact_reads, "AT_ONCE", 1)
    assert (await table(house)).num_rows == 8
    assert len(waiting) > 2
    assert waiting == list(range(len(waiting))), "what is called meanwhile runs before the next list is made"


async def test_a_file_of_too_many_entries_says_what_to_do(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fact_reads, "ENTRIES_MAX", 2)
    answer = await house.get("/facts.parquet", "ops_head")
    assert (answer.status_code, answer.json()["code"]) == (422, "too_large")
    assert "ask for fewer days" in answer.text


async def test_a_service_that_cannot_write_it_says_what_to_do(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    answer = await house.get("/facts.parquet", "ops_head")
    assert (answer.status_code, "pamwal[parquet]" in answer.json()["detail"]) == (501, True)


async def test_its_name_says_that_it_is_an_exercise(house: House) -> None:
    answer = await house.get("/facts.parquet?from=2024-10-03&to=2024-10-03", "ops_head")
    assert answer.headers["content-disposition"].endswith(
        '"LATIHAN-facts-turangga-2024-10-03-2024-10-03.parquet"'
    )
