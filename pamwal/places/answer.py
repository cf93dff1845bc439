"""A lookup as it is answered over HTTP."""

from __future__ import annotations

from msgspec import Struct

from pamwal.contracts.places import Point
from pamwal.places.lookup import Candidate, Lookup, Question
from pamwal.places.place import KecamatanPlace
from pamwal.places.spelling import Kind


class FoundPlace(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The place that is meant; a kecamatan has no point."""

    code: str
    name: str
    kind: Kind
    kecamatan: str
    point: Point | None = None


class PlaceAnswer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Either `found`, or a question in both languages with the candidates it names, nearest first."""

    found: FoundPlace | None = None
    candidates: list[Candidate] = []
    question: Question | None = None


def answer_of(lookup: Lookup) -> PlaceAnswer:
    """What a lookup says."""
    place = lookup.found
    if place is None:
        return PlaceAnswer(candidates=list(lookup.candidates), question=lookup.question)
    if isinstance(place, KecamatanPlace):
        found = FoundPlace(code=place.code, name=place.kecamatan, kind="kecamatan", kecamatan=place.kecamatan)
    else:
        found = FoundPlace(
            code=place.code,
            name=place.kelurahan,
            kind="kelurahan",
            kecamatan=place.kecamatan,
            point=place.point,
        )
    return PlaceAnswer(found=found)
