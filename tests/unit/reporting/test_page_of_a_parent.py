"""A parent as a page and a terminal show it: those below it, whom two of them want, what is not counted."""

from __future__ import annotations

import re
from io import StringIO

from msgspec.structs import replace
from rich.console import Console

from pamwal.client.tables import children_table
from pamwal.contracts import field
from pamwal.contracts.ledger import LedgerLine
from pamwal.contracts.reporting import BoardState, Sight, Situation
from pamwal.contracts.rolled_up import Unseen
from services.reporting.page import board_page
from services.reporting.views.ledger import balance_of
from services.reporting.views.rolled_up import children_of, rolled_up
from tests.unit.reporting.telling import OEPURA
from tests.unit.reporting.test_rolled_up import city, counts, family_of


def a_nation(sight: Sight) -> Situation:
    """A nation with two cities that want one officer at one time."""
    nation = city("nation", parent=None)
    counted = counts("08:00", nation, city("kupang", "x"), city("rote", "x"))
    family = family_of({"nation": None, "kupang": "nation", "rote": "nation"})
    unseen = [
        Unseen(operation_id="sabu", why="it stopped", code="halted"),
        Unseen(operation_id="alor", why="it asks to belong to nation", code="asks_to_belong"),
    ]
    return replace(
        nation.situation("08:00", sight),
        children=children_of("nation", family, counted),
        rolled_up=rolled_up("nation", family, counted, unseen, sight),
    )


def page_of(situation: Situation) -> str:
    ledger = LedgerLine(balance=balance_of([], "exercise"), missing=0)
    return board_page(BoardState(situation=situation, ledger=ledger))


def test_the_page_of_a_parent_shows_those_below_it() -> None:
    page = page_of(a_nation("full"))
    assert "3 operasi termasuk ini" in page
    assert '<a class="place" href="/?operation=kupang">' in page
    assert "Tidak terhitung: sabu (ada catatan yang tidak dapat dibaca)" in page
    assert "Tidak terhitung: alor (meminta menjadi jajaran; terima atau tolak)" in page
    assert "pada waktu yang sama: 1" in page
    assert "kupang dan rote" in page
    (head,) = re.findall(r'<section class="totals" data-row="rolled:".*?</section>', page, re.DOTALL)
    assert '<dd data-n="ordered">1</dd>' in head, "one officer, ordered in both"
    (own,) = re.findall(r'<tr class="group" data-row="total:">.*?</tr>', page, re.DOTALL)
    assert '<td data-n="ordered" class="zero">0</td>' in own


def test_the_head_of_a_parent_counts_what_is_wrong_below_it_and_the_worst_child_is_first() -> None:
    nation, kupang, rote = city("nation", parent=None), city("kupang", "x"), city("rote")
    rote.observe(
        field.IncidentReported, "07:00", incident_id="i", author="post", version=1, kind="fire",
        severity="severe", kelurahan=OEPURA,
    )  # fmt: skip
    counted = counts("08:00", nation, kupang, rote)
    counted["kupang"].alerts = {"no_show": 3, "understrength": 1}
    family = family_of({"nation": None, "kupang": "nation", "rote": "nation"})
    situation = replace(
        nation.situation("08:00"),
        children=children_of("nation", family, counted),
        rolled_up=rolled_up("nation", family, counted, [], "full"),
    )
    page = page_of(situation)
    assert re.findall(r'data-row="children:(\w+)"', page) == ["rote", "kupang"], "a severe fire before alerts"
    words = " ".join(re.sub("<[^>]*>", "", page).split())
    assert "4 peringatan · 1 kejadian terbuka, 1 berat" in words
    assert "4 di seluruh jajaran; di operasi ini sendiri 0 berlaku Nihil di operasi ini sendiri." in words
    assert "1 di seluruh jajaran; di operasi ini sendiri 0 terbuka Nihil di operasi ini sendiri." in words
    screen = Console(width=200, file=StringIO(), record=True)
    assert situation.rolled_up is not None
    screen.print(children_table(situation, situation.rolled_up))
    assert "4 alerts, 1 open incidents" in screen.export_text()


def test_a_viewer_of_a_parent_sees_counts_only() -> None:
    page = page_of(a_nation("counts"))
    assert "pada waktu yang sama: 1" in page
    assert "kupang dan rote" not in page


def test_the_page_of_an_operation_without_children_says_nothing_of_them() -> None:
    assert 'id="rolled-up"' not in page_of(city("kupang", "x").situation("08:00"))


def test_a_terminal_shows_those_below_and_whom_two_want() -> None:
    situation = a_nation("full")
    assert situation.rolled_up is not None
    screen = Console(width=200, file=StringIO(), record=True)
    screen.print(children_table(situation, situation.rolled_up))
    told = screen.export_text()
    assert "3 operations, each officer once; 0 of 6 posts heard" in told
    assert "x is wanted by kupang and rote until 2024-10-03 11:00 WITA" in told
    assert "not counted: sabu, it stopped" in told
    viewer = a_nation("counts")
    assert viewer.rolled_up is not None
    screen.print(children_table(viewer, viewer.rolled_up))
    assert "1 officers more are wanted by two operations at once" in screen.export_text()
