"""Small days to solve, and a checker of proposals that shares nothing with the solver."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from math import asin, cos, radians, sin, sqrt

from pamwal.contracts.places import Point
from pamwal.contracts.scheduling import DeploymentRole
from services.scheduler.solver.problem import (
    Bound,
    Problem,
    Proposed,
    SolverOfficer,
    SolverPlace,
    SolverPolicy,
)

HOUR_MS = 3_600_000
MIDNIGHT_MS = 1_727_884_800_000
OEBOBO = Point(latitude=-10.1653, longitude=123.6209)
LASIANA = Point(latitude=-10.1365, longitude=123.6667)
"""About six km from Oebobo: a quarter of an hour at 25 km/h."""
SULAMU = Point(latitude=-10.0333, longitude=123.6)
PLAIN: frozenset[DeploymentRole] = frozenset({"guard", "escort", "patrol", "reserve"})


def at(hour: float) -> int:
    """That hour of 3 October 2024 in Kupang."""
    return MIDNIGHT_MS + round(hour * HOUR_MS)


def officer(name: str, *skills: DeploymentRole, **more: object) -> SolverOfficer:
    given = {"unit": "polsek-a", "roles": PLAIN | frozenset(skills), **more}
    return SolverOfficer(officer_id=name, **given)  # type: ignore[arg-type]


def officers(count: int, *skills: DeploymentRole) -> tuple[SolverOfficer, ...]:
    return tuple(officer(f"o{number:02}", *skills) for number in range(count))


def rally(
    name: str,
    starts: float,
    ends: float,
    point: Point | None = OEBOBO,
    pairs: Iterable[str] = (),
    ordered: dict[DeploymentRole, int] | None = None,
    **required: int,
) -> SolverPlace:
    return SolverPlace(
        place=f"rally/{name}",
        starts_ms=at(starts),
        ends_ms=at(ends),
        point=point,
        required=required,  # type: ignore[arg-type]
        ordered=ordered or {},
        pairs=tuple(pairs),
    )


def bound(starts: float, ends: float, point: Point | None = OEBOBO, *, duty: bool = True) -> Bound:
    return Bound(starts_ms=at(starts), ends_ms=at(ends), point=point, duty=duty)


def day(
    people: tuple[SolverOfficer, ...], *places: SolverPlace, policy: SolverPolicy | None = None
) -> Problem:
    return Problem(officers=people, places=places, policy=policy or SolverPolicy(), time_limit_s=5.0)


def given(proposed: Proposed, place: str) -> list[str]:
    """Who is proposed at a rally."""
    return sorted(order.officer_id for order in proposed.orders if order.place == f"rally/{place}")


def lacking(proposed: Proposed) -> dict[tuple[str, str], int]:
    return {(each.place, each.role): each.lacking for each in proposed.shortages}


def broken(problem: Problem, proposed: Proposed) -> list[str]:
    """Every rule a proposal breaks, in words; checked from the orders alone, by scanning."""
    return [
        *_wrong_rows(problem, proposed),
        *_wrong_counts(problem, proposed),
        *_wrong_lives(problem, proposed),
    ]


def _wrong_rows(problem: Problem, proposed: Proposed) -> list[str]:
    roles = {each.officer_id: each.roles for each in problem.officers}
    places = {each.place: each for each in problem.places}
    found = []
    for order in proposed.orders:
        place = places[order.place]
        if order.role not in roles[order.officer_id]:
            found.append(f"{order.officer_id} may not take {order.role}")
        if not place.starts_ms <= order.starts_ms < order.ends_ms <= place.ends_ms:
            found.append(f"{order} is not within the hours of its place")
    return found


def _wrong_counts(problem: Problem, proposed: Proposed) -> list[str]:
    """Each moment of each place has what it requires less what is said to be lacking."""
    found = []
    for place in problem.places:
        rows = [order for order in proposed.orders if order.place == place.place]
        short = [each for each in proposed.shortages if each.place == place.place]
        moments = {place.starts_ms} | {each.starts_ms for each in (*rows, *short)}
        moments |= {moment for each in place.partly for moment in (each.starts_ms, each.ends_ms)}
        for moment in (each for each in moments if place.starts_ms <= each < place.ends_ms):
            for role, required in place.required.items():
                there = sum(row.role == role and row.starts_ms <= moment < row.ends_ms for row in rows)
                lacks = sum(
                    each.lacking
                    for each in short
                    if each.role == role and each.starts_ms <= moment < each.ends_ms
                )
                standing = sum(
                    each.role == role and each.starts_ms <= moment < each.ends_ms for each in place.partly
                )
                needed = max(0, required - place.ordered.get(role, 0) - standing)
                if there + lacks != needed:
                    found.append(f"{place.place} {role} at {moment}: {there} given, {lacks} lack of {needed}")
    return found


def _wrong_lives(problem: Problem, proposed: Proposed) -> list[str]:
    points = {each.place: each.point for each in problem.places}
    lives: dict[str, list[tuple[int, int, Point | None, bool]]] = defaultdict(list)
    for order in proposed.orders:
        lives[order.officer_id].append((order.starts_ms, order.ends_ms, points[order.place], True))
    found = []
    for person in problem.officers:
        mine = lives[person.officer_id]
        absent = [(each.starts_ms, each.ends_ms) for each in person.bound if not each.duty]
        found += [
            f"{person.officer_id} is absent"
            for starts, ends, _, _ in mine
            if any(starts < gone_to and gone_from < ends for gone_from, gone_to in absent)
        ]
        if mine:
            fixed = [(each.starts_ms, each.ends_ms, each.point, False) for each in person.bound if each.duty]
            found += wrong_life(
                person.officer_id, sorted([*mine, *fixed], key=lambda e: e[:2]), problem.policy
            )
    return found


def wrong_life(
    name: str, stays: list[tuple[int, int, Point | None, bool]], policy: SolverPolicy
) -> list[str]:
    found = []
    for (_, ends, here, one), (starts, _, there, other) in pairwise(stays):
        if starts < ends:
            found.append(f"{name} is in two places at {starts}")
        elif (one or other) and here is not None and there is not None:
            way_ms = _metres(here, there) / (policy.travel_speed_kmh / 3.6) * 1000
            if starts - ends < way_ms * 0.993:  # the sphere against the ellipsoid
                found.append(f"{name} cannot arrive at {starts}")
    for first in range(len(stays)):
        last = first
        while last + 1 < len(stays) and _near(stays[last], stays[last + 1], policy):
            last += 1
            part = stays[first : last + 1]
            if any(proposed for *_, proposed in part):
                found += _too_long(name, part, policy)
    found += [line for stay in stays if stay[3] for line in _too_long(name, [stay], policy)]
    return found


def _near(
    one: tuple[int, int, Point | None, bool], other: tuple[int, int, Point | None, bool], policy: SolverPolicy
) -> bool:
    return other[0] - one[1] < policy.minimum_rest_h * HOUR_MS


def _too_long(name: str, part: list[tuple[int, int, Point | None, bool]], policy: SolverPolicy) -> list[str]:
    found = []
    if part[-1][1] - part[0][0] > (24 - policy.minimum_rest_h) * HOUR_MS + 1:
        found.append(f"{name} has no rest within 24 h")
    if sum(ends - starts for starts, ends, _, _ in part) > policy.longest_duty_h * HOUR_MS + 1:
        found.append(f"{name} is on duty too long")
    return found


def _metres(one: Point, other: Point) -> float:
    north, south = radians(one.latitude), radians(other.latitude)
    half = sin((south - north) / 2) ** 2
    half += cos(north) * cos(south) * sin(radians(other.longitude - one.longitude) / 2) ** 2
    return 2 * 6_371_008.8 * asin(sqrt(half))
