"""What a SitRep's map is drawn on: the kelurahan of its districts, as the gazetteer has them."""

from __future__ import annotations

from pamwal.contracts.sitreps import SitRep
from pamwal.places import known_places
from services.reporting.sheets.map_drawn import Spot

SPOTS_MAX = 2_000
"""A map with more dots is grey; of a province only the kecamatan it speaks of are drawn."""


def ground_of(sitrep: SitRep) -> list[Spot]:
    """The kelurahan of the districts it speaks of, or of its kecamatan alone where those are too many."""
    kecamatan = {row.code for row in sitrep.kecamatan}
    districts = {code[:5] for code in kecamatan}
    places = known_places().places
    found = [each for each in places if each.kecamatan_code[:5] in districts]
    if len(found) > SPOTS_MAX:
        found = [each for each in places if each.kecamatan_code in kecamatan]
    return [Spot(each.code, each.kelurahan, each.point) for each in found]
