"""More than one decision holds is refused by the rules themselves, so that a check says it as well."""

from __future__ import annotations

import pytest

from pamwal.contracts.scheduling import OrderSeries, PlanSeries, SeriesOrder
from services.scheduler.deciding import series_orders, telling
from tests.unit.scheduler.asked import order, orders, plan, planned, withdraw


def test_a_series_of_more_orders_than_a_decision_holds_is_not_even_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = planned()
    given.must(PlanSeries(series_id="s1", first=plan("x", "09:00", "10:00"), recurrence="FREQ=DAILY;COUNT=3"))
    monkeypatch.setattr(series_orders, "SERIES_ORDERS_MAX", 5)
    rows = [SeriesOrder(officer_id=each, role="guard") for each in ("k-1", "k-2")]

    reason = given.refused(OrderSeries(sprin="S", series_id="s1", prefix="o", rows=rows))

    assert (reason.code, reason.subject) == ("too_large", "s1")
    assert reason.possible == "1 officers at once"
    given.must(OrderSeries(sprin="S", series_id="s1", prefix="o", rows=rows[:1]))


@pytest.mark.parametrize(("limit", "value"), [("FACTS_MAX", 3), ("BYTES_MAX", 300)])
def test_an_answer_that_its_record_cannot_take_is_refused(
    monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    given = planned()
    given.must(orders(order("d1"), order("d2", "k-2")))
    gone = withdraw("k-1", "k-2", cancel_deployments=True)
    monkeypatch.setattr(telling, "MEASURED_FROM", 3)
    monkeypatch.setattr(telling, limit, value)

    reason = given.refused(gone)

    assert reason.code == "too_large"
    assert reason.possible
    monkeypatch.undo()
    assert len(given.must(gone).facts) == 4
