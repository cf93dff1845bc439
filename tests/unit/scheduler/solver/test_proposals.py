"""What a proposal is, on days small enough to solve by hand."""

from __future__ import annotations

import subprocess
import sys

import msgspec
import pytest

from pamwal.contracts.scheduling import DeploymentRole
from services.scheduler.solver.problem import Partly, Problem, Proposed, SolverOfficer, SolverPolicy
from services.scheduler.solver.solve import in_order_of_time, propose, solve
from tests.unit.scheduler.solver.days import (
    LASIANA,
    OEBOBO,
    SULAMU,
    at,
    bound,
    broken,
    day,
    given,
    lacking,
    officer,
    officers,
    rally,
)


def solved(problem: Problem) -> Proposed:
    """Solved, and found to break no rule."""
    proposed = propose(problem)
    assert broken(problem, proposed) == []
    return proposed


# -- strength ----------------------------------------------------------------------------------------------


def test_a_day_without_places_has_an_empty_proposal() -> None:
    proposed = solved(day(officers(3)))

    assert (proposed.orders, proposed.shortages, proposed.status, proposed.gap) == ((), (), "empty", 0.0)


def test_without_officers_everything_lacks() -> None:
    proposed = solved(day((), rally("a", 8, 10, guard=2)))

    assert lacking(proposed) == {("rally/a", "guard"): 2}
    assert proposed.shortages[0].why == "there is no officer who may take the role guard"
    assert (proposed.gap, proposed.status) == (0.0, "optimal")


def test_strength_is_met_per_role_by_who_may_take_it() -> None:
    people = (
        officer("padal", "field_commander"),
        officer("lantas", "traffic"),
        officer("one"),
        officer("two"),
    )

    proposed = solved(day(people, rally("a", 8, 10, guard=2, traffic=1, field_commander=1)))

    assert {order.role: order.officer_id for order in proposed.orders if order.role != "guard"} == {
        "field_commander": "padal",
        "traffic": "lantas",
    }
    assert proposed.shortages == ()
    assert proposed.status == "optimal"


def test_what_is_ordered_already_is_not_proposed_again() -> None:
    proposed = solved(day(officers(3), rally("a", 8, 10, guard=3, ordered={"guard": 2})))

    assert len(proposed.orders) == 1


def test_whoever_is_there_for_a_part_is_joined_for_that_part_only() -> None:
    # Two are needed from 16 to 20 and one is there until 18: one stands through, one comes for the rest.
    half = Partly(role="guard", starts_ms=at(15), ends_ms=at(18))
    place = msgspec.structs.replace(rally("a", 16, 20, guard=2), partly=(half,))

    proposed = solved(day(officers(3), place))

    assert sorted((order.starts_ms, order.ends_ms) for order in proposed.orders) == [
        (at(16), at(20)),
        (at(18), at(20)),
    ]
    (short,) = solved(day(officers(1), place)).shortages
    assert (short.ends_ms, short.required, short.given, short.lacking) == (at(20), 2, 1, 1)
    both = solved(day((), place)).shortages
    assert [(each.starts_ms, each.ends_ms, each.lacking) for each in both] == [
        (at(16), at(18), 1),
        (at(18), at(20), 2),
    ]


def test_a_scarce_skill_goes_where_nobody_else_can_stand() -> None:
    # Whoever fills slot by slot uses the one with the skill as a guard and then has none for traffic.
    people = (officer("lantas", "traffic", hours_so_far=0.0), officer("plain", hours_so_far=5.0))

    proposed = solved(day(people, rally("a", 8, 10, guard=1), rally("b", 9, 11, traffic=1)))

    assert (given(proposed, "a"), given(proposed, "b")) == (["plain"], ["lantas"])


def test_more_can_be_met_than_in_order_of_time() -> None:
    # In order of time the short day's officer goes to the first; then nobody is left for the evening.
    people = (officer("tired", bound=(bound(-4, 4),), hours_so_far=0.0), officer("fresh", hours_so_far=1.0))
    places = (rally("morning", 8, 11.5, guard=1), rally("long", 11.5, 17, guard=1, point=OEBOBO))
    problem = day(people, *places)

    assert len(solved(problem).orders) >= len(in_order_of_time(problem).orders)
    assert solved(problem).shortages == ()


def test_a_lack_of_a_padal_weighs_more_than_one_of_a_guard() -> None:
    people = (officer("padal", "field_commander"),)

    proposed = solved(day(people, rally("a", 8, 10, guard=1, field_commander=1)))

    assert [order.role for order in proposed.orders] == ["field_commander"]
    assert lacking(proposed) == {("rally/a", "guard"): 1}


