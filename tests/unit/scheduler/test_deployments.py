"""Orders: who loses against whom, what would be possible instead, and whose order is whose."""

from __future__ import annotations

import pytest

from pamwal.contracts.claims import BOUND_TO_OFFICER, Claims, Role
from pamwal.contracts.scheduling import Policy, RegisterOfficers
from tests.unit.scheduler.asked import (
    acknowledge,
    at,
    cancel,
    claims,
    entry,
    opened,
    order,
    orders,
    plan,
    planned,
    post_of,
    reassign,
    said,
)


def test_an_order_names_who_ordered_and_under_which_sprin() -> None:
    fact = planned().must(orders(order("d1")), by=post_of("oebobo")).facts[0]

    assert (fact.deployment_id, fact.version, fact.postid, fact.sprin) == (
        "d1",
        1,
        "oebobo",
        "SPRIN/12/X/2024",
    )


def test_an_id_in_another_case_is_the_same_officer() -> None:
    given = planned()
    given.must(orders(order("d1", "k-1", "oebobo-1", "16:00", "18:00")))
    reason = given.refused(orders(order("d2", "K-1", "lasiana-1", "17:00", "19:00")))
    assert reason.code == "double_booked"
    [fact] = given.must(orders(order("d3", "K-2", "lasiana-1", "17:00", "19:00"))).facts
    assert fact.officer_id == "k-2", "as the roster writes it"


@pytest.mark.parametrize("asked", ["k-11", "kk-1", "k1"])
def test_a_mistyped_officer_is_refused_with_the_nearest_of_the_roster(asked: str) -> None:
    reason = planned().refused(orders(order("d1", asked)))
    assert (reason.code, reason.subject) == ("unknown_officer", asked)
    assert reason.possible == "is k-1 meant? If not, register the officer first"


def test_two_posts_one_officer_the_second_is_told_who_won_and_what_it_can_do() -> None:
    given = planned()
    given.must(orders(order("d1", starts="16:00", ends="18:00")), by=post_of("oebobo"))

    reason = given.refused(
        orders(order("d2", rally_id="lasiana-1", starts="17:00", ends="19:00")),
        by=post_of("kelapa-lima"),
        post="kelapa-lima",
    )

    assert (reason.code, reason.subject) == ("double_booked", "d2")
    assert reason.winner is not None
    assert reason.winner.deployment_id == "d1"
    assert (reason.winner.officer_id, reason.winner.place, reason.winner.postid) == (
        "k-1",
        "rally/oebobo-1",
        "oebobo",
    )
    assert (reason.winner.starts_at, reason.winner.ends_at) == (at("16:00"), at("18:00"))
    assert "deployments:reassign releases d1" in (reason.possible or "")
    assert f"from {said('18:00')} on" in (reason.possible or "")


@pytest.mark.parametrize(
    ("starts", "ends", "free"),
    [
        ("14:00", "16:00", True),
        ("18:00", "19:00", True),
        ("14:00", "16:01", False),
        ("17:59", "18:30", False),
        ("16:30", "17:00", False),
        ("15:00", "19:00", False),
        ("16:00", "18:00", False),
    ],
)
def test_intervals_are_half_open(starts: str, ends: str, free: bool) -> None:
    given = planned()
    given.must(orders(order("d1", starts="16:00", ends="18:00")))

    verdict = given.ask(orders(order("d2", starts=starts, ends=ends)))

    assert (verdict.reason is None) is free


def test_the_first_free_moment_is_long_enough() -> None:
    given = planned()
    given.must(orders(order("d1", starts="16:00", ends="17:00")))
    given.must(orders(order("d2", starts="18:00", ends="19:00")))

    reason = given.refused(orders(order("d3", starts="16:30", ends="18:00")))

    assert f"from {said('19:00')} on" in (reason.possible or "")


def test_ten_past_six_across_town_warns_and_is_ordered() -> None:
    given = planned()
    given.must(orders(order("d1", starts="16:00", ends="18:00")))

    verdict = given.must(orders(order("d2", rally_id="lasiana-1", starts="18:05", ends="19:00")))

    assert [(each.code, each.subject, each.row) for each in verdict.warnings] == [("cannot_arrive", "d2", 0)]
    assert "5 min" in verdict.warnings[0].message


