"""The logs of a parent and all below it as one, and its situation as a table with a row for each child."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamwal.contracts.errors import WrongShape
from pamwal.contracts.family_reads import FamilyTimeline
from pamwal.contracts.field import ReportIncident
from services.reporting import family_timeline_reads
from services.reporting.timeline.index import Key
from services.reporting.timeline.merging import Looked, Place, after_in, mark_of_place, merged, place_of
from tests.unit.reporting.house import House, Written, a_house
from tests.unit.reporting.telling import OEPURA, at
from tests.unit.reporting.test_families import come, get, manned, opened
from tests.unit.service.leaving import text_of


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A nation, a province and two cities; one is called what a spreadsheet would run."""
    written = Written()
    await opened(written, "nation", None)
    await opened(written, "ntt", "nation")
    for city, officer in (("kupang", "KPG-1"), ("rote", "KPG-3")):
        await opened(written, city, "ntt")
        await manned(written, city, officer)
        await come(written, city, officer, "09:05")
    report = ReportIncident(incident_id="i-1", kind="crowd_clash", severity="severe", kelurahan=OEPURA)
    await written.ask(report, "09:10", operation="rote", post="maulafa")
    await written.judge("09:20")
    async with a_house(tmp_path, written) as house:
        yield house


async def timeline(house: House, asked: str = "", operation: str = "nation", **more: Any) -> FamilyTimeline:
    answer = await get(house, operation, f"/children/timeline?{asked}", **more)
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=FamilyTimeline)


async def test_it_is_what_each_of_them_tells_newest_first(house: House) -> None:
    found = await timeline(house, "limit=200")
    assert (found.operations, found.unseen, found.next_after, found.counts) == (4, [], None, None)
    assert [each.entry.at for each in found.entries] == sorted(
        (each.entry.at for each in found.entries), reverse=True
    )
    for operation in ("nation", "ntt", "kupang", "rote"):
        own = (await get(house, operation, "/timeline?limit=200")).json()["entries"]
        of_it = [each for each in found.entries if each.operation_id == operation]
        assert [msgspec.to_builtins(each.entry) for each in of_it] == own
        assert {(each.name, each.zone) for each in of_it} == {(f"OMP {operation}", "Asia/Makassar")}
    assert len({each.operation_id for each in found.entries}) == 4


async def test_page_by_page_it_is_the_same(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, found, after = (await timeline(house, "limit=200")).entries, [], ""
    monkeypatch.setattr(family_timeline_reads, "LOOKED_AT_LEAST", 1)
    monkeypatch.setattr(family_timeline_reads, "LOOKED_AT_MAX", 8)  # two of each operation
    while True:
        page = await timeline(house, f"limit=3{after}")
        assert len(page.entries) <= 3
        found += page.entries
        if page.next_after is None:
            break
        after = f"&after={page.next_after}"
    assert found == whole
    wrong = await get(house, "nation", "/children/timeline?after=1.0.2")
    assert (wrong.status_code, "next_after" in wrong.text) == (422, True)


async def test_it_is_searched_as_each_is(house: House) -> None:
    hurt = await timeline(house, "severity=severe")
    assert [(each.operation_id, each.entry.facts[0].incident_id) for each in hurt.entries] == [
        ("rote", "i-1")
    ]
    came = await timeline(house, "kind=checked_in")
    assert [each.operation_id for each in came.entries] == ["rote", "kupang"]
    assert (await timeline(house, "kind=checked_in&officer=KPG-1")).entries == came.entries[1:]


async def test_as_of_a_moment_it_knows_what_was_known(house: House) -> None:
    then = await timeline(house, f"known={at('09:06')}&limit=200")
    now = await timeline(house, "limit=200")
    assert (then.settled, then.at) == (True, at("09:06"))
    assert then.entries == [each for each in now.entries if each.entry.known_at <= at("09:06")]


async def test_who_sees_counts_is_told_counts_and_who_is_of_one_post_nothing(house: House) -> None:
    found = await timeline(house, role="viewer")
    assert (found.entries, found.next_after) == ([], None)
    assert found.counts is not None
    assert (found.counts["checked_in"], found.counts["operation_opened"]) == (2, 4)
    one = await get(house, "nation", "/children/timeline?officer=KPG-1", "viewer")
    assert (one.status_code, "counts only" in one.text) == (403, True)
    for path in ("/children/timeline", "/children/timeline.csv", "/children/situation.csv"):
        for role in ("command_post", "field_commander", "officer"):
            assert (await get(house, "nation", path, role)).status_code == 403, (path, role)
        assert (await get(house, "nation", path, by="rote")).status_code == 403, path
    for form in ("csv", "xlsx"):
        assert (await get(house, "nation", f"/children/timeline.{form}", "viewer")).status_code == 403


async def test_too_many_operations_are_too_many(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(family_timeline_reads, "OPERATIONS_MAX", 3)
    answer = await get(house, "nation", "/children/timeline")
    assert (answer.status_code, answer.json()["code"]) == (422, "too_large")
    assert "3 operations lie below nation" in answer.json()["detail"]
    assert (await timeline(house, operation="ntt")).operations == 3


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("﻿"))))


