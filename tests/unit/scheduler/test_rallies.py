"""Planning, noticing, moving and cancelling rallies, and what becomes of who was ordered there."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.scheduler.asked import (
    LASIANA,
    acknowledge,
    at,
    cancel_rally,
    move,
    notice,
    opened,
    order,
    orders,
    plan,
    planned,
    post_of,
    receipt,
    venue,
)


def test_a_rally_without_a_receipt_is_flagged_not_refused() -> None:
    verdict = opened().must(plan("oebobo-1"))

    assert verdict.facts[0].version == 1
    assert [each.code for each in verdict.warnings] == ["unnoticed"]


def test_a_debate_and_a_noticed_rally_are_not_flagged() -> None:
    given = opened()

    assert given.must(plan("debate-1", kind="debate")).warnings == []
    assert given.must(plan("oebobo-1", receipt=receipt())).warnings == []


def test_a_notice_is_recorded_once_and_may_be_corrected() -> None:
    given = planned()

    assert given.must(notice("oebobo-1")).facts[0].version == 2
    assert [each.code for each in given.must(notice("oebobo-1")).warnings] == ["unchanged"]
    assert given.must(notice("oebobo-1", "STTP/2/X/2024")).facts[0].version == 3
    assert not given.state.rallies["oebobo-1"].unnoticed


def test_a_post_notices_rallies_of_its_own_kecamatan() -> None:
    given = planned()

    assert given.must(notice("oebobo-1"), by=post_of("oebobo")).facts
    assert given.refused(notice("lasiana-1"), by=post_of("oebobo")).code == "not_yours"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"ends_at": at("16:00")}, "malformed"),
        ({"starts_at": at("15:00", 1), "ends_at": at("18:00", 1), "pairs": ["walikota/9"]}, "unknown_pair"),
        ({"pairs": ["walikota/1", "walikota/1"]}, "malformed"),
        (
            {"venue": venue(LASIANA).__class__(venue_id="v", name="n", kelurahan="53.72.03.1011")},
            "unknown_kelurahan",
        ),
        ({"starts_at": "2024-09-24T15:00:00.000Z", "ends_at": "2024-09-24T17:00:00.000Z"}, "outside_period"),
        ({"starts_at": "2024-11-23T15:00:00.000Z", "ends_at": "2024-11-23T16:00:00.001Z"}, "outside_period"),
        ({"expected_version": 1}, "unknown_rally"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(more: dict[str, Any], code: str) -> None:
    assert opened().refused(plan("oebobo-1", **more)).code == code


def test_the_last_moment_of_the_period_still_belongs_to_it() -> None:
    edge = plan("oebobo-1", starts_at="2024-11-23T15:00:00.000Z", ends_at="2024-11-23T16:00:00.000Z")

    assert opened().ask(edge).reason is None


def test_planning_again_replaces_the_plan_and_keeps_the_receipt() -> None:
    given = planned()
    given.must(notice("oebobo-1"))

    fact = given.must(plan("oebobo-1", starts="10:00", ends="12:00", expected_version=2)).facts[0]

    assert (fact.version, fact.starts_at, fact.receipt) == (3, at("10:00"), receipt())
    assert given.refused(plan("oebobo-1", expected_version=2)).code == "stale"


def test_hours_of_a_rally_with_deployments_are_moved_not_replaced() -> None:
    given = planned()
    given.must(orders(order("d1")))

    reason = given.refused(plan("oebobo-1", starts="10:00", ends="12:00"))

    assert reason.code == "illegal_transition"
    assert "rallies:move" in (reason.possible or "")
    assert given.must(plan("oebobo-1", required={"guard": 9})).facts[0].version == 2


def test_a_move_shifts_live_deployments_in_the_same_decision() -> None:
    given = planned()
    given.must(orders(order("d1"), order("d2", "k-2", starts="15:00", ends="21:00"), order("d3", "k-3")))
    given.must(acknowledge("d1"))
    given.must(orders(order("d4", starts="18:00", ends="19:00")))

    facts = given.must(move("oebobo-1", "17:30", "20:00")).facts

    assert [type(fact).__name__ for fact in facts] == ["RallyMoved"] + ["DeploymentMoved"] * 4
    found = given.state.deployments
    assert (found["d1"].starts_at, found["d1"].ends_at) == (at("17:30"), at("19:30"))
    assert (found["d1"].status, found["d1"].version) == ("acknowledged", 3)
    assert (found["d4"].starts_at, found["d4"].ends_at) == (at("19:30"), at("20:30"))
    assert (found["d2"].starts_at, found["d2"].ends_at) == (at("16:30"), at("22:30"))
    assert len({fact.id for fact in facts}) == 5


def test_a_move_onto_another_deployment_is_refused_and_names_each() -> None:
    given = planned()
    given.must(orders(order("d1"), order("d2", "k-2"), order("d3", "k-3")))
    given.must(orders(order("e1", "k-1", "lasiana-1", "18:00", "20:00")))
    given.must(orders(order("e2", "k-2", "lasiana-1", "19:00", "20:00")))

    reason = given.refused(move("oebobo-1", "17:30", "20:00"))

    assert reason.code == "double_booked"
    named = {(row.subject, row.winner.deployment_id) for row in reason.rows if row.winner}
    assert named == {("d1", "e1"), ("d2", "e2")}
    assert given.state.rallies["oebobo-1"].version == 1


def test_a_move_may_release_what_it_would_double_book() -> None:
    given = planned()
    given.must(orders(order("d1"), order("d2", "k-2")))
    given.must(orders(order("e1", "k-1", "lasiana-1", "18:00", "20:00")))

    verdict = given.must(move("oebobo-1", "17:30", "20:00", release_conflicts=True))

    assert given.state.deployments["d1"].status == "cancelled"
    assert given.state.deployments["d2"].starts_at == at("17:30")
    assert [each.subject for each in verdict.warnings if each.code == "double_booked"] == ["d1"]


def test_a_move_to_another_venue_alone_leaves_the_hours_and_tells_of_ways_too_short() -> None:
    given = planned()
    given.must(orders(order("d1", starts="16:00", ends="18:00")))
    given.must(orders(order("e1", "k-1", "oebobo-1", "18:05", "19:00")))
    given.must(plan("far-1", starts="19:00"))

    verdict = given.must(move("oebobo-1", "16:00", "20:00", venue=venue(LASIANA)))

    assert [type(fact).__name__ for fact in verdict.facts] == ["RallyMoved"]
    assert given.state.rallies["oebobo-1"].venue.kelurahan == LASIANA


def test_cancelling_a_rally_cancels_its_live_deployments() -> None:
    given = planned()
    given.must(orders(order("d1"), order("d2", "k-2")))

    facts = given.must(cancel_rally("oebobo-1")).facts

    assert [type(fact).__name__ for fact in facts] == ["RallyCancelled"] + ["DeploymentCancelled"] * 2
    assert not any(each.live for each in given.state.deployments.values())
    assert given.must(orders(order("d3", rally_id="lasiana-1"))).facts


@pytest.mark.parametrize(
    "data",
    [
        plan("oebobo-1"),
        notice("oebobo-1"),
        move("oebobo-1", "17:00", "18:00"),
        cancel_rally("oebobo-1"),
        orders(order("d9")),
    ],
    ids=lambda data: type(data).__name__,
)
def test_a_cancelled_rally_stays_cancelled(data: object) -> None:
    given = planned()
    given.must(cancel_rally("oebobo-1"))

    assert given.refused(data).code == "rally_cancelled"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "data",
    [notice("moon"), move("moon", "17:00", "18:00"), cancel_rally("moon")],
    ids=lambda d: type(d).__name__,
)
def test_an_unknown_rally_is_named(data: object) -> None:
    reason = planned().refused(data)  # type: ignore[arg-type]

    assert (reason.code, reason.subject) == ("unknown_rally", "moon")


@pytest.mark.parametrize(
    "data",
    [
        notice("oebobo-1", expected_version=7),
        move("oebobo-1", "17:00", "18:00", expected_version=7),
        cancel_rally("oebobo-1", expected_version=7),
    ],
    ids=lambda data: type(data).__name__,
)
def test_an_old_version_is_stale(data: object) -> None:
    reason = planned().refused(data)  # type: ignore[arg-type]

    assert reason.code == "stale"
    assert "version 1" in (reason.possible or "")
