"""A permutation test of each group against all others, exact about ties, the same on every machine. Pure.

The statistic is the difference of a group's mean to the mean of all others, two-sided. Under the hypothesis
that labels mean nothing, every assignment of the labels to the rows is as likely as the one that was seen. Of
m drawn at random, b give a difference as large or larger: p = (b + 1) / (m + 1), never 0 and never too small
(Phipson and Smyth, *Permutation p-values should never be zero*, Stat. Appl. Genet. Mol. Biol. 9, 2010).

Whole rows are permuted, so that all measures keep their dependence, as in Westfall and Young
(*Resampling-based multiple testing*, 1993). That many are looked at is corrected by Holm (*A simple
sequentially rejective multiple test procedure*, Scand. J. Statist. 6, 1979), under any dependence.

Values become integers of at most 26 bits, so that every sum is exact whatever its order, and a tie is a tie.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from msgspec import Struct

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
CHUNK: Final = 128
"""Permutations at a time: what a processor's cache holds."""
EXACT_BITS: Final = 52
ROWS_MAX: Final = 8191
"""So many rows keep their sums exact with values of 26 bits."""


class GroupTests(Struct, frozen=True, kw_only=True):
    """groups × measures each: means, sizes and p; nan where a group or all others have no value."""

    means: Floats
    others_means: Floats
    sizes: Integers
    others_sizes: Integers
    p: Floats


def group_tests(labels: Integers, values: Floats, *, permutations: int, seed: int) -> GroupTests:
    """Tests each group (0, 1, …, each with a row at least) in each column; nan is a value not known.

    `seed` draws the permutations: raw 64-bit numbers of PCG64, which numpy keeps stable for ever, one row of
    them a permutation, whose order is the order of the labels. ValueError for more than `ROWS_MAX` rows.
    """
    if len(labels) > ROWS_MAX:
        raise ValueError(f"{len(labels)} rows are more than {ROWS_MAX}, of which sums are exact")
    known = ~np.isnan(values)
    whole = _integers(values, known)
    test = _Test(whole, known.astype(np.float64), int(labels.max(initial=-1)) + 1)
    seen = test.statistic(_indicators(labels[np.newaxis, :], test.groups))[:, 0, :]
    larger = np.zeros(seen.shape, dtype=np.int64)
    for order in _orders(len(labels), permutations, seed):
        drawn = test.statistic(_indicators(labels[order], test.groups))
        larger += np.count_nonzero(drawn >= seen[:, np.newaxis, :], axis=1)
    member = _indicators(labels[np.newaxis, :], test.groups)[:, 0, :]
    sizes, total = member @ known, known.sum(axis=0)
    sums, total_sum = member @ np.where(known, values, 0.0), np.where(known, values, 0.0).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return GroupTests(
            means=sums / sizes,
            others_means=(total_sum - sums) / (total - sizes),
            sizes=sizes.astype(np.int64),
            others_sizes=(total - sizes).astype(np.int64),
            p=(larger + 1) / (permutations + 1),
        )


def holm(p: Sequence[float]) -> list[float]:
    """Adjusted p in the order given: each at most alpha exactly where Holm's procedure rejects."""
    adjusted = [0.0] * len(p)
    worst = 0.0
    for rank, at in enumerate(sorted(range(len(p)), key=lambda each: p[each])):
        worst = max(worst, min(1.0, (len(p) - rank) * p[at]))
        adjusted[at] = worst
    return adjusted


def varies(values: Floats) -> npt.NDArray[np.bool_]:
    """Per column, whether two known values differ; no permutation of the rows changes that."""
    known = ~np.isnan(values)
    lowest = np.where(known, values, np.inf).min(axis=0, initial=np.inf)
    highest = np.where(known, values, -np.inf).max(axis=0, initial=-np.inf)
    return np.asarray(lowest < highest)


class _Test:
    """The statistic of many assignments at once."""

    def __init__(self, whole: Floats, known: Floats, groups: int) -> None:
        self._whole, self._known, self.groups = whole, known, groups
        self._total, self._size = whole.sum(axis=0), known.sum(axis=0)
        self._complete = bool(known.all())

    def statistic(self, member: Floats) -> Floats:
        """|difference| × a constant of the column, groups × permutations × columns.

        The difference of means is (N S − C T) / (C (N − C)): sum S and size C of the group, T and N of all.
        Its numerator is exact; the divisor is the same throughout but where values are missing.
        """
        groups, drawn, rows = member.shape
        sums = (member.reshape(-1, rows) @ self._whole).reshape(groups, drawn, -1)
        if self._complete:
            sizes: Floats = member.sum(axis=2)[:, :, np.newaxis]
            sums *= self._size
            sums -= sizes * self._total
            np.abs(sums, out=sums)
            return sums
        sizes = (member.reshape(-1, rows) @ self._known).reshape(groups, drawn, -1)
        divisor = sizes * (self._size - sizes)
        numerator = np.abs(self._size * sums - sizes * self._total)
        found: Floats = np.divide(numerator, divisor, out=np.zeros_like(numerator), where=divisor > 0)
        return found


def _integers(values: Floats, known: npt.NDArray[np.bool_]) -> Floats:
    """Values as whole numbers of as many bits as keep the sums of a column exact.

    A column is scaled by a power of two, so that what is whole or has few binary places is not rounded.
    """
    filled = np.where(known, values, 0.0)
    _, exponent = np.frexp(np.abs(filled).max(axis=0, initial=0.0))
    bits = min(26, EXACT_BITS - 2 * len(values).bit_length())
    return np.asarray(np.rint(np.ldexp(filled, bits - exponent)))


def _indicators(labels: Integers, groups: int) -> Floats:
    """groups × permutations × rows: 1 where a row bears the group's label."""
    return np.asarray(labels[np.newaxis] == np.arange(groups)[:, np.newaxis, np.newaxis], dtype=np.float64)


def _orders(rows: int, permutations: int, seed: int) -> Iterator[Integers]:
    """All permutations of the rows, some at a time."""
    draw = np.random.PCG64(seed)
    for begins in range(0, permutations, CHUNK):
        size = min(CHUNK, permutations - begins)
        yield np.argsort(draw.random_raw(rows * size).reshape(size, rows), axis=1, kind="stable")
