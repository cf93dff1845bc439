"""Planning, noticing, moving and cancelling rallies, and what becomes of who was ordered there."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pamwal.contracts.scheduling import (
    Attachment,
    CloseDay,
    CloseRally,
    ElectionCalendar,
    Override,
    PlanRallies,
    RegisterOfficers,
    ReinstateRally,
)
from tests.unit.scheduler.asked import (
    LASIANA,
    Plan,
    absence,
    absences,
    acknowledge,
    at,
    cancel,
    cancel_rally,
    codes,
    entry,
    kinds,
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


# --- the campaign's days

QUIET = ElectionCalendar(quiet_from="2024-10-10", quiet_to="2024-10-12")


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "code"),
    [
        (at("22:00", 9), at("00:00", 10), None),
        (at("22:00", 9), "2024-10-09T16:00:00.001Z", "quiet_period"),
        (at("23:59", 12), at("01:00", 13), "quiet_period"),
        (at("08:00", 11), at("10:00", 11), "quiet_period"),
        (at("00:00", 13), at("01:00", 13), "outside_period"),
    ],
)
def test_no_rally_is_held_in_the_quiet_period_or_behind_the_campaign(
    starts_at: str, ends_at: str, code: str | None
) -> None:
    asked = plan("oebobo-1", starts_at=starts_at, ends_at=ends_at)

    reason = opened(calendar=QUIET).ask(asked).reason

    assert (reason and reason.code) == code


def test_the_campaign_ends_where_the_calendar_says() -> None:
    given = opened(calendar=ElectionCalendar(campaign_ends_on="2024-10-03"))

    assert given.must(plan("oebobo-1", starts_at=at("22:00"), ends_at=at("00:00", 4))).facts
    late = plan("late-1", starts_at=at("22:00"), ends_at="2024-10-03T16:00:00.001Z")
    assert given.refused(late).code == "outside_period"
    assert (
        given.refused(
            msgspec.structs.replace(move("oebobo-1", "23:00", "23:30"), ends_at=at("01:00", 4))
        ).code
        == "outside_period"
    )


def test_a_move_into_the_quiet_period_is_refused() -> None:
    given = opened(calendar=QUIET)
    given.must(plan("oebobo-1"))

    into = msgspec.structs.replace(
        move("oebobo-1", "16:00", "18:00"), starts_at=at("16:00", 10), ends_at=at("18:00", 10)
    )

    assert given.refused(into).code == "quiet_period"


# --- strength from a pattern


def test_a_pattern_gives_the_strength_and_the_plan_says_more() -> None:
    given = opened(patterns={"small": {"guard": 4, "traffic": 2}})

    fact = given.must(plan("oebobo-1", pattern="small", required={"guard": 6})).facts[0]

    assert fact.required == {"guard": 6, "traffic": 2}
    reason = given.refused(plan("oebobo-2", pattern="huge"))
    assert (reason.code, reason.subject) == ("unknown_pattern", "huge")
    assert "small" in (reason.possible or "")


# --- stages


def test_a_notified_rally_is_planned_and_never_the_other_way_round() -> None:
    given = opened()

    assert given.must(plan("oebobo-1", stage="notified")).facts[0].stage == "notified"
    assert given.refused(CloseRally(rally_id="oebobo-1")).code == "illegal_transition"
    assert given.must(move("oebobo-1", "17:00", "19:00")).facts
    assert given.must(plan("oebobo-1")).facts[0].version == 3
    assert given.refused(plan("oebobo-1", stage="notified")).code == "illegal_transition"


def test_the_same_plan_again_changes_nothing() -> None:
    given = planned()

    assert codes(given.must(plan("oebobo-1"))) == [("unchanged", "oebobo-1")]
    assert codes(given.must(move("oebobo-1", "16:00", "20:00"))) == [("unchanged", "oebobo-1")]


def test_a_rally_stays_in_its_series() -> None:
    given = opened()
    given.must(plan("oebobo-1", series_id="s1"))

    assert given.must(plan("oebobo-1", required={"guard": 9})).facts[0].series_id == "s1"
    assert given.refused(plan("oebobo-1", series_id="s2")).code == "illegal_transition"
    assert given.state.series == {"s1": ("oebobo-1",)}


def closed_one() -> Plan:
    """Given a rally that is over."""
    given = planned()
    given.must(CloseRally(rally_id="oebobo-1", expected_version=1))
    return given


@pytest.mark.parametrize(
    "data",
    [
        plan("oebobo-1"),
        notice("oebobo-1"),
        move("oebobo-1", "17:00", "18:00"),
        cancel_rally("oebobo-1"),
        CloseRally(rally_id="oebobo-1"),
        orders(order("d9")),
    ],
    ids=lambda data: type(data).__name__,
)
def test_a_closed_rally_takes_no_change(data: Any) -> None:
    reason = closed_one().refused(data)

    assert reason.code == "illegal_transition"
    assert "rallies:reinstate" in (reason.possible or "")


def test_closing_leaves_who_is_on_duty_and_says_how_many() -> None:
    given = planned()
    given.must(orders(order("d1"), order("d2", "k-2")))

    verdict = given.must(CloseRally(rally_id="oebobo-1"))

    assert kinds(verdict) == ["RallyClosed"]
    assert codes(verdict) == [("still_live", "oebobo-1")]
    assert verdict.warnings[0].message.startswith("2 deployments")
    assert given.state.deployments["d1"].live


def test_a_post_closes_rallies_of_its_own_kecamatan() -> None:
    given = planned()

    assert given.refused(CloseRally(rally_id="lasiana-1"), by=post_of("oebobo")).code == "not_yours"
    assert given.must(CloseRally(rally_id="oebobo-1"), by=post_of("oebobo")).facts


# --- reinstating


def reinstate(rally_id: str = "oebobo-1", **more: Any) -> ReinstateRally:
    """A rally held after all."""
    return ReinstateRally(rally_id=rally_id, cause="the field is dry", **more)


def test_a_closed_rally_is_reinstated_as_it_was() -> None:
    given = closed_one()

    verdict = given.must(reinstate(expected_version=2))

    assert (kinds(verdict), verdict.facts[0].version) == (["RallyReinstated"], 3)
    assert codes(verdict) == [("unnoticed", "oebobo-1")]
    assert given.must(orders(order("d1"))).facts


def test_what_was_cancelled_with_a_rally_stays_so_and_is_named() -> None:
    given = planned()
    given.must(orders(order("d0")))
    given.must(cancel("d0"))
    given.must(orders(order("d1"), order("d2", "k-2")))
    given.must(cancel_rally("oebobo-1"))

    verdict = given.must(reinstate())

    assert kinds(verdict) == ["RallyReinstated"]
    assert codes(verdict) == [
        ("unnoticed", "oebobo-1"),
        ("not_reinstated", "d1"),
        ("not_reinstated", "d2"),
    ]
    assert not given.state.deployments["d1"].live


def test_only_fifty_are_named_and_the_rest_counted() -> None:
    given = planned()
    many = [f"m-{number:02d}" for number in range(52)]
    given.must(RegisterOfficers(officers=[entry(each) for each in many]))
    given.must(orders(*(order(f"d-{each}", each) for each in many)))
    given.must(cancel_rally("oebobo-1"))

    named = [each for each in given.must(reinstate()).warnings if each.code == "not_reinstated"]

    assert len(named) == 51
    assert named[-1].message.startswith("52 deployments")


def test_a_rally_that_stands_is_not_reinstated_and_the_rules_are_asked_again() -> None:
    given = planned()
    assert given.refused(reinstate()).code == "illegal_transition"
    assert given.refused(reinstate("moon")).code == "unknown_rally"
    given.must(cancel_rally("oebobo-1"))
    assert given.refused(reinstate(expected_version=1)).code == "stale"

    given.must(CloseDay(day="2024-10-03"))

    assert given.refused(reinstate()).code == "illegal_transition"


# --- many at once


def test_many_rallies_are_planned_row_by_row() -> None:
    given = planned()
    rows = [plan("a-1"), plan("oebobo-1"), plan("b-1", pairs=["walikota/9"]), plan("a-1")]

    reason = given.refused(PlanRallies(rallies=rows))
    verdict = given.must(PlanRallies(rallies=rows, mode="best_effort", import_id="i1"))

    assert [(row.row, row.code) for row in reason.rows] == [(2, "unknown_pair"), (3, "malformed")]
    assert [(fact.rally_id, fact.import_id) for fact in verdict.facts] == [("a-1", "i1")]
    assert [(each.row, each.code) for each in verdict.warnings] == [
        (0, "unnoticed"),
        (1, "unchanged"),
        (2, "unknown_pair"),
        (3, "malformed"),
    ]


# --- what a move meets


def met(given: Plan, starts: str = "17:00", ends: str = "21:00", **more: Any) -> tuple[str, list[str]]:
    """The code of a refused move of oebobo-1 and the codes of what it met."""
    reason = given.refused(move("oebobo-1", starts, ends, **more))
    return reason.code, [each.code for each in reason.rows]


def test_a_move_into_an_absence_is_a_conflict() -> None:
    given = planned()
    given.must(orders(order("d1", starts="16:00", ends="17:00"), order("d2", "k-2")))
    given.must(absences(absence(starts_at=at("17:30"))))

    assert met(given) == ("officer_unavailable", ["officer_unavailable"])
    verdict = given.must(move("oebobo-1", "17:00", "21:00", release_conflicts=True))

    assert ("officer_unavailable", "d1") in codes(verdict)
    assert given.state.deployments["d1"].status == "cancelled"
    assert given.state.deployments["d2"].starts_at == at("17:00")


def test_an_absence_that_was_set_aside_does_not_hold_the_move_and_is_told() -> None:
    given = planned()
    given.must(absences(absence(starts_at=at("16:00"))))
    aside = msgspec.structs.replace(
        order("d1"), override=Override(rules=["officer_unavailable"], cause="comes from the hospital")
    )
    given.must(orders(aside))

    verdict = given.must(move("oebobo-1", "16:30", "20:30"))

    assert ("officer_unavailable", "d1") in codes(verdict)
    assert given.state.deployments["d1"].starts_at == at("16:30")


def test_a_move_behind_the_attachment_of_an_officer_is_a_conflict() -> None:
    given = planned()
    attached = Attachment(operation_id="o", loan_id="l", starts_at=at("15:00"), ends_at=at("18:00"))
    given.must(RegisterOfficers(officers=[entry("k-1", attachment=attached)]))
    given.must(orders(order("d1")))

    assert met(given) == ("officer_unavailable", ["officer_unavailable"])


def test_a_move_that_takes_a_deployment_out_of_the_operation_is_a_conflict() -> None:
    given = opened(ends_on="2024-10-03")
    given.must(RegisterOfficers(officers=[entry("k-1")]))
    given.must(plan("oebobo-1"))
    given.must(orders(order("d1", starts="20:00", ends="22:00")))

    assert met(given, "18:30", "22:30") == ("outside_period", ["outside_period"])


def test_a_move_that_begins_a_deployment_on_a_closed_day_is_a_conflict() -> None:
    given = planned()
    given.must(orders(order("d1", starts="15:00", ends="18:00")))
    given.must(CloseDay(day="2024-10-02"))

    assert met(given, "00:30", "04:30") == ("illegal_transition", ["illegal_transition"])


def test_a_move_tells_of_rest_and_duty_it_breaks() -> None:
    given = planned()
    given.must(orders(order("d1", starts="16:00", ends="20:00")))
    given.must(plan("early-1", starts_at=at("05:00", 4), ends_at=at("14:00", 4)))
    early = msgspec.structs.replace(
        order("d2", rally_id="early-1"), starts_at=at("05:00", 4), ends_at=at("14:00", 4)
    )
    given.must(orders(early))

    verdict = given.must(move("oebobo-1", "18:00", "22:00"))

    told = {each.code for each in verdict.warnings if each.subject == "d1"}
    assert told == {"insufficient_rest", "over_duty"}
    assert given.state.deployments["d1"].starts_at == at("18:00")
