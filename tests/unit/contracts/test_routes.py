"""Every type has its route, and a short word finds it."""

from __future__ import annotations

import pytest

from pamwal.contracts.codec import FIELD_REQUEST_TYPES, REPORTING_REQUEST_TYPES, REQUEST_TYPES, TYPE_OF
from pamwal.contracts.reporting_deliveries import NoteDelivery
from pamwal.contracts.routes import ROUTES, type_named
from services.checkin import requests as checkin
from services.reporting import requests as reporting
from services.scheduler import requests as scheduler

ONLY_BY_A_SERVICE = {TYPE_OF[NoteDelivery]}
"""Requests that no route takes: a service asks for them by itself."""


def test_every_request_type_has_a_route_of_the_service_that_takes_it() -> None:
    assert set(ROUTES) == set(REQUEST_TYPES) - ONLY_BY_A_SERVICE
    assert {name for name, route in ROUTES.items() if route.service == "checkin"} == set(FIELD_REQUEST_TYPES)
    asked = {name for name, route in ROUTES.items() if route.service == "reporting"}
    assert asked == set(REPORTING_REQUEST_TYPES) - ONLY_BY_A_SERVICE


def test_the_services_take_each_type_and_no_path_twice() -> None:
    for routes in (checkin.ROUTES, scheduler.ROUTES, reporting.ROUTES):
        assert len({route.path for route in routes}) == len(routes)
    assert {route.type for route in (*checkin.ROUTES, *scheduler.ROUTES, *reporting.ROUTES)} == set(ROUTES)


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("check_in", "pamwal.field.check_in.v1"),
        ("check-in", "pamwal.field.check_in.v1"),
        ("field.check_out", "pamwal.field.check_out.v1"),
        ("pamwal.scheduling.plan_rally.v1", "pamwal.scheduling.plan_rally.v1"),
        ("check", None),
        ("pamwal", None),
        ("", None),
    ],
)
def test_a_short_word_names_exactly_one_type(word: str, found: str | None) -> None:
    assert type_named(word) == found
