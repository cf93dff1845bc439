"""Planning, noticing, moving and cancelling rallies, and what that does to their deployments."""

from __future__ import annotations

from typing import Final

from pamwal.contracts.envelope import Reason, Verdict
from pamwal.contracts.instants import from_ms, to_ms
from pamwal.contracts.places import Venue
from pamwal.contracts.scheduling import (
    CancelRally,
    DeploymentCancelled,
    DeploymentMoved,
    MoveRally,
    NoticeRally,
    PlanRally,
    RallyCancelled,
    RallyMoved,
    RallyNoticed,
    RallyPlanned,
    SchedulingFact,
)
from services.scheduler.deployments import warn_of_travel
from services.scheduler.draft import Draft
from services.scheduler.refusals import (
    double_booked,
    illegal_transition,
    interval,
    malformed,
    rally_cancelled,
    stale,
    unknown,
)
from services.scheduler.rights import notice_reason
from services.scheduler.state import RALLY, Deployment, Rally

WARNINGS_MAX: Final = 1000
"""The most that a move of many deployments says of ways too short, so that its decision fits a record."""


def plan_rally(draft: Draft, data: PlanRally) -> Verdict[SchedulingFact]:
    """Plans a rally, or replaces its plan; hours and venue of one with live deployments are moved instead."""
    known = draft.rally(data.rally_id)
    reason = _known_reason(known, data.expected_version) or _plan_reason(draft, data, known)
    if reason is not None:
        return Verdict(reason=reason)
    draft.record(
        RallyPlanned(
            id=draft.fact_id(),
            version=known.version + 1 if known else 1,
            rally_id=data.rally_id,
            kind=data.kind,
            pairs=data.pairs,
            venue=data.venue,
            starts_at=data.starts_at,
            ends_at=data.ends_at,
            required=data.required,
            expected_attendance=data.expected_attendance,
            receipt=data.receipt or (known.receipt if known else None),
        )
    )
    _warn_unnoticed(draft, data.rally_id)
    return Verdict(facts=draft.facts, warnings=draft.warnings)


def notice_rally(draft: Draft, data: NoticeRally) -> Verdict[SchedulingFact]:
    """Records the notice receipt, or corrects it; the same again changes nothing."""
    rally = draft.rally(data.rally_id)
    if rally is None:
        return Verdict(reason=unknown("rally", data.rally_id))
    reason = notice_reason(draft, rally) or _known_reason(rally, data.expected_version)
    if reason is not None:
        return Verdict(reason=reason)
    if rally.receipt == data.receipt:
        unchanged = Reason(
            code="unchanged", message=f"{data.receipt.number} is recorded already", subject=data.rally_id
        )
        return Verdict(warnings=[unchanged])
    draft.record(
        RallyNoticed(
            id=draft.fact_id(), version=rally.version + 1, rally_id=data.rally_id, receipt=data.receipt
        )
    )
    return Verdict(facts=draft.facts)


def move_rally(draft: Draft, data: MoveRally) -> Verdict[SchedulingFact]:
    """Moves a rally; each live deployment shifts by as much as the rally's start.

    A shift onto another deployment of its officer refuses the move, naming each, or releases it if asked to.
    """
    rally = draft.rally(data.rally_id)
    if rally is None:
        return Verdict(reason=unknown("rally", data.rally_id))
    venue = data.venue or rally.venue
    reason = (
        _known_reason(rally, data.expected_version)
        or interval(draft.operation, data.starts_at, data.ends_at, data.rally_id)
        or _venue_reason(draft, venue)
    )
    if reason is not None:
        return Verdict(reason=reason)
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
    _warn_unnoticed(draft, rally.rally_id)
    return Verdict(facts=draft.facts, warnings=[*conflicts, *draft.warnings[:WARNINGS_MAX]])


def cancel_rally(draft: Draft, data: CancelRally) -> Verdict[SchedulingFact]:
    """Cancels a rally and every live deployment there."""
    rally = draft.rally(data.rally_id)
    if rally is None:
        return Verdict(reason=unknown("rally", data.rally_id))
    reason = _known_reason(rally, data.expected_version)
    if reason is not None:
        return Verdict(reason=reason)
    draft.record(
        RallyCancelled(
            id=draft.fact_id(), version=rally.version + 1, rally_id=rally.rally_id, cause=data.cause
        )
    )
    place = RALLY + rally.rally_id
    for deployment in draft.live_at(place):
        _cancel(draft, deployment, f"{place} cancelled")
    return Verdict(facts=draft.facts)


