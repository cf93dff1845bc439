"""The rules an order is asked for beside overlap, each with its unit. An ops_head may set them aside.

Rest and duty are judged per stretch: bookings of one officer whose gaps are shorter than the minimum rest.
A stretch holds no rest, so it may last 24 h less one rest at most (the form of Directive 2003/88/EC, article
3: so many hours of rest in each 24), and the hours bound in it may not exceed the longest duty. Hours and
speeds are the operation's policy (domain section 3).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from typing import Final, NamedTuple

from pamwal.contracts.envelope import Reason
from pamwal.contracts.instants import from_ms, to_ms
from pamwal.contracts.scheduling import OverridableRule, Override
from pamwal.contracts.zones import DAY_MS, HOUR_MS
from services.scheduler.deciding.draft import Draft
from services.scheduler.deciding.refusals import not_yours
from services.scheduler.deciding.state import Deployment
from services.scheduler.deciding.travel import travel_ms

MINUTE_MS: Final = 60_000


class Stretch(NamedTuple):
    """Bookings of one officer without a rest between them; milliseconds since 1970."""

    starts_ms: int
    ends_ms: int
    bound_ms: int
    """The hours bound in it, gaps left out."""
    before_ms: int | None
    """Where its last booking before the one asked for ends, if there is one."""


class Broken(NamedTuple):
    """What the rules say of one order."""

    refused: Reason | None
    overridden: list[OverridableRule]


def broken_rules(
    draft: Draft, asked: Deployment, override: Override | None, kept: tuple[OverridableRule, ...] = ()
) -> Broken:
    """Asks every rule, in the order of `RULES`. What is set aside, or was before, becomes a warning."""
    if override is not None and draft.claims.role != "ops_head":
        return Broken(
            not_yours(
                "only an ops_head may override a rule",
                "ask without it, or let the ops_head ask",
                asked.deployment_id,
            ),
            [],
        )
    overridden: list[OverridableRule] = []
    aside = kept if override is None else (*kept, *override.rules)
    for rule, judge in RULES.items():
        reason = judge(draft, asked)
        if reason is None:
            continue
        if rule in aside:
            overridden.append(rule)
            draft.warnings.append(reason)
        elif rule == "cannot_arrive" and draft.operation.policy.travel == "warn":
            draft.warnings.append(reason)
        else:
            return Broken(reason, [])
    return Broken(None, overridden)


def order_reason(draft: Draft, asked: Deployment) -> Reason | None:
    """`order_required`: an order cites its sprin. A reservation needs none yet."""
    if asked.sprin or asked.status == "reserved" or not draft.operation.policy.order_required:
        return None
    return Reason(
        code="order_required",
        message=f"deployment {asked.deployment_id} cites no sprin",
        subject=asked.deployment_id,
        possible="send the sprin, reserve until it is signed, or let the ops_head override with a cause",
    )


def unavailable_reason(draft: Draft, asked: Deployment) -> Reason | None:
    """`officer_unavailable`: absent, lent to another operation, or attached here for other hours."""
    for absence in draft.state.absences_of(asked.officer_id):
        if absence.starts_at < asked.ends_at and absence.ends_at > asked.starts_at:
            where = f" to {absence.to_operation}" if absence.to_operation else ""
            return _unavailable(
                asked,
                f"is {absence.kind}{where} {draft.operation.hours(absence.starts_at, absence.ends_at)}",
                f"order from {draft.operation.clock(absence.ends_at)} on, or another officer",
            )
    officer = draft.state.officers.get(asked.officer_id)
    attached = officer.attachment if officer else None
    if attached and not (attached.starts_at <= asked.starts_at and asked.ends_at <= attached.ends_at):
        return _unavailable(
            asked,
            f"is attached from {attached.operation_id}"
            f" {draft.operation.hours(attached.starts_at, attached.ends_at)} only",
            "order within those hours, or let the home operation lend longer",
        )
    return None


def _unavailable(asked: Deployment, why: str, possible: str) -> Reason:
    return Reason(
        code="officer_unavailable",
        message=f"officer {asked.officer_id} {why}",
        subject=asked.deployment_id,
        possible=possible,
    )


def travel_reason(draft: Draft, asked: Deployment) -> Reason | None:
    """`cannot_arrive`: the gap to the booking before or after is shorter than the way.

    The way is the geodesic at the policy's speed (km/h); a place without a known point is not judged.
    """
    here = draft.state.point_of(asked.place)
    if here is None:
        return None
    ways = (
        (draft.before_moment(asked.officer_id, asked.starts_at), False),
        (draft.after_moment(asked.officer_id, asked.ends_at), True),
    )
    for neighbour, onward in ways:
        there = draft.state.point_of(neighbour.place) if neighbour else None
        if neighbour is None or there is None or neighbour.deployment_id == asked.deployment_id:
            continue
        first, second = (asked, neighbour) if onward else (neighbour, asked)
        need_ms = travel_ms(here, there, draft.operation.policy.travel_speed_kmh)
        gap_ms = to_ms(second.starts_at) - to_ms(first.ends_at)
        if gap_ms < need_ms:
            return _cannot_arrive(draft, asked, first, second, gap_ms, need_ms)
    return None


def _cannot_arrive(
    draft: Draft, asked: Deployment, first: Deployment, second: Deployment, gap_ms: int, need_ms: int
) -> Reason:
    clock, arrives_ms = draft.operation.clock, to_ms(first.ends_at) + need_ms
    return Reason(
        code="cannot_arrive",
        message=(
            f"officer {asked.officer_id} has {gap_ms / MINUTE_MS:.0f} min from {first.place} to"
            f" {second.place} at {clock(second.starts_at)} and needs {need_ms / MINUTE_MS:.0f}"
        ),
        subject=asked.deployment_id,
        possible=f"begin at {second.place} from {clock(_next_minute(arrives_ms))} on",
    )


def _next_minute(moment_ms: int) -> str:
    """The first whole minute from a moment on: nobody is ordered to the second."""
    return from_ms(-(-moment_ms // MINUTE_MS) * MINUTE_MS)


def rest_reason(draft: Draft, asked: Deployment) -> Reason | None:
    """`insufficient_rest`: the stretch would last longer than 24 h less the minimum rest."""
    rest_h = draft.operation.policy.minimum_rest_h
    stretch = stretch_of(draft, asked)
    if stretch.ends_ms - stretch.starts_ms <= DAY_MS - rest_h * HOUR_MS:
        return None
    return Reason(
        code="insufficient_rest",
        message=(
            f"officer {asked.officer_id} would be on duty"
            f" {draft.operation.hours(from_ms(stretch.starts_ms), from_ms(stretch.ends_ms))}"
            f" without {rest_h:g} h of rest"
        ),
        subject=asked.deployment_id,
        possible=_after_rest(draft, stretch, asked),
    )


def duty_reason(draft: Draft, asked: Deployment) -> Reason | None:
    """`over_duty`: the hours bound in the stretch would exceed the longest duty."""
    policy = draft.operation.policy
    stretch = stretch_of(draft, asked)
    if stretch.bound_ms <= policy.longest_duty_h * HOUR_MS:
        return None
    return Reason(
        code="over_duty",
        message=(
            f"officer {asked.officer_id} would have {stretch.bound_ms / HOUR_MS:.1f} h of duty between two"
            f" rests, the longest is {policy.longest_duty_h:g}"
        ),
        subject=asked.deployment_id,
        possible=_after_rest(draft, stretch, asked),
    )


def _after_rest(draft: Draft, stretch: Stretch, asked: Deployment) -> str:
    if stretch.before_ms is None:
        return f"shorter hours, or another officer at {asked.place}"
    rested_ms = stretch.before_ms + round(draft.operation.policy.minimum_rest_h * HOUR_MS)
    return f"begin from {draft.operation.clock(_next_minute(rested_ms))} on, or another officer"


def stretch_of(draft: Draft, asked: Deployment) -> Stretch:
    """The stretch that an order would lie in. Looks at its bookings only, never at all of an officer's."""
    bookings = draft.bookings_of(asked.officer_id)
    rest_ms = draft.operation.policy.minimum_rest_h * HOUR_MS
    starts_ms, ends_ms = to_ms(asked.starts_at), to_ms(asked.ends_at)
    bound_ms, before_ms = ends_ms - starts_ms, None
    index = bisect_left(bookings, (asked.starts_at,))
    for begins, ends, deployment_id in reversed(bookings[:index][-_LOOKED_AT:]):
        if deployment_id == asked.deployment_id:
            continue
        if starts_ms - to_ms(ends) >= rest_ms:
            break
        before_ms = to_ms(ends) if before_ms is None else before_ms
        bound_ms += to_ms(ends) - to_ms(begins)
        starts_ms = to_ms(begins)
    for begins, ends, deployment_id in bookings[index : index + _LOOKED_AT]:
        if deployment_id == asked.deployment_id:
            continue
        if to_ms(begins) - ends_ms >= rest_ms:
            break
        bound_ms += to_ms(ends) - to_ms(begins)
        ends_ms = to_ms(ends)
    return Stretch(starts_ms, ends_ms, bound_ms, before_ms)


_LOOKED_AT: Final = 64
"""More bookings than fit into a day and a half on each side say nothing new: the rule is broken by then."""

RULES: Final[dict[OverridableRule, Callable[[Draft, Deployment], Reason | None]]] = {
    "order_required": order_reason,
    "officer_unavailable": unavailable_reason,
    "cannot_arrive": travel_reason,
    "insufficient_rest": rest_reason,
    "over_duty": duty_reason,
}
"""Rule → why an order breaks it, or None. The first broken one that is not set aside refuses."""
