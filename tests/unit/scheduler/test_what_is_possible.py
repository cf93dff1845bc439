"""A refusal names a way out that is one: for who asks, at what is asked, now."""

from __future__ import annotations

import msgspec
import pytest

from pamwal.contracts.scheduling import (
    OrderSeries,
    PlanRallies,
    PlanSeries,
    RegisterOfficers,
    Release,
    RevertImport,
    SeriesOrder,
    StandDownDeployments,
)
from services.scheduler.deciding import orders as ordering
from tests.unit.scheduler.asked import (
    at,
    entry,
    order,
    ordered_to,
    orders,
    plan,
    planned,
    post_of,
    said,
    site,
    sites,
)

ELSEWHERE = orders(order("d2", rally_id="lasiana-1", starts="17:00", ends="19:00"))


def test_another_posts_order_is_not_reassigned_by_the_loser() -> None:
    given = planned()
    given.must(orders(order("d1")), by=post_of("oebobo"))

    theirs = given.refused(ELSEWHERE, by=post_of("alak"), post="alak").possible or ""
    own = given.refused(ELSEWHERE, by=post_of("oebobo")).possible or ""
    heads = given.refused(ELSEWHERE).possible or ""

    assert "one decision, if post oebobo or the ops_head asks for it" in theirs
    for each in (theirs, own, heads):
        assert each.startswith("deployments:reassign releases d1 and makes this order in one decision")
    assert "asks for it" not in own + heads


def test_duty_that_is_done_is_not_reassigned() -> None:
    given = planned()
    given.must(orders(order("d1", starts="16:00", ends="20:00")))
    given.must(StandDownDeployments(rows=[Release(deployment_id="d1", at=at("18:00"))]))

    reason = given.refused(ELSEWHERE)

    assert reason.possible == f"the same length from {said('18:00')} on, or another officer"


def test_a_full_site_is_not_told_to_plan_a_rally(monkeypatch: pytest.MonkeyPatch) -> None:
    given = planned()
    given.must(sites(site()))
    given.must(ordered_to("d1", "site/kpu"))
    monkeypatch.setattr(ordering, "LIVE_AT_PLACE_MAX", 1)

    reason = given.refused(ordered_to("d2", "site/kpu", officer_id="k-2"))

    assert reason.code == "too_large"
    assert "rally" not in (reason.possible or "")
    assert "deployments:stand-down" in (reason.possible or "")


def series_orders(*ids: str) -> OrderSeries:
    rows = [SeriesOrder(officer_id=each, role="guard") for each in ids]
    return OrderSeries(sprin="SPRIN/1", series_id="s1", prefix="o", rows=rows)


def test_a_rally_that_a_reverted_import_put_into_a_series_is_not_ordered_with_it() -> None:
    given = planned()
    given.must(PlanSeries(series_id="s1", first=plan("x", "09:00", "10:00"), recurrence="FREQ=DAILY;COUNT=2"))
    given.must(PlanRallies(rallies=[plan("oebobo-1", series_id="s1")], import_id="i1"))
    given.must(RevertImport(import_id="i1", cause="the wrong file"))

    facts = given.must(series_orders("k-1")).facts

    assert {fact.place for fact in facts} == {"rally/s1.2024-10-03", "rally/s1.2024-10-04"}


def test_rallies_of_a_series_with_long_ids_of_their_own_are_ordered_each() -> None:
    given = planned()
    officer = "n" * 32
    given.must(RegisterOfficers(officers=[entry(officer)]))
    for day in (3, 4):
        long = f"{'r' * 50}.{day}.x"
        hours = {"starts_at": at("16:00", day), "ends_at": at("18:00", day)}
        given.must(msgspec.structs.replace(plan(long, series_id="s1"), **hours))

    facts = given.must(series_orders(officer)).facts

    assert len({fact.deployment_id for fact in facts}) == 2
