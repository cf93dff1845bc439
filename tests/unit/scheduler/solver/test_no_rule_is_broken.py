"""Whatever the day, a proposal breaks no rule, counts right, and lacks no more than it must."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations, product
from operator import mul

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pamwal.contracts.scheduling import DeploymentRole
from services.scheduler.solver.problem import (
    ROLE_WEIGHTS,
    Bound,
    Partly,
    Problem,
    Proposed,
    SolverOfficer,
    SolverPlace,
    SolverPolicy,
)
from services.scheduler.solver.solve import in_order_of_time, propose
from tests.unit.scheduler.solver.days import LASIANA, OEBOBO, PLAIN, SULAMU, at, broken, wrong_life

POINTS = st.sampled_from([OEBOBO, LASIANA, SULAMU, None])
SKILLS: list[DeploymentRole] = ["traffic", "intel", "field_commander"]
ROLES: list[DeploymentRole] = ["guard", "escort", *SKILLS]


@st.composite
def hours(draw: st.DrawFn, longest: int) -> tuple[int, int]:
    starts = draw(st.integers(-8 * 4, 40 * 4))
    return at(starts / 4), at((starts + draw(st.integers(1, longest * 4))) / 4)


@st.composite
def bounds(draw: st.DrawFn) -> tuple[Bound, ...]:
    found: list[Bound] = []
    for _ in range(draw(st.integers(0, 2))):
        starts_ms, ends_ms = draw(hours(6))
        if all(ends_ms <= each.starts_ms or each.ends_ms <= starts_ms for each in found):
            found.append(
                Bound(starts_ms=starts_ms, ends_ms=ends_ms, point=draw(POINTS), duty=draw(st.booleans()))
            )
    return tuple(found)


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    people = tuple(
        SolverOfficer(
            officer_id=f"o{number}",
            unit=draw(st.sampled_from(["u1", "u2"])),
            roles=PLAIN | draw(st.frozensets(st.sampled_from(SKILLS), max_size=2)),
            home=draw(POINTS),
            bound=draw(bounds()),
            rank=draw(st.none() | st.integers(0, 5)),
            hours_so_far=draw(st.integers(0, 40)) / 4,
        )
        for number in range(draw(st.integers(0, 9)))
    )
    places = []
    for number in range(draw(st.integers(0, 6))):
        starts_ms, ends_ms = draw(hours(20))
        partly = [(draw(st.sampled_from(ROLES)), *draw(hours(6))) for _ in range(draw(st.integers(0, 2)))]
        places.append(
            SolverPlace(
                partly=tuple(Partly(role=role, starts_ms=one, ends_ms=other) for role, one, other in partly),
                place=f"rally/r{number}",
                starts_ms=starts_ms,
                ends_ms=ends_ms,
                point=draw(POINTS),
                required=draw(st.dictionaries(st.sampled_from(ROLES), st.integers(0, 4), max_size=3)),
                ordered=draw(st.dictionaries(st.sampled_from(ROLES), st.integers(0, 2), max_size=1)),
                pairs=draw(st.sampled_from([(), ("walikota/1",), ("walikota/2", "gubernur/1")])),
            )
        )
    policy = SolverPolicy(
        minimum_rest_h=draw(st.sampled_from([0.0, 6.0, 8.0, 11.0])),
        longest_duty_h=draw(st.sampled_from([4.0, 8.0, 12.0])),
    )
    return Problem(officers=people, places=tuple(places), policy=policy, time_limit_s=2.0)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(problems())
def test_no_proposal_breaks_a_rule(problem: Problem) -> None:
    proposed = propose(problem)

    assert broken(problem, proposed) == []
    assert 0 <= proposed.bound <= proposed.objective * (1 + 1e-6) + 1e-6
    assert list(badly_led(problem, proposed)) == []


def badly_led(problem: Problem, proposed: Proposed) -> Iterator[tuple[str, str]]:
    """Field commanders below an officer beside them who could lead in their stead, with that officer."""
    known = {each.officer_id: each for each in problem.officers}
    for leads, other in permutations(proposed.orders, 2):
        leader, guard = known[leads.officer_id], known[other.officer_id]
        beside = (leads.place, leads.starts_ms, leads.ends_ms) == (
            other.place,
            other.starts_ms,
            other.ends_ms,
        )
        if (
            beside
            and leads.role == "field_commander" != other.role
            and leads.role in guard.roles
            and other.role in leader.roles
            and leader.rank is not None
            and guard.rank is not None
            and guard.rank < leader.rank
        ):
            yield leads.officer_id, other.officer_id


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(problems())
def test_the_plain_way_breaks_no_rule_either(problem: Problem) -> None:
    assert broken(problem, in_order_of_time(problem)) == []


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(problems())
def test_the_same_problem_has_the_same_proposal(problem: Problem) -> None:
    assert propose(problem).orders == propose(problem).orders


def fewest_lacking(problem: Problem) -> int:
    """The least weighted shortage, by trying every legal duty of every officer."""
    needs = tuple(
        (place, role, place.required[role]) for place in problem.places for role in sorted(place.required)
    )
    left = {tuple(count for *_, count in needs)}
    for person in problem.officers:
        duties = legal_duties(problem, person, needs)
        left = {
            tuple(count - taken for count, taken in zip(state, duty, strict=True))
            for state in left
            for duty in duties
            if all(taken <= count for count, taken in zip(state, duty, strict=True))
        }
    weights = [ROLE_WEIGHTS[role] for _, role, _ in needs]
    return min(sum(map(mul, weights, state)) for state in left)


def legal_duties(
    problem: Problem, person: SolverOfficer, needs: tuple[tuple[SolverPlace, DeploymentRole, int], ...]
) -> list[tuple[int, ...]]:
    found = []
    for duty in product((0, 1), repeat=len(needs)):
        chosen = [(place, role) for (place, role, _), taken in zip(needs, duty, strict=True) if taken]
        stays = [(place.starts_ms, place.ends_ms, place.point, True) for place, _ in chosen]
        fixed = [(each.starts_ms, each.ends_ms, each.point, False) for each in person.bound]
        if all(role in person.roles for _, role in chosen) and not wrong_life(
            person.officer_id, sorted([*stays, *fixed], key=lambda stay: stay[:2]), problem.policy
        ):
            found.append(duty)
    return found


@st.composite
def tight_days(draw: st.DrawFn) -> Problem:
    people = []
    for number in range(draw(st.integers(1, 3))):
        starts = draw(st.integers(12, 30))
        bookings = (Bound(starts_ms=at(starts / 2), ends_ms=at(starts / 2 + 1), point=draw(POINTS)),)
        people.append(
            SolverOfficer(
                officer_id=f"o{number}",
                unit="u",
                roles=PLAIN | draw(st.frozensets(st.sampled_from(SKILLS), max_size=1)),
                bound=bookings if draw(st.booleans()) else (),
            )
        )
    places = []
    for number in range(draw(st.integers(1, 4))):
        starts, length = draw(st.integers(12, 40)), draw(st.integers(1, 12))
        places.append(
            SolverPlace(
                place=f"rally/r{number}",
                starts_ms=at(starts / 2),
                ends_ms=at((starts + length) / 2),
                point=draw(POINTS),
                required=draw(
                    st.dictionaries(st.sampled_from(ROLES), st.integers(1, 2), min_size=1, max_size=2)
                ),
            )
        )
    return Problem(officers=tuple(people), places=tuple(places), time_limit_s=2.0)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tight_days())
def test_no_more_lacks_than_must(problem: Problem) -> None:
    assert propose(problem).levels[0].value == fewest_lacking(problem)


@st.composite
def days_around_noon(draw: st.DrawFn) -> Problem:
    """Mornings and evenings with a rest between, which a booking at noon takes away from some."""
    noon = Bound(starts_ms=at(13), ends_ms=at(14), point=OEBOBO)
    people = tuple(
        SolverOfficer(
            officer_id=f"o{number}",
            unit="u",
            roles=frozenset(draw(st.sets(st.sampled_from(ROLES), min_size=1, max_size=3))),
            bound=(noon,) if draw(st.booleans()) else (),
        )
        for number in range(draw(st.integers(2, 4)))
    )
    places = []
    for number in range(draw(st.integers(2, 5))):
        starts, length = draw(st.sampled_from([5, 6, 8, 20, 21, 22])), draw(st.integers(2, 4))
        places.append(
            SolverPlace(
                place=f"rally/r{number}",
                starts_ms=at(starts),
                ends_ms=at(starts + length),
                point=OEBOBO,
                required=draw(st.dictionaries(st.sampled_from(ROLES), st.just(1), min_size=1, max_size=2)),
            )
        )
    return Problem(officers=people, places=tuple(places), time_limit_s=2.0)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(days_around_noon())
def test_a_booking_that_takes_a_rest_away_is_seen(problem: Problem) -> None:
    assert propose(problem).levels[0].value == fewest_lacking(problem)
