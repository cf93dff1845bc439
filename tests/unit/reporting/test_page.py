"""The board page as the server draws it."""

from __future__ import annotations

import re
from typing import Any

from pamwal.contracts import field, scheduling
from pamwal.contracts.ledger import LedgerLine
from pamwal.contracts.reporting import BoardState
from services.reporting import words
from services.reporting.page import bar_of, board_page
from services.reporting.picture.ledger import Counts
from services.reporting.views.ledger import balance_of
from tests.unit.reporting.telling import DAY, OEPURA, SCHEDULING, Teller


def page_of(teller: Teller, clock: str) -> str:
    """The page at a wall clock."""
    ledger = LedgerLine(balance=balance_of([], "exercise"), missing=0)
    return board_page(BoardState(situation=teller.situation(clock), ledger=ledger))


def test_what_tokens_of_the_other_mode_said_is_told_where_there_is_any() -> None:
    teller, counts = Teller(), Counts()
    teller.open()
    told = re.compile(
        r'<span id="other-mode"( hidden)?>. <b data-l="other_mode">(\d+)</b> dicatat dari token'
    )
    assert (found := told.search(page_of(teller, "08:00"))) is not None
    assert found.groups() == (" hidden", "0")
    for mode in ("real", "real", "exercise", None):
        counts.decide("accepted", mode)
    ledger = LedgerLine(balance=balance_of([counts], "exercise"), missing=0)
    page = board_page(BoardState(situation=teller.situation("08:00"), ledger=ledger))
    assert (found := told.search(page)) is not None
    assert found.groups() == (None, "2")


def test_the_heading_counts_what_is_planned_and_not_where_somebody_stands() -> None:
    teller = Teller()
    teller.open()
    teller.register("x", "y")
    teller.plan("p", "09:00", "11:00")
    teller.plan("q", "11:00", "13:00", kelurahan=OEPURA)
    teller.plan("r", "12:00", "13:00", kelurahan="53.71.03.1010")
    teller.decide([scheduling.RallyCancelled(id="c/0", version=2, rally_id="r", cause="c")], topic=SCHEDULING)
    teller.come("x", "r", "12:10")
    teller.come("y", "nowhere", "12:10")
    heading = re.search(r'<p class="sub">(\d+ lokasi di .*?)</p>', page_of(teller, "12:20"))
    assert heading is not None
    assert heading[1] == "2 lokasi di 2 kelurahan, 2 kecamatan"


def test_a_time_of_another_day_than_the_boards_has_its_date() -> None:
    teller = Teller()
    teller.open()
    report: dict[str, Any] = {"version": 1, "kind": "fire", "severity": "severe", "kelurahan": OEPURA}
    teller.observe(field.IncidentReported, "16:40", incident_id="i1", author="ani", **report)
    teller.observe(field.IncidentReported, "33:05", incident_id="i2", author="ani", **report)
    page = page_of(teller, "34:00")
    assert "3 Okt 2024 16.40 ·" in page
    assert ">09.05 ·" in page


def test_bar_and_headline_tell_apart_how_officers_stand_beside_the_plan() -> None:
    teller = Teller()
    teller.open()
    teller.register("w", "x", "y", "z")
    teller.plan("a", "09:00", "11:00", required={"guard": 3})
    teller.plan("b", "09:00", "11:00", kelurahan=OEPURA)
    for officer_id in ("x", "y", "z"):
        teller.order(officer_id, "a", "09:00", "11:00")
    teller.come("x", "a", "08:55")
    teller.come("y", "b", "08:56")
    teller.come("z", "b", "08:57")
    teller.come("w", "a", "08:58")
    teller.come("typo-1", "a", "08:58")
    teller.come("typo-2", "a", "08:59")
    total = teller.situation("09:10").total
    assert (total.ordered, total.present) == (3, 4)
    assert {each.kind: each.width for each in bar_of(total) if each.width} == {
        "in-place": 16.667, "misplaced": 33.333, "unplanned": 16.667, "unregistered": 33.333,
    }  # fmt: skip
    page = page_of(teller, "09:10")
    legend = re.search(r'<ul class="legend".*?</ul>', page, re.DOTALL)
    assert legend is not None
    assert re.findall(r'class="([a-z-]+)"', legend[0])[1:] == [each.kind for each in bar_of(total)]
    assert '<dt>Di lokasi plotting</dt><dd data-n="at_place">1</dd>' in page
    for name, count in (("present", 4), ("wrong_place", 2), ("unplanned", 1), ("unregistered", 2)):
        assert f'<span data-n="{name}">{count}</span>' in page, name
    alak = next(row for row in teller.situation("09:10").kecamatan if row.code == "53.71.01")
    assert {each.kind: each.width for each in bar_of(alak.strength) if each.width}["in-place"] == 16.667, (
        "who is ordered here and stands elsewhere is missing here"
    )


def test_what_is_empty_says_so_in_a_word() -> None:
    teller = Teller()
    teller.open(task_forces=[])
    page = page_of(teller, "08:00")
    for nothing in ("kegiatan pada hari ini.", "satgas terdaftar."):
        assert f"Belum ada {nothing}" in page


def test_what_an_alert_is_about_is_told_in_the_words_of_the_page() -> None:
    assert words.about("Balai (rally/a), deployment/D-1") == "Balai (rally/a), plotting D-1"
    assert words.about("incident/K-1") == "kejadian K-1"
    assert words.about("poll/p") == "PAR p"
    assert words.about("posts/a/incident/b") == "posts/a/incident/b"


def test_posts_say_whether_they_closed_their_day_who_is_on_watch_and_the_polls_how_many_answered() -> None:
    teller = Teller()
    teller.open()
    before = page_of(teller, "12:20")
    assert not any(word in before for word in ("ditutup", "jaga", "PAR:"))
    told: dict[str, Any] = {"post": "alak", "postid": "alak", "author": "ani"}
    teller.observe(field.PollStarted, "12:00", poll_id="par", window_min=15, officers=["x", "y"], **told)
    teller.observe(field.PollAcked, "12:02", poll_id="par", officer_id="x", author="x", said_as="officer")
    teller.observe(field.WatchHandedOver, "12:05", watch_id="w", from_="ani", to="budi", **told)
    teller.observe(field.PostClosed, "12:10", day=DAY, zone="Asia/Makassar", **told)
    teller.come("x", "p", "11:00", recorded="12:15")
    page = page_of(teller, "12:20")
    assert "PAR: 1 dari 2 menjawab, 1 tidak menjawab" in page
    assert "ditutup 12.10, 1 laporan sesudahnya" in page
    assert "jaga ani, serah terima ke budi" in page
