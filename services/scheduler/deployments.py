"""Ordering, acknowledging, cancelling, reassigning deployments. No officer is bound twice at one moment."""

from __future__ import annotations

from typing import Final

from pamwal.contracts.envelope import Reason, Verdict
from pamwal.contracts.instants import from_ms, to_ms
from pamwal.contracts.scheduling import (
    AcknowledgeDeployments,
    CancelDeployments,
    DeploymentAcknowledged,
    DeploymentCancelled,
    DeploymentOrdered,
    DeploymentRow,
    DeploymentSwapped,
    Order,
    OrderDeployments,
    ReassignDeployments,
    Reassignment,
    SchedulingFact,
)
from services.scheduler.draft import Draft
from services.scheduler.evolve import ordered
from services.scheduler.refusals import (
    double_booked,
    illegal_transition,
    interval,
    malformed,
    rally_cancelled,
    stale,
    unknown,
)
from services.scheduler.rights import acknowledge_reason, release_reason
from services.scheduler.rows import judge_rows
from services.scheduler.state import RALLY, Deployment
from services.scheduler.travel import travel_ms

LIVE_AT_PLACE_MAX: Final = 5000
"""So that moving or cancelling a place, which speaks of every deployment there, always fits one record."""


def order_deployments(draft: Draft, data: OrderDeployments) -> Verdict[SchedulingFact]:
    """Orders each row whose officer, place and hours allow it."""

    def judge(draft: Draft, order: Order) -> Reason | None:
        reason = _order_reason(draft, order)
        if reason is None:
            _order(draft, order, data.sprin)
        return reason

    return judge_rows(draft, data.orders, data.mode, judge)


def acknowledge_deployments(draft: Draft, data: AcknowledgeDeployments) -> Verdict[SchedulingFact]:
    """Acknowledges each row's order; a second acknowledgement changes nothing."""
    return judge_rows(draft, data.rows, data.mode, _acknowledge)


def cancel_deployments(draft: Draft, data: CancelDeployments) -> Verdict[SchedulingFact]:
    """Cancels each row's order."""

    def judge(draft: Draft, row: DeploymentRow) -> Reason | None:
        found = _releasable(draft, row)
        if isinstance(found, Reason):
            return found
        draft.record(
            DeploymentCancelled(
                id=draft.fact_id(),
                version=found.version + 1,
                deployment_id=found.deployment_id,
                cause=data.cause,
            )
        )
        return None

    return judge_rows(draft, data.rows, data.mode, judge)


def reassign_deployments(draft: Draft, data: ReassignDeployments) -> Verdict[SchedulingFact]:
    """Releases and orders anew, row by row; a row's release and its order stand or fall together."""

    def judge(draft: Draft, row: Reassignment) -> Reason | None:
        found = _releasable(draft, row.release)
        if isinstance(found, Reason):
            return found
        if found.officer_id != row.order.officer_id:
            return malformed(
                f"deployment {found.deployment_id} is officer {found.officer_id}'s, the order another's",
                found.deployment_id,
            )
        reason = _order_reason(draft, row.order, releasing=found.deployment_id)
        if reason is not None:
            return reason
        draft.record(
            DeploymentSwapped(
                id=draft.fact_id(),
                version=found.version + 1,
                deployment_id=found.deployment_id,
                successor=row.order.deployment_id,
                cause=data.cause,
            )
        )
        _order(draft, row.order, data.sprin)
        return None

    return judge_rows(draft, data.rows, data.mode, judge)


def warn_of_travel(draft: Draft, deployment: Deployment) -> None:
    """`cannot_arrive` for each neighbour from or to which the gap is shorter than the way.

    The way is the great circle at the policy's speed; a place without a known point is not judged.
    """
    here = draft.point_of(deployment.place)
    if here is None:
        return
    speed_kmh = draft.operation.policy.travel_speed_kmh
    ways = (
        (draft.before(deployment.officer_id, deployment.starts_at), False),
        (draft.after(deployment.officer_id, deployment.ends_at), True),
    )
    for neighbour, onward in ways:
        there = draft.point_of(neighbour.place) if neighbour else None
        if neighbour is None or there is None:
            continue
        first, second = (deployment, neighbour) if onward else (neighbour, deployment)
        need_ms = travel_ms(here, there, speed_kmh)
        gap_ms = to_ms(second.starts_at) - to_ms(first.ends_at)
        if gap_ms < need_ms:
            draft.warnings.append(_cannot_arrive(deployment, first, second, gap_ms, need_ms))


