"""How long the way between two places takes at least."""

from __future__ import annotations

from pamwal.contracts.places import Point
from pamwal.places.distance import geodesic_m

__all__ = ["geodesic_m", "travel_ms"]


def travel_ms(one: Point, other: Point, speed_kmh: float) -> int:
    """Milliseconds from one to the other at that speed."""
    return round(geodesic_m(one, other) / (speed_kmh / 3.6) * 1000)
