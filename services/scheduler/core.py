"""What happens when … is asked: one table. Pure: the log, the clock and the web are other files' business."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

from msgspec.structs import replace

from pamwal.contracts.claims import Claims
from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import DecisionData, Outcome, Reason, Request, RequestData, Verdict, refuse
from pamwal.contracts.rights import not_allowed
from pamwal.contracts.scheduling import (
    PERSONAL_CAUSES,
    AcknowledgeDeployments,
    AdmitChild,
    AmendOperation,
    CancelDeployments,
    CancelRally,
    CloseDay,
    CloseOperation,
    CloseRally,
    DiscardProposal,
    DismissChild,
    LendOfficers,
    MoveRally,
    NoticeRally,
    OpenOperation,
    OrderDeployments,
    OrderProposal,
    OrderReserved,
    OrderSeries,
    PlanRallies,
    PlanRally,
    PlanSeries,
    ProposeDeployments,
    ReassignDeployments,
    ReassignUnit,
    RecallOfficers,
    RecordAbsences,
    RegisterOfficers,
    RegisterSites,
    ReinstateDeployments,
    ReinstateRally,
    RejectDeployments,
    ReopenDay,
    ReopenOperation,
    ReserveDeployments,
    RevertImport,
    SchedulingFact,
    StandDownDeployments,
    SwapDeployments,
    WithdrawAbsences,
    WithdrawOfficers,
    WithdrawSites,
)
from pamwal.contracts.topics import SCHEDULING_DECISIONS, SCHEDULING_REQUESTS
from pamwal.wire.core import ACCEPTED_ONLY
from services.scheduler.deciding.absences import (
    lend_officers,
    recall_officers,
    record_absences,
    withdraw_absences,
)
from services.scheduler.deciding.deployments import (
    acknowledge_deployments,
    cancel_deployments,
    reject_deployments,
    stand_down_deployments,
)
from services.scheduler.deciding.draft import Draft
from services.scheduler.deciding.evolve import apply
from services.scheduler.deciding.imports import revert_import
from services.scheduler.deciding.moving import cancel_rally, move_rally
from services.scheduler.deciding.operations import (
    admit_child,
    amend_operation,
    close_day,
    close_operation,
    dismiss_child,
    open_operation,
    reopen_day,
    reopen_operation,
)
from services.scheduler.deciding.orders import (
    order_deployments,
    order_reserved,
    reserve_deployments,
)
from services.scheduler.deciding.proposals import discard_proposal, order_proposal, propose_deployments
from services.scheduler.deciding.rallies import (
    close_rally,
    notice_rally,
    plan_rallies,
    plan_rally,
    reinstate_rally,
)
from services.scheduler.deciding.refusals import closed, not_opened
from services.scheduler.deciding.releases import (
    reassign_deployments,
    reassign_unit,
    reinstate_deployments,
    swap_deployments,
)
from services.scheduler.deciding.rights import (
    about_one,
    mode_reason,
    officer_reason,
    post_reason,
    read_claims,
)
from services.scheduler.deciding.roster import register_officers, withdraw_officers
from services.scheduler.deciding.series import plan_series
from services.scheduler.deciding.series_orders import order_series
from services.scheduler.deciding.sites import register_sites, withdraw_sites
from services.scheduler.deciding.state import Schedule
from services.scheduler.deciding.telling import fitting
from services.scheduler.deciding.written import as_written, writer

Decider = Callable[[Draft, Any], Verdict[SchedulingFact]]

WHEN_ASKED: Final[dict[type[RequestData], Decider]] = {
    ReopenOperation: reopen_operation,
    AmendOperation: amend_operation,
    CloseOperation: close_operation,
    AdmitChild: admit_child,
    DismissChild: dismiss_child,
    CloseDay: close_day,
    ReopenDay: reopen_day,
    RegisterSites: register_sites,
    WithdrawSites: withdraw_sites,
    RegisterOfficers: register_officers,
    WithdrawOfficers: withdraw_officers,
    RecordAbsences: record_absences,
    WithdrawAbsences: withdraw_absences,
    LendOfficers: lend_officers,
    RecallOfficers: recall_officers,
    RevertImport: revert_import,
    PlanRally: plan_rally,
    PlanRallies: plan_rallies,
    NoticeRally: notice_rally,
    MoveRally: move_rally,
    CancelRally: cancel_rally,
    ReinstateRally: reinstate_rally,
    CloseRally: close_rally,
    PlanSeries: plan_series,
    OrderSeries: order_series,
    ReserveDeployments: reserve_deployments,
    OrderDeployments: order_deployments,
    OrderReserved: order_reserved,
    ReassignDeployments: reassign_deployments,
    ReassignUnit: reassign_unit,
    SwapDeployments: swap_deployments,
    ReinstateDeployments: reinstate_deployments,
    AcknowledgeDeployments: acknowledge_deployments,
    RejectDeployments: reject_deployments,
    CancelDeployments: cancel_deployments,
    StandDownDeployments: stand_down_deployments,
    ProposeDeployments: propose_deployments,
    OrderProposal: order_proposal,
    DiscardProposal: discard_proposal,
}
"""Request → its decider. Opening an operation stands apart: only then there is none yet."""


class SchedulerCore:
    """The scheduler's rules, as the partition decider calls them."""

    service: str = "scheduler"
    requests_topic: str = SCHEDULING_REQUESTS.name
    decisions_topic: str = SCHEDULING_DECISIONS.name
    version: str = "scheduler-13"
    evolves: frozenset[Outcome] = ACCEPTED_ONLY
    state_type: type[Schedule] = Schedule

    def new_state(self, operation_id: str) -> Schedule:
        """An operation nobody has opened."""
        return Schedule(operation_id=operation_id)

    def decide(self, state: Schedule, request: Request[Any], knownat: str) -> Verdict[SchedulingFact]:
        """The answer to one request. `state` stays as it is."""
        return _about(request, _decide(state, request, knownat))

    def check(self, state: Schedule, request: Request[Any], knownat: str) -> Verdict[SchedulingFact]:
        """The answer to one request if no deployment existed that its sender may not see.

        A check leaves no trace; with the decider's own answers it would be a way to search for who is on
        `intel`.
        """
        return _about(request, _decide(state, request, knownat, checking=True))

    def evolve(self, state: Schedule, decision: DecisionData[Fact]) -> Schedule:
        """`state` after a decision, changed in place: its owner gave it up."""
        for fact in decision.facts:
            apply(state, cast("SchedulingFact", fact))
        return state


