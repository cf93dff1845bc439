"""The words of a plan on its sheets, in Indonesian as the glossary has them."""

from __future__ import annotations

from typing import Final

from pamwal.contracts.errors import UnknownPlace
from pamwal.contracts.places import Point, kecamatan_of
from pamwal.contracts.scheduling import DeploymentRole, Purpose, RallyKind, SiteKind
from pamwal.places import known_places
from pamwal.printing.words import clock, hours, legible, long_day, moment, printable, short_day
from pamwal.vocabulary import DUTIES, usual
from services.scheduler.views.places import Place

__all__ = [
    "KINDS", "PURPOSES", "ROLES", "clock", "hours", "legible", "long_day", "moment", "pair", "point",
    "printable", "role", "short_day", "where",
]  # fmt: skip
ROLES: Final = {role: word.capitalize() for role, word in usual(DUTIES).items()}
PURPOSES: Final[dict[Purpose, str]] = {
    "regular": "",
    "reinforcement": "penebalan",
    "on_call": "siaga panggil",
}
KINDS: Final[dict[RallyKind | SiteKind, str]] = {
    "limited_meeting": "pertemuan terbatas",
    "face_to_face": "tatap muka",
    "dialogue": "dialog",
    "mass_rally": "rapat umum",
    "debate": "debat publik",
    "fixed_post": "pos tetap",
    "polling_station": "TPS",
    "logistics": "gudang logistik",
    "election_office": "kantor KPU",
}


def role(code: DeploymentRole, purpose: Purpose) -> str:
    """`Penjagaan`, or `Penjagaan (penebalan)`."""
    return f"{ROLES[code]} ({PURPOSES[purpose]})" if PURPOSES[purpose] else ROLES[code]


def pair(key: str) -> str:
    """`Paslon 3 walikota` of `walikota/3`."""
    election, _, number = key.partition("/")
    return f"Paslon {number} {election}"


def where(place: Place) -> str:
    """`Kel. Oebobo, Kec. Oebobo`; codes where the gazetteer has no names."""
    gazetteer = known_places()
    try:
        found = gazetteer.place(place.kelurahan)
    except UnknownPlace:
        return f"Kel. {place.kelurahan}, Kec. {kecamatan_of(place.kelurahan)}"
    return f"Kel. {found.kelurahan}, Kec. {found.kecamatan}"


def point(place: Point | None) -> str:
    """`-10.1772, 123.6070`, or a dash."""
    return f"{place.latitude:.4f}, {place.longitude:.4f}" if place else "–"
