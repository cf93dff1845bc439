"""Laws of presences: witnesses never merge two stays, and one stay never splits in two."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pamwal.contracts.envelope import Channel, RequestRef
from pamwal.contracts.field import CheckedIn, CheckedOut
from pamwal.contracts.instants import from_ms
from services.reporting.picture.presences import Presence, Report, attendance_of
from services.reporting.views.presences import presences_of
from services.reporting.views.situation import digest_of
from tests.unit.reporting.telling import OPERATION, Teller, at, at_ms, picture_of

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


# --- the same presence through several channels

CHANNELS: list[Channel] = ["app", "paper", "chat", "radio"]
channels = st.sampled_from(CHANNELS)


def told_of(stays: list[Presence]) -> list[tuple[str, int, int | None, set[str]]]:
    """Where, from when, until when, and by whom each stay is told."""
    return [
        (stay.place, stay.began_ms, stay.ended_ms, {each.fact.id for each in stay.reports}) for stay in stays
    ]


@st.composite
def nights(draw: st.DrawFn) -> tuple[Teller, list[tuple[str, list[str]]], list[str]]:
    """One officer's stays around midnight, each told by one to four witnesses; what must come out of it.

    Between two stays at one place lies a check-out or more than the window; a witness may be taken back.
    """
    teller = Teller()
    teller.open()
    teller.plan("a", "20:00", "28:00")
    teller.plan("b", "20:00", "28:00")
    teller.order("x", "a", "20:00", "28:00")
    expected: list[tuple[str, list[str]]] = []
    voided: list[str] = []
    second, number = draw(st.integers(-7200, 600)), 0
    for _ in range(draw(st.integers(1, 4))):
        place, heard = draw(st.sampled_from(["a", "b"])), []
        offsets = [0, *draw(st.lists(st.integers(0, 600), max_size=3))]
        for offset in offsets:
            channel = draw(channels)
            teller.come(
                "x", place, clock_of(second + offset), channel=channel,
                post=draw(st.sampled_from(["alak", "maulafa"])), request_id=f"w{number}",
            )  # fmt: skip
            heard.append(f"w{number}/0")
            number += 1
        if len(offsets) > 1 and draw(st.booleans()):
            taken = heard.pop()
            teller.void(taken)
            voided.append(taken)
        expected.append((f"rally/{place}", sorted(heard)))
        second += 601
        if draw(st.booleans()):
            teller.go("x", place, clock_of(second), request_id=f"w{number}")
            second, number = second + 1, number + 1
        else:
            second += 600
        second += draw(st.integers(0, 3600))
    return teller, expected, voided


def clock_of(second: int) -> str:
    """The wall clock of a second around midnight, as the teller reads it: hours beyond 23 are tomorrow's."""
    whole = 24 * 3600 + second
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


@given(nights(), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_each_stay_is_one_whatever_the_channels_order_and_repetition(
    night: tuple[Teller, list[tuple[str, list[str]]], list[str]], chance: Any
) -> None:
    teller, expected, voided = night
    shuffled = [each for each in teller.told for _ in range(chance.randint(1, 3))]
    chance.shuffle(shuffled)
    stays = picture_of(shuffled).operations[OPERATION].attendance("x", at_ms("47:00")).presences
    found = [(stay.place, sorted(each.fact.id for each in stay.reports)) for stay in stays]
    assert found == expected
    assert not {name for _, told in found for name in told} & set(voided)
    assert told_of(stays) == told_of(teller.picture().attendance("x", at_ms("47:00")).presences)


@given(nights(), st.lists(st.tuples(st.integers(0, 3), st.integers(-3600, 3600)), min_size=1, max_size=4))
@settings(max_examples=150, deadline=None)
def test_a_paper_list_adds_witnesses_and_neither_stays_nor_times(
    night: tuple[Teller, list[tuple[str, list[str]]], list[str]], listed: list[tuple[int, int]]
) -> None:
    teller, expected, _ = night
    teller.plan("b", "20:00", "28:00", version=2)
    teller.order("x", "b", "20:00", "28:00")
    before = teller.picture().attendance("x", at_ms("47:00")).presences
    for which, shift in listed:
        place = expected[which % len(expected)][0].removeprefix("rally/")
        teller.come("x", place, clock_of(shift), precision="list", channel="paper")
    after = teller.picture().attendance("x", at_ms("47:00")).presences
    assert [(stay.place, stay.began_ms, stay.ended_ms) for stay in after] == [
        (stay.place, stay.began_ms, stay.ended_ms) for stay in before
    ]
    assert sum(len(stay.reports) for stay in after) == sum(len(stay.reports) for stay in before) + len(listed)


@given(nights(), st.randoms(use_true_random=False), st.integers(-7200, 14_400))
@settings(max_examples=100, deadline=None)
def test_what_readers_see_is_the_same_for_any_order_and_repetition(
    night: tuple[Teller, list[tuple[str, list[str]]], list[str]], chance: Any, second: int
) -> None:
    teller, _, _ = night
    shuffled = [each for each in teller.told for _ in range(chance.randint(1, 3))]
    chance.shuffle(shuffled)
    other = Teller()
    other.told = shuffled
    clock = clock_of(second)
    assert digest_of(other.situation(clock)) == digest_of(teller.situation(clock))
    assert presences_of(other.picture(), "x", at(clock), sight="full") == presences_of(
        teller.picture(), "x", at(clock), sight="full"
    )
