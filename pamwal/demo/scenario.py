"""The whole exercise from one seed: the truth, all that is said about it, the numbers that must come out."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Final

from msgspec import Struct

from pamwal.contracts.places import kecamatan_of
from pamwal.demo.day import POSTS, local_ms
from pamwal.demo.desk import INCIDENTS, INCIDENTS_OPEN, clashes, heartbeats, incidents, with_highest
from pamwal.demo.planning import planning
from pamwal.demo.reports import check_ins, check_outs
from pamwal.demo.sayings import Saying, numbered
from pamwal.demo.truth import MINUTE_MS, Truth, truth_of

PLANNED_MS: Final = local_ms("20:00") - 24 * 60 * MINUTE_MS
"""The plan is made the evening before."""
STARTS_MS: Final = local_ms("06:30")
ENDS_MS: Final = local_ms("21:10")
CLASHES_MS: Final = local_ms("06:45")
STATED: Final = {"officers": 151, "venues": 14, "kelurahan": 11, "kecamatan": 6}
"""What the bulletin of the day states; its kelurahan lie in 5 kecamatan, not in 6."""


class ExpectedNumbers(Struct, frozen=True, kw_only=True):
    """What the situation, the ledger and the claim check must say at the end of the day."""

    ordered: int
    present: int
    on_time: int
    late: int
    wrong_place: int
    absent: int
    by_kecamatan: dict[str, int]
    """Kecamatan code → officers ordered there."""
    by_satgas: dict[str, int]
    venues: int
    kelurahan: int
    kecamatan: int
    incidents: int
    incidents_open: int
    posts: int
    accepted: dict[str, int]
    """Post → distinct requests from the field that are accepted from it."""
    repeats: dict[str, int]
    """Post → requests that must be answered as repeats, at the least: a retry adds one."""
    refused: int
    """Clashes, each refused; a retry of one is a repeat."""


class Scenario(Struct, frozen=True, kw_only=True):
    """One exercise. `planning` is said in waves before the day, `sayings` by five posts during it."""

    seed: int
    truth: Truth
    planning: list[list[Saying]]
    sayings: list[Saying]
    expected: ExpectedNumbers


def scenario(seed: int) -> Scenario:
    """The same seed gives the same truth, ids, times and numbers."""
    chance = Random(seed)  # noqa: S311 - a scenario must be repeatable, not secret
    truth = truth_of(chance)
    waves = planning(truth, PLANNED_MS, chance)
    said = [
        *check_ins(truth, chance),
        *heartbeats(STARTS_MS, ENDS_MS, chance),
        *incidents(truth, chance),
        *clashes(truth, CLASHES_MS, chance),
        *check_outs(truth, chance),
    ]
    counted = numbered([*(saying for wave in waves for saying in wave), *said])
    planned = {saying.submission.id: saying for saying in counted if saying.send_ms == PLANNED_MS}
    sayings = [saying for saying in with_highest(counted) if saying.send_ms != PLANNED_MS]
    return Scenario(
        seed=seed,
        truth=truth,
        planning=[[planned[saying.submission.id] for saying in wave] for wave in waves],
        sayings=sayings,
        expected=expected_numbers(truth, sayings),
    )


def expected_numbers(truth: Truth, sayings: list[Saying]) -> ExpectedNumbers:
    """Counted from the truth and the list of what is said, never typed."""
    field = [saying for saying in sayings if saying.service == "checkin"]
    kelurahan = {rally.kelurahan for rally in truth.rallies}
    return ExpectedNumbers(
        ordered=len(truth.officers),
        present=len(truth.arrivals),
        on_time=truth.count("on_time"),
        late=truth.count("late"),
        wrong_place=truth.count("wrong_place"),
        absent=len(truth.absent),
        by_kecamatan=dict(Counter(kecamatan_of(officer.rally.kelurahan) for officer in truth.officers)),
        by_satgas=dict(Counter(officer.satgas for officer in truth.officers)),
        venues=len(truth.rallies),
        kelurahan=len(kelurahan),
        kecamatan=len({kecamatan_of(code) for code in kelurahan}),
        incidents=INCIDENTS,
        incidents_open=INCIDENTS_OPEN,
        posts=len(POSTS),
        accepted=dict(Counter(saying.post for saying in field if saying.expected == "accepted")),
        repeats=dict(Counter(saying.post for saying in field if saying.expected == "repeat")),
        refused=sum(saying.expected not in {"accepted", "repeat"} for saying in sayings),
    )
