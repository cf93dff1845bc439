"""The board in a real browser: it comes back by itself, says when it is stale, and misses no change."""

from __future__ import annotations

from pathlib import Path

import pytest

from pamwal.contracts import field
from tests.browser.center import Center, browser, opened
from tests.unit.reporting.telling import BATU_PLAT, Teller, at
from tests.unit.reporting.test_rolled_up import city

pytestmark = pytest.mark.skipif(browser() is None, reason="no Chromium here; `make system-deps` installs it")


@pytest.fixture
def teller() -> Teller:
    """Two officers ordered to one rally, nobody seen."""
    teller = Teller()
    teller.open()
    teller.register("x", "y")
    teller.plan("p", "09:00", "11:00")
    teller.order("x", "p", "09:00", "11:00")
    teller.order("y", "p", "09:00", "11:00")
    return teller


@pytest.fixture
def center(teller: Teller) -> Center:
    """The board at 09:10."""
    return Center(teller, "09:10")


def tell_incident(teller: Teller) -> None:
    """A fire: something the page has to be drawn anew for."""
    fact = field.IncidentReported(
        id="i/0", occurred_at=at("09:05"), recorded_at=at("09:05"), incident_id="i", version=1, kind="fire",
        severity="severe", kelurahan=BATU_PLAT, author="a",
    )  # fmt: skip
    teller.decide([fact])


async def test_a_board_turned_away_for_a_while_comes_back_by_itself(center: Center, tmp_path: Path) -> None:
    async with opened(center, tmp_path):
        await center.until(lambda shown: shown.link == "langsung")
        center.status = 503
        center.cut()
        await center.until_asked(lambda: center.turned_away >= 2)
        assert "menyambung lagi" in (await center.until(lambda shown: shown.link == "terputus")).stale
        center.teller.come("x", "p", "09:01")
        tell_incident(center.teller)
        center.status = 200
        await center.until(lambda shown: (shown.at_place, shown.incidents, shown.stale) == (1, 1, ""))
        assert not any("Sesi berakhir" in shown.stale for shown in center.shown)


async def test_the_session_is_over_only_where_the_server_says_so_and_a_new_one_is_taken_up(
    center: Center, tmp_path: Path
) -> None:
    async with opened(center, tmp_path):
        await center.until(lambda shown: shown.link == "langsung")
        center.status = 401
        center.cut()
        await center.until(lambda shown: "Sesi berakhir" in shown.stale)
        center.status = 200
        await center.until(lambda shown: (shown.link, shown.stale) == ("langsung", ""))


async def test_what_changes_while_the_page_is_fetched_is_not_lost(center: Center, tmp_path: Path) -> None:
    async with opened(center, tmp_path):
        await center.until(lambda shown: shown.link == "langsung")
        center.page_open.clear()
        tell_incident(center.teller)
        center.publish()
        await center.until_asked(lambda: center.pages == 2)  # drawn with the incident, still on its way
        center.teller.come("x", "p", "09:01")
        center.publish()
        await center.until(lambda shown: shown.at_place == 1)
        center.page_open.set()
        shown = await center.until(lambda shown: shown.incidents == 1)
        assert shown.at_place == 1


async def test_a_page_older_than_the_first_snapshot_is_drawn_again_until_it_is_not(
    center: Center, tmp_path: Path
) -> None:
    center.drawn = center.state()
    tell_incident(center.teller)
    async with opened(center, tmp_path):
        await center.until_asked(lambda: center.pages >= 3)
        assert center.shown[-1].incidents == 0
        center.drawn = None
        await center.until(lambda shown: shown.incidents == 1)


async def test_a_page_as_new_as_the_first_snapshot_is_not_fetched_again(
    center: Center, tmp_path: Path
) -> None:
    async with opened(center, tmp_path):
        await center.until(lambda shown: shown.link == "langsung")
        center.teller.come("x", "p", "09:01")
        center.publish()
        await center.until(lambda shown: shown.at_place == 1)
        assert center.pages == 1


async def test_a_small_phone_scrolls_the_board_up_and_down_only(center: Center, tmp_path: Path) -> None:
    tell_incident(center.teller)
    center.teller.register("z", satgas="kamseltibcarlantas-kota-kupang")
    center.teller.order("z", "p", "09:00", "11:00")
    center.teller.beat("posko-yang-tidak-terdaftar-sama-sekali", "09:05")
    async with opened(center, tmp_path, "/narrow"):
        shown = await center.until(lambda shown: shown.link == "langsung")
        assert shown.width <= 320
        assert shown.overflow == 0


@pytest.mark.parametrize("path", ["/?operation=turangga", "/narrow/?operation=turangga", "/narrow"])
async def test_every_number_stands_below_its_own_heading(center: Center, tmp_path: Path, path: str) -> None:
    center.child = city("kupang", "z", parent="turangga")
    async with opened(center, tmp_path, path):
        shown = await center.until(lambda shown: shown.below == "0/0")
    assert len(shown.headed) == 2
    for headings, numbers in shown.headed:
        assert headings == numbers
        assert "unknown" in numbers, "unknown is not absent, on a phone neither"


async def test_a_parent_is_told_of_those_below_it_without_a_new_page(center: Center, tmp_path: Path) -> None:
    center.child = city("kupang", "z", parent="turangga")
    async with opened(center, tmp_path):
        await center.until(lambda shown: (shown.below, shown.link) == ("0/0", "langsung"))
        pages = center.pages
        center.child.come("z", "a", "09:05")
        center.publish()
        await center.until(lambda shown: shown.below == "1/1")
        assert center.pages == pages
        center.child = None
        center.publish()
        await center.until(lambda shown: shown.below == "/")


async def test_a_parent_fits_a_narrow_screen(center: Center, tmp_path: Path) -> None:
    center.child = city("kupang", "z", parent="turangga")
    async with opened(center, tmp_path, "/narrow"):
        shown = await center.until(lambda shown: shown.below == "0/0")
        assert shown.overflow == 0
