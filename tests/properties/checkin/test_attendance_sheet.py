"""A sheet is a function of the set of reports: any order is the same, each report counts once."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pamwal.contracts.field import CheckedIn, CheckedOut
from pamwal.contracts.instants import from_ms, to_ms
from pamwal.contracts.zones import DAY_MS
from services.checkin.views.attendance import Seen, Who, rows_of

FIRST_MS = to_ms("2024-10-02T16:00:00.000Z")


@st.composite
def reports(draw: st.DrawFn) -> list[Seen]:
    """Up to 14 reports of two officers within the day."""
    found = []
    for number in range(draw(st.integers(0, 14))):
        at = from_ms(FIRST_MS + draw(st.integers(0, 23 * 60)) * 60_000)
        make: Any = draw(st.sampled_from([CheckedIn, CheckedOut]))
        fact = make(
            id=f"q{number}/0", occurred_at=at, recorded_at=at, officer_id=draw(st.sampled_from(["x", "y"])),
            place="rally/a", method="manual", precision=draw(st.sampled_from(["exact", "exact", "list"])),
        )  # fmt: skip
        found.append(Seen(fact, draw(st.sampled_from(["alak", "maulafa"]))))
    return found


def rows(seen: list[Seen]) -> list[Any]:
    return rows_of(seen, FIRST_MS, FIRST_MS + DAY_MS, lambda _: Who())


@given(reports(), st.randoms(use_true_random=False))
@settings(max_examples=300, deadline=None)
def test_any_order_gives_the_same_sheet(seen: list[Seen], chance: Any) -> None:
    shuffled = list(seen)
    chance.shuffle(shuffled)
    assert rows(shuffled) == rows(seen)


@given(reports())
@settings(max_examples=300, deadline=None)
def test_each_report_begins_or_ends_a_stay_or_is_a_witness(seen: list[Seen]) -> None:
    found = rows(seen)
    told = sum((row.time_in is not None) + (row.time_out is not None) + row.witnesses for row in found)
    assert told == len(seen)
    for row in found:
        assert row.time_in is None or row.time_out is None or row.time_in <= row.time_out
    keys = [row.time_in or row.time_out for row in found]
    assert keys == sorted(keys)


@given(reports())
@settings(max_examples=200, deadline=None)
def test_the_stays_of_an_officer_do_not_overlap(seen: list[Seen]) -> None:
    for officer in ("x", "y"):
        own = [row for row in rows(seen) if row.officer_id == officer]
        for before, after in pairwise(own):
            begins = after.time_in or after.time_out
            assert before.time_out is None or before.time_out <= begins
