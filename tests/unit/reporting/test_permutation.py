"""The permutation test against one written out in fractions; Holm against its own definition."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations
from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.reporting.parity.permutation import ROWS_MAX, group_tests, holm, varies

NAN = float("nan")
Column = list[int | None]


def statistic(labels: list[int], column: Column, group: int) -> Fraction:
    """|mean of the group − mean of the others|; 0 where one of them has no value."""
    own = [value for label, value in zip(labels, column, strict=True) if label == group and value is not None]
    rest = [
        value for label, value in zip(labels, column, strict=True) if label != group and value is not None
    ]
    if not own or not rest:
        return Fraction(0)
    return abs(Fraction(sum(own), len(own)) - Fraction(sum(rest), len(rest)))


def written_out(labels: list[int], column: Column, group: int, drawn: int, seed: int) -> float:
    """The same p with the same permutations, one after another and exactly."""
    draw = np.random.PCG64(seed)
    seen = statistic(labels, column, group)
    larger = 0
    for _ in range(drawn):
        keys = [int(each) for each in draw.random_raw(len(labels))]
        order = sorted(range(len(labels)), key=lambda row: keys[row])
        larger += statistic([labels[row] for row in order], column, group) >= seen
    return (larger + 1) / (drawn + 1)


@given(
    labels=st.lists(st.integers(0, 2), min_size=2, max_size=12).filter(lambda found: len(set(found)) == 3),
    data=st.data(),
    seed=st.integers(0, 2**48 - 1),
)
@settings(max_examples=60, deadline=None)
def test_p_is_exactly_that_of_the_test_written_out_ties_and_gaps_included(
    labels: list[int], data: st.DataObject, seed: int
) -> None:
    cells = st.one_of(st.none(), st.integers(-3, 3))
    columns: list[Column] = [
        data.draw(st.lists(cells, min_size=len(labels), max_size=len(labels))) for _ in range(2)
    ]
    values = np.array([[NAN if cell is None else float(cell) for cell in column] for column in columns]).T
    found = group_tests(np.array(labels), values, permutations=40, seed=seed)
    for number, column in enumerate(columns):
        for group in range(3):
            assert found.p[group, number] == written_out(labels, column, group, 40, seed)


def test_p_comes_near_the_share_of_all_assignments() -> None:
    labels, column = [0, 0, 0, 1, 1, 1, 1], [9, 8, 4, 3, 5, 2, 1]
    every = [statistic(list(each), list(column), 0) for each in permutations(labels)]
    exact = sum(each >= statistic(labels, list(column), 0) for each in every) / len(every)
    found = group_tests(np.array(labels), np.array([column], dtype=float).T, permutations=20_000, seed=1)
    assert found.p[0, 0] == pytest.approx(exact, abs=0.01)


def test_equal_values_are_all_ties_and_p_is_never_0() -> None:
    labels = np.array([0, 0, 1, 1, 2, 2])
    values = np.array([[1.0, 1000.0 * (label == 2) + row] for row, label in enumerate(labels)])
    found = group_tests(labels, values, permutations=199, seed=5)
    assert found.p[:, 0].tolist() == [1.0, 1.0, 1.0]
    assert found.p.min() >= 1 / 200
    assert varies(values).tolist() == [False, True]


def test_of_two_groups_each_is_the_others_others() -> None:
    values = np.random.default_rng(3).normal(size=(30, 4))
    found = group_tests(np.arange(30) % 2, values, permutations=500, seed=9)
    assert found.p[0].tolist() == found.p[1].tolist()
    assert found.means[0] == pytest.approx(found.others_means[1])


def test_the_same_seed_gives_the_same_and_another_seed_another() -> None:
    values = np.random.default_rng(4).normal(size=(50, 3))
    labels = np.arange(50) % 5
    once, again, other = (
        group_tests(labels, values, permutations=300, seed=seed).p.tolist() for seed in (1, 1, 2)
    )
    assert once == again != other


def test_the_draws_are_these_numbers_on_every_machine_and_with_every_numpy() -> None:
    assert [int(each) for each in np.random.PCG64(7).random_raw(2)] == DRAWN_BY_7


DRAWN_BY_7 = [11530976094092348043, 16550673365885938325]


def test_sums_stay_exact_up_to_the_most_rows_and_no_further() -> None:
    values = np.full((ROWS_MAX, 1), 2.0**26 - 1)
    labels = np.arange(ROWS_MAX) % 2
    assert group_tests(labels, values, permutations=1, seed=0).p.tolist() == [[1.0], [1.0]]
    with pytest.raises(ValueError, match="more than 8191"):
        group_tests(
            np.zeros(ROWS_MAX + 1, dtype=np.int64), np.zeros((ROWS_MAX + 1, 1)), permutations=1, seed=0
        )


@given(st.lists(st.floats(0.0001, 1.0), min_size=1, max_size=30), st.floats(0.001, 0.5))
def test_holm_rejects_step_by_step_until_the_first_that_stands(p: list[float], alpha: float) -> None:
    rejected, stopped = set(), inf
    for rank, at in enumerate(sorted(range(len(p)), key=lambda each: p[each])):
        if p[at] * (len(p) - rank) > alpha:
            stopped = min(stopped, rank)
        if rank < stopped:
            rejected.add(at)
    adjusted = holm(p)
    assert {at for at, each in enumerate(adjusted) if each <= alpha} == rejected
    assert all(each >= raw for each, raw in zip(adjusted, p, strict=True))
