"""What a gazetteer knows of a place."""

from __future__ import annotations

from msgspec import Struct

from pamwal.contracts.places import Point


class Place(Struct, frozen=True, kw_only=True):
    """One kelurahan, the kecamatan it lies in, and a point inside it (WGS 84, degrees)."""

    code: str
    kelurahan: str
    kecamatan_code: str
    kecamatan: str
    point: Point


class KecamatanPlace(Struct, frozen=True, kw_only=True):
    """One kecamatan."""

    code: str
    kecamatan: str