def _shift(draft: Draft, rally: Rally, by_ms: int, release: bool) -> list[Reason]:
    """Shifts the rally's live deployments and takes out what cannot be shifted, which it returns.

    Without `release` the caller drops the draft if anything had to be taken out.
    """
    place = RALLY + rally.rally_id
    conflicts: list[Reason] = []
    moving = _in_order_of_shift(draft.live_at(place), by_ms)
    for deployment in moving if by_ms else ():
        starts_at = from_ms(to_ms(deployment.starts_at) + by_ms)
        ends_at = from_ms(to_ms(deployment.ends_at) + by_ms)
        officer_id, deployment_id = deployment.officer_id, deployment.deployment_id
        holder = draft.holder(officer_id, starts_at, ends_at, without=deployment_id)
        if holder is not None:
            done = (
                f"released; reassign the officer from {holder.deployment_id}"
                if release
                else "reassign it first"
            )
            conflicts.append(double_booked(holder, deployment_id, done))
            _cancel(draft, deployment, f"released: {place} moved")
            continue
        draft.record(
            DeploymentMoved(
                id=draft.fact_id(),
                version=deployment.version + 1,
                deployment_id=deployment_id,
                starts_at=starts_at,
                ends_at=ends_at,
            )
        )
    _warn_moved(draft, moving)
    return conflicts


def _in_order_of_shift(moving: list[Deployment], by_ms: int) -> list[Deployment]:
    """Later ones first when moving later, so that two of one officer here never meet on the way."""
    return sorted(moving, key=lambda each: each.booking, reverse=by_ms > 0)


def _warn_moved(draft: Draft, moving: list[Deployment]) -> None:
    for each in moving:
        moved = draft.deployment(each.deployment_id)
        if moved is not None and moved.live and len(draft.warnings) < WARNINGS_MAX:
            warn_of_travel(draft, moved)


def _move_refused(rally_id: str, conflicts: list[Reason]) -> Reason:
    first = conflicts[0]
    return Reason(
        code=first.code,
        message=f"moving rally {rally_id} would double-book {len(conflicts)} deployments: {first.message}",
        subject=rally_id,
        winner=first.winner,
        possible="move with release_conflicts, reassign the named deployments first, or choose other hours",
        rows=conflicts,
    )


def _cancel(draft: Draft, deployment: Deployment, cause: str) -> None:
    draft.record(
        DeploymentCancelled(
            id=draft.fact_id(),
            version=deployment.version + 1,
            deployment_id=deployment.deployment_id,
            cause=cause,
        )
    )


def _known_reason(rally: Rally | None, expected_version: int | None) -> Reason | None:
    if rally is None:
        return None
    reason = stale(rally.rally_id, expected_version, rally.version)
    if reason is None and rally.status == "cancelled":
        reason = rally_cancelled(rally.rally_id)
    return reason


def _plan_reason(draft: Draft, data: PlanRally, known: Rally | None) -> Reason | None:
    if known is None and data.expected_version is not None:
        return unknown("rally", data.rally_id, "leave expected_version out to plan a new rally")
    reason = interval(draft.operation, data.starts_at, data.ends_at, data.rally_id)
    reason = reason or _venue_reason(draft, data.venue) or _pairs_reason(draft, data)
    return reason or (_bound_reason(draft, data, known) if known else None)


def _bound_reason(draft: Draft, data: PlanRally, known: Rally) -> Reason | None:
    bound = draft.count_at(RALLY + data.rally_id)
    as_known = (known.starts_at, known.ends_at, known.venue) == (data.starts_at, data.ends_at, data.venue)
    if not bound or as_known:
        return None
    return illegal_transition(
        data.rally_id,
        f"rally {data.rally_id} has {bound} live deployments that its hours and venue bind",
        "rallies:move changes hours and venue together with the deployments",
    )


def _venue_reason(draft: Draft, venue: Venue) -> Reason | None:
    region = draft.operation.region
    if venue.kelurahan.startswith(f"{region}."):
        return None
    return unknown("kelurahan", venue.kelurahan, f"a kelurahan of the operation's region {region}")


def _pairs_reason(draft: Draft, data: PlanRally) -> Reason | None:
    if len(set(data.pairs)) != len(data.pairs):
        return malformed(f"rally {data.rally_id} names a pair twice", data.rally_id)
    known = draft.operation.pairs
    for pair in data.pairs:
        if known and pair not in known:
            return unknown("pair", pair, f"one of {', '.join(sorted(known)[:20])}")
    return None


def _warn_unnoticed(draft: Draft, rally_id: str) -> None:
    rally = draft.rally(rally_id)
    if rally is not None and rally.unnoticed:
        draft.warnings.append(
            Reason(
                code="unnoticed",
                message=f"no notice receipt (STTP) is known for rally {rally_id}",
                subject=rally_id,
                possible="rallies:notice records it when it comes",
            )
        )
