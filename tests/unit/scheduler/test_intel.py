"""To who may not see `intel`, the scheduler answers as if such duties did not exist, except on collision."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import pytest

from pamwal.contracts.claims import Claims
from pamwal.contracts.envelope import RequestData
from pamwal.contracts.scheduling import (
    AcknowledgeDeployments,
    OrderDeployments,
    OrderReserved,
    RegisterOfficers,
    RegisterSites,
    ReinstateDeployments,
    RejectDeployments,
    Release,
    ReserveDeployments,
    RevertImport,
    SiteRow,
    StandDownDeployments,
    Swap,
    SwapDeployments,
    WithdrawSites,
)
from services.scheduler.views.free import FreeAsked, free_view
from services.scheduler.views.sight import sight_of
from tests.unit.scheduler.asked import (
    ADMIN,
    Plan,
    absence,
    absences,
    at,
    cancel,
    claims,
    entry,
    opened,
    order,
    orders,
    plan,
    post_of,
    reassign,
    request,
    roster,
    rows,
    site,
    sites,
)
from tests.unit.scheduler.test_roster import withdraw

POST: Final = post_of("oebobo")
PADAL: Final = claims("field_commander", officer="k-2")


def told(*, intel: bool) -> Plan:
    """k-1 may be on intel at Oebobo, 16:00 to 18:00, by deployment `secret`; k-2 leads the guard there."""
    given = opened()
    given.must(RegisterOfficers(officers=[entry(f"k-{n}") for n in (1, 2, 3)]))
    given.must(sites(site()))
    for rally_id in ("oebobo-1", "lasiana-1"):
        given.must(plan(rally_id))
    given.must(orders(order("d2", "k-2", role="field_commander")))
    if intel:
        given.must(
            orders(
                order("secret", role="intel"),
                order("guarded", "k-3", role="intel", starts="10:00", ends="11:00"),
            )
        )
        given.must(cancel("guarded"))
    return given


def answers(data: RequestData, by: Claims = POST) -> list[Any]:
    """What is decided, with and without intel."""
    found = (told(intel=intel) for intel in (True, False))
    return [given.core.decide(given.state, request("asked", data, by=by), at("07:00")) for given in found]


def checks(data: RequestData, by: Claims = POST) -> list[Any]:
    """What a check says, with and without intel."""
    found = (told(intel=intel) for intel in (True, False))
    return [given.core.check(given.state, request("check", data, by=by), at("07:00")) for given in found]


ABOUT_SECRET: Final[list[RequestData]] = [
    AcknowledgeDeployments(rows=rows("secret")),
    RejectDeployments(rows=rows("secret"), cause="ill"),
    StandDownDeployments(rows=[Release(deployment_id="secret", at=at("17:00"))]),
    cancel("secret"),
    reassign(("secret", order("e1", "k-3"))),
    SwapDeployments(
        sprin="S/1", cause="ill",
        rows=[Swap(release=rows("secret")[0], deployment_id="e1", officer_id="k-3")],
    ),
    ReinstateDeployments(rows=rows("secret"), cause="why not"),
    ReinstateDeployments(rows=rows("guarded"), cause="why not"),
    OrderReserved(sprin="S/9", rows=rows("secret")),
]  # fmt: skip


@pytest.mark.parametrize("data", ABOUT_SECRET)
def test_a_deployment_on_intel_is_unknown_to_a_post(data: RequestData) -> None:
    with_intel, without = answers(data)
    assert with_intel == without
    assert with_intel.reason.code == "unknown_deployment"


@pytest.mark.parametrize("data", ABOUT_SECRET[:3])
def test_it_is_unknown_to_the_padal_of_the_place_and_to_other_officers(data: RequestData) -> None:
    for by in (PADAL, claims("officer", officer="k-3")):
        with_intel, without = answers(data, by)
        assert with_intel == without


def test_the_officer_himself_acknowledges_his_duty_on_intel() -> None:
    told(intel=True).must(ABOUT_SECRET[0], by=claims("officer", officer="k-1"))


APART: Final[list[RequestData]] = [
    orders(order("d9", rally_id="lasiana-1", starts="18:01", ends="19:00")),
    orders(order("d9", starts="18:00", ends="23:59")),
    orders(order("d9", starts="05:00", ends="16:00")),
    ReserveDeployments(orders=[order("d9", starts="20:00", ends="21:00")]),
    absences(absence()),
]


@pytest.mark.parametrize("data", APART)
def test_near_a_duty_on_intel_everything_is_judged_as_without_it(data: RequestData) -> None:
    with_intel, without = answers(data)
    assert with_intel == without


def test_a_visible_duty_is_named_with_what_would_be_possible_as_without_intel() -> None:
    found = []
    for intel in (True, False):
        given = told(intel=intel)
        given.must(orders(order("d8", starts="18:30", ends="19:00")))
        found.append(given.refused(orders(order("d9", starts="15:00", ends="19:00")), by=POST))
    assert found[0] == found[1]
    assert found[0].winner is not None


COLLIDING: Final[list[RequestData]] = [
    orders(order("d9", rally_id="lasiana-1")),
    orders(order("d9", starts="17:59", ends="23:00")),
    ReserveDeployments(orders=[order("d9")]),
    orders(order("secret", "k-3", starts="06:00", ends="07:00")),
    OrderDeployments(
        sprin="S/9", orders=[order("secret", role="guard")], mode="best_effort", import_id="i"
    ),
    withdraw("k-1"),
    withdraw("k-1", cancel_deployments=True),
]  # fmt: skip


@pytest.mark.parametrize("data", COLLIDING)
def test_a_collision_is_refused_without_saying_with_what(data: RequestData) -> None:
    reason = told(intel=True).refused(data, by=POST)
    assert reason.winner is None
    text = f"{reason.message} {reason.possible}"
    for word in ("oebobo-1", "intel", "withheld", "16:00", "18:00", "ordered", "post"):
        assert word not in text.replace("let the ops_head ask", ""), text


@pytest.mark.parametrize("data", [*ABOUT_SECRET, *APART, *COLLIDING])
def test_a_check_does_not_depend_on_intel(data: RequestData) -> None:
    with_intel, without = checks(data)
    assert with_intel == without


def test_a_check_of_the_head_names_the_duty() -> None:
    with_intel, _ = checks(COLLIDING[0], claims())
    assert with_intel.reason.winner.deployment_id == "secret"


def test_a_post_orders_nobody_to_intel() -> None:
    data = orders(order("d9", "k-3", role="intel", starts="10:00", ends="11:00"))
    assert told(intel=False).refused(data, by=POST).code == "not_yours"


@pytest.mark.parametrize(
    ("starts", "ends"), [("06:00", "07:00"), ("16:30", "17:00"), ("18:00", "19:00"), ("19:00", "23:59")]
)
@pytest.mark.parametrize("place", [None, "rally/oebobo-1", "rally/lasiana-1"])
def test_who_is_free_does_not_depend_on_intel(starts: str, ends: str, place: str | None) -> None:
    asked = FreeAsked(starts_at=at(starts), ends_at=at(ends), place=place, why=True)
    found = []
    for given in (told(intel=True), told(intel=False)):
        state = given.state
        assert state.operation is not None
        officers = state.officers.values()
        found.append(free_view(state, state.operation, officers, POST, sight_of(state, POST), asked))
    assert found[0] == found[1]


def at_site() -> Plan:
    """One officer on intel at a site, and nobody else."""
    given = opened()
    given.must(roster("k-1"))
    given.must(RegisterSites(sites=[site()], import_id="i"))
    given.must(orders(msgspec.structs.replace(order("secret", role="intel"), place="site/kpu")))
    return given


@pytest.mark.parametrize(
    "data",
    [
        WithdrawSites(rows=[SiteRow(site_id="kpu")], cause="over"),
        sites(site(starts_at=at("08:00"), ends_at=at("09:00"))),
        RevertImport(import_id="i", cause="wrong file"),
    ],
)
def test_an_admin_is_told_that_the_head_must_ask(data: RequestData) -> None:
    given = at_site()
    reason = given.refused(data, by=ADMIN)
    assert reason.code == "not_yours"
    assert "deployment" not in reason.message
    head = given.ask(data)
    assert head.reason is None or "secret" in head.reason.message
