"""The kelurahan and kecamatan of one region, by code and by name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from pamwal.contracts.errors import SettingsError, UnknownPlace, UnreadableFile
from pamwal.places.lookup import Kind, Lookup, NameIndex
from pamwal.places.place import KecamatanPlace, Place
from pamwal.places.table import read_places


class Gazetteer:
    """Looks places up by their Kemendagri codes, or by their names as people write them."""

    def __init__(self, places: Iterable[Place]) -> None:
        self._by_code = {place.code: place for place in places}
        self._kecamatan = {place.kecamatan_code: place.kecamatan for place in self._by_code.values()}
        self._names = NameIndex(
            [
                *(KecamatanPlace(code=code, kecamatan=name) for code, name in self._kecamatan.items()),
                *self._by_code.values(),
            ]
        )

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
                f"{code!r} is no kelurahan of this gazetteer; a code looks like"
                f" {next(iter(self._by_code), '53.71.02.1001')}"
            )
        return found

    def kecamatan_name(self, code: str) -> str:
        """The name of a kecamatan. UnknownPlace if the table has none."""
        found = self._kecamatan.get(code)
        if found is None:
            raise UnknownPlace(f"{code!r} is no kecamatan here; there are {', '.join(self._kecamatan)}")
        return found

    def within(self, region: str, kelurahan: frozenset[str] = frozenset()) -> Gazetteer:
        """What of it lies in a region, `53.71`; with `kelurahan` only those of these codes."""
        return Gazetteer(
            place
            for code, place in self._by_code.items()
            if (code in kelurahan if kelurahan else code.startswith(f"{region}."))
        )

    def find(self, text: str, *, kind: Kind | None = None, within: str | None = None) -> Lookup:
        """The one place a text means, or a question; never a guess.

        `within` is the code or the name of a kecamatan; a text may say it itself (`Oebobo, Kec. Oebobo`).
        """
        return self._names.find(text, kind=kind, within=within)


@cache
def known_places() -> Gazetteer:
    """This process's gazetteer: of the CSV file that PAMWAL_PLACES names, else of Kota Kupang.

    SettingsError says what is wrong with the file.
    """
    path = os.environ.get("PAMWAL_PLACES", "")
    if not path:
        return kupang()
    try:
        return Gazetteer(read_places(Path(path).read_bytes()))
    except OSError as error:
        raise SettingsError(f"PAMWAL_PLACES={path}: {error.strerror}") from error
    except UnreadableFile as error:
        raise SettingsError(f"PAMWAL_PLACES={path}: {error}") from error


@cache
def kupang() -> Gazetteer:
    """The 51 kelurahan and 6 kecamatan of Kota Kupang."""
    return Gazetteer(read_places(files("pamwal.places").joinpath("kupang.csv").read_bytes()))
