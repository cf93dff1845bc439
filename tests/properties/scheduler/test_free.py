"""Whoever `free` names can be ordered, and whoever it leaves out cannot: on any plan, for any hours."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from pamwal.contracts.envelope import Request
from pamwal.contracts.scheduling import (
    CloseDay,
    CloseRally,
    LendOfficers,
    OrderDeployments,
    Policy,
    ReserveDeployments,
)
from services.scheduler.deciding.state import RALLY
from services.scheduler.views.free import FreeAsked, free_view
from services.scheduler.views.roster import OfficersAsked, officers_of
from services.scheduler.views.sight import sight_of
from tests.properties.scheduler.plans import clocks, histories
from tests.unit.scheduler.asked import (
    OPS_HEAD,
    Plan,
    absence,
    absences,
    at,
    loan,
    notice,
    opened,
    order,
    plan,
    request,
    roster,
    site,
    sites,
)


def planned(policy: Policy, *, day_closed: bool) -> Plan:
    """Rallies planned, notified, closed and cancelled later by what is asked, a site, people away."""
    given = opened(policy=policy)
    given.must(roster("k-1", "k-2", "k-3"))
    for rally_id in ("oebobo-1", "lasiana-1", "sikumana-1", "moon"):
        given.must(plan(rally_id, "15:00", "22:00"))
    given.must(notice("sikumana-1"))
    given.must(sites(site("kpu")))
    given.must(absences(absence(officer_id="k-2", starts_at=at("19:00"), ends_at=at("20:00"))))
    given.must(LendOfficers(loans=[loan(officer_id="k-3", starts_at=at("20:00"), ends_at=at("21:00"))]))
    given.must(CloseRally(rally_id="moon"))
    if day_closed:
        given.must(CloseDay(day="2024-10-03"))
    return given


@settings(max_examples=200, deadline=None)
@given(
    asked=histories(),
    travel=st.sampled_from(["warn", "refuse"]),
    day_closed=st.sampled_from([False, False, False, True]),
    hours=st.tuples(clocks, clocks, st.sampled_from([3, 3, 3, 4])),
    place=st.sampled_from([None, "rally/oebobo-1", "rally/lasiana-1", "rally/moon", "site/kpu"]),
)
def test_whoever_is_named_can_be_ordered_and_nobody_else(
    asked: list[Request[Any]], travel: Any, day_closed: bool, hours: tuple[str, str, int], place: str | None
) -> None:
    known = planned(Policy(travel=travel), day_closed=day_closed)
    for each in asked:
        known.ask(each.data)
    starts_at, ends_at = at(min(hours[:2]), hours[2]), at(max(hours[:2]), hours[2])
    if starts_at == ends_at:
        return
    operation = known.state.operation
    assert operation is not None

    seen = free_view(
        known.state,
        operation,
        officers_of(known.state, OfficersAsked()),
        OPS_HEAD,
        sight_of(known.state, OPS_HEAD),
        FreeAsked(starts_at=starts_at, ends_at=ends_at, place=place, why=True),
    )

    free, bound = {each.officer_id for each in seen.free}, {each.officer_id: each for each in seen.bound}
    assert free | bound.keys() == {
        each.officer_id for each in known.state.officers.values() if not each.withdrawn
    }
    for officer_id in sorted(free | bound.keys()):
        row = replace(order("new", officer_id), place=place or "", starts_at=starts_at, ends_at=ends_at)
        if place is None:
            continue
        rally = known.state.rallies.get(place.removeprefix(RALLY))
        if rally is not None and rally.status == "notified":
            wanted: Any = ReserveDeployments(orders=[row])
        else:
            wanted = OrderDeployments(sprin="SPRIN/9", orders=[row])
        verdict = known.core.decide(known.state, request("new", wanted), at("07:00"))
        assert (verdict.reason is None) == (officer_id in free), (officer_id, verdict.reason)
        if verdict.reason is not None:
            assert verdict.reason.code == bound[officer_id].code