def test_time_enough_does_not_warn_and_neither_does_the_same_place() -> None:
    given = planned()
    given.must(orders(order("d1", starts="16:00", ends="17:00")))

    assert given.must(orders(order("d2", starts="17:00", ends="18:00"))).warnings == []
    assert given.must(orders(order("d3", rally_id="lasiana-1", starts="18:30", ends="19:00"))).warnings == []


def test_an_order_before_another_warns_of_the_way_onward() -> None:
    given = planned()
    given.must(orders(order("d1", starts="16:00", ends="18:00")))

    verdict = given.must(orders(order("d0", rally_id="lasiana-1", starts="15:00", ends="15:55")))

    assert [each.code for each in verdict.warnings] == ["cannot_arrive", "outside_hours"]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (order("d1", "nobody"), "unknown_officer"),
        (order("d1", rally_id="moon"), "unknown_rally"),
        (order("d1", starts="18:00", ends="18:00"), "malformed"),
        (order("d1", starts="18:00", ends="17:00"), "malformed"),
    ],
)
def test_what_cannot_be_ordered_is_refused(row: object, code: str) -> None:
    assert planned().refused(orders(row)).code == code  # type: ignore[arg-type]


def test_a_deployment_id_is_used_once() -> None:
    given = planned()
    given.must(orders(order("d1")))
    given.must(cancel("d1"))

    assert given.refused(orders(order("d1"))).code == "illegal_transition"
    assert given.refused(orders(order("d2", "k-2"), order("d2", "k-3"))).rows[0].row == 1


def test_atomic_orders_all_or_nothing_and_names_every_bad_row() -> None:
    given = planned()

    reason = given.refused(
        orders(order("d1"), order("d2", "nobody"), order("d3", starts="17:00", ends="19:00"))
    )

    assert [(row.row, row.code) for row in reason.rows] == [(1, "unknown_officer"), (2, "double_booked")]
    assert reason.rows[1].winner is not None
    assert reason.rows[1].winner.deployment_id == "d1"
    assert given.state.deployments == {}


def test_best_effort_orders_what_it_can() -> None:
    given = planned()

    verdict = given.must(orders(order("d1"), order("d2", "nobody"), order("d3", "k-3"), mode="best_effort"))

    assert [fact.deployment_id for fact in verdict.facts] == ["d1", "d3"]
    assert [fact.id[-2:] for fact in verdict.facts] == ["/0", "/1"]
    assert [(each.row, each.code) for each in verdict.warnings] == [(1, "unknown_officer")]


def test_best_effort_without_a_good_row_is_refused() -> None:
    given = planned()

    reason = given.refused(orders(order("d1", "nobody"), order("d2", "no-one"), mode="best_effort"))

    assert [row.row for row in reason.rows] == [0, 1]


def test_a_cancelled_order_frees_the_officer() -> None:
    given = planned()
    given.must(orders(order("d1")))

    assert given.must(cancel("d1", expected=1)).facts[0].version == 2
    assert given.must(orders(order("d2", rally_id="lasiana-1"))).facts
    assert given.refused(cancel("d1")).code == "illegal_transition"


def test_a_post_takes_back_its_own_orders_only() -> None:
    given = planned()
    given.must(orders(order("d1")), by=post_of("oebobo"))

    theirs = given.refused(cancel("d1"), by=post_of("alak"), post="alak")

    assert theirs.code == "not_yours"
    assert "ask post oebobo" in (theirs.possible or "")
    assert given.must(cancel("d1")).facts


def test_reassigning_releases_and_orders_in_one_decision() -> None:
    given = planned()
    given.must(orders(order("d1")))

    facts = given.must(
        reassign(("d1", order("d2", rally_id="lasiana-1", starts="17:00", ends="19:00")))
    ).facts

    assert [type(fact).__name__ for fact in facts] == ["DeploymentSwapped", "DeploymentOrdered"]
    assert facts[0].successor == "d2"
    assert [each.deployment_id for each in given.state.deployments.values() if each.live] == ["d2"]