async def test_as_a_table_each_row_says_whose_it_is(house: House) -> None:
    answer = await get(house, "nation", "/children/timeline.csv")
    rows, found = rows_of(answer.text), await timeline(house, "limit=200")
    assert [(row["operation_id"], row["operation"], row["says"]) for row in rows] == [
        (each.operation_id, each.name, each.entry.says) for each in found.entries
    ]
    assert {row["LATIHAN"] for row in rows} == {"LATIHAN"}
    assert 'filename="LATIHAN-timeline-below-nation.csv"' in answer.headers["content-disposition"]
    assert "i-1" in text_of(await get(house, "nation", "/children/timeline.xlsx"))


async def test_a_situation_has_a_row_for_each_child_and_last_the_sum(house: House) -> None:
    for role in ("ops_head", "viewer"):
        child, whole = rows_of((await get(house, "nation", "/children/situation.csv", role)).text)
        assert (child["operation_id"], child["operations"], child["present"]) == ("ntt", "3", "2")
        assert (whole["operation_id"], whole["operations"], whole["present"]) == ("nation", "4", "2")
        assert (whole["incidents_open"], whole["unseen"], whole["LATIHAN"]) == ("1", "", "LATIHAN")
    cities = rows_of((await get(house, "ntt", "/children/situation.csv")).text)
    assert [row["operation_id"] for row in cities] == ["rote", "kupang", "ntt"], "the incident is in rote"
    assert rows_of((await get(house, "rote", "/children/situation.csv")).text) == []
    earlier = rows_of((await get(house, "ntt", f"/children/situation.csv?at={at('09:00')}")).text)
    assert [row["present"] for row in earlier] == ["0", "0", "0"]
    book = text_of(await get(house, "ntt", "/children/situation.xlsx"))
    assert all(name in book for name in ("OMP kupang", "OMP rote", "OMP ntt"))


keys = st.builds(Key, st.integers(0, 3), st.integers(0, 2), st.integers(0, 3))


@given(
    st.dictionaries(st.sampled_from("abc"), st.sets(keys, max_size=12)), st.integers(1, 4), st.integers(1, 5)
)
def test_pages_of_several_logs_leave_nothing_out_and_say_nothing_twice(
    logs: dict[str, set[Key]], limit: int, most: int
) -> None:
    whole = sorted((Place(key, name) for name, own in logs.items() for key in own), reverse=True)
    found: list[Place] = []
    after: Place | None = None
    for _ in range(200):
        looked = []
        for name, own in logs.items():
            behind = after_in(name, after)
            left = sorted((key for key in own if behind is None or key < behind), reverse=True)
            seen = left[:most]
            looked.append(Looked(name, seen, seen[-1] if len(left) > most else None))
        page = merged(looked, limit)
        assert len(page.places) <= limit
        found += page.places
        after = place_of(mark_of_place(page.next_after))
        assert after == page.next_after
        if after is None:
            break
    assert found == whole


@pytest.mark.parametrize("after", ["", "1.0.2", "1.3.2/a", "1.0.2/-", "1.0.2/a b"])
def test_what_is_no_mark_is_said(after: str) -> None:
    with pytest.raises(WrongShape, match="next_after"):
        place_of(after)
