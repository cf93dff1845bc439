"""Where things are: points, venues and references to a secured place."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta, Struct

from pamwal.contracts.envelope import Identifier, Text

PlaceRef = Annotated[
    str,
    Meta(
        pattern=r"^(rally|site)/[A-Za-z0-9][A-Za-z0-9._:-]{0,63}(?!\n)$",
        description="a rally or a site: rally/{rally_id} or site/{site_id}",
    ),
]
KelurahanCode = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{2}\.[0-9]{2}\.[0-9]{2}\.[0-9]{4}(?!\n)$",
        description="Kemendagri code of a kelurahan",
        examples=["53.71.02.1001"],
    ),
]


DEGREE_DECIMALS: Final = 4


class Point(Struct, frozen=True, kw_only=True, gc=False):
    """WGS 84, degrees; rounded to 4 decimals (about 11 m) before it is kept."""

    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]

    def rounded(self) -> Point:
        """The same to 4 decimals, this very one if it has no more; a negative zero becomes zero."""
        latitude, longitude = round(self.latitude, DEGREE_DECIMALS), round(self.longitude, DEGREE_DECIMALS)
        if latitude == self.latitude != 0.0 and longitude == self.longitude != 0.0:
            return self
        return Point(latitude=latitude + 0.0, longitude=longitude + 0.0)


class Venue(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a rally is held."""

    venue_id: Identifier
    name: Text
    kelurahan: KelurahanCode
    point: Point | None = None
    radius_m: Annotated[int, Meta(ge=1, le=10_000)] = 150


def kecamatan_of(kelurahan: str) -> str:
    """The Kemendagri code of the kecamatan a kelurahan lies in: `53.71.02.1001` in `53.71.02`."""
    return kelurahan[:8]