def test_a_site_of_a_whole_day_is_guarded_in_watches() -> None:
    proposed = solved(day(officers(2), rally("kpu", 0, 24, guard=1)))

    assert sorted((order.starts_ms, order.ends_ms) for order in proposed.orders) == [
        (at(0), at(12)),
        (at(12), at(24)),
    ]
    assert len({order.officer_id for order in proposed.orders}) == 2


# -- the rules ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("people", "places", "policy", "lacks", "why"),
    [
        pytest.param(
            officers(1),
            (rally("a", 8, 10, guard=1), rally("b", 9, 11, guard=1)),
            None,
            1,
            "no officer who may take the role guard is free: all 1 are bound in these hours",
            id="overlap",
        ),
        pytest.param(
            officers(1),
            (rally("a", 8, 10, guard=1), rally("b", 10.2, 12, guard=1, point=LASIANA)),
            None,
            1,
            "cannot arrive in time",
            id="travel: six km in twelve minutes",
        ),
        pytest.param(
            officers(1),
            (rally("a", 0, 4, guard=1), rally("b", 9, 11, guard=1), rally("c", 15, 17, guard=1)),
            None,
            1,
            "would miss the rest",
            id="rest: from 0 to 17 without 8 h of it",
        ),
        pytest.param(
            officers(1),
            (rally("a", 6, 11, guard=1), rally("b", 11, 16, guard=1), rally("c", 16, 19, guard=1)),
            None,
            1,
            "would exceed the longest duty",
            id="duty: 13 h",
        ),
        pytest.param(
            (officer("o", bound=(bound(9, 12),)),),
            (rally("a", 8, 10, guard=1),),
            None,
            1,
            "bound in these hours",
            id="fixed booking: overlap",
        ),
        pytest.param(
            (officer("o", bound=(bound(8, 10, SULAMU),)),),
            (rally("a", 10.5, 12, guard=1),),
            None,
            1,
            "cannot arrive in time",
            id="fixed booking: travel",
        ),
        pytest.param(
            (officer("o", bound=(bound(-5, 3),)),),
            (rally("a", 8, 13, guard=1),),
            None,
            1,
            "would miss the rest",
            id="fixed booking: the night before",
        ),
        pytest.param(
            (officer("o", bound=(bound(8, 10, duty=False),)),),
            (rally("a", 9, 11, guard=1),),
            None,
            1,
            "bound in these hours",
            id="absence",
        ),
        pytest.param(
            officers(3),
            (rally("a", 8, 10, guard=1),),
            SolverPolicy(minimum_rest_h=30),
            1,
            "would miss the rest",
            id="a rest that leaves no duty",
        ),
    ],
)
def test_a_rule_is_not_broken_for_strength(
    people: tuple[SolverOfficer, ...],
    places: tuple[object, ...],
    policy: SolverPolicy | None,
    lacks: int,
    why: str,
) -> None:
    problem = day(people, *places, policy=policy)  # type: ignore[arg-type]

    proposed = solved(problem)

    assert sum(lacking(proposed).values()) == lacks
    assert why in proposed.shortages[0].why


@pytest.mark.parametrize(
    ("people", "places", "policy"),
    [
        pytest.param(
            officers(1), (rally("a", 8, 10, guard=1), rally("b", 10, 12, guard=1)), None, id="half-open"
        ),
        pytest.param(
            officers(1),
            (rally("a", 8, 10, guard=1), rally("b", 10.25, 12, guard=1, point=LASIANA)),
            None,
            id="travel: time enough",
        ),
        pytest.param(
            officers(1),
            (rally("a", 8, 10, guard=1), rally("b", 10, 12, guard=1, point=None)),
            None,
            id="travel: no point is not judged",
        ),
        pytest.param(
            officers(1),
            (rally("a", 6, 12, guard=1), rally("b", 12, 18, guard=1)),
            None,
            id="duty: 12 h to the minute",
        ),
        pytest.param(
            (officer("o", bound=(bound(-5, 0),)),),
            (rally("a", 8, 13, guard=1),),
            None,
            id="a whole rest after the night before",
        ),
        pytest.param(
            (officer("o", bound=(bound(0, 4, SULAMU, duty=False),)),),
            (rally("a", 4, 13, guard=1),),
            None,
            id="an absence is no duty and no place",
        ),
        pytest.param(
            officers(1),
            (rally("a", 0, 6, guard=1), rally("b", 14, 22, guard=1)),
            None,
            id="two duties in a day with a rest between",
        ),
    ],
)
def test_what_the_rules_allow_is_proposed(
    people: tuple[SolverOfficer, ...], places: tuple[object, ...], policy: SolverPolicy | None
) -> None:
    problem = day(people, *places, policy=policy)  # type: ignore[arg-type]

    assert solved(problem).shortages == ()


