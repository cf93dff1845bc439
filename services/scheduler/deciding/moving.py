"""Moving and cancelling rallies, and what that does to who is ordered there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from pamwal.contracts.envelope import Reason, Verdict
from pamwal.contracts.instants import from_ms, to_ms
from pamwal.contracts.scheduling import (
    CancelRally,
    DeploymentMoved,
    MoveRally,
    OverridableRule,
    RallyCancelled,
    RallyMoved,
    SchedulingFact,
)
from services.scheduler.deciding.campaign import hours_reason
from services.scheduler.deciding.deployments import cancel
from services.scheduler.deciding.draft import Draft
from services.scheduler.deciding.orders import warn_of_hours
from services.scheduler.deciding.rallies import standing_reason, warn_unnoticed
from services.scheduler.deciding.refusals import closed_day, double_booked, interval, outside_region, unknown
from services.scheduler.deciding.rules import duty_reason, rest_reason, travel_reason, unavailable_reason
from services.scheduler.deciding.state import RALLY, Deployment, Rally
from services.scheduler.deciding.telling import tell

TOLD: Final[dict[OverridableRule, Callable[[Draft, Deployment], Reason | None]]] = {
    "cannot_arrive": travel_reason,
    "insufficient_rest": rest_reason,
    "over_duty": duty_reason,
}
"""Rules that a moved deployment may break; they are told, for the rally is moved whoever stands there."""


def move_rally(draft: Draft, data: MoveRally) -> Verdict[SchedulingFact]:
    """Moves a rally; each live deployment shifts by as much as the rally's start.

    A shift onto another deployment of its officer, into an absence, out of the operation or onto a closed day
    refuses the move, naming each, or releases it if asked to.
    """
    rally = draft.state.rallies.get(data.rally_id)
    if rally is None:
        return Verdict(reason=unknown("rally", data.rally_id))
    venue = data.venue or rally.venue
    reason = (
        standing_reason(rally, data.expected_version)
        or hours_reason(draft.state, draft.operation, data.starts_at, data.ends_at, data.rally_id)
        or outside_region(draft.operation, venue.kelurahan)
    )
    if reason is not None:
        return Verdict(reason=reason)
    if (venue, data.starts_at, data.ends_at) == (rally.venue, rally.starts_at, rally.ends_at):
        draft.warn("unchanged", f"rally {rally.rally_id} is there and then already", rally.rally_id)
        return draft.verdict()
    draft.record(
        RallyMoved(
            id=draft.fact_id(),
            version=rally.version + 1,
            rally_id=rally.rally_id,
            venue=venue,
            starts_at=data.starts_at,
            ends_at=data.ends_at,
        )
    )
    conflicts = _shift(draft, rally, to_ms(data.starts_at) - to_ms(rally.starts_at), data.release_conflicts)
    if conflicts and not data.release_conflicts:
        return Verdict(reason=_move_refused(rally.rally_id, conflicts))
    warn_unnoticed(draft, rally.rally_id)
    return Verdict(facts=draft.facts, warnings=[*conflicts, *draft.warnings])


def cancel_rally(draft: Draft, data: CancelRally) -> Verdict[SchedulingFact]:
    """Cancels a rally and every live deployment there."""
    rally = draft.state.rallies.get(data.rally_id)
    if rally is None:
        return Verdict(reason=unknown("rally", data.rally_id))
    reason = standing_reason(rally, data.expected_version)
    if reason is not None:
        return Verdict(reason=reason)
    call_off(draft, rally, data.cause)
    return draft.verdict()


def call_off(draft: Draft, rally: Rally, cause: str, import_id: str | None = None) -> None:
    """Records that a rally is not held, and that nobody is ordered there any more."""
    place = RALLY + rally.rally_id
    live = draft.state.live_at(place)
    draft.record(
        RallyCancelled(
            id=draft.fact_id(),
            version=rally.version + 1,
            rally_id=rally.rally_id,
            cause=cause,
            import_id=import_id,
        )
    )
    for deployment in live:
        cancel(draft, deployment, f"{place} cancelled")


def _shift(draft: Draft, rally: Rally, by_ms: int, release: bool) -> list[Reason]:
    """Shifts the rally's live deployments and takes out what cannot be shifted, which it returns.

    Without `release` the caller drops the draft if anything had to be taken out.
    """
    place = RALLY + rally.rally_id
    conflicts: list[Reason] = []
    moving = _in_order_of_shift(draft.state.live_at(place), by_ms)
    for deployment in moving if by_ms else ():
        moved = replace(
            deployment,
            starts_at=from_ms(to_ms(deployment.starts_at) + by_ms),
            ends_at=from_ms(to_ms(deployment.ends_at) + by_ms),
        )
        reason = _conflict(draft, moved, release)
        if reason is not None:
            conflicts.append(reason)
            cancel(draft, deployment, f"released: {place} moved")
            continue
        draft.record(
            DeploymentMoved(
                id=draft.fact_id(),
                version=deployment.version + 1,
                deployment_id=deployment.deployment_id,
                starts_at=moved.starts_at,
                ends_at=moved.ends_at,
            )
        )
    _tell_of(draft, rally, moving, shifted=by_ms != 0)
    return conflicts


def _conflict(draft: Draft, moved: Deployment, release: bool) -> Reason | None:
    """Why a deployment cannot have its new hours."""
    subject = moved.deployment_id
    holder = draft.holder(moved.officer_id, moved.starts_at, moved.ends_at, without=subject)
    if holder is not None:
        named = holder.deployment_id
        done = f"released; reassign the officer from {named}" if release else "reassign it first"
        return double_booked(draft.operation, holder, subject, done)
    reason = interval(draft.operation, moved.starts_at, moved.ends_at, subject) or closed_day(
        draft.state, draft.operation, moved.starts_at, subject
    )
    absent = unavailable_reason(draft, moved)
    if reason is None and absent is not None and "officer_unavailable" in moved.overridden:
        tell(draft, [absent])
        return None
    return reason or absent


def _in_order_of_shift(moving: list[Deployment], by_ms: int) -> list[Deployment]:
    """Later ones first when moving later, so that two of one officer here never meet on the way."""
    return sorted(moving, key=lambda each: each.booking, reverse=by_ms > 0)


def _tell_of(draft: Draft, before: Rally, moving: list[Deployment], *, shifted: bool) -> None:
    """Warns of ways, of hours outside the rally's, and where hours changed of rest and duty."""
    broken: list[Reason] = []
    for each in moving:
        moved = draft.state.deployments[each.deployment_id]
        if not moved.live:
            continue
        for rule, judge in TOLD.items():
            if rule in moved.overridden or not (shifted or rule == "cannot_arrive"):
                continue
            reason = judge(draft, moved)
            if reason is not None:
                broken.append(reason)
        if each.starts_at < before.ends_at and before.starts_at < each.ends_at:
            warn_of_hours(draft, moved)
    tell(draft, broken)


def _move_refused(rally_id: str, conflicts: list[Reason]) -> Reason:
    first = conflicts[0]
    return Reason(
        code=first.code,
        message=f"moving rally {rally_id} is impossible for {len(conflicts)} deployments: {first.message}",
        subject=rally_id,
        winner=first.winner,
        possible="move with release_conflicts, reassign the named deployments first, or choose other hours",
        rows=conflicts,
    )
