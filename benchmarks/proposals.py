"""`python -m benchmarks.proposals`: a draft for a day of 14 rallies, and for one of 150 with 1,500 officers.

The days are made up from a seed: places are Kupang's kelurahan with a kilometre's scatter, rallies begin on
the half hour from 08:00 to 20:00, sites are guarded round the clock, every tenth officer is bound already,
hours so far differ by up to forty.
"""

from __future__ import annotations

import random
from typing import Final, NamedTuple

from pamwal.contracts.places import Point
from pamwal.contracts.scheduling import DeploymentRole
from pamwal.places.gazetteer import kupang
from services.scheduler.solver.problem import Bound, Problem, SolverOfficer, SolverPlace

MINUTE_MS: Final = 60_000
MIDNIGHT_MS: Final = 1_727_884_800_000
"""3 October 2024, 00:00 WITA."""
PAIRS: Final = [f"walikota/{number}" for number in range(1, 6)] + [f"gubernur/{n}" for n in range(1, 4)]
PLAIN: Final = frozenset[DeploymentRole]({"guard", "escort", "patrol", "reserve"})
SKILLS: Final[dict[DeploymentRole, float]] = {"traffic": 0.2, "intel": 0.1, "field_commander": 0.13}


class Size(NamedTuple):
    """How large a day is."""

    name: str
    officers: int
    rallies: int
    sites: int
    homes: int
    within_s: float


SMALL: Final = Size("151 officers, 14 rallies", 151, 14, 0, 5, 5.0)
LARGE: Final = Size("1,500 officers, 145 rallies, 5 sites", 1_500, 145, 5, 30, 60.0)


def campaign_day(size: Size, seed: int) -> Problem:
    """A day of that size; the same for the same seed."""
    chance = random.Random(seed)
    points = [place.point for place in kupang().places]
    homes = chance.sample(points, size.homes)
    return Problem(
        officers=tuple(_officer(chance, number, size, homes, points) for number in range(size.officers)),
        places=tuple(_rally(chance, number, points) for number in range(size.rallies))
        + tuple(_site(chance, number, points) for number in range(size.sites)),
        seed=seed,
        time_limit_s=size.within_s,
    )


def _near(chance: random.Random, points: list[Point]) -> Point:
    point = chance.choice(points)
    return Point(
        latitude=round(point.latitude + chance.uniform(-0.01, 0.01), 4),
        longitude=round(point.longitude + chance.uniform(-0.01, 0.01), 4),
    )


def _officer(
    chance: random.Random, number: int, size: Size, homes: list[Point], points: list[Point]
) -> SolverOfficer:
    home = number % size.homes
    starts_ms = MIDNIGHT_MS + chance.randrange(12, 40) * 30 * MINUTE_MS
    bound = (Bound(starts_ms=starts_ms, ends_ms=starts_ms + 120 * MINUTE_MS, point=_near(chance, points)),)
    return SolverOfficer(
        officer_id=f"o{number:04}",
        unit=f"polsek-{home}",
        roles=PLAIN | {skill for skill, share in SKILLS.items() if chance.random() < share},
        home=homes[home],
        bound=bound if number % 10 == 9 else (),
        hours_so_far=chance.randrange(0, 80) / 2,
    )


def _rally(chance: random.Random, number: int, points: list[Point]) -> SolverPlace:
    starts_ms = MIDNIGHT_MS + chance.randrange(16, 40) * 30 * MINUTE_MS
    return SolverPlace(
        place=f"rally/r{number:03}",
        starts_ms=starts_ms,
        ends_ms=starts_ms + chance.choice((90, 120, 120, 150, 180, 240)) * MINUTE_MS,
        point=_near(chance, points),
        required={
            "field_commander": 1,
            "guard": chance.randrange(4, 9),
            "escort": chance.randrange(1, 4),
            "traffic": chance.randrange(1, 4),
            "intel": chance.randrange(0, 2),
        },
        pairs=tuple(sorted({chance.choice(PAIRS[:5]), chance.choice(PAIRS[5:])})),
    )


def _site(chance: random.Random, number: int, points: list[Point]) -> SolverPlace:
    return SolverPlace(
        place=f"site/s{number:02}",
        starts_ms=MIDNIGHT_MS,
        ends_ms=MIDNIGHT_MS + 24 * 60 * MINUTE_MS,
        point=_near(chance, points),
        required={"field_commander": 1, "guard": 6},
    )
