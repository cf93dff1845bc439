"""The board page as the server draws it."""

from __future__ import annotations

import re

from pamwal.contracts import scheduling
from pamwal.contracts.ledger import LedgerLine
from pamwal.contracts.reporting import BoardState
from services.reporting.page import board_page
from services.reporting.views.ledger import balance_of
from tests.unit.reporting.telling import OEPURA, SCHEDULING, Teller


def page_of(teller: Teller, clock: str) -> str:
    """The page at a wall clock."""
    ledger = LedgerLine(balance=balance_of([]), missing=0)
    return board_page(BoardState(situation=teller.situation(clock), ledger=ledger))


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
