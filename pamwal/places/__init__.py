"""Where places are: a gazetteer of kelurahan and kecamatan. For Kota Kupang it comes with the project."""

from __future__ import annotations

from pamwal.contracts.places import Point
from pamwal.places.answer import FoundPlace, PlaceAnswer, answer_of
from pamwal.places.gazetteer import Gazetteer, known_places, kupang
from pamwal.places.lookup import Candidate, Kind, Lookup, Question
from pamwal.places.place import KecamatanPlace, Place
from pamwal.places.table import read_places

__all__ = [
    "Candidate",
    "FoundPlace",
    "Gazetteer",
    "KecamatanPlace",
    "Kind",
    "Lookup",
    "Place",
    "PlaceAnswer",
    "Question",
    "answer_of",
    "known_places",
    "kupang",
    "point_of",
    "read_places",
]


def point_of(code: str) -> Point:
    """A point inside a kelurahan of Kota Kupang. UnknownPlace if there is no such code."""
    return kupang().place(code).point
