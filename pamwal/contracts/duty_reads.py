"""What the scheduler tells of duties: who stands where and when, and what lacks. Hours are half-open."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from pamwal.contracts.places import Point
from pamwal.contracts.plan_reads import PlaceStatus
from pamwal.contracts.scheduling import DeploymentRole, DeploymentStatus, Purpose, RallyKind, SiteKind

Lacking = dict[DeploymentRole, int]


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
    """Orders not yet acknowledged, by the operation's policy; under `none` there are none.

    A page by place; `next_after` is what the next page is asked with, `total` counts orders of all pages.
    """

    policy: Literal["each", "padal", "none"]
    total: int
    places: list[PlaceOrders]
    """By reference."""
    next_after: str | None = None


class CalendarEntry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One rally or site; hours are half-open, `ordered` and `reserved` count live deployments."""

    place: str
    kind: RallyKind | SiteKind
    name: str
    kelurahan: str
    starts_at: str
    ends_at: str
    status: PlaceStatus
    ordered: int
    required: int
    """Over all roles."""
    reserved: int = 0
    strength: dict[DeploymentRole, int] = {}
    """Required, by role."""
    pairs: list[str] = []
    venue_id: str | None = None
    unnoticed: bool = False
    duties: list[Duty] = []
    """Of the officer who was asked for."""


class CalendarView(Struct, frozen=True, kw_only=True):
    """A page by start and place; `next_after` is what the next page is asked with."""

    entries: list[CalendarEntry]
    day: str | None = None
    day_closed: bool = False
    next_after: str | None = None


class Gap(Struct, frozen=True, kw_only=True):
    """In all of `[starts_at, ends_at)` so many lack, by role; none named: nobody at all is there."""

    starts_at: str
    ends_at: str
    lacking: Lacking


class RoleStrength(Struct, frozen=True, kw_only=True):
    """One role of one place. `ordered` counts officers who are there at some time."""

    role: DeploymentRole
    required: int
    ordered: int


class PlaceCoverage(Struct, frozen=True, kw_only=True):
    """One place within the window."""

    place: str
    name: str
    kelurahan: str
    starts_at: str
    ends_at: str
    roles: list[RoleStrength]
    gaps: list[Gap]
    """By start; none: as many as needed are there all the time."""


class CoverageView(Struct, frozen=True, kw_only=True):
    """A page by start and place; `next_after` is what the next page is asked with."""

    places: list[PlaceCoverage]
    next_after: str | None = None
