"""S5 of the domain: sixty days, five pairs, 840 rally-days, 9,060 officer-days.

Of 400 consecutive fair random runs at most 5 % have any pair flagged; with 20 % fewer officers per 100
attendees for pair 3 it is flagged in at least 95 %. Each run is a table of rally-days, tested as the product
tests it, all with one seed of permutations, so that these are drawn once.
"""

from __future__ import annotations

from random import Random
from typing import Final

import numpy as np

from pamwal.contracts.parity import LeftOut
from pamwal.contracts.zones import HOUR_MS
from services.reporting.parity.audit import ALPHA, PERMUTATIONS, Scope, audit_of
from services.reporting.parity.measures import MEASURES, values_of
from services.reporting.parity.permutation import GroupTests, group_tests, holm, varies
from services.reporting.parity.rally_days import RallyDay, RallyDays

RUNS: Final = 400
NOTHING: Final = LeftOut(cancelled=0, not_begun=0, debates=0, several_pairs=0)
SCOPE: Final = Scope(
    operation_id="turangga", election="walikota", first_day="2024-09-25", last_day="2024-11-23",
    at="2024-11-24T00:00:00.000Z", vector={}, sight="full",
)  # fmt: skip
DAYS, RALLIES_A_DAY, PAIRS, OFFICERS_A_DAY = 60, 14, 5, 151
SCANT_PAIR: Final = "walikota/3"
SCANT: Final = 0.8
"""20 % fewer."""


def run(seed: int, *, scant: bool) -> list[RallyDay]:
    """One random run: which pair a rally is of has no part in it, but for `scant` in who is sent there.

    Every day all 151 officers are shared out over its 14 rallies, by the attendance that is expected and a
    planner's judgement.
    """
    chance = Random(seed)
    labels = [f"walikota/{1 + number % PAIRS}" for number in range(DAYS * RALLIES_A_DAY)]
    chance.shuffle(labels)
    rows: list[RallyDay] = []
    for day in range(DAYS):
        pairs = labels[day * RALLIES_A_DAY : (day + 1) * RALLIES_A_DAY]
        expected = [chance.randrange(150, 451, 10) for _ in pairs]
        weights = [
            people * chance.uniform(0.7, 1.3) * (SCANT if scant and pair == SCANT_PAIR else 1)
            for people, pair in zip(expected, pairs, strict=True)
        ]
        officers = shared_out(OFFICERS_A_DAY, weights)
        rows += [
            rally_day(chance, f"day-{day:02d}", f"r-{day}-{number}", *each)
            for number, each in enumerate(zip(pairs, expected, officers, strict=True))
        ]
    return rows


def shared_out(officers: int, weights: list[float]) -> list[int]:
    """Whole officers by largest remainder."""
    exact = [officers * weight / sum(weights) for weight in weights]
    shares = [int(each) for each in exact]
    rest = sorted(range(len(exact)), key=lambda number: shares[number] - exact[number])
    for number in rest[: officers - sum(shares)]:
        shares[number] += 1
    return shares


def rally_day(chance: Random, day: str, rally_id: str, pair: str, expected: int, officers: int) -> RallyDay:
    """What happened at one rally; none of it knows the pair."""
    absent = sum(chance.random() < 0.01 for _ in range(officers))
    late = sum(chance.random() < 0.03 for _ in range(officers - absent))
    minor, moderate, severe = (int(chance.random() < rate) for rate in (0.1, 0.03, 0.005))
    return RallyDay(
        day=day,
        rally_id=rally_id,
        pair=pair,
        officers=officers,
        officer_ms=officers * chance.choice((2, 3, 4)) * HOUR_MS,
        expected=expected,
        lead_ms=round(chance.expovariate(1 / 24) * HOUR_MS),
        on_time=officers - absent - late,
        late=late,
        came=officers - absent,
        absent=absent,
        incidents=(minor, moderate, severe, 0),
    )


def outcomes_of(runs: list[list[RallyDay]]) -> list[GroupTests]:
    """All runs at once: rows sorted by pair have the same labels, so one matrix product tests many runs."""
    tables = [values_of(sorted(rows, key=lambda row: row.pair)) for rows in runs]
    labels = np.repeat(np.arange(PAIRS), DAYS * RALLIES_A_DAY // PAIRS)
    whole = group_tests(labels, np.hstack(tables), permutations=PERMUTATIONS, seed=0)
    width = len(MEASURES)
    return [
        GroupTests(
            means=whole.means[:, at : at + width],
            others_means=whole.others_means[:, at : at + width],
            sizes=whole.sizes[:, at : at + width],
            others_sizes=whole.others_sizes[:, at : at + width],
            p=whole.p[:, at : at + width][:, varies(table)],
        )
        for at, table in zip(range(0, width * len(tables), width), tables, strict=True)
    ]


def flagged(found: GroupTests) -> bool:
    return min(holm(found.p.ravel().tolist())) <= ALPHA


def test_many_runs_at_once_are_tested_as_the_product_tests_each() -> None:
    runs = [run(seed, scant=True) for seed in range(2)]
    for rows, outcome in zip(runs, outcomes_of(runs), strict=True):
        by_pair = sorted(rows, key=lambda row: row.pair)
        table = RallyDays(rows=by_pair, left_out=NOTHING, officer_days=0)
        audit = audit_of(table, SCOPE, seed=0)
        kept = [measure.name for number, measure in enumerate(MEASURES) if varies(values_of(rows))[number]]
        found = {(test.pair, test.measure): test.p for test in audit.tests}
        assert found == {
            (f"walikota/{1 + pair}", name): outcome.p[pair, column]
            for pair in range(PAIRS)
            for column, name in enumerate(kept)
        }
        worst = audit.tests[0]
        assert (worst.pair, worst.measure, worst.flagged) == (SCANT_PAIR, "officers_per_100", True)
        assert worst.percent is not None
        assert -22 < worst.percent < -18
        assert worst.says.en.startswith("Pair 3 received ")
        assert "% fewer officers per 100 expected attendees than the others" in worst.says.en
        assert f"in 1 of {PERMUTATIONS + 1:,}" in worst.says.en


def test_sixty_fair_days_flag_a_pair_in_at_most_one_of_twenty_runs() -> None:
    runs = [run(seed, scant=False) for seed in range(RUNS)]
    assert {len(rows) for rows in runs} == {840}
    assert {sum(row.officers for row in rows) for rows in runs} == {9_060}
    assert all(sum(row.pair == SCANT_PAIR for row in rows) == 168 for rows in runs)
    share = sum(flagged(each) for each in outcomes_of(runs)) / RUNS
    assert share <= 0.05


def test_a_fifth_fewer_officers_for_one_pair_are_found_in_nearly_every_run() -> None:
    runs = [run(seed, scant=True) for seed in range(RUNS)]
    assert {sum(row.officers for row in rows) for rows in runs} == {9_060}
    column = [measure.name for measure in MEASURES].index("officers_per_100")
    found = 0
    for rows, each in zip(runs, outcomes_of(runs), strict=True):
        kept = [number for number, varying in enumerate(varies(values_of(rows))) if varying]
        adjusted = np.array(holm(each.p.ravel().tolist())).reshape(each.p.shape)
        fewer = each.means[2, column] < each.others_means[2, column]
        found += bool(adjusted[2, kept.index(column)] <= ALPHA and fewer)
    assert found / RUNS >= 0.95
