"""The log, the SitReps and the claim check on a phone: the page is as wide as the phone, its list scrolls."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pamwal.contracts.claim_check import ClaimsToCheck
from pamwal.contracts.knowledge import Knowledge
from pamwal.contracts.sitreps_shown import SitRepLine, SitRepList
from pamwal.contracts.timeline import Timeline, TimelineEntry, ToldFact
from services.reporting.claims import check_claims, read_text
from services.reporting.page import claims_page, sitreps_page, timeline_page
from services.reporting.timeline_page import FIELDS
from services.reporting.timeline_reads import KINDS
from services.reporting.words import place_names
from tests.browser.center import Center, browser, opened
from tests.unit.reporting.telling import DAY, OPERATION, Teller, at, name_of

pytestmark = pytest.mark.skipif(browser() is None, reason="no Chromium here; `make system-deps` installs it")

LONG = "posko-yang-namanya-tidak-berakhir-dan-tidak-dipotong-di-mana-pun"
ZONE = "Asia/Makassar"


def log_page() -> str:
    """One check-in, told with the longest names there may be."""
    entry = TimelineEntry(
        at=at("09:00"), known_at=at("09:01"), context="field", says="check-in", facts_count=1,
        facts=[ToldFact(id="r/0", type="checked_in", officer_id="K" * 32, place=f"rally/{LONG}")],
        post_id=LONG, channel="app", actor=LONG, words=[LONG], cause=LONG,
    )  # fmt: skip
    page = Timeline(
        operation_id=OPERATION, exercise=True, zone=ZONE, at=at("09:02"), vector={}, sight="full",
        knowledge=Knowledge(known=at("09:02"), posts="1 of 2 posts heard within 15 min", settled=True),
        entries=[entry], next_after="x",
    )  # fmt: skip
    return timeline_page(
        page, name=LONG, given=dict.fromkeys(FIELDS, ""), kinds=KINDS, posts="1 dari 2 posko"
    )


def sitreps(letters: int = 43) -> str:
    """Two SitReps, one of them signed by two keys whose names have so many letters."""
    lines = [
        SitRepLine(
            number=number, kind="final", form="operation", at=at("09:00"), day=DAY,
            published_at=at("09:01"), sha256="0" * 64, superseded=number == 1,
            signed_by=["a" * letters, "b" * letters][: 2 * number - 2],
        )
        for number in (2, 1)
    ]  # fmt: skip
    listed = SitRepList(operation_id=OPERATION, sitreps=lines, zone=ZONE)
    return sitreps_page(listed, name=LONG, exercise=True)


@pytest.mark.parametrize(("path", "page", "rows"), [("/timeline", log_page, 1), ("/sitreps", sitreps, 2)])
async def test_a_phone_scrolls_a_list_and_not_its_page(
    path: str, page: Callable[[], str], rows: int, tmp_path: Path
) -> None:
    teller = Teller()
    teller.open()
    center = Center(teller, "09:10")
    center.lists[path] = page()
    async with opened(center, tmp_path, f"/narrow{path}"):
        shown = await center.until(lambda shown: shown.rows == rows)
    assert shown.width <= 390
    assert shown.overflow == 0


async def test_a_list_gives_its_columns_the_room_that_their_words_need(tmp_path: Path) -> None:
    teller = Teller()
    teller.open()
    center = Center(teller, "09:10")
    center.lists["/sitreps"] = sitreps(letters=4)
    async with opened(center, tmp_path, "/sitreps"):
        shown = await center.until(lambda shown: shown.rows == 2)
    number, report, *_ = shown.columns
    assert number < report, "a number of one digit does not take the room of a name"


async def test_a_phone_leaves_room_for_the_words_of_a_bulletin(tmp_path: Path) -> None:
    teller = Teller()
    teller.open()
    text = "151 personel"
    reading = read_text(teller.picture().charter, text, place_names())
    asked = ClaimsToCheck(text=text)
    found = check_claims(
        teller.picture(), asked, at("09:00"), sight="full", name_of=name_of, vector={}, reading=reading
    )
    center = Center(teller, "09:10")
    center.lists["/claims"] = claims_page(
        operation_id=OPERATION, name=LONG, exercise=True, given={}, found=found, refused=""
    )
    async with opened(center, tmp_path, "/narrow/claims"):
        shown = await center.until(lambda shown: len(shown.columns) == 4)
    words, *numbers = shown.columns
    assert words > max(numbers)
    assert shown.overflow == 0
