"""Whatever a request may say of places, no contract has a point that an edge forgets to round."""

from __future__ import annotations

import msgspec
import pytest
from msgspec import inspect

from pamwal.contracts.codec import REQUEST_TYPES
from pamwal.contracts.envelope import RequestData
from pamwal.contracts.places import Point, Venue
from pamwal.contracts.scheduling import MoveRally
from pamwal.edge.positions import rounding_of

EXACT = Point(latitude=-10.123456, longitude=123.456789)
KEPT = Point(latitude=-10.1235, longitude=123.4568)


def test_a_point_deep_inside_is_rounded_and_the_rest_stays() -> None:
    venue = Venue(venue_id="v", name="Lapangan", kelurahan="53.71.02.1001", point=EXACT)
    asked = MoveRally(
        rally_id="r", starts_at="2024-10-03T01:15:00.000Z", ends_at="2024-10-03T02:15:00.000Z", venue=venue
    )
    rounding = rounding_of(inspect.type_info(MoveRally))
    assert rounding is not None
    kept = msgspec.structs.replace(asked, venue=msgspec.structs.replace(venue, point=KEPT))
    assert rounding(asked) == kept
    bare = msgspec.structs.replace(asked, venue=None)
    assert rounding(bare) is bare


def test_points_in_lists_and_under_names_are_rounded() -> None:
    assert _rounded(list[Point | None], [EXACT]) == [KEPT]
    assert _rounded(dict[str, Point], {"a": EXACT}) == {"a": KEPT}


@pytest.mark.parametrize("data", REQUEST_TYPES.values(), ids=lambda data: data.__name__)
def test_every_contract_that_can_name_a_point_rounds_it(data: type[RequestData]) -> None:
    schema = msgspec.json.encode(msgspec.json.schema(data))
    assert (rounding_of(inspect.type_info(data)) is not None) == (b'"latitude"' in schema)


def _rounded(kind: object, value: object) -> object:
    rounding = rounding_of(inspect.type_info(kind))
    assert rounding is not None
    return rounding(value)
