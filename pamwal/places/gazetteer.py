"""The kelurahan of one region, read from a table beside this file."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from msgspec import Struct

from pamwal.contracts.errors import UnknownPlace
from pamwal.contracts.places import Point


class Place(Struct, frozen=True, kw_only=True):
    """One kelurahan, the kecamatan it lies in, and a point inside it (WGS 84, degrees)."""

    code: str
    kelurahan: str
    kecamatan_code: str
    kecamatan: str
    point: Point


class Gazetteer:
    """Looks places up by their Kemendagri codes."""

    def __init__(self, places: Iterable[Place]) -> None:
        self._by_code = {place.code: place for place in places}
        self._kecamatan = {place.kecamatan_code: place.kecamatan for place in self._by_code.values()}

    @property
    def places(self) -> tuple[Place, ...]:
        """All kelurahan, in the table's order."""
        return tuple(self._by_code.values())

    @property
    def kecamatan(self) -> Mapping[str, str]:
        """Code → name of every kecamatan, in the table's order."""
        return MappingProxyType(self._kecamatan)

    def place(self, code: str) -> Place:
        """The kelurahan of that code. UnknownPlace if the table has none."""
        found = self._by_code.get(code)
        if found is None:
            raise UnknownPlace(
                f"{code!r} is no kelurahan of this gazetteer; a code looks like {next(iter(self._by_code))}"
            )
        return found

    def kecamatan_name(self, code: str) -> str:
        """The name of a kecamatan. UnknownPlace if the table has none."""
        found = self._kecamatan.get(code)
        if found is None:
            raise UnknownPlace(f"{code!r} is no kecamatan here; there are {', '.join(self._kecamatan)}")
        return found


def read_places(lines: Iterable[str]) -> list[Place]:
    """The rows of a table `code,kelurahan,kecamatan_code,kecamatan,latitude,longitude`."""
    return [
        Place(
            code=row["code"],
            kelurahan=row["kelurahan"],
            kecamatan_code=row["kecamatan_code"],
            kecamatan=row["kecamatan"],
            point=Point(latitude=float(row["latitude"]), longitude=float(row["longitude"])),
        )
        for row in csv.DictReader(lines)
    ]


@cache
def kupang() -> Gazetteer:
    """The 51 kelurahan and 6 kecamatan of Kota Kupang."""
    table = files("pamwal.places").joinpath("kupang.csv").read_text(encoding="utf-8")
    return Gazetteer(read_places(table.splitlines()))
