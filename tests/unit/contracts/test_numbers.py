"""Sets of whole numbers as ranges: whatever the order, they know what they hold and what is missing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pamwal.contracts.numbers import JUMP_MAX, Numbers

numbers = st.lists(st.integers(1, 40), max_size=40)


def of(found: list[int]) -> Numbers:
    """All of these, in this order."""
    made = Numbers()
    for number in found:
        made.add(number)
    return made


@given(numbers, st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter(found: list[int], chance: Any) -> None:
    shuffled = [*found, *found]
    chance.shuffle(shuffled)
    assert of(shuffled) == of(found)
    assert (of(found) == of([*found, 41])) is False


@given(numbers)
def test_it_holds_what_was_added_and_nothing_else(found: list[int]) -> None:
    made = of(found)
    assert {number for number in range(42) if number in made} == set(found)
    assert (made.count, made.lowest, made.highest) == (
        len(set(found)), min(found, default=0), max(found, default=0),
    )  # fmt: skip


@given(numbers)
def test_a_number_is_new_once(found: list[int]) -> None:
    made, known = Numbers(), set[int]()
    for number in found:
        assert made.add(number) == (number not in known)
        known.add(number)
    missing = {number for gap in made.gaps(40) for number in range(gap.first, gap.last + 1)}
    assert missing == set(range(1, 41)) - known


@given(numbers, st.integers(0, 60))
def test_without_a_jump_all_that_is_missing_is_lost(found: list[int], up_to: int) -> None:
    assert of(found).lost(up_to) == of(found).gaps(up_to)


@pytest.mark.parametrize(
    ("found", "up_to", "lost"),
    [
        ([1, JUMP_MAX + 2], 0, [(2, JUMP_MAX + 1)]),
        ([1, JUMP_MAX + 3], 0, []),
        ([JUMP_MAX + 2], 0, []),
        ([1, 2_147_483_647], 1, []),
        ([1, 2_147_483_647], 5, [(2, 5)]),
        ([1, 3, 2_147_483_647], 5, [(2, 2), (4, 5)]),
        ([1], 2_147_483_647, []),
        ([2_147_483_645, 2_147_483_647], 0, [(2_147_483_646, 2_147_483_646)]),
    ],
)
def test_a_jump_loses_nothing_and_hides_nothing(
    found: list[int], up_to: int, lost: list[tuple[int, int]]
) -> None:
    assert [(gap.first, gap.last) for gap in of(found).lost(up_to)] == lost


@given(st.lists(st.tuples(st.integers(1, 60), st.integers(0, 9)), max_size=12))
def test_runs_at_once_are_their_numbers_one_by_one(runs: list[tuple[int, int]]) -> None:
    one_by_one = Numbers()
    for first, length in runs:
        for number in range(first, first + length):
            one_by_one.add(number)
    assert Numbers.of_runs(range(first, first + length) for first, length in runs) == one_by_one


@given(numbers, st.integers(0, 42))
def test_up_to_a_number_there_is_none_above(found: list[int], highest: int) -> None:
    made = of(found)
    assert made.upto(highest) == of([each for each in found if each <= highest])
    assert made == of(found)


@given(numbers)
def test_it_knows_whether_a_number_came_behind_a_higher_one(found: list[int]) -> None:
    new = [each for place, each in enumerate(found) if each not in found[:place]]
    assert of(found).ascended == (new == sorted(new))
