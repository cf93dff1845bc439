"""The audit put together: means, tests corrected by Holm, and sentences. Pure: its chance comes from a seed.

Per measure a pair's mean over its rally-days is held against the mean over all others'. All pairs and all
measures that vary are one family: with alpha = 0.05 and equal treatment, any pair is flagged in at most one
of twenty audits.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from msgspec.structs import replace

from pamwal.contracts.parity import PairMeans, ParityAudit, ParityMeasure, ParityTest, Sentence
from services.reporting.parity.measures import MEASURES, Measure, values_of
from services.reporting.parity.permutation import Floats, GroupTests, group_tests, holm, varies
from services.reporting.parity.rally_days import RallyDay, RallyDays
from services.reporting.parity.scope import Scope, seed_of
from services.reporting.parity.wording import CAUTIONS, audit_says, comparison_says

ALPHA: Final = 0.05
PERMUTATIONS: Final = 4_999
"""Of 45 comparisons Holm asks for p ≤ 0.05 / 45: that is 5 of 5,000, so enough are drawn to tell."""
_UNSAID: Final = Sentence(id="", en="")


def audit_of(
    table: RallyDays, scope: Scope, *, seed: int | None = None, permutations: int = PERMUTATIONS
) -> ParityAudit:
    """The audit of a table of rally-days, the same for the same rows, seed and permutations."""
    drawn_by = seed_of(scope) if seed is None else seed
    values = values_of(table.rows)
    pairs = sorted({row.pair for row in table.rows}, key=_pair_order)
    varying = [number for number, each in enumerate(varies(values)) if each and len(pairs) > 1]
    found = _tests(
        table.rows, pairs, values[:, varying], [MEASURES[each] for each in varying], drawn_by, permutations
    )
    tests = sorted(found, key=lambda test: (test.p, -abs(test.standardised)))
    flagged = [test for test in tests if test.flagged]
    return ParityAudit(
        operation_id=scope.operation_id,
        election=scope.election,
        first_day=scope.first_day,
        last_day=scope.last_day,
        at=scope.at,
        vector=dict(scope.vector),
        sight=scope.sight,
        rally_days=len(table.rows),
        left_out=table.left_out,
        intel_counted=scope.sight == "full",
        officer_days=table.officer_days,
        alpha=ALPHA,
        permutations=permutations,
        seed=drawn_by,
        comparisons=len(tests),
        flags=len(flagged),
        says=audit_says(flagged, len(tests), len(table.rows), ALPHA),
        pairs=[_means(pair, table.rows, values) for pair in pairs],
        tests=tests,
        not_tested=[measure.name for number, measure in enumerate(MEASURES) if number not in varying],
        cautions=list(CAUTIONS),
    )


def _tests(
    rows: list[RallyDay],
    pairs: list[str],
    values: Floats,
    measures: list[Measure],
    seed: int,
    permutations: int,
) -> list[ParityTest]:
    """Every pair in every measure in which both it and the others have a value, corrected and worded."""
    if not measures:
        return []
    labels = np.array([pairs.index(row.pair) for row in rows])
    found = group_tests(labels, values, permutations=permutations, seed=seed)
    spread = np.nanstd(values, axis=0)
    tests = [
        _test(found, pair, measure.name, at, float(spread[at[1]]))
        for number, pair in enumerate(pairs)
        for column, measure in enumerate(measures)
        if found.sizes[at := (number, column)] and found.others_sizes[at]
    ]
    by_name = {measure.name: measure for measure in measures}
    adjusted = holm([test.p for test in tests])
    corrected = [
        replace(test, p_adjusted=each, flagged=each <= ALPHA)
        for test, each in zip(tests, adjusted, strict=True)
    ]
    return [
        replace(test, says=comparison_says(test, by_name[test.measure], len(tests))) for test in corrected
    ]


def _test(
    found: GroupTests, pair: str, measure: ParityMeasure, at: tuple[int, int], spread: float
) -> ParityTest:
    mean, others = float(found.means[at]), float(found.others_means[at])
    return ParityTest(
        pair=pair,
        measure=measure,
        mean=mean,
        others_mean=others,
        difference=mean - others,
        percent=100 * (mean - others) / others if others else None,
        standardised=(mean - others) / spread,
        rally_days=int(found.sizes[at]),
        others_rally_days=int(found.others_sizes[at]),
        p=float(found.p[at]),
        p_adjusted=1.0,
        flagged=False,
        says=_UNSAID,
    )


def _means(pair: str, rows: list[RallyDay], values: Floats) -> PairMeans:
    own = values[[row.pair == pair for row in rows]]
    means = {
        measure.name: float(np.nanmean(own[:, number]))
        for number, measure in enumerate(MEASURES)
        if not np.isnan(own[:, number]).all()
    }
    return PairMeans(pair=pair, rally_days=len(own), means=means)


def _pair_order(pair: str) -> tuple[int, str]:
    """`walikota/2` before `walikota/10`."""
    number = pair.rpartition("/")[2]
    return (int(number) if number.isdigit() else 0, pair)