def _about(request: Request[Any], verdict: Verdict[SchedulingFact]) -> Verdict[SchedulingFact]:
    """The verdict, with the subject of its reason."""
    if verdict.reason is None or verdict.reason.subject is not None:
        return verdict
    return Verdict(reason=replace(verdict.reason, subject=about_one(request.data)))


def _decide(
    state: Schedule, request: Request[Any], knownat: str, *, checking: bool = False
) -> Verdict[SchedulingFact]:
    claims = read_claims(request.claims)
    if isinstance(claims, Reason):
        return Verdict(reason=claims)
    data: RequestData = request.data
    reason = not_allowed(request)
    if reason is None and isinstance(data, OpenOperation):
        reason = mode_reason(claims, data.mode)
        return Verdict(reason=reason) if reason else open_operation(state, request.id, data)
    return Verdict(reason=reason) if reason else _decide_in(state, request, claims, knownat, checking)


def _decide_in(
    state: Schedule, request: Request[Any], claims: Claims, knownat: str, checking: bool
) -> Verdict[SchedulingFact]:
    operation = state.operation
    if operation is None:
        return Verdict(reason=not_opened(state))
    write = writer(state)
    if claims.officer is not None:
        claims = replace(claims, officer=write(claims.officer))
    reason = mode_reason(claims, operation.mode) or post_reason(claims, operation, request.postid)
    reason = reason or officer_reason(claims, state)
    if reason is None and operation.closed and not isinstance(request.data, ReopenOperation):
        reason = closed(state.operation_id)
    if reason is not None:
        return Verdict(reason=reason)
    if isinstance(request.data, PERSONAL_CAUSES) and not (request.data.cause or request.data.cause_ref):
        return refuse("malformed", "it does not say why", possible="say why in cause")
    request = replace(request, data=as_written(request.data, write))
    draft = Draft(state, operation, request, claims, knownat, checking=checking)
    return fitting(WHEN_ASKED[type(request.data)](draft, request.data))
