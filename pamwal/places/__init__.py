"""Where places are: a gazetteer of kelurahan and kecamatan. For Kota Kupang it comes with the project."""

from __future__ import annotations

from pamwal.contracts.places import Point
from pamwal.places.gazetteer import Gazetteer, Place, kupang

__all__ = ["Gazetteer", "Place", "kupang", "point_of"]


def point_of(code: str) -> Point:
    """A point inside a kelurahan of Kota Kupang. UnknownPlace if there is no such code."""
    return kupang().place(code).point
