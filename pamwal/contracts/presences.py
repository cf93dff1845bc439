"""Presence as reporting tells it of one officer: stays with their witnesses, and how his duties stand.

Moments are Instants. Where a sender's clock was more than 30 s off, the corrected moment counts and `said_at`
has what that clock showed.
"""

from __future__ import annotations

from msgspec import Struct

from pamwal.contracts.field import Method, Precision
from pamwal.contracts.knowledge import Knowledge
from pamwal.contracts.scheduling import Day, DeploymentRole


class Witness(Struct, frozen=True, kw_only=True):
    """One check-in that tells of a stay."""

    fact_id: str
    post_id: str
    channel: str | None
    source: str | None
    method: Method
    precision: Precision
    at: str
    recorded_at: str
    said_at: str | None
    """What the sender's clock showed, if it was corrected."""
    skew_s: int | None
    """How many seconds that clock was behind ours, negative if ahead; None within 30 s."""
    distance_m: int | None = None
    """How far from the place it was said; None if it says no position, or the place has none."""
    outside: bool = False
    """Farther than the place's radius and the operation's geofence: to be looked at, refused by nobody."""


class Stay(Struct, frozen=True, kw_only=True):
    """One stay at one place, however many told of it."""

    place: str
    began_at: str
    said_at: str | None
    heard_at: str
    """When an edge first had a report of it."""
    ended_at: str | None
    relieves: str | None
    relieved_by: str | None
    deployment_id: str | None
    """The deployment whose hours cover it; None if it is unplanned."""
    witnesses: list[Witness]
    """By when they say it was, a paper list's too."""
    distance_m: int | None = None
    """Of the first of them that says where; None if none does."""
    outside: bool = False


class DutyStand(Struct, frozen=True, kw_only=True):
    """One deployment of the day and how it stands."""

    deployment_id: str
    place: str
    role: DeploymentRole
    starts_at: str
    ends_at: str
    state: str
    """As the counts of a strength are named: at_place, elsewhere, awaited, excused, absent …"""
    came_at: str | None
    said_at: str | None
    late: bool
    late_min: int
    """Whole minutes from the planned beginning to his coming, if he came late; else 0."""
    reported_late: bool
    """On time by the sender's clock, but heard long after."""


class OfficerPresences(Struct, frozen=True, kw_only=True):
    """One officer on one day, by what was known of what had happened at `at`."""

    operation_id: str
    officer_id: str
    day: Day
    at: str
    vector: dict[str, int]
    stays: list[Stay]
    duties: list[DutyStand]
    knowledge: Knowledge | None = None
