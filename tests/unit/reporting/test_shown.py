"""What the board page, its stream and a terminal show of sites, reservations and what is closed."""

from __future__ import annotations

import re

import msgspec
import pytest
from msgspec import Struct
from rich.console import Console
from rich.table import Table

from pamwal.cli.watch import line
from pamwal.client.board import board_after
from pamwal.client.stream import Message
from pamwal.client.tables import STRENGTH_COLUMNS, happenings_table, kecamatan_table, venue_table
from pamwal.contracts import scheduling
from pamwal.contracts.reporting import BoardState
from services.reporting.page import bar_of, board_page
from services.reporting.picture.ledger import Ledger
from services.reporting.views.changes import change_between
from services.reporting.views.ledger import ledger_line
from tests.unit.reporting.telling import DAY, Teller


@pytest.fixture
def teller() -> Teller:
    """A rally and a site; one officer ordered to each, one reserved, one excused, one reinforcement."""
    teller = Teller()
    teller.open()
    teller.register("x", "y", "z")
    teller.plan("a", "09:00", "11:00")
    teller.guard("gudang")
    teller.order("x", "site/gudang", "09:00", "11:00", purpose="reinforcement")
    teller.order("y", "a", "09:00", "11:00")
    teller.excuse("y", "06:00", "12:00")
    teller.reserve("z", "a", "09:00", "11:00")
    return teller


def board(teller: Teller, clock: str = "08:00") -> BoardState:
    """The board at a wall clock, without a ledger to speak of."""
    return BoardState(
        situation=teller.situation(clock), ledger=ledger_line(Ledger(), teller.picture(), "exercise")
    )


def cell(page: str, row: str, name: str) -> str:
    """The number of a count in one row of the page."""
    found = re.search(rf'data-row="{re.escape(row)}".*?data-n="{name}"[^>]*>([^<]*)<', page, re.DOTALL)
    assert found, f"{name} of {row} is not on the page"
    return found[1]


def printed(table: Table, width: int = 200) -> str:
    """What a terminal of so many columns shows."""
    console = Console(width=width)
    with console.capture() as shown:
        console.print(table)
    return shown.get()


def said(event: str, data: Struct) -> Message:
    """One event of the stream."""
    return Message(event=event, id="1", data=msgspec.json.encode(data).decode())


def test_the_page_shows_a_site_in_its_kecamatan_with_its_kind(teller: Teller) -> None:
    page = board_page(board(teller))
    assert page.index('data-row="kecamatan:53.71.02"') < page.index('data-row="sites:gudang"')
    assert "Gudang gudang" in page
    assert "gudang logistik" in page
    assert "1 lokasi, 1 objek pengamanan di 2 kelurahan" in page
    assert [cell(page, "sites:gudang", name) for name in ("required_total", "ordered")] == ["1", "1"]


def test_the_page_shows_what_is_reserved_excused_and_reinforcement_apart(teller: Teller) -> None:
    page = board_page(board(teller))
    assert [cell(page, "venues:v-a", name) for name in ("ordered", "excused", "reserved")] == ["1", "1", "1"]
    assert cell(page, "total:", "reserved") == "1"
    assert cell(page, "total:", "reinforcement") == "1"
    assert "dipesan, belum diperintahkan" in page
    hidden = re.findall(r'data-note="reserved" hidden', page)
    assert len(hidden) == 1, "the site has nobody reserved, the venue and the total have"


def test_the_page_says_what_is_closed(teller: Teller) -> None:
    assert "ditutup" not in board_page(board(teller))
    teller.tell(scheduling.DayClosed, day=DAY)
    assert "hari ini ditutup" in board_page(board(teller))
    teller.tell(scheduling.OperationClosed, 2, cause="over")
    assert "operasi ditutup" in board_page(board(teller))


def test_an_operation_nobody_opened_is_called_so_and_neither_real_nor_an_exercise(teller: Teller) -> None:
    unopened = Teller()
    unopened.beat("alak", "07:00")

    page = board_page(board(unopened))

    assert "BELUM DIBUKA" in page
    assert "LATIHAN" not in page
    assert "BELUM DIBUKA" not in board_page(board(teller))


def test_the_bar_has_a_part_for_the_excused_and_none_for_the_reserved(teller: Teller) -> None:
    widths = {part.kind: part.width for part in bar_of(teller.total("08:00"))}
    assert {kind: width for kind, width in widths.items() if width} == {"awaited": 50, "excused": 50}


def test_a_reader_of_the_stream_has_what_the_board_has_whatever_changed(teller: Teller) -> None:
    before = board(teller)
    read = board_after(None, said("snapshot", before))
    teller.come("x", "site/gudang", "08:50")
    seen = board(teller, "09:00")
    teller.guard("other")
    teller.tell(scheduling.DayClosed, day=DAY)
    teller.tell(scheduling.OperationClosed, 2, cause="over")
    closed = board(teller, "09:01")
    for old, new in ((before, seen), (seen, closed)):
        change = change_between(old, new)
        assert change is not None
        read = board_after(read, said("delta", change))
        assert read == new
    assert closed.situation.closed
    assert closed.situation.day_closed


def test_a_terminal_lists_sites_beside_venues_and_says_what_the_columns_leave_out(teller: Teller) -> None:
    teller.tell(scheduling.DayClosed, day=DAY)
    state = board(teller)
    assert "Gudang gudang" in printed(venue_table(state.situation))
    assert all(word in printed(kecamatan_table(state.situation), 80) for word in STRENGTH_COLUMNS)
    shown = printed(happenings_table(state.situation))
    assert "1 excused; 1 reserved, not ordered yet; 1 reinforcement" in shown
    assert "this day is closed" in shown
    assert "1 reserved, not ordered yet" in line(state)
