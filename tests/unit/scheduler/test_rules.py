"""Rules beside overlap: each refuses, says what would be possible, and yields to an ops_head with a cause."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pamwal.contracts.scheduling import (
    AbsenceEntry,
    Attachment,
    LendOfficers,
    LoanEntry,
    OrderDeployments,
    OverridableRule,
    Override,
    Policy,
    RecordAbsences,
    RegisterOfficers,
    WithdrawAbsences,
)
from pamwal.places import point_of
from services.scheduler.deciding.travel import geodesic_m
from tests.unit.scheduler.asked import (
    KELURAHAN,
    Plan,
    at,
    entry,
    move,
    opened,
    order,
    orders,
    plan,
    post_of,
    said,
)

STRICT = Policy()


def given(policy: Policy = STRICT) -> Plan:
    """Rallies of many hours, and two officers."""
    found = opened(policy=policy)
    found.must(RegisterOfficers(officers=[entry("k-1"), entry("k-2")]))
    for rally_id in KELURAHAN:
        found.must(plan(rally_id, "06:00", "23:00"))
    return found


def overriding(*rules: OverridableRule, cause: str = "nobody else is left") -> Override:
    return Override(rules=list(rules), cause=cause)


def over(row: Any, *rules: OverridableRule) -> Any:
    return msgspec.structs.replace(row, override=overriding(*rules))


def test_a_way_too_short_is_refused_unless_the_policy_only_warns() -> None:
    second = orders(order("d2", rally_id="lasiana-1", starts="18:05", ends="19:00"))
    strict, lenient = given(), given(Policy(travel="warn"))
    for each in (strict, lenient):
        each.must(orders(order("d1", starts="16:00", ends="18:00")))

    reason = strict.refused(second)

    assert (reason.code, reason.subject) == ("cannot_arrive", "d2")
    assert "5 min" in reason.message
    assert reason.possible is not None
    assert reason.possible.startswith("begin at rally/lasiana-1 from 2024-10-03 18:")
    assert [each.code for each in lenient.must(second).warnings] == ["cannot_arrive"]


def test_the_moment_that_is_said_to_be_possible_is_possible() -> None:
    found = given()
    found.must(orders(order("d1", starts="16:00", ends="18:00")))
    possible = found.refused(orders(order("d2", rally_id="lasiana-1", starts="18:05", ends="19:00"))).possible
    assert possible is not None
    day, clock, zone = possible.split(" from ")[1].split(" ")[:3]

    later = order("d2", rally_id="lasiana-1", starts=clock, ends="22:00")

    assert (day, zone) == ("2024-10-03", "WITA")
    found.must(orders(later))


def test_the_way_is_the_geodesic() -> None:
    # Oebobo to Lasiana by a published inverse solution on WGS 84 is some 6 km; symmetric, and nothing at home
    here, there = point_of(KELURAHAN["oebobo-1"]), point_of(KELURAHAN["lasiana-1"])
    assert geodesic_m(here, there) == pytest.approx(geodesic_m(there, here))
    assert 4_000 < geodesic_m(here, there) < 12_000
    assert geodesic_m(here, here) == 0


@pytest.mark.parametrize(
    ("starts", "ends", "code"),
    [
        ("06:00", "18:00", None),
        ("06:00", "18:01", "over_duty"),
        ("06:00", "22:30", "insufficient_rest"),
    ],
)
def test_one_duty_is_not_longer_than_the_longest(starts: str, ends: str, code: str | None) -> None:
    verdict = given().ask(orders(order("d1", starts=starts, ends=ends)))

    assert (verdict.reason.code if verdict.reason else None) == code


def test_the_hours_of_a_day_add_up_while_no_rest_lies_between() -> None:
    found = given()
    found.must(orders(order("d1", starts="06:00", ends="12:00")))
    found.must(orders(order("d2", starts="13:00", ends="18:00")))

    reason = found.refused(orders(order("d3", starts="19:00", ends="20:30")))

    assert reason.code == "over_duty"
    assert "12.5 h" in reason.message
    assert reason.possible == f"begin from {said('02:00', 4)} on, or another officer"
    found.must(orders(order("d3", starts="19:00", ends="20:00")))


def test_each_24_hours_hold_one_rest() -> None:
    found = given()
    found.must(orders(order("d1", starts="06:00", ends="08:00")))
    found.must(orders(order("d2", starts="14:00", ends="16:00")))  # 6 h of gap are no rest

    reason = found.refused(orders(order("d3", starts="21:30", ends="22:01")))

    assert reason.code == "insufficient_rest"
    found.must(orders(order("d3", starts="21:30", ends="22:00")))


def test_a_rest_begins_the_count_anew() -> None:
    found = given(Policy(minimum_rest_h=6))
    found.must(orders(order("d1", starts="06:00", ends="12:00")))

    found.must(orders(order("d2", starts="18:00", ends="23:00")))


def test_hours_done_before_standing_down_still_count() -> None:
    from pamwal.contracts.scheduling import Release, StandDownDeployments

    found = given()
    found.must(orders(order("d1", starts="06:00", ends="18:00")))
    found.must(StandDownDeployments(rows=[Release(deployment_id="d1", at=at("16:00"))]))

    assert found.refused(orders(order("d2", starts="17:00", ends="19:30"))).code == "over_duty"
    found.must(orders(order("d2", starts="17:00", ends="19:00")))


def absent(starts: str, ends: str) -> RecordAbsences:
    return RecordAbsences(
        absences=[
            AbsenceEntry(
                absence_id="a-1", officer_id="k-1", kind="sakit", starts_at=at(starts), ends_at=at(ends)
            )
        ]
    )


def test_an_absent_officer_is_unavailable_and_half_open_hours_touch() -> None:
    found = given()
    found.must(absent("12:00", "16:00"))

    reason = found.refused(orders(order("d1", starts="15:59", ends="17:00")))

    assert reason.code == "officer_unavailable"
    assert "sakit" in reason.message
    assert said("16:00") in (reason.possible or "")
    found.must(orders(order("d1", starts="16:00", ends="17:00")))
    found.must(WithdrawAbsences(absence_ids=["a-1"], cause="well again"))
    found.must(orders(order("d2", starts="12:00", ends="13:00")))


def test_a_lent_officer_is_unavailable_at_home() -> None:
    found = given()
    found.must(
        LendOfficers(
            loans=[
                LoanEntry(
                    loan_id="l-1", officer_id="k-1", to_operation="omp-ntt", starts_at=at("06:00"),
                    ends_at=at("23:00"),
                )
            ]
        )
    )  # fmt: skip

    reason = found.refused(orders(order("d1")))

    assert reason.code == "officer_unavailable"
    assert "lent to omp-ntt" in reason.message


def test_an_attached_officer_is_ours_for_the_hours_of_the_loan_only() -> None:
    found = given()
    attachment = Attachment(
        operation_id="omp-belu", loan_id="l-9", starts_at=at("08:00"), ends_at=at("18:00")
    )
    found.must(RegisterOfficers(officers=[entry("b-1", attachment=attachment)]))

    assert (
        found.refused(orders(order("d1", "b-1", starts="17:00", ends="18:30"))).code == "officer_unavailable"
    )
    found.must(orders(order("d1", "b-1", starts="08:00", ends="18:00")))


def test_an_order_cites_its_sprin_unless_the_policy_needs_none() -> None:
    asked = OrderDeployments(orders=[order("d1")])

    assert given().refused(asked).code == "order_required"
    assert given(Policy(order_required=False)).must(asked).facts[0].sprin == ""


@pytest.mark.parametrize(
    ("rule", "asked"),
    [
        ("order_required", OrderDeployments(orders=[over(order("d1"), "order_required")])),
        ("over_duty", orders(over(order("d1", starts="06:00", ends="18:30"), "over_duty"))),
        (
            "insufficient_rest",
            orders(over(order("d1", starts="06:00", ends="22:30"), "over_duty", "insufficient_rest")),
        ),
    ],
)
def test_an_ops_head_sets_a_rule_aside_with_a_cause(rule: OverridableRule, asked: Any) -> None:
    verdict = given().must(asked)

    assert rule in verdict.facts[0].overridden
    assert verdict.facts[0].cause == "nobody else is left"
    assert rule in [each.code for each in verdict.warnings]


def test_an_override_that_was_not_needed_is_not_kept() -> None:
    fact = given().must(orders(over(order("d1"), "over_duty"))).facts[0]

    assert (fact.overridden, fact.cause) == ([], None)


def test_overriding_one_rule_does_not_set_another_aside() -> None:
    reason = given().refused(orders(over(order("d1", starts="06:00", ends="22:30"), "over_duty")))

    assert reason.code == "insufficient_rest"


def test_a_post_overrides_nothing() -> None:
    reason = given().refused(
        orders(over(order("d1", starts="06:00", ends="18:30"), "over_duty")), by=post_of("oebobo")
    )

    assert reason.code == "not_yours"


def test_nobody_overrides_double_booking() -> None:
    found = given()
    found.must(orders(order("d1")))
    everything = ("cannot_arrive", "insufficient_rest", "over_duty", "officer_unavailable", "order_required")

    assert found.refused(orders(over(order("d2"), *everything))).code == "double_booked"


def test_across_midnight_the_same_rules_hold() -> None:
    found = given()
    night = msgspec.structs.replace(order("d1", starts="20:00"), ends_at=at("04:00", 4))
    found.must(orders(night))

    early = msgspec.structs.replace(order("d2"), starts_at=at("11:00", 4), ends_at=at("15:30", 4))

    assert found.refused(orders(early)).code == "insufficient_rest"
    rested = msgspec.structs.replace(order("d2"), starts_at=at("12:00", 4), ends_at=at("16:30", 4))
    found.must(orders(rested))


def test_what_is_said_of_a_moment_is_said_on_the_operations_own_clock() -> None:
    found = given()
    found.must(orders(order("d1", starts="16:00", ends="18:00")))

    reason = found.refused(orders(order("d2", rally_id="lasiana-1", starts="17:00", ends="19:00")))

    assert f"from {said('16:00')} to {said('18:00')}" in reason.message
    assert reason.winner is not None
    assert reason.winner.starts_at == at("16:00")
    moved = found.refused(move("oebobo-1", "16:00", "15:00"))
    assert moved.message == f"oebobo-1 would end at {said('15:00')}, not after its start {said('16:00')}"
