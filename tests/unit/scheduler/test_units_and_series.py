"""Whole units and whole series: everybody and everything that is meant, once, and nothing else."""

from __future__ import annotations

from typing import Any

import msgspec

from pamwal.contracts.scheduling import OrderSeries, PlanSeries, ReassignUnit, SeriesOrder
from tests.unit.scheduler.asked import (
    Plan,
    at,
    cancel,
    codes,
    kinds,
    order,
    orders,
    plan,
    planned,
    site,
    sites,
)


def moved_unit(from_place: str, to_place: str = "rally/lasiana-1", **more: Any) -> ReassignUnit:
    plain = ReassignUnit(
        sprin="SPRIN/15",
        cause="crowd",
        unit="Sektor Oebobo",
        from_place=from_place,
        to_place=to_place,
        starts_at=at("17:00"),
        ends_at=at("19:00"),
        prefix="u",
    )
    return msgspec.structs.replace(plain, **more)


def at_site(deployment_id: str, starts: str, ends: str, day: int = 3, officer_id: str = "k-1") -> Any:
    plain = order(deployment_id, officer_id)
    return msgspec.structs.replace(
        plain, place="site/kpu", starts_at=at(starts, day), ends_at=at(ends, day), purpose="on_call"
    )


def statuses(given: Plan) -> dict[str, str]:
    return {each.deployment_id: each.status for each in given.state.deployments.values()}


def test_a_unit_keeps_what_its_officers_are_there_for() -> None:
    given = planned()
    given.must(sites(site()))
    given.must(orders(at_site("d1", "16:00", "20:00")))

    given.must(moved_unit("site/kpu"))

    assert given.state.deployments["u.k-1"].purpose == "on_call"


def test_an_officer_with_two_turns_at_a_rally_gives_both_up_for_one_order() -> None:
    given = planned()
    given.must(orders(order("d1", starts="16:00", ends="17:00"), order("d2", starts="18:00", ends="20:00")))

    verdict = given.must(moved_unit("rally/oebobo-1"))

    assert kinds(verdict) == ["DeploymentSwapped", "DeploymentSwapped", "DeploymentOrdered"]
    assert statuses(given) == {"d1": "swapped", "d2": "swapped", "u.k-1": "ordered"}


def test_a_unit_leaves_a_site_for_a_day_and_keeps_its_turns_on_others() -> None:
    given = planned()
    given.must(sites(site()))
    given.must(
        orders(
            at_site("d2", "08:00", "12:00", 2),
            at_site("d3", "08:00", "12:00"),
            at_site("n3", "22:00", "23:30", 2, "k-2"),
            at_site("d4", "08:00", "12:00", 4),
        )
    )

    given.must(moved_unit("site/kpu"))

    assert statuses(given) == {
        "d2": "ordered",
        "d3": "swapped",
        "n3": "ordered",
        "d4": "ordered",
        "u.k-1": "ordered",
    }


def test_a_prefix_that_was_used_is_said_to_be_what_is_wrong() -> None:
    given = planned()
    given.must(orders(order("u.k-1", starts="08:00", ends="09:00"), order("d1")))

    reason = given.refused(moved_unit("rally/oebobo-1"))

    assert reason.code == "illegal_transition"
    assert "prefix" in (reason.possible or "")


def series_orders(*ids: str, prefix: str = "o") -> OrderSeries:
    rows = [SeriesOrder(officer_id=each, role="guard") for each in ids]
    return OrderSeries(sprin="SPRIN/1", series_id="s1", prefix=prefix, rows=rows)


def planned_series(days: int) -> PlanSeries:
    first = plan("x", "09:00", "10:00")
    return PlanSeries(series_id="s1", first=first, recurrence=f"FREQ=DAILY;COUNT={days}")


def test_a_series_that_grew_is_ordered_again_and_only_what_is_new_is_new() -> None:
    given = planned()
    given.must(planned_series(2))
    given.must(series_orders("k-1"))
    given.must(planned_series(3))

    verdict = given.must(series_orders("k-1"))

    assert [fact.deployment_id for fact in verdict.facts] == ["o.2024-10-05.k-1"]
    assert codes(verdict) == [("unchanged", "o.2024-10-03.k-1"), ("unchanged", "o.2024-10-04.k-1")]


def test_what_was_cancelled_of_a_series_is_not_ordered_again_by_accident() -> None:
    given = planned()
    given.must(planned_series(2))
    given.must(series_orders("k-1"))
    given.must(cancel("o.2024-10-03.k-1"))

    reason = given.refused(series_orders("k-1"))

    assert reason.code == "illegal_transition"
    assert "prefix" in (reason.possible or "")
    assert len(given.must(series_orders("k-2", prefix="p")).facts) == 2
