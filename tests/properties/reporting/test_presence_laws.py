"""Laws of presences: witnesses never merge two stays, and one stay never splits in two."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pamwal.contracts.envelope import RequestRef
from pamwal.contracts.field import CheckedIn, CheckedOut
from pamwal.contracts.instants import from_ms
from services.reporting.picture.presences import Report, attendance_of

WINDOW_MS = 600_000
BASE_MS = 1_727_913_600_000
seconds = st.integers(0, 7200)
skews_ms = st.integers(-600_000, 600_000)


def report(number: int, second: int, *, out: bool = False, skew_ms: int = 0, delay_ms: int = 0) -> Report:
    """One report of something that truly happened at that second, by a clock that is `skew_ms` slow."""
    make = CheckedOut if out else CheckedIn
    true_ms = BASE_MS + second * 1000
    fact = make(
        id=f"f{number}/0",
        occurred_at=from_ms(true_ms - skew_ms),
        sent_at=from_ms(true_ms + delay_ms - skew_ms),
        recorded_at=from_ms(true_ms + delay_ms),
        officer_id="x",
        place="rally/a",
        method="manual",
    )
    return Report(fact, RequestRef(offset=number, sha256="0" * 64, postid="alak"))


@given(st.lists(seconds, min_size=1, max_size=20), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_a_stay_spans_at_most_the_window_and_the_next_begins_beyond_it(
    moments: list[int], chance: Any
) -> None:
    reports = [report(number, second) for number, second in enumerate(moments)]
    chance.shuffle(reports)
    stays = attendance_of(reports, [], WINDOW_MS).presences
    assert sum(len(stay.reports) for stay in stays) == len(moments)
    for stay in stays:
        times = sorted(BASE_MS + moments[int(each.fact.id[1:-2])] * 1000 for each in stay.reports)
        assert times[0] == stay.began_ms
        assert times[-1] - times[0] <= WINDOW_MS
    for before, following in pairwise(stays):
        assert following.began_ms - before.began_ms > WINDOW_MS


@given(seconds, st.integers(1, 300), st.integers(1, 300), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_in_out_in_is_two_stays_however_close(first: int, stayed: int, away: int, chance: Any) -> None:
    reports = [
        report(0, first),
        report(1, first + stayed, out=True),
        report(2, first + stayed + away),
    ]
    chance.shuffle(reports)
    stays = attendance_of(reports, [], WINDOW_MS).presences
    assert [len(stay.reports) for stay in stays] == [1, 1]
    assert stays[0].ended_ms == BASE_MS + (first + stayed) * 1000
    assert stays[1].ended_ms is None


@given(
    st.lists(st.tuples(st.integers(0, 590), skews_ms, st.integers(0, 25_000)), min_size=1, max_size=8),
    st.randoms(use_true_random=False),
)
@settings(max_examples=150, deadline=None)
def test_witnesses_within_the_window_are_one_stay_whatever_their_clocks(
    told: list[tuple[int, int, int]], chance: Any
) -> None:
    """Skew up to ten minutes and half a minute of network move a witness by no more than that half minute."""
    reports = [
        report(number, 3600 + second % 540, skew_ms=skew_ms, delay_ms=delay_ms)
        for number, (second, skew_ms, delay_ms) in enumerate(told)
    ]
    chance.shuffle(reports)
    assert len(attendance_of(reports, [], WINDOW_MS).presences) == 1
