"""How far from its place a report of presence was made, as the plan has the place now. Pure.

It stands in no fact and refuses nothing: places move, and a phone's position is a phone's word.
"""

from __future__ import annotations

from typing import NamedTuple

from pamwal.contracts.field import CheckedIn, CheckedOut
from pamwal.contracts.places import Point
from pamwal.places.distance import geodesic_m
from services.reporting.picture import OperationPicture


class Distance(NamedTuple):
    """Metres along the ellipsoid, and whether that is outside."""

    metres: int
    outside: bool
    """Beyond the place's own radius and beyond the operation's geofence (policy), whichever is wider."""


def distance_of(picture: OperationPicture, fact: CheckedIn | CheckedOut) -> Distance | None:
    """The distance; None if it says no position, or nobody knows where its place is."""
    point, radius_m = _spot(picture, fact.place)
    if fact.position is None or point is None:
        return None
    metres = round(geodesic_m(fact.position, point))
    return Distance(metres, metres > max(radius_m, picture.plan.policy.geofence_radius_m))


def _spot(picture: OperationPicture, place: str) -> tuple[Point | None, int]:
    rally = picture.plan.rally_at(place)
    if rally is not None:
        return rally.venue.point, rally.venue.radius_m
    site = picture.plan.site_at(place)
    return (site.point, site.radius_m) if site is not None else (None, 0)
