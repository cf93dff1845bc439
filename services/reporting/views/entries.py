"""What a situation's rows of strength are made of: places, what one officer adds, and the rows told. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from msgspec import Struct

from pamwal.contracts.places import kecamatan_of
from pamwal.contracts.reporting import AreaRow, PairRow, RoleRow, SatgasRow, SiteRow, Strength, VenueRow
from services.reporting.picture.places import Site
from services.reporting.views.stands import OfficerDay, Stand, StandingKind, StandState
from services.reporting.views.tally import Tally


class Spot(Struct, frozen=True, kw_only=True):
    """Where a place is: a venue or a site and its kelurahan; or only the place's own name."""

    spot_id: str
    """Of the venue or site."""
    name: str
    kelurahan: str | None
    site: Site | None = None
    pairs: Sequence[str] = ()

    @property
    def kecamatan(self) -> str | None:
        """The code of the kecamatan, if the kelurahan is known."""
        return kecamatan_of(self.kelurahan) if self.kelurahan else None


class Strengths(Struct, frozen=True, kw_only=True):
    """All rows of one situation."""

    total: Strength
    venues: list[VenueRow]
    sites: list[SiteRow]
    kelurahan: list[AreaRow]
    kecamatan: list[AreaRow]
    satgas: list[SatgasRow]
    pairs: list[PairRow]
    roles: list[RoleRow]


class Entry(NamedTuple):
    """What one officer adds to the rows of a situation: it can be taken back as it was added."""

    kind: StandingKind | None
    registered: bool
    ordered: list[tuple[Tally, Stand]]
    """Each row he is ordered in, and how he counts there."""
    here: list[tuple[Tally, StandState | None]]
    """Each row he stands in, and how he is ordered there, if he is."""
    reserved: list[Tally]
    places: list[str]
    """Those he is ordered to, kept for or stands at, as far as they may be told."""


def places_of(day: OfficerDay) -> Iterator[str]:
    """Where he is ordered to, kept for or stands."""
    yield from (stand.deployment.place for stand in day.stands)
    yield from (each.place for each in day.reserved)
    if day.standing is not None:
        yield day.standing.place


def sort_of(day: OfficerDay, satgas: str | None, now_ms: int) -> tuple[object, ...] | None:
    """What an officer of that satgas (None: unregistered) adds depends on nothing else; None if it is more.

    Nearly all officers of a day have one order and are no different from many others.
    """
    if len(day.stands) != 1 or day.reserved:
        return None
    stand, standing = day.stands[0], day.standing
    ordered, comes_for = stand.deployment, standing.deployment if standing is not None else None
    return (
        satgas, ordered.place, ordered.role, ordered.purpose, ordered.starts_ms <= now_ms,
        stand.state, stand.attended, stand.on_time, stand.late, stand.reported_late, stand.clock_corrected,
        stand.doubtful,
        day.kind, standing and standing.place, comes_for and comes_for.role,
    )  # fmt: skip
