"""A SitRep's strength on a map, drawn in SVG: no tiles, no network, nothing from elsewhere. Pure.

Each kelurahan with ordered officers is a ring whose area is what was ordered, filled to the area of who is
there; a cross stands where an incident is open. The ground is the gazetteer's: a dot for each kelurahan.
North is up; distances hold along both axes (equirectangular, true at the middle latitude), which within a
district is off by less than a printer is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import cos, radians, sqrt
from typing import Final, NamedTuple
from xml.sax.saxutils import escape

from pamwal.contracts.places import Point
from pamwal.contracts.sitreps import SitRep
from services.reporting.views.incidents import CLOSED

WIDTH: Final = 1000
MARGIN: Final = 60
KEY_HEIGHT: Final = 70
KM_A_DEGREE: Final = 111.2
"""Of latitude, mean."""
LETTER: Final = 20
LEAST_KM: Final = 2.0
"""Nothing is drawn larger than if the ground were so wide."""
RING_A_HEAD: Final = 7.0
"""Radius of one officer's ring."""
_LETTERS: Final = f'font-family="Libertinus Serif, serif" font-size="{LETTER}"'


class Spot(NamedTuple):
    """One kelurahan of the ground."""

    code: str
    name: str
    point: Point


class Legend(NamedTuple):
    """The words below the map."""

    ordered: str
    at_place: str
    incident: str
    exercise: str
    """Over an exercise's map; empty of what is real."""


class _Row(NamedTuple):
    spot: Spot
    ordered: int
    at_place: int
    incidents: int


