"""The situation on a map, as GeoJSON (RFC 7946): venues, sites, incidents, as its reader sees them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import msgspec

from pamwal.contracts.places import Point
from pamwal.contracts.reporting import Situation
from services.reporting.picture import OperationPicture

MEDIA_TYPE: Final = "application/geo+json"
PointOf = Callable[[str], Point | None]
"""A point inside the kelurahan of a code, None where it is not known."""


class _Where(NamedTuple):
    point: Point | None
    approximate: bool
    """It is a point of the kelurahan, not of the place."""


def collection_of(situation: Situation, picture: OperationPicture, point_of: PointOf) -> dict[str, Any]:
    """A FeatureCollection; what has no point known has a feature without geometry, so that nothing is lost.

    Its members beside `features` say of what and when it is; `exercise` is true of what is not real.
    """
    atlas = _Atlas(picture, point_of)
    return {
        "type": "FeatureCollection",
        "operation_id": situation.operation_id,
        "name": situation.name,
        "exercise": situation.mode == "exercise",
        "day": situation.day,
        "at": situation.at,
        "vector": situation.vector,
        "features": [*_places(situation, atlas), *_incidents(situation, atlas)],
    }


class _Atlas:
    """Where places and incidents are, by the plan and the field, else by their kelurahan."""

    def __init__(self, picture: OperationPicture, point_of: PointOf) -> None:
        self._picture, self._point_of = picture, point_of
        self._venues = {
            rally.venue.venue_id: rally.venue.point
            for rally in sorted(picture.plan.rallies.values(), key=lambda each: each.rally_id)
            if rally.venue.point is not None
        }

    def venue(self, venue_id: str, kelurahan: str | None) -> _Where:
        return self._or_kelurahan(self._venues.get(venue_id), kelurahan)

    def site(self, site_id: str, kelurahan: str) -> _Where:
        told = self._picture.planned.sites.get(site_id)
        return self._or_kelurahan(told.point if told is not None else None, kelurahan)

    def incident(self, incident_id: str, kelurahan: str) -> _Where:
        account = self._picture.incidents[incident_id]
        stand = account.stand(self._picture.voided, self._picture.voids_told)
        return self._or_kelurahan(stand.location.position if stand is not None else None, kelurahan)

    def _or_kelurahan(self, point: Point | None, kelurahan: str | None) -> _Where:
        if point is not None:
            return _Where(point, approximate=False)
        return _Where(self._point_of(kelurahan) if kelurahan else None, approximate=True)


def _places(situation: Situation, atlas: _Atlas) -> Iterator[dict[str, Any]]:
    for venue in situation.venues:
        where = atlas.venue(venue.venue_id, venue.kelurahan)
        yield _feature(f"venue/{venue.venue_id}", where, kind="venue", row=venue)
    for site in situation.sites:
        yield _feature(
            f"site/{site.site_id}", atlas.site(site.site_id, site.kelurahan), kind="site", row=site
        )


def _incidents(situation: Situation, atlas: _Atlas) -> Iterator[dict[str, Any]]:
    for row in situation.incidents.rows:
        where = atlas.incident(row.incident_id, row.kelurahan)
        yield _feature(f"incident/{row.incident_id}", where, kind="incident", row=row)


def _feature(name: str, where: _Where, *, kind: str, row: msgspec.Struct) -> dict[str, Any]:
    point, told = where.point, msgspec.to_builtins(row)
    if "kind" in told:
        told["what"] = told.pop("kind")
    return {
        "type": "Feature",
        "id": name,
        "geometry": None
        if point is None
        else {"type": "Point", "coordinates": [point.longitude, point.latitude]},
        "properties": {"kind": kind, "approximate": where.approximate, **told},
    }