def test_a_booking_before_the_day_leaves_a_rest_within_it() -> None:
    # From 1 to 17 is one duty, and with the hour before it none: but between the rallies he rests 8 h.
    people = (
        officer("lantas", roles=frozenset({"traffic"}), bound=(bound(0, 1),)),
        officer("all", "traffic", bound=(bound(0, 2),)),
    )

    proposed = solved(
        day(people, rally("a", 1, 2, guard=1, traffic=1), rally("b", 10, 17, guard=1, traffic=1))
    )

    assert lacking(proposed) == {("rally/a", "guard"): 1}
    assert proposed.bound <= proposed.objective * (1 + 1e-6)


def test_a_duty_joins_the_booking_beside_it_and_not_those_after_a_rest() -> None:
    busy = officer("o", bound=(bound(1, 2), bound(10, 11), bound(13, 17)))

    proposed = solved(day((busy,), rally("a", 0, 1, guard=1), rally("b", 0, 1, guard=1)))

    assert lacking(proposed) == {("rally/b", "guard"): 1}
    assert proposed.bound <= proposed.objective * (1 + 1e-6)


def test_what_follows_a_rest_is_no_longer_than_it_may_be() -> None:
    # Whoever was there from 0 to 1 may do one of the others after his rest, and not both: that is 17 h.
    people = (officer("one"), officer("lantas", "traffic"))
    places = (
        rally("night", 0, 1, guard=1),
        rally("noon", 9, 11, guard=1, escort=1),
        rally("late", 18, 26, traffic=1),
    )

    assert lacking(solved(day(people, *places))) == {("rally/noon", "guard"): 1}


# -- what is lacking is named ------------------------------------------------------------------------------


def test_a_missing_skill_is_named() -> None:
    proposed = solved(day(officers(2), rally("a", 8, 10, traffic=2)))

    (shortage,) = proposed.shortages
    assert (shortage.required, shortage.given, shortage.lacking) == (2, 0, 2)
    assert shortage.why == "there is no officer with skill traffic"


def test_the_numbers_of_those_who_cannot_come_are_named() -> None:
    people = (
        *officers(3),
        officer("far", bound=(bound(6, 7.9, SULAMU),)),
        officer("away", bound=(bound(7, 12),)),
    )

    (shortage,) = solved(day(people, rally("a", 8, 10, guard=5))).shortages

    assert (shortage.given, shortage.lacking) == (3, 2)
    assert shortage.why == (
        "only 3 of 4 free officers who may take the role guard can come; bound in these hours: 1; "
        "cannot arrive in time, or at the next place: 1"
    )


# -- equal treatment, load, ways, units --------------------------------------------------------------------


def test_pairs_of_one_election_lack_alike() -> None:
    places = [rally(f"r{n}", 8, 10, guard=4, pairs=[f"walikota/{n}"]) for n in range(1, 4)]

    proposed = solved(day(officers(6), *places))

    assert proposed.spread.pair_shares == pytest.approx(
        dict.fromkeys(["walikota/1", "walikota/2", "walikota/3"], 0.5)
    )


def test_pairs_of_different_elections_are_not_compared() -> None:
    places = (
        rally("a", 8, 10, guard=2, pairs=["walikota/1"]),
        rally("b", 8, 10, field_commander=1, pairs=["gubernur/1"]),
    )

    proposed = solved(day((officer("padal", "field_commander"),), *places))

    assert proposed.spread.pair_shares == {"gubernur/1": 1.0, "walikota/1": 0.0}
    assert proposed.levels[1].value == 0.0


def test_what_is_ordered_counts_for_a_pairs_share() -> None:
    # One pair has half of its strength already: the two officers go to the other.
    places = (
        rally("a", 8, 10, guard=4, ordered={"guard": 2}, pairs=["walikota/1"]),
        rally("b", 8, 10, guard=4, pairs=["walikota/2"]),
    )

    proposed = solved(day(officers(2), *places))

    assert (given(proposed, "a"), len(given(proposed, "b"))) == ([], 2)


def test_whoever_worked_least_works_now() -> None:
    people = tuple(officer(f"o{n}", hours_so_far=float(n)) for n in range(6))

    proposed = solved(day(people, rally("a", 8, 10, guard=2)))

    assert given(proposed, "a") == ["o0", "o1"]


def test_hours_are_spread_before_ways_are_saved() -> None:
    people = (officer("near", home=OEBOBO), officer("far", home=SULAMU))

    proposed = solved(day(people, rally("a", 8, 10, guard=1), rally("b", 12, 14, guard=1)))

    assert sorted([*given(proposed, "a"), *given(proposed, "b")]) == ["far", "near"]


