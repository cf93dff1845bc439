"""How far apart two points are."""

from __future__ import annotations

from functools import lru_cache

from geographiclib.geodesic import Geodesic

from pamwal.contracts.places import Point


@lru_cache(maxsize=65_536)
def geodesic_m(one: Point, other: Point) -> float:
    """Metres along the ellipsoid WGS 84; a road adds to it."""
    found = Geodesic.WGS84.Inverse(
        one.latitude, one.longitude, other.latitude, other.longitude, Geodesic.DISTANCE
    )
    return float(found["s12"])
