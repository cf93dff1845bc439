"""What becomes of an order: acknowledged, rejected, cancelled, stood down."""

from __future__ import annotations

from collections.abc import Callable

from pamwal.contracts.envelope import Reason, Verdict
from pamwal.contracts.scheduling import (
    AcknowledgeDeployments,
    CancelDeployments,
    DeploymentAcknowledged,
    DeploymentCancelled,
    DeploymentRejected,
    DeploymentRow,
    DeploymentStoodDown,
    RejectDeployments,
    Release,
    SchedulingFact,
    StandDownDeployments,
)
from services.scheduler.deciding.draft import Draft
from services.scheduler.deciding.refusals import illegal_transition, malformed, stale, unknown
from services.scheduler.deciding.rights import acknowledge_reason, release_reason, stand_down_reason
from services.scheduler.deciding.rows import judge_rows
from services.scheduler.deciding.state import Deployment


def acknowledge_deployments(draft: Draft, data: AcknowledgeDeployments) -> Verdict[SchedulingFact]:
    """Acknowledges each row's order; a second acknowledgement changes nothing."""
    return judge_rows(draft, data.rows, data.mode, _acknowledge)


def _acknowledge(draft: Draft, row: DeploymentRow) -> Reason | None:
    found = draft.deployment(row.deployment_id)
    if found is None:
        return unknown("deployment", row.deployment_id)
    reason = acknowledge_reason(draft, found) or stale(
        found.deployment_id, row.expected_version, found.version
    )
    if reason is not None:
        return reason
    if found.status == "acknowledged":
        draft.warn(
            "unchanged",
            f"deployment {found.deployment_id} is acknowledged already",
            found.deployment_id,
        )
        return None
    if found.status == "reserved":
        return illegal_transition(
            found.deployment_id,
            f"deployment {found.deployment_id} is reserved, nothing is ordered yet",
            "deployments:order orders it first",
        )
    if not found.live:
        return over(draft, found)
    draft.record(
        DeploymentAcknowledged(
            id=draft.fact_id(),
            version=found.version + 1,
            deployment_id=found.deployment_id,
            by=draft.actor,
        )
    )
    return None


def reject_deployments(draft: Draft, data: RejectDeployments) -> Verdict[SchedulingFact]:
    """Whoever is ordered cannot take it, and says why; who may acknowledge may reject."""

    def judge(draft: Draft, row: DeploymentRow) -> Reason | None:
        found = _live(draft, row, acknowledge_reason)
        if isinstance(found, Reason):
            return found
        draft.record(
            DeploymentRejected(
                id=draft.fact_id(),
                version=found.version + 1,
                deployment_id=found.deployment_id,
                by=draft.actor,
                cause=data.cause,
                cause_ref=data.cause_ref,
            )
        )
        return None

    return judge_rows(draft, data.rows, data.mode, judge)


def cancel_deployments(draft: Draft, data: CancelDeployments) -> Verdict[SchedulingFact]:
    """Cancels each row's order."""

    def judge(draft: Draft, row: DeploymentRow) -> Reason | None:
        found = releasable(draft, row)
        if isinstance(found, Reason):
            return found
        cancel(draft, found, data.cause)
        return None

    return judge_rows(draft, data.rows, data.mode, judge)


def cancel(draft: Draft, deployment: Deployment, cause: str, import_id: str | None = None) -> None:
    """Records that an order no longer stands."""
    draft.record(
        DeploymentCancelled(
            id=draft.fact_id(),
            version=deployment.version + 1,
            deployment_id=deployment.deployment_id,
            cause=cause,
            import_id=import_id,
        )
    )


def stand_down_deployments(draft: Draft, data: StandDownDeployments) -> Verdict[SchedulingFact]:
    """Ends duty at the named moment, or at the planned end if that is earlier; the hours done still count."""

    def judge(draft: Draft, row: Release) -> Reason | None:
        found = _live(draft, row, stand_down_reason)
        if isinstance(found, Reason):
            return found
        if found.status == "reserved":
            return _not_dispatched(found)
        if row.at <= found.starts_at:
            return malformed(
                f"deployment {found.deployment_id} begins at {draft.operation.clock(found.starts_at)},"
                f" not before {draft.operation.clock(row.at)}; cancel what has not begun",
                found.deployment_id,
            )
        draft.record(
            DeploymentStoodDown(
                id=draft.fact_id(),
                version=found.version + 1,
                deployment_id=found.deployment_id,
                ends_at=min(row.at, found.ends_at),
            )
        )
        return None

    return judge_rows(draft, data.rows, data.mode, judge)


def releasable(draft: Draft, row: DeploymentRow) -> Deployment | Reason:
    """The live deployment that a row names, if its sender may take it back."""
    return _live(draft, row, release_reason)


def _live(
    draft: Draft, row: DeploymentRow | Release, may: Callable[[Draft, Deployment], Reason | None]
) -> Deployment | Reason:
    found = draft.deployment(row.deployment_id)
    if found is None:
        return unknown("deployment", row.deployment_id)
    reason = may(draft, found) or stale(found.deployment_id, row.expected_version, found.version)
    if reason is None and not found.live:
        reason = over(draft, found)
    return reason or found


def _not_dispatched(deployment: Deployment) -> Reason:
    return illegal_transition(
        deployment.deployment_id,
        f"deployment {deployment.deployment_id} is reserved, nobody was dispatched",
        "deployments:cancel gives the reservation up",
    )


def over(draft: Draft, deployment: Deployment) -> Reason:
    """`illegal_transition` for what does not stand any more, with the way back."""
    possible = "order the officer anew under a new deployment_id, or deployments:reinstate"
    if deployment.status == "stood_down":
        ended = draft.operation.clock(deployment.ends_at)
        possible = f"order the officer anew from {ended} on, under a new deployment_id"
    return illegal_transition(
        deployment.deployment_id,
        f"deployment {deployment.deployment_id} is {deployment.status}",
        possible,
    )
