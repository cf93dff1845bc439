"""From a day's plan to the solver's problem, and from its answer to a draft. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from statistics import fmean
from typing import Final

from pamwal.contracts.drafts import Outranked, ProposalAnswer, ProposalAsk
from pamwal.contracts.instants import from_ms, to_ms
from pamwal.contracts.places import Point, kecamatan_of
from pamwal.contracts.scheduling import DeploymentRole, Order
from pamwal.contracts.zones import DAY_MS, HOUR_MS, midnight
from services.scheduler.deciding.rules import MINUTE_MS
from services.scheduler.deciding.state import RALLY, SITE, Deployment, Officer, Operation, Schedule
from services.scheduler.solver.problem import (
    Bound,
    Partly,
    Problem,
    Proposed,
    ProposedOrder,
    SolverOfficer,
    SolverPlace,
    SolverPolicy,
)
from services.scheduler.views.places import by_place
from services.scheduler.views.sight import Sight

ROLES: Final[tuple[DeploymentRole, ...]] = (
    "escort", "guard", "patrol", "traffic", "intel", "field_commander", "reserve",
)  # fmt: skip
LOOKED_AROUND_MS: Final = 2 * DAY_MS
"""Bookings further from the day than this bind nothing in it."""


def problem_of(schedule: Schedule, operation: Operation, ask: ProposalAsk, sight: Sight) -> Problem:
    """Who is there on the day, what is needed, and by which rules, as far as the caller sees it.

    Who may not see `intel` drafts without it: neither what is needed of it nor who is on it has an effect.
    """
    begins_ms = to_ms(midnight(ask.day, operation.zone))
    policy = operation.policy
    places = _places(schedule, sight, begins_ms, round(policy.grace_min * MINUTE_MS))
    return Problem(
        officers=tuple(_officers(schedule, operation, ask, sight, begins_ms)),
        places=tuple(each for each in places if not ask.places or each.place in ask.places),
        policy=SolverPolicy(
            minimum_rest_h=policy.minimum_rest_h,
            longest_duty_h=policy.longest_duty_h,
            travel_speed_kmh=policy.travel_speed_kmh,
        ),
        skilled_roles=frozenset(ask.skilled_roles),
        seed=ask.seed,
        time_limit_s=ask.time_limit_s,
    )


def draft_of(
    proposed: Proposed,
    proposal_id: str,
    schedule: Schedule,
    operation: Operation,
    sight: Sight,
    *,
    kept: bool,
) -> ProposalAnswer:
    """The answer, with orders as they can be sent."""
    return ProposalAnswer(
        proposal_id=proposal_id,
        kept=kept,
        complete=sight.whole,
        orders=[
            Order(
                deployment_id=f"{proposal_id}.{number}",
                officer_id=each.officer_id,
                place=each.place,
                role=each.role,
                starts_at=from_ms(each.starts_ms),
                ends_at=from_ms(each.ends_ms),
            )
            for number, each in enumerate(proposed.orders, start=1)
        ],
        shortages=list(proposed.shortages),
        outranked=list(_outranked(proposed.orders, schedule, operation, sight)),
        spread=proposed.spread,
        levels=list(proposed.levels),
        objective=proposed.objective,
        bound=proposed.bound,
        gap=proposed.gap,
        status=proposed.status,
        wall_s=proposed.wall_s,
    )


def _outranked(
    orders: Iterable[ProposedOrder], schedule: Schedule, operation: Operation, sight: Sight
) -> Iterator[Outranked]:
    """Each proposed field commander who is below an officer he leads, proposed or ordered already."""
    there: dict[str, list[tuple[int, int, str]]] = {}
    for each in orders:
        led = there.setdefault(each.place, [])
        if each.role != "field_commander":
            led.append((each.starts_ms, each.ends_ms, each.officer_id))
    for held in schedule.deployments.values():
        led_there = held.binding and held.place in there and held.role != "field_commander"
        if led_there and sight.counts(held):
            hours = to_ms(held.starts_at), to_ms(held.ends_at)
            there[held.place].append((*hours, held.officer_id))

    def rank(officer_id: str) -> int | None:
        return operation.policy.seniority(schedule.officers[officer_id].rank)

    for each in orders:
        own = rank(each.officer_id)
        if each.role != "field_commander" or own is None:
            continue
        beside = {
            officer_id
            for starts_ms, ends_ms, officer_id in there[each.place]
            if starts_ms < each.ends_ms and each.starts_ms < ends_ms
        }
        ranks = [(found, officer_id) for officer_id in beside if (found := rank(officer_id)) is not None]
        highest, officer_id = min(ranks, default=(own, each.officer_id))
        if highest < own:
            yield Outranked(
                place=each.place,
                officer_id=each.officer_id,
                rank=schedule.officers[each.officer_id].rank,
                leads=officer_id,
                leads_rank=schedule.officers[officer_id].rank,
            )


def _officers(
    schedule: Schedule, operation: Operation, ask: ProposalAsk, sight: Sight, begins_ms: int
) -> Iterator[SolverOfficer]:
    homes = _homes(schedule, operation)
    for officer_id in sorted(schedule.officers):
        officer = schedule.officers[officer_id]
        if officer.withdrawn or (ask.units and officer.unit not in ask.units):
            continue
        held = (schedule.deployments[name] for _, _, name in schedule.bookings.of(officer_id))
        hours_ms = sum(to_ms(each.ends_at) - to_ms(each.starts_at) for each in held if sight.counts(each))
        yield SolverOfficer(
            officer_id=officer_id,
            unit=officer.unit,
            roles=frozenset(
                role for role in ROLES if role not in ask.skilled_roles or role in officer.skills
            ),
            home=homes.get(officer.home_post),
            bound=tuple(_bound(schedule, officer, sight, begins_ms)),
            rank=operation.policy.seniority(officer.rank),
            hours_so_far=hours_ms / HOUR_MS,
        )


def _homes(schedule: Schedule, operation: Operation) -> dict[str, Point]:
    """Post → the middle of the venues and sites in the kecamatan it answers for, where points are known."""
    places = [(each.venue.kelurahan, each.venue.point) for each in schedule.rallies.values()]
    places += [(each.kelurahan, each.point) for each in schedule.sites.values()]
    known: dict[str, set[Point]] = {}
    for kelurahan, point in places:
        if point is not None:
            known.setdefault(kecamatan_of(kelurahan), set()).add(point)
    found = {}
    for post_id, post in operation.posts.items():
        near = [point for each in post.kecamatan for point in known.get(each, ())]
        if near:
            found[post_id] = Point(
                latitude=round(fmean(each.latitude for each in near), 4),
                longitude=round(fmean(each.longitude for each in near), 4),
            )
    return found


def _bound(schedule: Schedule, officer: Officer, sight: Sight, begins_ms: int) -> Iterator[Bound]:
    first, last = begins_ms - LOOKED_AROUND_MS, begins_ms + DAY_MS + LOOKED_AROUND_MS
    for starts_at, ends_at, deployment_id in schedule.bookings.of(officer.officer_id):
        starts_ms, ends_ms = to_ms(starts_at), to_ms(ends_at)
        held = schedule.deployments[deployment_id]
        if starts_ms < last and ends_ms > first and sight.counts(held):
            yield Bound(starts_ms=starts_ms, ends_ms=ends_ms, point=schedule.point_of(held.place))
    for absence in schedule.absences_of(officer.officer_id):
        starts_ms, ends_ms = max(first, to_ms(absence.starts_at)), min(last, to_ms(absence.ends_at))
        if starts_ms < ends_ms:
            yield Bound(starts_ms=starts_ms, ends_ms=ends_ms, duty=False)
    if officer.attachment is not None:
        from_ms_, to_ms_ = to_ms(officer.attachment.starts_at), to_ms(officer.attachment.ends_at)
        if first < from_ms_:
            yield Bound(starts_ms=first, ends_ms=min(from_ms_, last), duty=False)
        if to_ms_ < last:
            yield Bound(starts_ms=max(to_ms_, first), ends_ms=last, duty=False)


def _places(schedule: Schedule, sight: Sight, begins_ms: int, grace_ms: int) -> Iterator[SolverPlace]:
    ends_ms = begins_ms + DAY_MS
    there = by_place(each for each in schedule.deployments.values() if each.binding and sight.counts(each))
    for rally_id in sorted(schedule.rallies):
        rally = schedule.rallies[rally_id]
        starts = to_ms(rally.starts_at)
        if rally.status == "planned" and begins_ms <= starts < ends_ms:
            ref = RALLY + rally_id
            yield _place(
                ref, (starts, to_ms(rally.ends_at)), rally.venue.point, sight.required(rally.required),
                tuple(rally.pairs), there.get(ref, ()), grace_ms,
            )  # fmt: skip
    for site_id in sorted(schedule.sites):
        site = schedule.sites[site_id]
        starts, ends = max(begins_ms, to_ms(site.starts_at)), min(ends_ms, to_ms(site.ends_at))
        if not site.withdrawn and starts < ends:
            ref = SITE + site_id
            yield _place(
                ref,
                (starts, ends),
                site.point,
                sight.required(site.required),
                (),
                there.get(ref, ()),
                grace_ms,
            )


def _place(
    ref: str,
    hours: tuple[int, int],
    point: Point | None,
    required: dict[DeploymentRole, int],
    pairs: tuple[str, ...],
    there: Iterable[Deployment],
    grace_ms: int,
) -> SolverPlace:
    """Whoever is there but for the grace at either end counts as there for all of the hours."""
    ordered: Counter[DeploymentRole] = Counter()
    partly = []
    for each in there:
        starts_ms, ends_ms = to_ms(each.starts_at), to_ms(each.ends_at)
        if starts_ms <= hours[0] + grace_ms and ends_ms >= hours[1] - grace_ms:
            ordered[each.role] += 1
        elif starts_ms < hours[1] and ends_ms > hours[0]:
            partly.append(Partly(role=each.role, starts_ms=starts_ms, ends_ms=ends_ms))
    return SolverPlace(
        place=ref,
        starts_ms=hours[0],
        ends_ms=hours[1],
        point=point,
        required=required,
        ordered=dict(ordered),
        partly=tuple(partly),
        pairs=pairs,
    )