def test_everyone_goes_to_the_place_near_home() -> None:
    people = (
        *(officer(f"l{n}", home=LASIANA) for n in range(3)),
        *(officer(f"o{n}", home=OEBOBO) for n in range(3)),
    )

    proposed = solved(day(people, rally("a", 8, 10, guard=3), rally("b", 8, 10, guard=3, point=LASIANA)))

    assert given(proposed, "b") == ["l0", "l1", "l2"]
    assert proposed.spread.travel_km == 0


def test_a_unit_stays_together_where_nothing_else_differs() -> None:
    people = tuple(officer(f"o{n}", unit=f"u{n % 2}") for n in range(8))

    proposed = solved(day(people, rally("a", 8, 10, guard=4), rally("b", 8, 10, guard=4)))

    assert proposed.spread.unit_changes == 0


def test_the_highest_rank_leads_that_may_lead() -> None:
    people = (
        officer("low", "field_commander", rank=15),
        officer("high", "field_commander", rank=9),
        officer("unskilled", rank=7),
        officer("middle", "field_commander", rank=12),
    )

    proposed = solved(day(people, rally("a", 8, 10, guard=3, field_commander=1)))

    assert [each.officer_id for each in proposed.orders if each.role == "field_commander"] == ["high"]


# -- the whole ---------------------------------------------------------------------------------------------


def test_the_objective_is_the_sum_of_its_levels_and_not_below_the_bound() -> None:
    proposed = solved(day(officers(4), rally("a", 8, 10, guard=2), rally("b", 9, 12, guard=3)))

    assert proposed.objective == pytest.approx(sum(level.weight * level.value for level in proposed.levels))
    assert proposed.bound <= proposed.objective * (1 + 1e-6)
    assert 0 <= proposed.gap < 0.01


def test_days_far_apart_are_solved_one_after_the_other() -> None:
    places = [rally(f"d{n}", 24 * n + 8, 24 * n + 12, guard=1) for n in range(4)]

    proposed = solved(day(officers(4), *places))

    assert len({order.officer_id for order in proposed.orders}) == 4


@pytest.mark.parametrize("wrong", ["officer", "place", "hours"])
def test_a_problem_without_sense_is_not_solved(wrong: str) -> None:
    problem = {
        "officer": day((officer("o"), officer("o")), rally("a", 8, 10, guard=1)),
        "place": day(officers(1), rally("a", 8, 10, guard=1), rally("a", 12, 14, guard=1)),
        "hours": day(officers(1), rally("a", 10, 8, guard=1)),
    }[wrong]

    with pytest.raises(ValueError, match=r"twice|ends before"):
        propose(problem)


def a_mixed_day() -> Problem:
    skills: list[tuple[DeploymentRole, ...]] = [(), ("traffic",), ("field_commander",), ("traffic", "intel")]
    people = tuple(
        officer(
            f"o{n:02}",
            *skills[n % 4],
            unit=f"u{n % 3}",
            home=(OEBOBO, LASIANA)[n % 2],
            hours_so_far=n % 5 / 2,
            bound=(bound(10, 12, LASIANA),) if n % 7 == 6 else (),
        )
        for n in range(24)
    )
    places = [
        rally(f"r{n}", 8 + n, 10.5 + n, (OEBOBO, LASIANA)[n % 2], [f"walikota/{n % 3 + 1}"],
              guard=3, traffic=1, field_commander=1)
        for n in range(8)
    ]  # fmt: skip
    return day(people, *places)


def test_problem_and_proposal_can_be_sent_to_another_process() -> None:
    problem = a_mixed_day()
    proposed = propose(problem)

    assert (
        msgspec.msgpack.decode(solve(msgspec.msgpack.encode(problem)), type=Proposed).orders
        == proposed.orders
    )
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(problem), type=Problem) == problem
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(proposed), type=Proposed) == proposed


SOLVE = """
import sys
import msgspec
from services.scheduler.solver.problem import Problem
from services.scheduler.solver.solve import propose
assert not {"ortools", "numpy", "pandas"} & sys.modules.keys(), "a service that only asks grows"
problem = msgspec.json.decode(sys.stdin.buffer.read(), type=Problem)
sys.stdout.buffer.write(msgspec.json.encode(propose(problem).orders))
"""


def test_every_process_proposes_the_same() -> None:
    said = {
        subprocess.run(
            [sys.executable, "-c", SOLVE],
            input=msgspec.json.encode(a_mixed_day()),
            capture_output=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
        ).stdout
        for seed in ("1", "2")
    }

    assert len(said) == 1
    assert said == {msgspec.json.encode(propose(a_mixed_day()).orders)}
