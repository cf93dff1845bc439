"""A reader who puts every change into the snapshot has what the service shows."""

from __future__ import annotations

import itertools

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import fields

from pamwal.client.board import board_after, changed
from pamwal.client.stream import Message
from pamwal.contracts.ledger import Balance, LedgerLine
from pamwal.contracts.reporting import (
    AreaRow,
    BoardState,
    Incidents,
    Posts,
    Rallies,
    SatgasRow,
    Situation,
    Strength,
    VenueRow,
)
from services.reporting.views.changes import change_between

COUNTS = st.integers(0, 3)
KEYS = st.lists(st.sampled_from("abcd"), unique=True, max_size=4)


@st.composite
def strengths(draw: st.DrawFn) -> Strength:
    counts = {field.name: 0 for field in fields(Strength) if field.name != "required"}
    return Strength(required={}, **{**counts, "present": draw(COUNTS)})


@st.composite
def states(draw: st.DrawFn) -> BoardState:
    count = draw(COUNTS)
    situation = Situation(
        operation_id="op-1",
        name="Latihan",
        mode="exercise",
        zone="Asia/Makassar",
        day="2024-10-03",
        at=f"2024-10-03T00:0{draw(COUNTS)}:00.000Z",
        known_at="",
        vector={"pamwal.field.decisions.v1-3": draw(COUNTS)},
        sight="full",
        total=draw(strengths()),
        venues=[
            VenueRow(venue_id=key, name=key, kelurahan=None, kecamatan=None, strength=draw(strengths()))
            for key in draw(KEYS)
        ],
        kelurahan=[AreaRow(code=key, name=key, venues=1, strength=draw(strengths())) for key in draw(KEYS)],
        kecamatan=[],
        satgas=[SatgasRow(satgas_id=key, name=key, strength=draw(strengths())) for key in draw(KEYS)],
        rallies=Rallies(planned=count, active=0, ended=0, cancelled=0, unnoticed=0, rows=[]),
        incidents=Incidents(open=draw(COUNTS), by_state={}, by_severity={}, rows=[]),
        posts=Posts(heard=draw(COUNTS), total=3, silent_post_min=15, missing=0, rows=[]),
    )
    balance = Balance(
        received=count, accepted=0, repeat=0, refused=0, parked=0, pending=count, undeclared=0, balanced=True
    )
    return BoardState(situation=situation, ledger=LedgerLine(balance=balance, missing=0))


@given(states(), states())
def test_a_change_leads_from_any_state_to_any_other(before: BoardState, after: BoardState) -> None:
    change = change_between(before, after)
    if change is not None:
        assert changed(before, change) == after


@given(st.lists(states(), min_size=1, max_size=5))
def test_a_stream_read_message_by_message_shows_what_the_service_shows(shown: list[BoardState]) -> None:
    state = board_after(None, message("snapshot", shown[0]))
    for before, after in itertools.pairwise(shown):
        change = change_between(before, after)
        if change is not None:
            state = board_after(state, message("delta", change))
    assert state is not None
    assert msgspec.structs.replace(state.situation, at="") == msgspec.structs.replace(
        shown[-1].situation, at=""
    )


def test_a_change_without_a_snapshot_shows_nothing() -> None:
    assert board_after(None, Message(event="delta", data="{}", id="e.1")) is None


def message(event: str, data: msgspec.Struct) -> Message:
    return Message(event=event, data=msgspec.json.encode(data).decode(), id="e.1")
