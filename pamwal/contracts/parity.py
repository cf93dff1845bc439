"""Parity audit: are the candidate pairs of one election secured alike? Means, tests, and their limits."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from pamwal.contracts.reporting import Sight
from pamwal.contracts.scheduling import Day

ParityMeasure = Literal[
    "officer_hours", "officers_per_100", "lead_hours", "late_rate", "no_show_rate", "incidents_minor",
    "incidents_moderate", "incidents_severe", "incidents_extreme",
]  # fmt: skip
"""What is compared, each as one value a rally-day; `services/reporting/parity/measures.py` defines them."""


class Sentence(Struct, frozen=True, kw_only=True):
    """The same in Indonesian and in English."""

    id: str
    en: str


class PairMeans(Struct, frozen=True, kw_only=True):
    """One candidate pair: how many rally-days it has, and its mean of each measure, where one is known."""

    pair: str
    rally_days: int
    means: dict[ParityMeasure, float]


class ParityTest(Struct, frozen=True, kw_only=True):
    """One pair beside all others of its election, in one measure."""

    pair: str
    measure: ParityMeasure
    mean: float
    others_mean: float
    difference: float
    """mean − others_mean, in the measure's unit."""
    percent: float | None
    """100 × difference / others_mean; None where that is 0."""
    standardised: float
    """difference / standard deviation over all rally-days of the measure."""
    rally_days: int
    """Of the pair, of which the measure is known."""
    others_rally_days: int
    p: float
    """How often chance alone gives a difference this large or larger, either way: (b + 1) / (m + 1)."""
    p_adjusted: float
    """After Holm, over all pairs and measures of this audit."""
    flagged: bool
    """p_adjusted ≤ alpha."""
    says: Sentence


class LeftOut(Struct, frozen=True, kw_only=True):
    """Rallies of the election and the days that are in no comparison, by why."""

    cancelled: int
    not_begun: int
    debates: int
    """The election commission's own; no pair's."""
    several_pairs: int
    """They name several pairs of this election: whose was favoured cannot be said."""


class ParityAudit(Struct, frozen=True, kw_only=True):
    """The answer of `parity`."""

    operation_id: str
    election: str
    first_day: Day
    last_day: Day
    at: str
    vector: dict[str, int]
    sight: Sight
    rally_days: int
    left_out: LeftOut
    intel_counted: bool
    """True if `intel` is part of the measures, which only who may place it sees."""
    officer_days: int
    """Distinct officers a day, ordered to whatever place on these days; `intel` counts for every reader."""
    alpha: float
    permutations: int
    seed: int
    """With it and the rows anyone computes the same p."""
    comparisons: int
    flags: int
    says: Sentence
    pairs: list[PairMeans]
    tests: list[ParityTest]
    """Smallest p first, of equal ones the largest standardised difference."""
    not_tested: list[ParityMeasure]
    """Known nowhere, or the same at every rally: there is nothing to compare."""
    cautions: list[Sentence]
    """What the audit cannot say."""
