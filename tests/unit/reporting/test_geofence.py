"""How far from its place a presence was told, as the plan has the place now: shown, never held against it."""

from __future__ import annotations

from typing import Any

import pytest

from pamwal.contracts import field, scheduling
from pamwal.contracts.places import Point, Venue
from pamwal.contracts.presences import Stay
from pamwal.contracts.scheduling import NoticeReceipt, Policy
from services.reporting.views.presences import presences_of
from tests.unit.reporting.telling import BATU_PLAT, OEPURA, Teller, at, facts_of

HERE = Point(latitude=-10.18, longitude=123.6)


def north(metres: int) -> Point:
    """A point that many metres north of HERE: a degree is 110.6 km there."""
    return Point(latitude=round(HERE.latitude + metres / 110_610, 6), longitude=HERE.longitude)


def opened(policy: Policy | None = None, *, radius_m: int = 150, point: Point | None = HERE) -> Teller:
    """x is ordered to a rally whose venue has a point, from 09:00."""
    teller = Teller()
    teller.open(policy)
    teller.register("x")
    plan_at(teller, point, radius_m)
    teller.order("x", "a", "09:00", "17:00")
    return teller


def plan_at(teller: Teller, point: Point | None, radius_m: int = 150, version: int = 1) -> None:
    venue = Venue(venue_id="v", name="Lapangan", kelurahan=BATU_PLAT, point=point, radius_m=radius_m)
    teller.tell(
        scheduling.RallyPlanned, version, rally_id="a", kind="mass_rally", pairs=["walikota/1"], venue=venue,
        starts_at=at("09:00"), ends_at=at("17:00"), required={"guard": 1},
        receipt=NoticeReceipt(number="STTP/1", received_at=at("05:00")),
    )  # fmt: skip


def come(teller: Teller, position: Point | None, clock: str = "08:55", place: str = "rally/a") -> Any:
    return teller.observe(
        field.CheckedIn, clock, officer_id="x", place=place, method="gps", position=position
    )


def stay(teller: Teller) -> Stay:
    (found,) = presences_of(teller.picture(), "x", at("10:00"), sight="guarded").stays
    return found


@pytest.mark.parametrize(
    ("away_m", "radius_m", "fence_m", "outside"),
    [
        (100, 150, 150, False),
        (200, 150, 150, True),
        (200, 300, 150, False),
        (200, 150, 250, False),
        (3100, 300, 250, True),
    ],
    ids=["near", "far", "a wide place", "a wide fence", "across town"],
)
def test_how_far_and_whether_beyond_the_places_radius_and_the_policys(
    away_m: int, radius_m: int, fence_m: int, outside: bool
) -> None:
    teller = opened(Policy(geofence_radius_m=fence_m), radius_m=radius_m)
    come(teller, north(away_m))
    found = stay(teller)
    assert found.distance_m == pytest.approx(away_m, abs=12), "positions are kept to about 11 m"
    assert found.outside is outside
    assert (found.witnesses[0].distance_m, found.witnesses[0].outside) == (found.distance_m, outside)
    assert facts_of(teller.total("10:00"))["at_place"] == 1, "nobody is counted elsewhere for that"


def test_without_a_position_or_a_point_nothing_is_guessed() -> None:
    silent = opened()
    come(silent, None)
    assert (stay(silent).distance_m, stay(silent).outside) == (None, False)
    unplaced = opened(point=None)
    come(unplaced, north(5000))
    assert (stay(unplaced).distance_m, stay(unplaced).outside) == (None, False)


def test_of_several_witnesses_the_first_that_says_where_counts_and_each_shows_its_own() -> None:
    teller = opened()
    come(teller, None, "08:55")
    come(teller, north(400), "08:57")
    come(teller, north(10), "08:59")
    found = stay(teller)
    assert found.outside
    assert [each.outside for each in found.witnesses] == [False, True, False]


def test_where_the_place_is_follows_the_plan_and_stands_in_no_fact() -> None:
    teller = opened()
    told = come(teller, north(1000))
    assert stay(teller).outside
    plan_at(teller, north(1000), version=2)
    assert (stay(teller).distance_m, stay(teller).outside) == (0, False)
    assert "distance_m" not in told.data.facts[0].__struct_fields__


def test_a_site_has_its_distance_too() -> None:
    teller = opened()
    teller.tell(
        scheduling.SiteRegistered, site_id="kpu", kind="kpu_office", name="KPU", kelurahan=OEPURA,
        starts_at=at("00:00"), ends_at=at("23:00"), point=HERE, radius_m=500,
    )  # fmt: skip
    come(teller, north(450), place="site/kpu")
    assert (stay(teller).distance_m, stay(teller).outside) == (pytest.approx(450, abs=12), False)
