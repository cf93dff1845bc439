"""Reserving and ordering deployments. No officer is bound twice at one moment."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from pamwal.contracts.envelope import Reason, Verdict
from pamwal.contracts.scheduling import (
    DeploymentOrdered,
    DeploymentReserved,
    DeploymentRow,
    DeploymentStatus,
    Order,
    OrderDeployments,
    OrderReserved,
    OverridableRule,
    Override,
    ReserveDeployments,
    SchedulingFact,
)
from services.scheduler.deciding.draft import Draft
from services.scheduler.deciding.refusals import (
    closed_day,
    double_booked,
    illegal_transition,
    interval,
    malformed,
    not_free,
    not_yours,
    rally_cancelled,
    stale,
    unknown,
    unknown_officer,
)
from services.scheduler.deciding.rights import release_reason
from services.scheduler.deciding.rows import judge_rows
from services.scheduler.deciding.rules import broken_rules
from services.scheduler.deciding.state import RALLY, Deployment

LIVE_AT_PLACE_MAX: Final = 5000
"""So that moving or cancelling a place, which speaks of every deployment there, always fits one record."""


def order_deployments(draft: Draft, data: OrderDeployments) -> Verdict[SchedulingFact]:
    """Orders each row whose officer, place and hours allow it; an import leaves as it is what comes again."""

    def judge(draft: Draft, order: Order) -> Reason | None:
        return place_order(draft, order, data.sprin or "", import_id=data.import_id)

    return judge_rows(draft, data.orders, data.mode, judge)


def reserve_deployments(draft: Draft, data: ReserveDeployments) -> Verdict[SchedulingFact]:
    """Reserves each row; the officer is bound, and not dispatched."""
    return judge_rows(
        draft, data.orders, data.mode, lambda draft, order: place_order(draft, order, "", "reserved")
    )


def order_reserved(draft: Draft, data: OrderReserved) -> Verdict[SchedulingFact]:
    """Orders what is reserved; the rules are asked again, for the plan may have changed since."""

    def judge(draft: Draft, row: DeploymentRow) -> Reason | None:
        found = draft.deployment(row.deployment_id)
        if found is None:
            return unknown("deployment", row.deployment_id)
        reason = release_reason(draft, found) or stale(
            found.deployment_id, row.expected_version, found.version
        )
        if reason is not None:
            return reason
        if found.status != "reserved":
            return illegal_transition(
                found.deployment_id,
                f"deployment {found.deployment_id} is {found.status}, not reserved",
                "order the officer under a new deployment_id, or reinstate the deployment",
            )
        asked = replace(found, status="ordered", sprin=data.sprin, version=found.version + 1)
        return (
            _place_reason(draft, asked, found)
            or closed_day(draft.state, draft.operation, asked.starts_at, asked.deployment_id)
            or _record(draft, asked, kept=found.overridden)
        )

    return judge_rows(draft, data.rows, data.mode, judge)


def place_order(
    draft: Draft,
    order: Order,
    sprin: str,
    status: DeploymentStatus = "ordered",
    import_id: str | None = None,
) -> Reason | None:
    """Orders or reserves one row, or says why not; then nothing is recorded.

    Under an `import_id` what stands just so is unchanged, and what a reverted import ordered is ordered anew.
    """
    if order.role == "intel" and draft.claims.role != "ops_head":
        return not_yours(
            "only an ops_head orders intel: nobody else sees such deployments",
            "order another role, or let the ops_head ask",
            order.deployment_id,
        )
    known = draft.deployment(order.deployment_id)
    if known is None and order.deployment_id in draft.state.deployments and not draft.checking:
        return illegal_transition(
            order.deployment_id,
            f"deployment_id {order.deployment_id} cannot be used",
            "give the new order another deployment_id",
        )
    if import_id is not None and known is not None and _stands(known, order, sprin):
        draft.warn("unchanged", f"deployment {known.deployment_id} is {known.status} so already",
                   known.deployment_id)  # fmt: skip
        return None
    if known is not None and not (import_id is not None and known.undone):
        return id_used(known)
    asked = Deployment(
        deployment_id=order.deployment_id,
        officer_id=order.officer_id,
        place=order.place,
        role=order.role,
        starts_at=order.starts_at,
        ends_at=order.ends_at,
        sprin=sprin,
        postid=draft.postid,
        status=status,
        version=known.version + 1 if known else 1,
        purpose=order.purpose,
    )
    return may_bind(draft, asked) or _record(draft, asked, order.override, import_id=import_id)


def _stands(known: Deployment, order: Order, sprin: str) -> bool:
    """Whether an order stands and says the same."""
    return known.status in {"ordered", "acknowledged"} and (
        (known.officer_id, known.place, known.role, known.starts_at, known.ends_at, known.purpose)
        == (order.officer_id, order.place, order.role, order.starts_at, order.ends_at, order.purpose)
        and known.sprin == sprin
    )


def may_bind(draft: Draft, asked: Deployment) -> Reason | None:
    """Why an officer, a place and hours cannot come together, whoever asks; rules that yield apart."""
    officer = draft.state.officers.get(asked.officer_id)
    if officer is None:
        return unknown_officer(
            asked.officer_id, draft.nearest_officer(asked.officer_id), "register the officer first"
        )
    if officer.withdrawn:
        return unknown("officer", asked.officer_id, "withdrawn from the roster; register the officer again")
    return _place_reason(draft, asked, None) or may_take_hours(draft, asked)


def may_take_hours(draft: Draft, asked: Deployment) -> Reason | None:
    """Why an officer cannot be bound in these hours, wherever that is; rules that yield apart."""
    return (
        interval(draft.operation, asked.starts_at, asked.ends_at, asked.deployment_id)
        or closed_day(draft.state, draft.operation, asked.starts_at, asked.deployment_id)
        or _booked_reason(draft, asked)
    )


def _record(
    draft: Draft,
    asked: Deployment,
    override: Override | None = None,
    kept: tuple[OverridableRule, ...] = (),
    import_id: str | None = None,
) -> Reason | None:
    """Asks the rules, then records. What was set aside for a reservation stays so for its order."""
    broken = broken_rules(draft, asked, override, kept)
    if broken.refused is not None:
        return broken.refused
    cause = (override.cause if override else "as reserved") if broken.overridden else None
    if asked.status == "reserved":
        draft.record(
            DeploymentReserved(
                id=draft.fact_id(), version=asked.version, deployment_id=asked.deployment_id,
                officer_id=asked.officer_id, place=asked.place, role=asked.role, starts_at=asked.starts_at,
                ends_at=asked.ends_at, postid=asked.postid, purpose=asked.purpose,
                overridden=broken.overridden, cause=cause,
            )
        )  # fmt: skip
    else:
        draft.record(
            DeploymentOrdered(
                id=draft.fact_id(), version=asked.version, deployment_id=asked.deployment_id,
                officer_id=asked.officer_id, place=asked.place, role=asked.role, starts_at=asked.starts_at,
                ends_at=asked.ends_at, sprin=asked.sprin, postid=asked.postid, purpose=asked.purpose,
                overridden=broken.overridden, cause=cause, import_id=import_id,
            )
        )  # fmt: skip
    warn_of_hours(draft, asked)
    return None


def warn_of_hours(draft: Draft, asked: Deployment) -> None:
    """Warns of a deployment that shares no moment with the hours of its place."""
    place = draft.state.rally_at(asked.place) or draft.state.site_at(asked.place)
    if place is not None and not (asked.starts_at < place.ends_at and place.starts_at < asked.ends_at):
        draft.warn(
            "outside_hours",
            f"{asked.place} is {draft.operation.hours(place.starts_at, place.ends_at)}, the duty is not",
            asked.deployment_id,
            f"hours around {draft.operation.clock(place.starts_at)}",
        )


def id_used(known: Deployment, possible: str = "give the new order a deployment_id of its own") -> Reason:
    """`illegal_transition`: an id names one deployment for ever."""
    return illegal_transition(
        known.deployment_id,
        f"deployment {known.deployment_id} exists already, {known.status}, from post {known.postid}",
        possible,
    )


def _place_reason(draft: Draft, asked: Deployment, held: Deployment | None) -> Reason | None:
    """Whether the place takes orders; `held`: its reservation is counted there already."""
    place = asked.place
    if place.startswith(RALLY):
        reason = _rally_reason(draft, asked)
    else:
        site = draft.state.site_at(place)
        name = place.partition("/")[2]
        reason = None
        if site is None or site.withdrawn:
            reason = unknown("site", name, "sites registers it, or registers it again")
    if reason is None and held is None and draft.state.at_place.count(place) >= LIVE_AT_PLACE_MAX:
        return Reason(
            code="too_large",
            message=f"{place} has {LIVE_AT_PLACE_MAX} live deployments, the most one place may have",
            subject=place,
            possible=(
                "plan a second rally for the rest"
                if place.startswith(RALLY)
                else "deployments:stand-down what is done there, or register a second site for the rest"
            ),
        )
    return reason


def _rally_reason(draft: Draft, asked: Deployment) -> Reason | None:
    rally = draft.state.rally_at(asked.place)
    if rally is None:
        return unknown("rally", asked.place.partition("/")[2], "plan the rally first")
    if rally.status == "cancelled":
        return rally_cancelled(rally.rally_id)
    if rally.status == "closed":
        return illegal_transition(rally.rally_id, f"rally {rally.rally_id} is closed", "rallies:reinstate")
    if rally.status == "notified" and asked.status != "reserved":
        return illegal_transition(
            rally.rally_id,
            f"rally {rally.rally_id} is notified, not planned yet",
            "plan the rally, or reserve officers until it is planned",
        )
    return None


def _booked_reason(draft: Draft, asked: Deployment) -> Reason | None:
    holder = draft.holder(asked.officer_id, asked.starts_at, asked.ends_at)
    if holder is None:
        if draft.collides(asked.officer_id, asked.starts_at, asked.ends_at):
            return not_free(asked.officer_id, asked.deployment_id)
        return None
    if holder.deployment_id == asked.deployment_id:
        return malformed(f"deployment {asked.deployment_id} would overlap itself", asked.deployment_id)
    ways = [_reassigning(draft, holder)] if holder.live else []
    free = draft.free_from(asked.officer_id, asked.starts_at, asked.ends_at)
    if free is not None:
        ways.append(f"the same length from {draft.operation.clock(free)} on")
    if not holder.live:
        ways.append("another officer")
    return double_booked(draft.operation, holder, asked.deployment_id, ", or ".join(ways))


def _reassigning(draft: Draft, holder: Deployment) -> str:
    """How a live deployment gives its officer up, and who may ask for that."""
    way = f"deployments:reassign releases {holder.deployment_id} and makes this order in one decision"
    if release_reason(draft, holder) is None:
        return way
    return f"{way}, if post {holder.postid} or the ops_head asks for it"
