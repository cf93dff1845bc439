"""The sheet that hangs at a place: its QR code, the letters below it, and what to do with them."""

from __future__ import annotations

from io import BytesIO
from typing import Final

import segno
from msgspec import Struct

from pamwal.contracts.errors import UnknownPlace
from pamwal.contracts.instants import from_ms
from pamwal.contracts.places import kecamatan_of
from pamwal.places import known_places
from pamwal.printing import words
from pamwal.printing.paper import Paper
from pamwal.printing.press import Press
from services.checkin.codes import PlaceCode, PlaceCodes
from services.checkin.planned.book import Spot

KINDS: Final = {"rally": "Kegiatan", "site": "Pos tetap", "post": "Posko"}


class PlaceCodePart(Struct, frozen=True, kw_only=True):
    """One place, a page; `qr` is an SVG."""

    place: str
    kind: str
    name: str
    where: str
    qr: str
    letters: str
    holds: str
    post: bool


class PlaceCodeSheets(Struct, frozen=True, kw_only=True):
    """One page a place."""

    paper: Paper
    title: str
    parts: list[PlaceCodePart]


def place_code_press() -> Press:
    """Prints them."""
    return Press({PlaceCodeSheets: "services/checkin/sheets/place_codes.typ"})


def place_code_sheets(
    paper: Paper, places: list[tuple[PlaceCode, Spot]], codes: PlaceCodes
) -> PlaceCodeSheets:
    """The sheets of some places, in the given order."""
    parts = [_part(code, spot, codes, paper.zone) for code, spot in places]
    return PlaceCodeSheets(paper=paper, title="KODE LOKASI", parts=parts)


def svg_of(text: str) -> bytes:
    """A QR code, black on white, that reads also where a seventh of it is dirty."""
    file = BytesIO()
    segno.make_qr(text, error="m").save(file, kind="svg", border=4, light="white", xmldecl=False)
    return file.getvalue()


def where_of(spot: Spot) -> str:
    """`Kel. Oebobo, Kec. Oebobo`; codes where the gazetteer has no names; nothing for a post."""
    if not spot.kelurahan:
        return ""
    try:
        found = known_places().place(spot.kelurahan)
    except UnknownPlace:
        return f"Kel. {spot.kelurahan}, Kec. {kecamatan_of(spot.kelurahan)}"
    return f"Kel. {found.kelurahan}, Kec. {found.kecamatan}"


def _part(code: PlaceCode, spot: Spot, codes: PlaceCodes, zone: str) -> PlaceCodePart:
    kind = code.place.partition("/")[0]
    return PlaceCodePart(
        place=code.place,
        kind=KINDS[kind],
        name=words.printable(spot.name),
        where=where_of(spot),
        qr=svg_of(codes.address_of(code)).decode(),
        letters=codes.letters_of(code),
        holds=f"{words.moment(from_ms(code.from_ms), zone)} – {words.moment(from_ms(code.until_ms), zone)}",
        post=kind == "post",
    )
