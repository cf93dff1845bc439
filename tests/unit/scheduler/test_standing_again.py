"""Reservations ordered later, orders that stand again: by the rules of then, with every reason kept."""

from __future__ import annotations

import msgspec

from pamwal.contracts.scheduling import (
    CloseDay,
    OrderReserved,
    Override,
    Policy,
    RegisterOfficers,
    ReinstateDeployments,
    ReinstateRally,
    Release,
    ReserveDeployments,
    StandDownDeployments,
)
from tests.unit.scheduler.asked import (
    Plan,
    at,
    cancel,
    cancel_rally,
    codes,
    entry,
    move,
    opened,
    order,
    orders,
    plan,
    planned,
    post_of,
    rows,
    said,
)

TIRED = Override(rules=["over_duty", "insufficient_rest"], cause="nobody else is left")


def long_reservation() -> Plan:
    """Given a reservation of 14 h that the ops_head made for post Oebobo, against the longest duty."""
    given = opened(policy=Policy())
    given.must(RegisterOfficers(officers=[entry("k-1")]))
    given.must(plan("oebobo-1", "06:00", "23:00"))
    long = msgspec.structs.replace(order("d1", starts="06:00", ends="20:00"), override=TIRED)
    given.must(ReserveDeployments(orders=[long]))
    return given


def test_nothing_reserved_is_ordered_on_a_closed_day() -> None:
    given = planned()
    given.must(ReserveDeployments(orders=[order("d1")]))
    given.must(CloseDay(day="2024-10-03"))

    reason = given.refused(OrderReserved(sprin="SPRIN/1", rows=rows("d1")))

    assert (reason.code, reason.subject) == ("illegal_transition", "d1")
    assert "days:reopen" in (reason.possible or "")


def test_a_post_orders_what_the_head_of_operations_reserved_for_it_against_a_rule() -> None:
    given = long_reservation()

    fact = given.must(OrderReserved(sprin="SPRIN/1", rows=rows("d1")), by=post_of("oebobo")).facts[0]

    assert (fact.overridden, fact.cause) == (["over_duty"], "as reserved")


def test_what_was_not_set_aside_for_the_reservation_still_binds_the_post() -> None:
    given = long_reservation()
    given.must(cancel("d1"))
    back = ReinstateDeployments(rows=rows("d1"), cause="after all")

    assert given.refused(back, by=post_of("oebobo")).code == "over_duty"


def test_an_order_that_stands_again_keeps_why_its_rules_were_set_aside() -> None:
    given = long_reservation()
    given.must(cancel("d1"))

    back = ReinstateDeployments(rows=rows("d1"), cause="cancelled by mistake", override=TIRED)
    fact = given.must(back).facts[0]

    assert (fact.overridden, fact.cause) == (["over_duty"], "cancelled by mistake")
    assert fact.override_cause == "nobody else is left"


def test_an_order_that_stands_again_beside_its_moved_rally_is_told() -> None:
    given = planned()
    given.must(orders(order("d1")))
    given.must(cancel_rally("oebobo-1"))
    given.must(ReinstateRally(rally_id="oebobo-1", cause="dry again"))
    given.must(move("oebobo-1", "19:00", "22:00"))

    verdict = given.must(ReinstateDeployments(rows=rows("d1"), cause="dry again"))

    assert codes(verdict) == [("outside_hours", "d1")]


def test_duty_that_was_stood_down_too_soon_is_ordered_anew_from_then_on() -> None:
    given = planned()
    given.must(orders(order("d1", starts="16:00", ends="20:00")))
    given.must(StandDownDeployments(rows=[Release(deployment_id="d1", at=at("18:00"))]))

    reason = given.refused(ReinstateDeployments(rows=rows("d1"), cause="too soon"))

    assert reason.possible == f"order the officer anew from {said('18:00')} on, under a new deployment_id"
    again = given.refused(StandDownDeployments(rows=[Release(deployment_id="d1", at=at("17:00"))]))
    assert again.possible == reason.possible
    given.must(orders(order("d2", starts="18:00", ends="20:00")))