class _Box(NamedTuple):
    """What a ring or a name covers."""

    left: float
    top: float
    right: float
    bottom: float

    def shared(self, other: _Box) -> float:
        """The area of what both cover."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(width, 0.0) * max(height, 0.0)

    def hidden(self, others: Iterable[_Box], inside: _Box) -> float:
        """How much of these it covers, and how much of it lies outside."""
        area = (self.right - self.left) * (self.bottom - self.top)
        return round(sum(map(self.shared, others)) + 2 * (area - self.shared(inside)), 3)


class _Ground:
    """From degrees to the paper."""

    def __init__(self, spots: Iterable[Spot]) -> None:
        points = [spot.point for spot in spots]
        south, north = min(p.latitude for p in points), max(p.latitude for p in points)
        west, east = min(p.longitude for p in points), max(p.longitude for p in points)
        self._west, self._north = west, north
        self._km_east = KM_A_DEGREE * cos(radians((south + north) / 2))
        width_km = max((east - west) * self._km_east, LEAST_KM)
        height_km = max((north - south) * KM_A_DEGREE, LEAST_KM / 2)
        self.a_km = (WIDTH - 2 * MARGIN) / max(width_km, height_km)
        self.height = round(height_km * self.a_km) + 2 * MARGIN

    def at(self, point: Point) -> tuple[float, float]:
        """Where it lies, from the upper left corner."""
        x = MARGIN + (point.longitude - self._west) * self._km_east * self.a_km
        y = MARGIN + (self._north - point.latitude) * KM_A_DEGREE * self.a_km
        return round(x, 1), round(y, 1)


def map_of(sitrep: SitRep, ground: Iterable[Spot], legend: Legend) -> str:
    """The drawing; empty where nothing of the SitRep lies on the ground."""
    spots = sorted(ground, key=lambda spot: spot.code)
    rows = [row for row in _rows(sitrep, spots) if row.ordered or row.at_place or row.incidents]
    if not rows:
        return ""
    paper = _Ground(spots)
    height = paper.height + KEY_HEIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" {_LETTERS}>',
        *_dots(paper, spots),
        *_rings(paper, rows),
        *_names(paper, rows),
        *_key(paper, legend),
        "</svg>",
    ]
    return "\n".join(parts)


def _rows(sitrep: SitRep, spots: Iterable[Spot]) -> Iterator[_Row]:
    ordered: dict[str, int] = {}
    at_place: dict[str, int] = {}
    incidents: dict[str, int] = {}
    for place in sitrep.places:
        if place.kelurahan is not None:
            ordered[place.kelurahan] = ordered.get(place.kelurahan, 0) + place.strength.ordered
            at_place[place.kelurahan] = at_place.get(place.kelurahan, 0) + place.strength.at_place
    for incident in sitrep.incidents.rows:
        if incident.state not in CLOSED:
            incidents[incident.kelurahan] = incidents.get(incident.kelurahan, 0) + 1
    for spot in spots:
        yield _Row(spot, ordered.get(spot.code, 0), at_place.get(spot.code, 0), incidents.get(spot.code, 0))


def _dots(paper: _Ground, spots: Iterable[Spot]) -> Iterator[str]:
    for spot in spots:
        x, y = paper.at(spot.point)
        yield f'<circle cx="{x}" cy="{y}" r="2.5" fill="#888"/>'


def _rings(paper: _Ground, rows: Iterable[_Row]) -> Iterator[str]:
    """The largest first, so that a small one lies upon it."""
    for row in sorted(rows, key=lambda each: (-each.ordered, each.spot.code)):
        x, y = paper.at(row.spot.point)
        if row.ordered or row.at_place:
            outer, inner = _radius(max(row.ordered, row.at_place)), _radius(row.at_place)
            yield f'<circle cx="{x}" cy="{y}" r="{outer}" fill="white" stroke="black" stroke-width="2"/>'
            yield f'<circle cx="{x}" cy="{y}" r="{inner}" fill="#555"/>'
        if row.incidents:
            yield _cross(x, y)


def _names(paper: _Ground, rows: Iterable[_Row]) -> Iterator[str]:
    """`Oebobo 20/21` beside each ring, or above or below it: where it hides the least of rings and names."""
    inside = _Box(4, 4, WIDTH - 4, paper.height - 4)
    sorted_rows = sorted(rows, key=lambda each: (paper.at(each.spot.point)[1], each.spot.code))
    taken = [_ring_of(paper, row) for row in sorted_rows]
    for row, ring in zip(sorted_rows, list(taken), strict=True):
        text = f"{row.spot.name} {row.at_place}/{row.ordered}"
        # `min` takes the first of equals: to the right, if nothing is in the way there
        box = min(_beside(ring, len(text) * LETTER * 0.5), key=lambda each: each.hidden(taken, inside))
        taken.append(box)
        yield (
            f'<text x="{box.left:.1f}" y="{box.top + 5 * LETTER / 6:.1f}" stroke="white" stroke-width="4" '
            f'paint-order="stroke">{escape(text)}</text>'
        )


def _ring_of(paper: _Ground, row: _Row) -> _Box:
    (x, y), r = paper.at(row.spot.point), _radius(max(row.ordered, row.at_place))
    return _Box(x - r, y - r, x + r, y + r)


def _beside(ring: _Box, width: float) -> Iterator[_Box]:
    """Where a name may stand: right, left, below, above of its ring, then further and further down."""
    middle, top = (ring.left + ring.right) / 2, (ring.top + ring.bottom - LETTER) / 2
    for left, y in (
        (ring.right + 6, top),
        (ring.left - 6 - width, top),
        (middle - width / 2, ring.bottom + 4),
        (middle - width / 2, ring.top - 4 - LETTER),
        *((ring.right + 6, top + line * LETTER) for line in range(1, 6)),
    ):
        yield _Box(left, y, left + width, y + LETTER)


def _key(paper: _Ground, legend: Legend) -> Iterator[str]:
    y, km = paper.height + KEY_HEIGHT / 2, _round_km(WIDTH / 5 / paper.a_km)
    yield f'<circle cx="{MARGIN}" cy="{y}" r="12" fill="white" stroke="black" stroke-width="2"/>'
    yield f'<text x="{MARGIN + 18}" y="{y + 7}">{escape(legend.ordered)}</text>'
    yield f'<circle cx="{MARGIN + 190}" cy="{y}" r="12" fill="#555"/>'
    yield f'<text x="{MARGIN + 208}" y="{y + 7}">{escape(legend.at_place)}</text>'
    yield _cross(MARGIN + 350, y)
    yield f'<text x="{MARGIN + 370}" y="{y + 7}">{escape(legend.incident)}</text>'
    end = WIDTH - MARGIN
    begin = end - km * paper.a_km
    bar = f"M{begin:.1f} {y - 6} v12 M{begin:.1f} {y} H{end} m0 -6 v12"
    yield f'<path d="{bar}" stroke="black" stroke-width="2"/>'
    yield f'<text x="{(begin + end) / 2:.1f}" y="{y - 8}" text-anchor="middle">{km:g} km</text>'
    if legend.exercise:
        yield f'<text x="{MARGIN}" y="{LETTER + 8}" font-weight="bold">{escape(legend.exercise)}</text>'


def _cross(x: float, y: float) -> str:
    return f'<path d="M{x - 9} {y - 9} l18 18 m0 -18 l-18 18" stroke="black" stroke-width="4"/>'


def _radius(heads: int) -> float:
    return round(RING_A_HEAD * sqrt(heads), 1)


def _round_km(km: float) -> float:
    """The largest of 1, 2, 5, 10 … that is not above it; halves below 1."""
    return next((step for step in (50.0, 20.0, 10.0, 5.0, 2.0, 1.0) if step <= km), 0.5)
