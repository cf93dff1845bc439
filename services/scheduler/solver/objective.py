"""What a proposal is judged by: five levels, each so heavy that it outweighs all below it.

| level | value | weight |
|---|---|---|
| shortage | lacking officers, each times its role's weight | 10,000,000 |
| pairs | largest less smallest share of required officer-hours given, summed over elections | 1,000,000 |
| spread | over the officers (hours so far + proposed)² - (hours so far)², from the one with the fewest | 1 |
| travel | km from home or the place before, each way rounded to a whole km | 0.01 |
| units | units beyond the first at each place | 0.005 |

One officer more or less moves a pair's share by a thousandth or more, that is by 1,000; no officer's spread
changes as much by trading one slot for another. A quarter of an hour beside the mean is worth some 10 km.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from pamwal.contracts.drafts import DraftSpread, Level
from pamwal.contracts.places import Point
from pamwal.contracts.scheduling import DeploymentRole
from services.scheduler.deciding.travel import geodesic_m
from services.scheduler.solver.problem import ROLE_WEIGHTS, Problem, ProposedOrder, SolverPlace
from services.scheduler.solver.rules import HOUR_MS
from services.scheduler.solver.slots import Slot

SHORTAGE_WEIGHT = 10_000_000.0
PAIRS_WEIGHT = 1_000_000.0
SPREAD_WEIGHT = 1.0
TRAVEL_WEIGHT = 0.01
UNITS_WEIGHT = 0.005


def way_km(one: Point | None, other: Point | None) -> int:
    """Whole km of geodesic; 0 where a point is not known."""
    return 0 if one is None or other is None else round(geodesic_m(one, other) / 1000)


def election_of(pair: str) -> str:
    """`walikota/3` stands in `walikota`."""
    return pair.partition("/")[0]


def required_hours(places: Iterable[SolverPlace]) -> dict[str, float]:
    """Candidate pair → officer-hours required at the places it is about."""
    found: dict[str, float] = defaultdict(float)
    for place in places:
        for pair in place.pairs:
            found[pair] += sum(place.required.values()) * (place.ends_ms - place.starts_ms) / HOUR_MS
    return {pair: hours for pair, hours in sorted(found.items()) if hours}


class Lack(NamedTuple):
    """So many of a role are missing at a slot."""

    slot: Slot
    role: DeploymentRole
    heads: int


def pair_shares(problem: Problem, lacks: Iterable[Lack]) -> dict[str, float]:
    """Candidate pair → given of each required officer-hour."""
    required = required_hours(problem.places)
    lacking = dict.fromkeys(required, 0.0)
    for lack in lacks:
        for pair in lack.slot.place.pairs:
            lacking[pair] += lack.heads * lack.slot.hours
    return {pair: 1 - lacking[pair] / hours for pair, hours in required.items()}


def unevenness(shares: Mapping[str, float]) -> float:
    """The largest less the smallest share of each election, summed."""
    elections: dict[str, list[float]] = defaultdict(list)
    for pair, share in shares.items():
        elections[election_of(pair)].append(share)
    return sum(max(each) - min(each) for each in elections.values())


def measure(
    problem: Problem, orders: Sequence[ProposedOrder], lacks: Sequence[Lack]
) -> tuple[DraftSpread, tuple[Level, ...]]:
    """What a proposal comes to, from its orders alone."""
    proposed: dict[str, float] = defaultdict(float)
    for order in orders:
        proposed[order.officer_id] += (order.ends_ms - order.starts_ms) / HOUR_MS
    so_far = [each.hours_so_far for each in problem.officers]
    hours = [each.hours_so_far + proposed[each.officer_id] for each in problem.officers]
    least, shares = min(so_far, default=0.0), pair_shares(problem, lacks)
    spread = DraftSpread(
        hours_min=min(hours, default=0.0),
        hours_max=max(hours, default=0.0),
        hours_mean=sum(hours) / len(hours) if hours else 0.0,
        travel_km=float(_travel_km(problem, orders)),
        pair_shares=shares,
        unit_changes=_unit_changes(problem, orders),
    )
    uneven = sum((now - least) ** 2 - (was - least) ** 2 for now, was in zip(hours, so_far, strict=True))
    lacking = sum(ROLE_WEIGHTS[lack.role] * lack.heads for lack in lacks)
    return spread, (
        Level(name="shortage", weight=SHORTAGE_WEIGHT, value=lacking),
        Level(name="pairs", weight=PAIRS_WEIGHT, value=unevenness(shares)),
        Level(name="spread", weight=SPREAD_WEIGHT, value=uneven),
        Level(name="travel", weight=TRAVEL_WEIGHT, value=spread.travel_km),
        Level(name="units", weight=UNITS_WEIGHT, value=spread.unit_changes),
    )


def _travel_km(problem: Problem, orders: Iterable[ProposedOrder]) -> int:
    points = {place.place: place.point for place in problem.places}
    stays: dict[str, list[tuple[int, bool, Point | None]]] = defaultdict(list)
    for order in orders:
        stays[order.officer_id].append((order.starts_ms, True, points[order.place]))
    km = 0
    for officer in problem.officers:
        if officer.officer_id in stays:
            bound = [(each.starts_ms, False, each.point) for each in officer.bound if each.duty]
            here = officer.home
            for _, proposed, point in sorted([*bound, *stays[officer.officer_id]], key=lambda each: each[:2]):
                km += way_km(here, point) if proposed else 0
                here = point
    return km


def _unit_changes(problem: Problem, orders: Iterable[ProposedOrder]) -> int:
    unit_of = {each.officer_id: each.unit for each in problem.officers}
    units: dict[str, set[str]] = defaultdict(set)
    for order in orders:
        units[order.place].add(unit_of[order.officer_id])
    return sum(len(each) - 1 for each in units.values())
