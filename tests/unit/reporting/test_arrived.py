"""What arrived of an operation: what is found by bisection is what a look at each would find."""

from __future__ import annotations

from array import array
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from pamwal.contracts.field import CheckedIn, Precision
from pamwal.contracts.instants import from_ms
from services.reporting.picture.arrived import Arrived
from services.reporting.picture.behind import ascending
from services.reporting.picture.decided import Asked
from services.reporting.picture.presences import Told

minutes = st.lists(st.integers(0, 20), max_size=25)


def instant(minute: int) -> str:
    return from_ms(1_727_900_000_000 + minute * 60_000)


def report(offset: int, minute: int, precision: Precision = "exact") -> Told:
    fact = CheckedIn(
        id=f"s{offset}/0", occurred_at=instant(minute), recorded_at=instant(minute), place="rally/a",
        officer_id=f"o{offset % 3}", method="manual", precision=precision,
    )  # fmt: skip
    return fact, Asked(offset=offset)


def arrived(heard: list[int]) -> Arrived:
    """Each two offsets behind the one before it."""
    found = Arrived()
    for place, minute in enumerate(heard):
        found.add("alak", report(2 * place, minute, "exact" if minute % 5 else "list"))
    return found


@given(minutes)
def test_the_highest_of_the_first_is_the_last_that_is_not_behind(found: list[int]) -> None:
    highest = list(accumulate(found, max))
    behind = array("q", [place for place, each in enumerate(found) if each < highest[place]])
    for count in range(1, len(found) + 1):
        upto = ascending(behind, count)
        assert (found[upto - 1], upto - 1 in behind) == (highest[count - 1], False)
    assert ascending(array("q", range(len(found))), len(found)) == 0


@given(minutes, st.integers(0, 21))
def test_all_were_heard_before_that_stand_before_the_place(heard: list[int], minute: int) -> None:
    place = arrived(heard).heard_since(instant(minute))
    assert all(each < minute for each in heard[:place])
    assert place == len(heard) or heard[place] >= minute


@given(minutes, st.integers(0, 52))
def test_so_many_stand_before_an_offset(heard: list[int], offset: int) -> None:
    found = arrived(heard)
    below = [each for each in range(0, 2 * len(heard), 2) if each < offset]
    assert (found.before(offset), found.last(offset)) == (len(below), max(below, default=-1))


@given(minutes, st.integers(0, 25), st.integers(0, 25))
def test_whose_time_is_not_exact_is_known(heard: list[int], start: int, upto: int) -> None:
    expected = {f"o{2 * place % 3}" for place in range(start, min(upto, len(heard))) if heard[place] % 5 == 0}
    assert arrived(heard).odd(start, upto) == expected


@given(st.lists(st.integers(0, 9), max_size=12), st.integers(0, 11))
def test_out_of_order_or_told_again_it_says_so_and_still_knows_the_last(
    offsets: list[int], below: int
) -> None:
    found = Arrived()
    for offset in offsets:
        found.add("alak", report(offset, 3))
    assert found.in_order == (offsets == sorted(set(offsets)))
    assert found.last(below) == max((each for each in offsets if each < below), default=-1)