def _cannot_arrive(
    deployment: Deployment, first: Deployment, second: Deployment, gap_ms: int, need_ms: int
) -> Reason:
    return Reason(
        code="cannot_arrive",
        message=(
            f"officer {deployment.officer_id} has {gap_ms / 60_000:.0f} min from {first.place} to"
            f" {second.place} at {second.starts_at} and needs {need_ms / 60_000:.0f}"
        ),
        subject=deployment.deployment_id,
        possible=f"begin at {second.place} from {from_ms(to_ms(first.ends_at) + need_ms)} on",
    )


def _order(draft: Draft, order: Order, sprin: str) -> None:
    fact = DeploymentOrdered(
        id=draft.fact_id(),
        version=1,
        deployment_id=order.deployment_id,
        officer_id=order.officer_id,
        place=order.place,
        role=order.role,
        starts_at=order.starts_at,
        ends_at=order.ends_at,
        sprin=sprin,
        postid=draft.postid,
    )
    draft.record(fact)
    warn_of_travel(draft, ordered(fact))


def _order_reason(draft: Draft, order: Order, releasing: str | None = None) -> Reason | None:
    known = draft.deployment(order.deployment_id)
    if known is not None:
        return illegal_transition(
            order.deployment_id,
            f"deployment {order.deployment_id} exists already and is {known.status}",
            "give the new order a deployment_id of its own",
        )
    if draft.officer(order.officer_id) is None:
        return unknown("officer", order.officer_id, "register the officer first")
    return (
        _place_reason(draft, order.place)
        or interval(draft.operation, order.starts_at, order.ends_at, order.deployment_id)
        or _booked_reason(draft, order, releasing)
    )


def _place_reason(draft: Draft, place: str) -> Reason | None:
    kind, _, name = place.partition("/")
    rally = draft.rally_at(place)
    if rally is None:
        return unknown(kind, name, "plan the rally first" if place.startswith(RALLY) else "order to a rally")
    if rally.status == "cancelled":
        return rally_cancelled(rally.rally_id)
    if draft.count_at(place) >= LIVE_AT_PLACE_MAX:
        return Reason(
            code="too_large",
            message=f"{place} has {LIVE_AT_PLACE_MAX} live deployments, the most one place may have",
            subject=place,
            possible="plan a second rally for the rest",
        )
    return None


def _booked_reason(draft: Draft, order: Order, releasing: str | None) -> Reason | None:
    holder = draft.holder(order.officer_id, order.starts_at, order.ends_at, without=releasing)
    if holder is None:
        return None
    possible = f"deployments:reassign releases {holder.deployment_id} and makes this order in one decision"
    free = draft.free_from(order.officer_id, order.starts_at, order.ends_at)
    if free is not None:
        possible += f"; or the same length from {free} on"
    return double_booked(holder, order.deployment_id, possible)


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
        draft.warnings.append(
            Reason(
                code="unchanged",
                message=f"deployment {found.deployment_id} is acknowledged already",
                subject=found.deployment_id,
            )
        )
        return None
    if not found.live:
        return _over(found)
    draft.record(
        DeploymentAcknowledged(
            id=draft.fact_id(),
            version=found.version + 1,
            deployment_id=found.deployment_id,
            by=draft.actor,
        )
    )
    return None


def _releasable(draft: Draft, row: DeploymentRow) -> Deployment | Reason:
    found = draft.deployment(row.deployment_id)
    if found is None:
        return unknown("deployment", row.deployment_id)
    reason = release_reason(draft, found) or stale(found.deployment_id, row.expected_version, found.version)
    if reason is None and not found.live:
        reason = _over(found)
    return reason or found


def _over(deployment: Deployment) -> Reason:
    return illegal_transition(
        deployment.deployment_id,
        f"deployment {deployment.deployment_id} is {deployment.status}",
        "order the officer anew under a new deployment_id",
    )
