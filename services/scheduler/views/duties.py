"""An officer's duties in order of time, and orders nobody has acknowledged yet."""

from __future__ import annotations

from pamwal.contracts.duty_reads import DutiesView, Duty, PlaceOrders, UnacknowledgedView
from pamwal.contracts.scheduling import Policy
from services.scheduler.deciding.bookings import overlapping
from services.scheduler.deciding.state import Deployment, Schedule
from services.scheduler.views.places import Place, Window, by_place, padal_of, place_of
from services.scheduler.views.sight import Sight


def duty_of(deployment: Deployment, place: Place | None, padal: list[str], policy: Policy) -> Duty:
    """One deployment with what its place tells."""
    return Duty(
        deployment_id=deployment.deployment_id,
        officer_id=deployment.officer_id,
        place=deployment.place,
        place_name=place.name if place else deployment.place,
        kelurahan=place.kelurahan if place else "",
        role=deployment.role,
        starts_at=deployment.starts_at,
        ends_at=deployment.ends_at,
        status=deployment.status,
        version=deployment.version,
        sprin=deployment.sprin,
        purpose=deployment.purpose,
        point=place.point if place else None,
        padal=padal,
        to_acknowledge=deployment.status == "ordered" and policy.acknowledgement == "each",
    )


def duties_of(
    schedule: Schedule, policy: Policy, officer_id: str, sight: Sight, window: Window, *, released: bool
) -> DutiesView:
    """Duties that bind or bound the officer within the window; with `released` those he lost as well."""
    if released:
        found = [each for each in schedule.deployments.values() if each.officer_id == officer_id]
        found.sort(key=lambda each: each.booking)
    else:
        bookings = overlapping(schedule.bookings.of(officer_id), window.starts_at, window.ends_at)
        found = [schedule.deployments[each] for _, _, each in bookings]
    seen = (each for each in found if window.meets(each.starts_at, each.ends_at) and sight.sees(each))
    return DutiesView(
        officer_id=officer_id,
        duties=[
            duty_of(each, place_of(schedule, each.place), padal_of(schedule, each.place), policy)
            for each in seen
        ],
    )


def unacknowledged(
    schedule: Schedule, policy: Policy, sight: Sight, window: Window, *, after: str, limit: int
) -> UnacknowledgedView:
    """Orders within the window that wait for an answer, grouped by place."""
    if policy.acknowledgement == "none":
        return UnacknowledgedView(policy="none", total=0, places=[])
    waiting = by_place(
        each
        for each in schedule.deployments.values()
        if each.status == "ordered" and window.meets(each.starts_at, each.ends_at) and sight.sees(each)
    )
    page = sorted(ref for ref in waiting if ref > after)
    return UnacknowledgedView(
        policy=policy.acknowledgement,
        total=sum(map(len, waiting.values())),
        places=[_place_orders(schedule, policy, ref, waiting[ref]) for ref in page[:limit]],
        next_after=page[limit - 1] if len(page) > limit else None,
    )


def _place_orders(schedule: Schedule, policy: Policy, ref: str, waiting: list[Deployment]) -> PlaceOrders:
    place, padal = place_of(schedule, ref), padal_of(schedule, ref)
    return PlaceOrders(
        place=ref,
        place_name=place.name if place else ref,
        starts_at=place.starts_at if place else waiting[0].starts_at,
        ends_at=place.ends_at if place else waiting[-1].ends_at,
        padal=padal,
        deployments=[duty_of(each, place, padal, policy) for each in waiting],
    )
