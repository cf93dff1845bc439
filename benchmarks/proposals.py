"""`python -m benchmarks.proposals`: a draft for a day of 14 rallies, and for one of 150 with 1,500 officers.

The days are made up from a seed: places are Kupang's kelurahan with a kilometre's scatter, rallies begin on
the half hour from 08:00 to 20:00, sites are guarded round the clock, every tenth officer is bound already,
hours so far differ by up to forty.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import resource
import time
from importlib.metadata import version
from typing import Final, NamedTuple

from benchmarks.machine import load_line, processor
from benchmarks.report import Report, at_most
from pamwal.contracts.places import Point
from pamwal.contracts.scheduling import DeploymentRole
from pamwal.edge.http import Message
from pamwal.places.gazetteer import kupang
from services.scheduler.proposal_route import Solver
from services.scheduler.solver.problem import Bound, Problem, Proposed, SolverOfficer, SolverPlace
from services.scheduler.solver.solve import in_order_of_time, propose

MINUTE_MS: Final = 60_000
MIDNIGHT_MS: Final = 1_727_884_800_000
"""3 October 2024, 00:00 WITA."""
PAIRS: Final = [f"walikota/{number}" for number in range(1, 6)] + [f"gubernur/{n}" for n in range(1, 4)]
PLAIN: Final = frozenset[DeploymentRole]({"guard", "escort", "patrol", "reserve"})
SKILLED: Final[dict[DeploymentRole, float]] = {"traffic": 0.2, "intel": 0.1, "field_commander": 0.13}
SCARCE: Final[dict[DeploymentRole, float]] = {"traffic": 0.05, "intel": 0.1, "field_commander": 0.03}
"""Role → share of the officers with that skill."""
WITHIN_S: Final = 240.0
GAP_PERCENT_MAX: Final = 5.0


class Size(NamedTuple):
    """How large a day is."""

    key: str
    what: str
    officers: int
    rallies: int
    sites: int
    homes: int
    within_s: float
    skills: dict[DeploymentRole, float]


SMALL: Final = Size("small", "151 officers, 14 rallies", 151, 14, 0, 5, 5.0, SKILLED)
LARGE: Final = Size("large", "1,500 officers, 150 places", 1_500, 145, 5, 30, 60.0, SKILLED)
SHORT: Final = Size("short", "1,500 officers, too few padal", 1_500, 145, 5, 30, 60.0, SCARCE)


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
        roles=PLAIN | {skill for skill, share in size.skills.items() if chance.random() < share},
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


class Solved(NamedTuple):
    """One proposal made in a process of its own, as the service has it."""

    proposed: Proposed
    seconds: float
    """From asking to the answer, with the start of the process and its imports."""
    cpu_s: float
    """CPU time of that process."""
    peak_mb: float
    """Of the largest process so far; each size takes more than the one before."""


def in_a_process(problem: Problem) -> Solved:
    """Solves it as the edge does, for a client that waits."""

    async def solving() -> Proposed:
        return await Solver().solve(problem, _client_that_waits)

    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    proposed = asyncio.run(solving())
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Solved(proposed, seconds, cpu_s, after.ru_maxrss / 1024)


async def _client_that_waits() -> Message:
    return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]


def value(proposed: Proposed, name: str) -> float:
    """One level of the objective."""
    return next(level.value for level in proposed.levels if level.name == name)


def add(report: Report, size: Size, seed: int) -> None:
    """One run of one day into the report."""
    problem, key, what = campaign_day(size, seed), size.key, size.what
    solved, again, plain = in_a_process(problem), propose(problem), in_order_of_time(problem)
    proposed = solved.proposed
    report.figure(f"{key}_s", f"{what}: from asking to the draft, s", solved.seconds, at_most(size.within_s))
    report.figure(f"{key}_cpu_s", f"{what}: CPU of the process, s", solved.cpu_s)
    gap_percent = at_most(GAP_PERCENT_MAX)
    report.figure(f"{key}_gap_percent", f"{what}: from the bound, %", 100 * proposed.gap, gap_percent)
    differing = len(set(proposed.orders) ^ set(again.orders))
    report.figure(f"{key}_differing_orders", f"{what}: other orders when solved again", differing, at_most(0))
    report.figure(f"{key}_peak_memory_mb", f"{what}: peak memory MB", solved.peak_mb)
    for name, words in (("shortage", "weighted lacks"), ("spread", "spread h²"), ("travel", "travel km")):
        unit = {"shortage": "points", "spread": "h2", "travel": "km"}[name]
        report.figure(f"{key}_{name}_{unit}", f"{what}: {words}", value(proposed, name))
        report.peer(f"{key}_plain_{name}_{unit}", f"{what}, in order of time: {words}", value(plain, name))
    report.peer(f"{key}_plain_s", f"{what}, in order of time: s", plain.wall_s)
    ratio = proposed.objective / plain.objective
    report.ratio(f"{key}_objective_to_plain", f"{what}: objective / in order of time", ratio, at_most(1))


def main() -> None:
    """Runs it all and prints the report."""
    parser = argparse.ArgumentParser(description="How fast and how good a draft for a day is.")
    parser.add_argument("--runs", type=int, default=3, help="each of another day")
    asked = parser.parse_args()
    report = Report("proposals", [f"{processor()}, ortools {version('ortools')}", load_line()])
    for size in (SMALL, LARGE, SHORT):
        for seed in report.rounds(size.what, asked.runs, WITHIN_S):
            add(report, size, seed)
    report.show()


if __name__ == "__main__":
    main()
