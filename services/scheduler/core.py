"""What happens when … is asked: one table. Pure: the log, the clock and the web are other files' business."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

from pamwal.contracts.claims import Claims
from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import DecisionData, Reason, Request, RequestData, Verdict
from pamwal.contracts.scheduling import (
    AcknowledgeDeployments,
    CancelDeployments,
    CancelRally,
    MoveRally,
    NoticeRally,
    OpenOperation,
    OrderDeployments,
    PlanRally,
    ReassignDeployments,
    RegisterOfficers,
    SchedulingFact,
)
from pamwal.contracts.topics import SCHEDULING_DECISIONS, SCHEDULING_REQUESTS
from services.scheduler.deployments import (
    acknowledge_deployments,
    cancel_deployments,
    order_deployments,
    reassign_deployments,
)
from services.scheduler.draft import Draft
from services.scheduler.evolve import apply
from services.scheduler.operations import open_operation
from services.scheduler.rallies import cancel_rally, move_rally, notice_rally, plan_rally
from services.scheduler.refusals import not_opened
from services.scheduler.rights import mode_reason, post_reason, read_claims, role_reason
from services.scheduler.roster import register_officers
from services.scheduler.state import Schedule

Decider = Callable[[Draft, Any], Verdict[SchedulingFact]]

WHEN_ASKED: Final[dict[type[RequestData], Decider]] = {
    RegisterOfficers: register_officers,
    PlanRally: plan_rally,
    NoticeRally: notice_rally,
    MoveRally: move_rally,
    CancelRally: cancel_rally,
    OrderDeployments: order_deployments,
    AcknowledgeDeployments: acknowledge_deployments,
    CancelDeployments: cancel_deployments,
    ReassignDeployments: reassign_deployments,
}
"""Request → its decider. Opening an operation stands apart: only then there is none yet."""


class SchedulerCore:
    """The scheduler's rules, as the partition decider calls them."""

    service: str = "scheduler"
    requests_topic: str = SCHEDULING_REQUESTS.name
    decisions_topic: str = SCHEDULING_DECISIONS.name
    version: str = "scheduler-1"

    def new_state(self, operation_id: str) -> Schedule:
        """An operation nobody has opened."""
        return Schedule(operation_id=operation_id)

    def decide(self, state: Schedule, request: Request[Any], knownat: str) -> Verdict[SchedulingFact]:  # noqa: ARG002
        """The answer to one request. `state` stays as it is."""
        claims = read_claims(request.claims)
        if isinstance(claims, Reason):
            return Verdict(reason=claims)
        data: RequestData = request.data
        reason = role_reason(claims, data)
        if reason is None and isinstance(data, OpenOperation):
            reason = mode_reason(claims, data.mode)
            return Verdict(reason=reason) if reason else open_operation(state, request.id, data)
        return Verdict(reason=reason) if reason else _decide_in(state, request, claims)

    def evolve(self, state: Schedule, decision: DecisionData[Fact]) -> Schedule:
        """`state` after a decision, changed in place: its owner gave it up."""
        for fact in decision.facts:
            apply(state, cast("SchedulingFact", fact))
        return state


def _decide_in(state: Schedule, request: Request[Any], claims: Claims) -> Verdict[SchedulingFact]:
    operation = state.operation
    if operation is None:
        return Verdict(reason=not_opened(state))
    reason = mode_reason(claims, operation.mode) or post_reason(claims, operation, request.postid)
    if reason is not None:
        return Verdict(reason=reason)
    return WHEN_ASKED[type(request.data)](Draft(state, operation, request, claims), request.data)
