"""An officer's duties in order of time, and orders nobody has acknowledged yet."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from pamwal.contracts.places import Point
from pamwal.contracts.scheduling import DeploymentRole, Policy, Purpose
from services.scheduler.state import Deployment, DeploymentStatus, Schedule
from services.scheduler.views.places import Window, by_place, padal_of, place_of
from services.scheduler.views.sight import Sight


class Duty(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One deployment as the officer needs to know it; its hours are half-open."""

    deployment_id: str
    officer_id: str
    place: str
    place_name: str
    kelurahan: str
    role: DeploymentRole
    starts_at: str
    ends_at: str
    status: DeploymentStatus
    version: int
    sprin: str = ""
    purpose: Purpose = "regular"
    point: Point | None = None
    padal: list[str] = []
    """Officer ids of the field commanders there."""
    to_acknowledge: bool = False
    """The policy wants an answer from the officer himself."""


class DutiesView(Struct, frozen=True, kw_only=True):
    """One officer's duties, by start."""

    officer_id: str
    duties: list[Duty]


class PlaceOrders(Struct, frozen=True, kw_only=True):
    """Orders of one place that nobody has acknowledged, by start."""

    place: str
    place_name: str
    starts_at: str
    ends_at: str
    padal: list[str]
    """Who acknowledges for them under the policy `padal`; where there is none, the post does."""
    deployments: list[Duty]


class UnacknowledgedView(Struct, frozen=True, kw_only=True):
    """Orders not yet acknowledged, by the operation's policy; under `none` there are none."""

    policy: Literal["each", "padal", "none"]
    total: int
    places: list[PlaceOrders]
    """By start and reference."""


def duty_of(schedule: Schedule, deployment: Deployment, policy: Policy) -> Duty:
    """One deployment with what its place tells."""
    place = place_of(schedule, deployment.place)
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
        padal=padal_of(schedule, deployment.place),
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
        found = [schedule.deployments[each] for _, _, each in schedule.bookings.of(officer_id)]
    seen = (each for each in found if window.meets(each.starts_at, each.ends_at) and sight.sees(each))
    return DutiesView(officer_id=officer_id, duties=[duty_of(schedule, each, policy) for each in seen])


def unacknowledged(schedule: Schedule, policy: Policy, sight: Sight, window: Window) -> UnacknowledgedView:
    """Orders within the window that wait for an answer, grouped by place."""
    if policy.acknowledgement == "none":
        return UnacknowledgedView(policy="none", total=0, places=[])
    waiting = by_place(
        each
        for each in schedule.deployments.values()
        if each.status == "ordered" and window.meets(each.starts_at, each.ends_at) and sight.sees(each)
    )
    places = [_place_orders(schedule, policy, ref, found) for ref, found in waiting.items()]
    return UnacknowledgedView(
        policy=policy.acknowledgement,
        total=sum(len(each.deployments) for each in places),
        places=sorted(places, key=lambda each: (each.starts_at, each.place)),
    )


def _place_orders(schedule: Schedule, policy: Policy, ref: str, waiting: list[Deployment]) -> PlaceOrders:
    place = place_of(schedule, ref)
    return PlaceOrders(
        place=ref,
        place_name=place.name if place else ref,
        starts_at=place.starts_at if place else waiting[0].starts_at,
        ends_at=place.ends_at if place else waiting[-1].ends_at,
        padal=padal_of(schedule, ref),
        deployments=[duty_of(schedule, each, policy) for each in waiting],
    )
