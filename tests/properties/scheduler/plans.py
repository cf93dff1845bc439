"""A Hypothesis strategy for every request of the scheduler, drawn from few names so that they meet."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from pamwal.contracts.claims import Claims
from pamwal.contracts.envelope import Request, RequestData
from pamwal.contracts.persons import PersonalRef
from pamwal.contracts.scheduling import (
    AcknowledgeDeployments,
    CancelDeployments,
    DeploymentRow,
    DiscardProposal,
    MoveRally,
    NoticeRally,
    Order,
    OrderDeployments,
    OrderProposal,
    OrderReserved,
    Override,
    PlanRally,
    ProposeDeployments,
    ReassignDeployments,
    Reassignment,
    ReassignUnit,
    RegisterOfficers,
    ReinstateDeployments,
    RejectDeployments,
    Release,
    ReserveDeployments,
    StandDownDeployments,
    Swap,
    SwapDeployments,
)
from tests.unit.scheduler.asked import (
    ADMIN,
    KELURAHAN,
    OPS_HEAD,
    Plan,
    at,
    cancel_rally,
    claims,
    entry,
    opening,
    plan,
    planned,
    post_of,
    receipt,
    request,
    venue,
)

officers = st.sampled_from(["k-1", "k-2", "k-3", "nobody"])
rally_ids = st.sampled_from([*KELURAHAN, "moon"])
deployment_ids = st.integers(0, 11).map(lambda number: f"d{number}")
modes = st.sampled_from(["atomic", "best_effort"])
versions = st.none() | st.integers(1, 4)
posts = st.sampled_from(["oebobo", "kelapa-lima", "maulafa"])
clocks = st.integers(28, 46).map(lambda half: f"{half // 2:02d}:{half % 2 * 30:02d}")


@st.composite
def intervals(draw: st.DrawFn) -> tuple[str, str]:
    """Mostly of some length, now and then of none."""
    one, other = draw(clocks), draw(clocks)
    return (at(min(one, other)), at(max(one, other)))


places = rally_ids.map(lambda each: f"rally/{each}") | st.just("site/kpu")
overrides = st.none() | st.builds(
    Override,
    rules=st.lists(
        st.sampled_from(["cannot_arrive", "insufficient_rest", "over_duty"]), min_size=1, max_size=3
    ),
    cause=st.just("nobody else"),
)


@st.composite
def orders_of_one(draw: st.DrawFn) -> Order:
    """One row."""
    starts_at, ends_at = draw(intervals())
    return Order(
        deployment_id=draw(deployment_ids),
        officer_id=draw(officers),
        place=draw(places),
        role=draw(st.sampled_from(["guard", "field_commander", "intel"])),
        starts_at=starts_at,
        ends_at=ends_at,
        override=draw(overrides),
    )


rows = st.lists(
    st.builds(DeploymentRow, deployment_id=deployment_ids, expected_version=versions), min_size=1, max_size=4
)
entries = st.builds(
    lambda officer_id, rank, satgas, digest, nrp: entry(
        officer_id,
        rank=rank,
        satgas=satgas,
        person_ref=PersonalRef(ref="r", digest=digest, nrp=nrp) if digest else None,
    ),
    officers,
    st.sampled_from(["BRIPKA", "AIPDA"]),
    st.sampled_from(["preventif", "gakkum", "moon"]),
    st.sampled_from(["", "d1", "d2"]),
    st.sampled_from([None, "n1", "n2"]),
)


@st.composite
def rally_plans(draw: st.DrawFn) -> PlanRally:
    """A plan, new or again."""
    starts_at, ends_at = draw(intervals())
    rally_id = draw(rally_ids)
    return plan(
        rally_id,
        kind=draw(st.sampled_from(["limited_meeting", "debate"])),
        venue=venue(draw(st.sampled_from([*KELURAHAN.values(), "53.71.03.1010"]))),
        starts_at=starts_at,
        ends_at=ends_at,
        receipt=draw(st.none() | st.just(receipt())),
        expected_version=draw(versions),
    )


@st.composite
def moves(draw: st.DrawFn) -> MoveRally:
    """A move in time, sometimes in place as well."""
    starts_at, ends_at = draw(intervals())
    return MoveRally(
        rally_id=draw(rally_ids),
        starts_at=starts_at,
        ends_at=ends_at,
        venue=draw(st.none() | st.sampled_from(list(KELURAHAN.values())).map(venue)),
        release_conflicts=draw(st.booleans()),
        expected_version=draw(versions),
    )


def _rows_of(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(strategy, min_size=1, max_size=4)


data: st.SearchStrategy[RequestData] = st.one_of(
    st.builds(OrderDeployments, sprin=st.just("SPRIN/1"), orders=_rows_of(orders_of_one()), mode=modes),
    st.builds(OrderDeployments, sprin=st.just("SPRIN/2"), orders=_rows_of(orders_of_one()), mode=modes),
    st.builds(
        ReassignDeployments,
        sprin=st.just("SPRIN/3"),
        cause=st.just("elsewhere"),
        rows=_rows_of(
            st.builds(
                Reassignment,
                release=st.builds(DeploymentRow, deployment_id=deployment_ids),
                order=orders_of_one(),
            )
        ),
        mode=modes,
    ),
    moves(),
    st.builds(ReserveDeployments, orders=_rows_of(orders_of_one()), mode=modes),
    st.builds(OrderReserved, sprin=st.just("SPRIN/4"), rows=rows, mode=modes),
    st.builds(
        SwapDeployments,
        sprin=st.just("SPRIN/5"),
        cause=st.just("ill"),
        rows=_rows_of(
            st.builds(
                Swap,
                release=st.builds(DeploymentRow, deployment_id=deployment_ids),
                deployment_id=deployment_ids,
                officer_id=officers,
                override=overrides,
            )
        ),
    ),
    st.builds(
        ReassignUnit,
        sprin=st.just("SPRIN/6"),
        cause=st.just("elsewhere"),
        unit=st.just("Sektor Oebobo"),
        from_place=places,
        to_place=places,
        starts_at=clocks.map(at),
        ends_at=clocks.map(at),
        prefix=st.sampled_from(["u1", "u2"]),
    ),
    st.builds(ReinstateDeployments, rows=rows, cause=st.just("after all"), override=overrides, mode=modes),
    st.builds(RejectDeployments, rows=rows, cause=st.just("ill"), mode=modes),
    st.builds(
        StandDownDeployments,
        rows=_rows_of(st.builds(Release, deployment_id=deployment_ids, at=clocks.map(at))),
        mode=modes,
    ),
    st.builds(ProposeDeployments, proposal_id=st.just("p1"), orders=_rows_of(orders_of_one())),
    st.builds(OrderProposal, proposal_id=st.just("p1"), sprin=st.just("SPRIN/7"), mode=modes),
    st.builds(DiscardProposal, proposal_id=st.just("p1")),
    st.builds(AcknowledgeDeployments, rows=rows, mode=modes),
    st.builds(CancelDeployments, rows=rows, cause=st.just("ill"), mode=modes),
    st.builds(cancel_rally, rally_ids, expected_version=versions),
    st.builds(RegisterOfficers, officers=_rows_of(entries), mode=modes),
    rally_plans(),
    st.builds(NoticeRally, rally_id=rally_ids, receipt=st.just(receipt()), expected_version=versions),
    st.just(opening()),
)


@st.composite
def speakers(draw: st.DrawFn) -> tuple[Claims, str]:
    """Mostly who may, now and then who may not."""
    post = draw(posts)
    may = [OPS_HEAD, OPS_HEAD, OPS_HEAD, post_of(post), post_of(post)]
    padal, officer = claims("field_commander", officer="k-1"), claims("officer", officer="k-2")
    by = draw(st.sampled_from([*may, padal, officer, ADMIN, claims("viewer")]))
    return by, post


@st.composite
def histories(draw: st.DrawFn, *, length_max: int = 16) -> list[Request[Any]]:
    """Requests q0, q1 … to an operation that has officers and rallies."""
    made: list[Request[Any]] = []
    for number in range(draw(st.integers(1, length_max))):
        by, post = draw(speakers())
        made.append(request(f"q{number}", draw(data), by=by, post=post))
    return made


def given_plan() -> Plan:
    """The operation these histories are asked of: three officers, three rallies."""
    return planned()
