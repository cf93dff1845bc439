"""Sheets and forms as of a moment: what had happened, as far as it was known then."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pypdf
import pytest

from services.checkin.app import edge_spec
from services.checkin.core import CheckinCore
from tests.unit.checkin.house import Field, said
from tests.unit.checkin.test_sheets_over_http import CHECK_OUT, LOG, PLACE, SHEET, report
from tests.unit.edges import an_edge

LIST = f"/places/{PLACE}/ics-211"
ACTIVITIES = "/posts/maulafa/ics-214"
DAY = "?day=2024-10-03"
KNOWN = [f"2024-10-03T10:0{minute}:00.000Z" for minute in range(4)]


@pytest.fixture
async def field(tmp_path: Path) -> AsyncIterator[Field]:
    """One comes and goes, and another's coming is taken back, each decided a minute later."""
    decided: list[str] = []
    async with an_edge(
        tmp_path, edge_spec, CheckinCore(), now=lambda: KNOWN[min(len(decided), len(KNOWN) - 1)]
    ) as running:
        field = Field(running.log, running.client, running.issuer, running.edge, tmp_path)
        await tell(field, decided)
        yield field


async def tell(field: Field, decided: list[str]) -> None:
    for body in (
        report("a", "01:00"),
        report("b", "01:20", "NTT-0042"),
        report("c", "09:00", kind=CHECK_OUT),
        said("pamwal.field.void.v1", id="v", data={"observation": "b/0", "cause": "x"}),
    ):
        last = await field.post(body)
        assert last.status_code == 201, last.text
        decided.append(body["id"])
    lines = (await field.get(LOG, after=last)).json()["lines"]
    assert [line["known_at"] for line in lines] == KNOWN


def rows(answer: httpx.Response) -> list[tuple[str, str | None, str | None]]:
    assert answer.status_code == 200, answer.text
    return [(row["officer_id"], row.get("time_in"), row.get("time_out")) for row in answer.json()["rows"]]


async def test_who_was_at_a_place_as_it_was_known_then(field: Field) -> None:
    known = KNOWN
    one, nine = "2024-10-03T01:00:00.000Z", "2024-10-03T09:00:00.000Z"
    other = ("NTT-0042", "2024-10-03T01:20:00.000Z", None)
    assert rows(await field.get(SHEET)) == [("NTT-0041", one, nine)]
    assert rows(await field.get(f"{SHEET}&known={known[0]}")) == [("NTT-0041", one, None)]
    assert rows(await field.get(f"{SHEET}&known={known[1]}")) == [("NTT-0041", one, None), other]
    assert rows(await field.get(f"{SHEET}&known={known[2]}")) == [("NTT-0041", one, nine), other]
    early = "2024-10-03T01:10:00.000Z"
    assert rows(await field.get(f"{SHEET}&known={known[2]}&at={early}")) == [("NTT-0041", one, None)]
    assert rows(await field.get(f"{SHEET}&at={early}")) == [("NTT-0041", one, None)]


async def test_every_form_says_as_of_when_it_tells(field: Field) -> None:
    known = KNOWN
    now = (await field.get(LIST + DAY)).json()
    assert "known" not in now
    then: dict[str, Any] = (await field.get(f"{LIST}{DAY}&known={known[1]}")).json()
    assert (then["at"], then["known"], len(then["entries"])) == (known[1], known[1], 2)
    log = (await field.get(f"{ACTIVITIES}{DAY}&known={known[1]}")).json()
    assert (log["known"], [each["activity"].split()[0] for each in log["activities"]]) == (
        known[1], ["check_in", "check_in"],
    )  # fmt: skip
    seen = (await field.get(f"{ACTIVITIES}{DAY}&at=2024-10-03T08:00:00Z")).json()["activities"]
    assert "check_out" not in {each["activity"].split()[0] for each in seen}
    for path in (LIST, ACTIVITIES):
        answer = await field.get(f"{path}.pdf{DAY}&known={known[0]}")
        text = "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(answer.content)).pages)
        assert ("NTT-0041" in text, "NTT-0042" in text) == (True, False), path


async def test_a_table_of_then_is_read_page_by_page(field: Field) -> None:
    known = KNOWN
    found: list[dict[str, str]] = []
    asked: str | None = f"{DAY}&known={known[1]}&limit=1"
    while asked is not None:
        page = await field.get(f"/posts/maulafa/log.csv{asked}")
        found += csv.DictReader(io.StringIO(page.content.decode("utf-8-sig")))
        link = page.links.get("next")
        asked = None if link is None else str(link["url"])
    assert [row["id"] for row in found] == ["a", "b"]


async def test_what_is_no_moment_or_lies_ahead_is_said(field: Field) -> None:
    for asked, says in (
        ("known=yesterday", "known:"),
        ("at=noon", "at:"),
        ("known=2099-01-01T00:00:00Z", "ahead"),
    ):
        answer = await field.get(f"{LIST}{DAY}&{asked}")
        assert (answer.status_code, says in answer.json()["detail"]) == (422, True), answer.text
