"""From a plan to the solver's problem: who is there already, for how long, and where officers come from."""

from __future__ import annotations

from msgspec.structs import replace

from pamwal.contracts.claims import Claims
from pamwal.contracts.drafts import ProposalAsk
from pamwal.contracts.instants import from_ms
from pamwal.contracts.scheduling import DeploymentRole, RegisterOfficers, Release, StandDownDeployments
from services.scheduler.proposing import draft_of, problem_of
from services.scheduler.solver.problem import Problem, SolverPlace
from services.scheduler.solver.solve import propose
from services.scheduler.views.coverage import coverage_of
from services.scheduler.views.places import window_of
from services.scheduler.views.sight import sight_of
from tests.unit.scheduler.asked import (
    OPS_HEAD,
    Plan,
    absence,
    absences,
    at,
    entry,
    opened,
    order,
    ordered_to,
    orders,
    plan,
    planned,
    post_of,
    roster,
    site,
    sites,
)

DAY = "2024-10-03"


def problem(given: Plan, day: str = DAY, by: Claims = OPS_HEAD) -> Problem:
    assert given.state.operation is not None
    ask = ProposalAsk(day=day, time_limit_s=2)
    return problem_of(given.state, given.state.operation, ask, sight_of(given.state, by))


def place(given: Plan, ref: str) -> SolverPlace:
    return next(each for each in problem(given).places if each.place == ref)


def test_a_site_ordered_for_a_watch_is_not_covered_for_the_day() -> None:
    given = opened()
    given.must(roster("k-1", "k-2", "k-3"))
    given.must(sites(site("kpu", required={"guard": 1}, starts_at=at("00:00"), ends_at=at("00:00", 4))))
    given.must(ordered_to("d1", "site/kpu", "00:00", "08:00"))

    proposed = propose(problem(given))

    hours = sorted((order.starts_ms, order.ends_ms) for order in proposed.orders)
    assert proposed.shortages == ()
    assert hours[0][0] == problem(given).places[0].partly[0].ends_ms
    assert hours[-1][1] == problem(given).places[0].ends_ms


def test_whoever_stood_down_is_there_until_then() -> None:
    given = planned()
    given.must(orders(order("d1", starts="16:00", ends="20:00")))
    given.must(StandDownDeployments(rows=[Release(deployment_id="d1", at=at("18:00"))]))

    there = place(given, "rally/oebobo-1")

    assert (there.ordered, [each.role for each in there.partly]) == ({}, ["guard"])


def test_a_few_minutes_less_than_the_hours_are_all_of_them() -> None:
    given = planned()
    given.must(orders(order("d1", starts="16:10", ends="19:50")))

    there = place(given, "rally/oebobo-1")

    assert (there.ordered, there.partly) == ({"guard": 1}, ())


def test_the_problem_of_a_post_does_not_depend_on_intel() -> None:
    def hiding(where: str | None) -> Plan:
        given = opened()
        given.must(roster("k-1", "k-2"))
        for rally_id in ("oebobo-1", "lasiana-1"):
            needs: dict[DeploymentRole, int] = {"guard": 1} | ({"intel": 2} if rally_id == where else {})
            given.must(plan(rally_id, "16:00", "20:00", required=needs))
        if where is not None:
            given.must(orders(order("d1", "k-1", where, "16:00", "20:00", role="intel")))
        return given

    one, other, none = hiding("oebobo-1"), hiding("lasiana-1"), hiding(None)
    assert problem(one) != problem(other)
    post = post_of("oebobo")
    assert problem(one, by=post) == problem(other, by=post) == problem(none, by=post)


def test_a_padal_is_proposed_by_rank_and_one_below_his_guard_is_named() -> None:
    given = opened()
    ranks = {"k-1": "Bripda", "k-2": "IPDA", "k-3": "aipda", "k-4": "ASN"}
    given.must(RegisterOfficers(officers=[entry(name, rank=rank) for name, rank in ranks.items()]))
    given.must(plan("oebobo-1", required={"guard": 2, "field_commander": 1}))
    operation = given.state.operation
    assert operation is not None

    def padal() -> tuple[str, list[tuple[str, str]]]:
        sight = sight_of(given.state, OPS_HEAD)
        draft = draft_of(propose(problem(given)), "p", given.state, operation, sight, kept=True)
        [leads] = [each.officer_id for each in draft.orders if each.role == "field_commander"]
        return leads, [(each.officer_id, each.leads) for each in draft.outranked]

    given.must(absences(absence(officer_id="k-4", starts_at=at("00:00"), ends_at=at("23:00"))))
    assert padal() == ("k-2", [])
    given.must(orders(order("d1", "k-2")))
    assert padal() == ("k-3", [("k-3", "k-2")])


def test_a_padal_does_not_lead_another_padal() -> None:
    given = opened()
    ranks = {"k-1": "IPDA", "k-2": "AKP", "k-3": "BRIPKA"}
    given.must(RegisterOfficers(officers=[entry(name, rank=rank) for name, rank in ranks.items()]))
    given.must(plan("oebobo-1", required={"guard": 1, "field_commander": 2}))
    operation = given.state.operation
    assert operation is not None
    sight = sight_of(given.state, OPS_HEAD)

    draft = draft_of(propose(problem(given)), "p", given.state, operation, sight, kept=True)

    assert [each.officer_id for each in draft.orders if each.role == "guard"] == ["k-3"]
    assert draft.outranked == []


def test_an_officer_comes_from_where_his_post_guards() -> None:
    given = planned()

    homes = {each.home for each in problem(given).officers}

    (home,) = homes
    oebobo = place(given, "rally/oebobo-1").point
    assert home is not None
    assert oebobo is not None
    assert (home.latitude, home.longitude) == (round(oebobo.latitude, 4), round(oebobo.longitude, 4))


def test_what_is_proposed_is_what_the_gaps_lack() -> None:
    given = planned()
    given.must(roster(*(f"k-{number}" for number in range(1, 20))))
    given.must(orders(order("d1", starts="16:00", ends="18:00"), order("d2", "k-2", "lasiana-1")))

    proposed = propose(problem(given))
    given.must(
        orders(
            *(
                replace(
                    order(f"p{number}", each.officer_id, role=each.role),
                    place=each.place,
                    starts_at=from_ms(each.starts_ms),
                    ends_at=from_ms(each.ends_ms),
                )
                for number, each in enumerate(proposed.orders)
            )
        )
    )

    window = window_of(DAY, "Asia/Makassar")
    sight = sight_of(given.state, OPS_HEAD)
    assert proposed.shortages == ()
    assert coverage_of(given.state, sight, window, covered=False, after="", limit=10).places == []
