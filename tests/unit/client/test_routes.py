"""Every type has its route, and a short word finds it."""

from __future__ import annotations

import pytest

from pamwal.client.routes import ROUTES, type_named
from pamwal.contracts.codec import FIELD_REQUEST_TYPES, REQUEST_TYPES
from services.checkin import requests as checkin
from services.scheduler import requests as scheduler


def test_every_request_type_has_a_route_of_the_service_that_takes_it() -> None:
    assert set(ROUTES) == set(REQUEST_TYPES)
    assert {name for name, route in ROUTES.items() if route.service == "checkin"} == set(FIELD_REQUEST_TYPES)


def test_the_services_take_each_type_where_the_client_sends_it() -> None:
    taken = {
        route.type: (service, route.path)
        for service, routes in (("checkin", checkin.ROUTES), ("scheduler", scheduler.ROUTES))
        for route in routes
    }
    assert taken == ROUTES


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
