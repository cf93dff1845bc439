"""How long the way between two places takes at least."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt
from typing import Final

from pamwal.contracts.places import Point

EARTH_RADIUS_M: Final = 6_371_008.8
"""Mean radius of WGS 84 (IUGG: (2a + b) / 3)."""


def great_circle_m(one: Point, other: Point) -> float:
    """Metres along the sphere (haversine); within 0.6 % of the ellipsoid, far below what a road adds."""
    north, south = radians(one.latitude), radians(other.latitude)
    half_up = sin((south - north) / 2)
    half_across = sin(radians(other.longitude - one.longitude) / 2)
    chord = half_up * half_up + cos(north) * cos(south) * half_across * half_across
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(chord)))


def travel_ms(one: Point, other: Point, speed_kmh: float) -> int:
    """Milliseconds from one to the other at that speed."""
    return round(great_circle_m(one, other) / (speed_kmh / 3.6) * 1000)