def test_a_whole_unit_is_reassigned_all_or_nothing() -> None:
    given = planned()
    given.must(
        orders(
            order("d1"),
            order("d2", "k-2"),
            order("x1", "k-3"),
            order("x2", "k-3", starts="18:00", ends="19:00"),
        )
    )
    unit = [
        (f"d{number}", order(f"e{number}", f"k-{number}", "lasiana-1", "17:00", "19:00")) for number in (1, 2)
    ]
    blocked = ("x1", order("e3", "k-3", "lasiana-1", "17:00", "19:00"))

    reason = given.refused(reassign(*unit, blocked))

    assert [(row.row, row.code, row.winner and row.winner.deployment_id) for row in reason.rows] == [
        (2, "double_booked", "x2")
    ]
    assert given.must(reassign(*unit, blocked, mode="best_effort")).facts
    assert {each.deployment_id for each in given.state.deployments.values() if each.live} == {
        "e1",
        "e2",
        "x1",
        "x2",
    }


def test_reassigning_keeps_the_officer() -> None:
    given = planned()
    given.must(orders(order("d1")))

    assert given.refused(reassign(("d1", order("d2", "k-2")))).code == "malformed"
    assert given.refused(reassign(("moon", order("d2")))).code == "unknown_deployment"


@pytest.mark.parametrize("data", [acknowledge("moon"), cancel("moon")], ids=lambda data: type(data).__name__)
def test_an_unknown_deployment_is_named(data: object) -> None:
    assert planned().refused(data).code == "unknown_deployment"  # type: ignore[arg-type]


def test_an_order_is_acknowledged_once_and_says_so_after() -> None:
    given = planned()
    given.must(orders(order("d1")))

    assert given.refused(acknowledge("d1", expected=2)).code == "stale"
    assert given.must(acknowledge("d1", expected=1)).facts[0].version == 2
    assert [each.code for each in given.must(acknowledge("d1")).warnings] == ["unchanged"]
    given.must(cancel("d1"))
    assert given.refused(acknowledge("d1")).code == "illegal_transition"


PADAL = claims("field_commander", officer="k-3")


@pytest.mark.parametrize("role", sorted(BOUND_TO_OFFICER))
def test_a_token_of_another_post_than_the_officers_own_answers_for_nobody(role: Role) -> None:
    """Given k-1 of oebobo, and a device that maulafa enrolled for him."""
    given = planned()
    given.must(orders(order("d1")))
    foreign = given.refused(acknowledge("d1"), by=claims(role, post="maulafa", officer="k-1"), post="maulafa")
    assert (foreign.code, foreign.subject) == ("not_yours", "k-1")
    given.must(acknowledge("d1"), by=claims("officer", officer="k-1"))


@pytest.mark.parametrize(
    ("by", "policy", "may"),
    [
        (claims("officer", officer="k-1"), "each", True),
        (claims("officer", officer="k-2"), "none", False),
        (PADAL, "padal", True),
        (PADAL, "none", True),
        (PADAL, "each", False),
        (claims("field_commander", officer="k-2"), "padal", False),
        (post_of("oebobo"), "padal", True),
        (post_of("alak"), "padal", False),
        (claims("viewer"), "padal", False),
        (claims("admin"), "padal", False),
    ],
    ids=str,
)
def test_who_acknowledges(by: Claims, policy: str, may: bool) -> None:
    given = opened(policy=Policy(acknowledgement=policy))  # type: ignore[arg-type]
    given.must(RegisterOfficers(officers=[entry("k-1"), entry("k-2"), entry("k-3")]))
    given.must(plan("oebobo-1"))
    given.must(orders(order("d1"), order("d3", "k-3", role="field_commander")))

    verdict = given.ask(acknowledge("d1"), by=by, post=by.post or "oebobo")

    assert (verdict.reason is None) is may
    if verdict.reason is not None:
        assert verdict.reason.code == "not_yours"


def test_a_place_takes_only_so_many_that_it_can_still_be_cancelled_in_one_decision(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("services.scheduler.deciding.orders.LIVE_AT_PLACE_MAX", 2)
    given = planned()

    reason = given.refused(orders(order("d1"), order("d2", "k-2"), order("d3", "k-3")))

    assert [(row.row, row.code) for row in reason.rows] == [(2, "too_large")]
