"""Releasing and ordering anew in one decision: reassigning, swapping, reinstating."""

from __future__ import annotations

from typing import NamedTuple

from msgspec.structs import replace

from pamwal.contracts.envelope import Reason, Verdict
from pamwal.contracts.scheduling import (
    DeploymentReinstated,
    DeploymentRow,
    DeploymentSwapped,
    Order,
    ReassignDeployments,
    Reassignment,
    ReassignUnit,
    ReinstateDeployments,
    SchedulingFact,
    Swap,
    SwapDeployments,
)
from pamwal.contracts.zones import local_day
from services.scheduler.deciding.deployments import over, releasable
from services.scheduler.deciding.draft import Draft
from services.scheduler.deciding.orders import id_used, may_bind, place_order, warn_of_hours
from services.scheduler.deciding.refusals import illegal_transition, malformed, stale, unknown
from services.scheduler.deciding.rights import release_reason
from services.scheduler.deciding.rows import judge_rows
from services.scheduler.deciding.rules import broken_rules
from services.scheduler.deciding.state import RALLY, Deployment


def reassign_deployments(draft: Draft, data: ReassignDeployments) -> Verdict[SchedulingFact]:
    """Releases and orders anew; all or none: everything is released before anything is ordered."""

    def release(draft: Draft, row: Reassignment) -> Reason | None:
        found = releasable(draft, row.release)
        if isinstance(found, Reason):
            return found
        if found.officer_id != row.order.officer_id:
            return malformed(
                f"deployment {found.deployment_id} is officer {found.officer_id}'s, the order another's",
                found.deployment_id,
            )
        return _release(draft, row.release, row.order.deployment_id, data.cause)

    def order(draft: Draft, row: Reassignment) -> Reason | None:
        return place_order(draft, row.order, data.sprin)

    return judge_rows(draft, data.rows, data.mode, release, order)


class Turns(NamedTuple):
    """What one officer of a unit gives up at a place, and the one order he has instead."""

    held: list[Deployment]
    order: Order


def reassign_unit(draft: Draft, data: ReassignUnit) -> Verdict[SchedulingFact]:
    """Reassigns everybody of a unit who has a live deployment at one place; all or none.

    All that an officer has at a rally is released; at a site, which is guarded for weeks, what meets the new
    hours or begins on their day.
    """
    held: dict[str, list[Deployment]] = {}
    for each in draft.state.live_at(data.from_place):
        officer = draft.state.officers.get(each.officer_id)
        if officer is not None and officer.unit == data.unit and _meant(draft, data, each):
            held.setdefault(each.officer_id, []).append(each)
    if not held:
        return Verdict(
            reason=unknown(
                "unit",
                data.unit,
                f"a unit with live deployments at {data.from_place}",
            )
        )

    def release(draft: Draft, row: Turns) -> Reason | None:
        for each in row.held:
            _give_up(draft, each, row.order.deployment_id, data.cause)
        return None

    def order(draft: Draft, row: Turns) -> Reason | None:
        known = draft.state.deployments.get(row.order.deployment_id)
        if known is not None:
            return id_used(known, f"another prefix than {data.prefix}, which has made that id before")
        return place_order(draft, row.order, data.sprin)

    turns = [Turns(found, _of_unit(data, found[0])) for found in held.values()]
    return judge_rows(draft, turns, "atomic", release, order)


def _meant(draft: Draft, data: ReassignUnit, held: Deployment) -> bool:
    if data.from_place.startswith(RALLY):
        return True
    meets = held.starts_at < data.ends_at and data.starts_at < held.ends_at
    zone = draft.operation.zone
    return meets or local_day(held.starts_at, zone) == local_day(data.starts_at, zone)


def _of_unit(data: ReassignUnit, held: Deployment) -> Order:
    return Order(
        deployment_id=f"{data.prefix}.{held.officer_id}",
        officer_id=held.officer_id,
        place=data.to_place,
        role=held.role,
        starts_at=data.starts_at,
        ends_at=data.ends_at,
        purpose=held.purpose,
    )


def swap_deployments(draft: Draft, data: SwapDeployments) -> Verdict[SchedulingFact]:
    """Other officers take deployments over, at the same places, in the same roles and hours; all or none."""

    def release(draft: Draft, row: Swap) -> Reason | None:
        return _release(draft, row.release, row.deployment_id, data.cause)

    def order(draft: Draft, row: Swap) -> Reason | None:
        old = draft.state.deployments[row.release.deployment_id]
        taken_over = Order(
            deployment_id=row.deployment_id,
            officer_id=row.officer_id,
            place=old.place,
            role=old.role,
            starts_at=old.starts_at,
            ends_at=old.ends_at,
            purpose=old.purpose,
            override=row.override,
        )
        return place_order(draft, taken_over, data.sprin)

    return judge_rows(draft, data.rows, "atomic", release, order)


def _release(draft: Draft, row: DeploymentRow, successor: str, cause: str) -> Reason | None:
    found = releasable(draft, row)
    if isinstance(found, Reason):
        return found
    _give_up(draft, found, successor, cause)
    return None


def _give_up(draft: Draft, held: Deployment, successor: str, cause: str) -> None:
    draft.record(
        DeploymentSwapped(
            id=draft.fact_id(),
            version=held.version + 1,
            deployment_id=held.deployment_id,
            successor=successor,
            cause=cause,
        )
    )


def reinstate_deployments(draft: Draft, data: ReinstateDeployments) -> Verdict[SchedulingFact]:
    """Lets released orders stand again; overlap and every rule are asked as for a new one."""

    def judge(draft: Draft, row: DeploymentRow) -> Reason | None:
        found = draft.deployment(row.deployment_id)
        if found is None:
            return unknown("deployment", row.deployment_id)
        reason = release_reason(draft, found) or stale(
            found.deployment_id, row.expected_version, found.version
        )
        if reason is not None:
            return reason
        if found.status == "stood_down":
            return over(draft, found)
        if found.binding:
            return illegal_transition(
                found.deployment_id,
                f"deployment {found.deployment_id} is {found.status} and was not released",
                "nothing: it stands",
            )
        asked = replace(
            found, status="ordered" if found.dispatched else "reserved", version=found.version + 1
        )
        reason = may_bind(draft, asked)
        if reason is not None:
            return reason
        broken = broken_rules(draft, asked, data.override)
        if broken.refused is not None:
            return broken.refused
        draft.record(
            DeploymentReinstated(
                id=draft.fact_id(),
                version=asked.version,
                deployment_id=asked.deployment_id,
                cause=data.cause,
                overridden=broken.overridden,
                override_cause=data.override.cause if data.override and broken.overridden else None,
            )
        )
        warn_of_hours(draft, asked)
        return None

    return judge_rows(draft, data.rows, data.mode, judge)
