"""What was exported is read again exactly as it was, in every form."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pamwal.contracts.persons import comparable_nrp
from pamwal.contracts.scheduling.terms import OfficerEntry
from services.scheduler.files import (
    OrderLine,
    Parsed,
    export_orders,
    export_plan,
    export_roster,
    order_rows,
    plan_rows,
    roster_rows,
)
from tests.unit.scheduler.files.books import in_calendar, orders_in_calendar
from tests.unit.scheduler.files.strategies import OFFICERS, ORDERS, RALLIES, ZONES

A_FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def values(parsed: Parsed[Any]) -> list[Any]:
    assert parsed.errors == []
    assert parsed.series == []
    return [row.value for row in parsed.rows]


def nrp_of(officer: OfficerEntry) -> str:
    """What no other officer may have; the id of one without."""
    nrp = officer.person.nrp if officer.person else None
    return comparable_nrp(nrp or "") or officer.officer_id


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@A_FEW
@given(officers=st.lists(OFFICERS, max_size=4, unique_by=(lambda officer: officer.officer_id, nrp_of)))
def test_a_roster_comes_back_as_it_was(form: Any, officers: list[Any]) -> None:
    assert values(roster_rows(export_roster(officers, form), f"roster.{form}")) == officers


@pytest.mark.parametrize("form", ["csv", "xlsx", "ics"])
@A_FEW
@given(rallies=st.lists(RALLIES, max_size=3, unique_by=lambda rally: rally.rally_id), zone=ZONES)
def test_a_plan_comes_back_as_it_was(form: Any, rallies: list[Any], zone: Any) -> None:
    written = in_calendar(rallies, zone) if form == "ics" else export_plan(rallies, zone, form)
    assert values(plan_rows(written, f"plan.{form}", zone)) == rallies


@pytest.mark.parametrize("form", ["csv", "xlsx", "ics"])
@A_FEW
@given(orders=st.lists(ORDERS, max_size=3, unique_by=lambda line: line.order.deployment_id), zone=ZONES)
def test_orders_come_back_as_they_were(form: Any, orders: list[OrderLine], zone: Any) -> None:
    written = orders_in_calendar(orders, zone) if form == "ics" else export_orders(orders, zone, form)
    assert values(order_rows(written, f"orders.{form}", zone)) == orders
