"""Strategies for all that may be asked of the scheduler: over days, sites, series, imports and closures."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import strategies as st

from pamwal.contracts.codec import SCHEDULING_REQUEST_TYPES
from pamwal.contracts.envelope import Request, RequestData
from pamwal.contracts.scheduling import (
    AcknowledgeDeployments,
    AdmitChild,
    AmendOperation,
    Attachment,
    CancelDeployments,
    CloseDay,
    CloseOperation,
    CloseRally,
    DeploymentRow,
    DiscardProposal,
    DismissChild,
    ElectionCalendar,
    LendOfficers,
    MoveRally,
    NoticeRally,
    OfficerRow,
    Order,
    OrderDeployments,
    OrderProposal,
    OrderReserved,
    OrderSeries,
    Override,
    PlanRallies,
    PlanRally,
    PlanSeries,
    Policy,
    ProposeDeployments,
    ReassignDeployments,
    Reassignment,
    ReassignUnit,
    RecallOfficers,
    RecordAbsences,
    RegisterOfficers,
    RegisterSites,
    ReinstateDeployments,
    ReinstateRally,
    RejectDeployments,
    Release,
    ReopenDay,
    ReopenOperation,
    ReserveDeployments,
    RevertImport,
    SeriesOrder,
    SiteRow,
    StandDownDeployments,
    Swap,
    SwapDeployments,
    WithdrawAbsences,
    WithdrawOfficers,
    WithdrawSites,
)
from tests.properties.scheduler.plans import modes, speakers, versions
from tests.unit.scheduler.asked import (
    ADMIN,
    KELURAHAN,
    OPERATION,
    OPS_HEAD,
    Plan,
    absence,
    at,
    cancel_rally,
    entry,
    loan,
    opening,
    plan,
    planned,
    receipt,
    request,
    site,
    sites,
    venue,
)

SERIES_DAYS = ["s1.2024-10-03", "s1.2024-10-04", "s1.2024-10-05"]
officers = st.sampled_from(["k-1", "k-2", "k-3", "n-1"])
rally_ids = st.sampled_from([*KELURAHAN, "new-1", *SERIES_DAYS])
site_ids = st.sampled_from(["kpu", "tps"])
places = rally_ids.map(lambda each: f"rally/{each}") | site_ids.map(lambda each: f"site/{each}")
given_ids = [f"d{number}" for number in range(10)]
made_ids = ["u1.k-1", "u1.k-2", "o1.2024-10-03.k-1", "o1.2024-10-04.k-1"]
new_ids = st.sampled_from(given_ids)
deployment_ids = st.sampled_from([*given_ids, *given_ids, *made_ids])
imports = st.none() | st.sampled_from(["i1", "i2"])
days = st.sampled_from([2, 3, 4])
local_days = st.sampled_from(["2024-10-02", "2024-10-03", "2024-10-04", "2024-11-30"])
overrides = st.none() | st.builds(
    Override,
    rules=st.lists(
        st.sampled_from(
            ["cannot_arrive", "insufficient_rest", "over_duty", "officer_unavailable", "order_required"]
        ),
        min_size=1,
        max_size=5,
        unique=True,
    ),
    cause=st.just("nobody else"),
)


@st.composite
def moments(draw: st.DrawFn) -> str:
    """A half hour of one of three days."""
    half = draw(st.integers(0, 47))
    return at(f"{half // 2:02d}:{half % 2 * 30:02d}", draw(days))


@st.composite
def intervals(draw: st.DrawFn) -> tuple[str, str]:
    """Up to a day long, over midnight as well; now and then of no length."""
    one, other = sorted((draw(moments()), draw(moments())))
    return one, other


@st.composite
def orders_of_one(draw: st.DrawFn) -> Order:
    """One row."""
    starts_at, ends_at = draw(intervals())
    return Order(
        deployment_id=draw(new_ids),
        officer_id=draw(officers),
        place=draw(places),
        role=draw(st.sampled_from(["guard", "field_commander", "intel"])),
        starts_at=starts_at,
        ends_at=ends_at,
        purpose=draw(st.sampled_from(["regular", "reinforcement", "on_call"])),
        override=draw(overrides),
    )


@st.composite
def entries(draw: st.DrawFn) -> Any:
    """One officer, now and then attached from elsewhere for some hours."""
    starts_at, ends_at = draw(intervals())
    attached = Attachment(operation_id="omp-prov", loan_id="l9", starts_at=starts_at, ends_at=ends_at)
    return entry(
        draw(officers),
        rank=draw(st.sampled_from(["BRIPKA", "AIPDA"])),
        satgas=draw(st.sampled_from(["preventif", "gakkum"])),
        home_post=draw(st.sampled_from(["oebobo", "alak"])),
        attachment=draw(st.none() | st.just(attached)),
        expected_version=draw(versions),
    )


@st.composite
def site_entries(draw: st.DrawFn) -> Any:
    """One site, with hours or without."""
    starts_at, ends_at = draw(intervals())
    hours = draw(st.sampled_from([{}, {"starts_at": starts_at, "ends_at": ends_at}]))
    return site(draw(site_ids), expected_version=draw(versions), **hours)


@st.composite
def rally_plans(draw: st.DrawFn) -> PlanRally:
    """One rally, new or again, of a series or not."""
    starts_at, ends_at = draw(intervals())
    return plan(
        draw(rally_ids),
        kind=draw(st.sampled_from(["limited_meeting", "debate"])),
        venue=venue(draw(st.sampled_from(list(KELURAHAN.values())))),
        starts_at=starts_at,
        ends_at=ends_at,
        receipt=draw(st.none() | st.just(receipt())),
        stage=draw(st.sampled_from(["planned", "planned", "notified"])),
        series_id=draw(st.sampled_from([None, None, "s1"])),
        expected_version=draw(versions),
    )


@st.composite
def moves(draw: st.DrawFn) -> MoveRally:
    """In time, and sometimes in place as well."""
    starts_at, ends_at = draw(intervals())
    return MoveRally(
        rally_id=draw(rally_ids),
        starts_at=starts_at,
        ends_at=ends_at,
        venue=draw(st.none() | st.sampled_from(list(KELURAHAN.values())).map(venue)),
        release_conflicts=draw(st.booleans()),
        expected_version=draw(versions),
    )


@st.composite
def series(draw: st.DrawFn) -> PlanSeries:
    """Three days at one hour, one of them excepted or not."""
    return PlanSeries(
        series_id="s1",
        first=plan("x", draw(st.sampled_from(["09:00", "22:00"])), "23:00"),
        recurrence=draw(st.sampled_from(["FREQ=DAILY;COUNT=3", "FREQ=DAILY;UNTIL=20241004", "FREQ=DAILY"])),
        except_days=draw(st.lists(local_days, max_size=1)),
    )


@st.composite
def absent(draw: st.DrawFn, kind: str) -> Any:
    """An absence, or a loan, of some hours."""
    starts_at, ends_at = draw(intervals())
    make, name = (absence, "a") if kind == "absence" else (loan, "l")
    return make(f"{name}{draw(st.integers(1, 3))}", draw(officers), starts_at=starts_at, ends_at=ends_at)


@st.composite
def amendments(draw: st.DrawFn) -> AmendOperation:
    """Days, policy or calendar."""
    return AmendOperation(
        ends_on=draw(st.sampled_from([None, None, "2024-10-03", "2024-11-23"])),
        starts_on=draw(st.sampled_from([None, None, "2024-10-03", "2024-09-25"])),
        policy=draw(
            st.sampled_from(
                [None, Policy(travel="warn"), Policy(order_required=False, acknowledgement="each"), Policy()]
            )
        ),
        calendar=draw(
            st.sampled_from(
                [
                    None,
                    ElectionCalendar(),
                    ElectionCalendar(quiet_from="2024-10-04", quiet_to="2024-10-05", voting_on="2024-10-06"),
                ]
            )
        ),
        expected_version=draw(versions),
    )


def many(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    """One to four."""
    return st.lists(strategy, min_size=1, max_size=4)


operations = st.sampled_from([OPERATION, "kupang", "rote"])
rows = many(st.builds(DeploymentRow, deployment_id=deployment_ids, expected_version=versions))
cause = st.just("said so")
sprins = st.sampled_from(["SPRIN/1", "SPRIN/2"])

ASKED: dict[str, st.SearchStrategy[RequestData]] = {
    "open_operation": st.just(opening()),
    "amend_operation": amendments(),
    "close_operation": st.builds(CloseOperation, cause=cause, expected_version=versions),
    "reopen_operation": st.builds(ReopenOperation, cause=cause),
    "admit_child": st.builds(AdmitChild, child=operations),
    "dismiss_child": st.builds(DismissChild, child=operations, cause=cause),
    "close_day": st.builds(CloseDay, day=local_days),
    "reopen_day": st.builds(ReopenDay, day=local_days, cause=cause),
    "register_sites": st.builds(RegisterSites, sites=many(site_entries()), mode=modes, import_id=imports),
    "withdraw_sites": st.builds(
        WithdrawSites, rows=many(st.builds(SiteRow, site_id=site_ids)), cause=cause, mode=modes
    ),
    "revert_import": st.builds(RevertImport, import_id=st.sampled_from(["i1", "i2", "i3"]), cause=cause),
    "register_officers": st.builds(RegisterOfficers, officers=many(entries()), mode=modes, import_id=imports),
    "withdraw_officers": st.builds(
        WithdrawOfficers,
        rows=many(st.builds(OfficerRow, officer_id=officers, expected_version=versions)),
        cause=cause,
        cancel_deployments=st.booleans(),
        mode=modes,
        import_id=imports,
    ),
    "record_absences": st.builds(RecordAbsences, absences=many(absent("absence")), mode=modes),
    "withdraw_absences": st.builds(
        WithdrawAbsences, absence_ids=many(st.sampled_from(["a1", "a2", "a3"])), cause=cause, mode=modes
    ),
    "lend_officers": st.builds(LendOfficers, loans=many(absent("loan")), mode=modes),
    "recall_officers": st.builds(
        RecallOfficers, loan_ids=many(st.sampled_from(["l1", "l2", "l3"])), cause=cause, mode=modes
    ),
    "plan_rally": rally_plans(),
    "plan_rallies": st.builds(PlanRallies, rallies=many(rally_plans()), mode=modes, import_id=imports),
    "plan_series": series(),
    "notice_rally": st.builds(
        NoticeRally, rally_id=rally_ids, receipt=st.just(receipt()), expected_version=versions
    ),
    "move_rally": moves(),
    "cancel_rally": st.builds(cancel_rally, rally_ids, expected_version=versions),
    "reinstate_rally": st.builds(ReinstateRally, rally_id=rally_ids, cause=cause),
    "close_rally": st.builds(CloseRally, rally_id=rally_ids),
    "reserve_deployments": st.builds(ReserveDeployments, orders=many(orders_of_one()), mode=modes),
    "order_deployments": st.builds(
        OrderDeployments, sprin=sprins | st.none(), orders=many(orders_of_one()), mode=modes
    ),
    "order_reserved": st.builds(OrderReserved, sprin=sprins, rows=rows, mode=modes),
    "order_series": st.builds(
        OrderSeries,
        sprin=sprins,
        series_id=st.just("s1"),
        prefix=st.sampled_from(["o1", "o2"]),
        rows=many(
            st.builds(
                SeriesOrder, officer_id=officers, role=st.just("guard"), before_min=st.sampled_from([0, 90])
            )
        ),
        mode=modes,
    ),
    "acknowledge_deployments": st.builds(AcknowledgeDeployments, rows=rows, mode=modes),
    "reject_deployments": st.builds(RejectDeployments, rows=rows, cause=cause, mode=modes),
    "cancel_deployments": st.builds(CancelDeployments, rows=rows, cause=cause, mode=modes),
    "reinstate_deployments": st.builds(
        ReinstateDeployments, rows=rows, cause=cause, override=overrides, mode=modes
    ),
    "stand_down_deployments": st.builds(
        StandDownDeployments,
        rows=many(st.builds(Release, deployment_id=deployment_ids, at=moments())),
        mode=modes,
    ),
    "reassign_deployments": st.builds(
        ReassignDeployments,
        sprin=sprins,
        cause=cause,
        rows=many(
            st.builds(
                Reassignment,
                release=st.builds(DeploymentRow, deployment_id=deployment_ids),
                order=orders_of_one(),
            )
        ),
        mode=modes,
    ),
    "reassign_unit": intervals().flatmap(
        lambda hours: st.builds(
            ReassignUnit,
            sprin=sprins,
            cause=cause,
            unit=st.just("Sektor Oebobo"),
            from_place=places,
            to_place=places,
            starts_at=st.just(hours[0]),
            ends_at=st.just(hours[1]),
            prefix=st.sampled_from(["u1", "u2"]),
        )
    ),
    "swap_deployments": st.builds(
        SwapDeployments,
        sprin=sprins,
        cause=cause,
        rows=many(
            st.builds(
                Swap,
                release=st.builds(DeploymentRow, deployment_id=deployment_ids),
                deployment_id=new_ids,
                officer_id=officers,
                override=overrides,
            )
        ),
    ),
    "propose_deployments": st.builds(
        ProposeDeployments, proposal_id=st.just("p1"), orders=many(orders_of_one())
    ),
    "order_proposal": st.builds(
        OrderProposal, proposal_id=st.just("p1"), sprin=sprins | st.none(), mode=modes
    ),
    "discard_proposal": st.builds(DiscardProposal, proposal_id=st.just("p1")),
}
"""Each request type by its name → what may be asked of it."""
assert {f"pamwal.scheduling.{name}.v1" for name in ASKED} == set(SCHEDULING_REQUEST_TYPES)
SELDOM = {"open_operation", "close_operation", "close_day"}
data: st.SearchStrategy[RequestData] = st.one_of(
    *(strategy for name, strategy in ASKED.items() if name not in SELDOM),
    st.one_of(*(ASKED[name] for name in sorted(SELDOM))),
)


@st.composite
def histories(draw: st.DrawFn, *, length_max: int = 25) -> list[Request[Any]]:
    """Requests q0, q1 … by who may and who may not, said once, twice or out of order."""
    made: list[Request[Any]] = []
    for number in range(draw(st.integers(1, length_max))):
        by, post = draw(st.just((OPS_HEAD, "oebobo")) | speakers())
        made.append(request(f"q{number}", draw(data), by=by, post=post))
        if draw(st.integers(0, 7)) == 0:
            made.append(msgspec.structs.replace(draw(st.sampled_from(made)), id=f"q{number}b"))
    return made


def given_operation() -> Plan:
    """Three officers, three rallies on 3 October, a series of three days, two sites, some orders."""
    made = planned()
    made.must(sites(site("kpu"), site("tps")))
    made.must(PlanSeries(series_id="s1", first=plan("x", "09:00", "11:00"), recurrence="FREQ=DAILY;COUNT=3"))
    return made


__all__ = ["ADMIN", "ASKED", "OPERATION", "given_operation", "histories"]
