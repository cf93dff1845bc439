"""An officer with more than one order: by which of them he counts, and that he is never lost between them.

Rally p is 09:00-11:00 in Alak, q 11:00-13:00 in Maulafa; x is ordered to both.
"""

from __future__ import annotations

import pytest

from pamwal.contracts.claim_check import ClaimsToCheck, Stated
from pamwal.contracts.reporting import Sight, Strength
from services.reporting.claims import check_claims
from tests.unit.reporting.telling import OEPURA, Teller, at, facts_of, name_of


@pytest.fixture
def teller() -> Teller:
    """An operation in which both posts are heard all day."""
    teller = Teller()
    teller.open()
    teller.register("x")
    teller.plan("p", "09:00", "11:00")
    teller.plan("q", "11:00", "13:00", kelurahan=OEPURA)
    teller.order("x", "p", "09:00", "11:00")
    teller.order("x", "q", "11:00", "13:00")
    for hour in range(6, 24):
        for minute in range(0, 60, 10):
            for post in ("alak", "maulafa"):
                teller.beat(post, f"{hour:02d}:{minute:02d}")
    return teller


def venue(teller: Teller, clock: str, venue_id: str) -> Strength:
    """One venue's strength."""
    return next(row.strength for row in teller.situation(clock).venues if row.venue_id == venue_id)


@pytest.mark.parametrize("clock", ["11:00", "11:30", "13:30"])
def test_who_still_stands_at_the_first_place_when_the_second_order_begins_is_present(
    teller: Teller, clock: str
) -> None:
    teller.come("x", "p", "08:50")
    assert facts_of(teller.total("10:59")) == {"ordered": 1, "present": 1, "at_place": 1, "on_time": 1}
    assert facts_of(teller.total(clock)) == {"ordered": 1, "present": 1, "elsewhere": 1, "wrong_place": 1}
    assert facts_of(venue(teller, clock, "v-p"))["present"] == 1
    assert facts_of(venue(teller, "11:30", "v-q")) == {"ordered": 1, "absent": 1}


def test_the_claim_of_who_is_present_and_absent_is_the_totals(teller: Teller) -> None:
    teller.come("x", "p", "08:50")
    asked = ClaimsToCheck(stated=Stated(present=1, absent=0))
    checked = check_claims(teller.picture(), asked, at("11:30"), sight="full", name_of=name_of, vector={})
    assert checked.flags == 0
    assert [[each.code for each in claim.behind] for claim in checked.claims] == [["x"], []]


def test_who_left_the_first_place_and_never_came_to_the_second_is_absent(teller: Teller) -> None:
    teller.come("x", "p", "08:50")
    teller.go("x", "p", "11:05")
    assert facts_of(teller.total("11:30")) == {"ordered": 1, "absent": 1}


def test_who_missed_his_order_and_appears_elsewhere_later_is_present_and_not_absent() -> None:
    teller = Teller()
    teller.open()
    teller.register("x")
    teller.plan("p", "09:00", "11:00")
    teller.plan("q", "11:00", "13:00", kelurahan=OEPURA)
    teller.order("x", "p", "09:00", "11:00")
    teller.beat("alak", "10:50")
    teller.come("x", "q", "11:30")
    assert facts_of(teller.total("12:00")) == {"ordered": 1, "present": 1, "elsewhere": 1, "wrong_place": 1}
    assert facts_of(venue(teller, "12:00", "v-p")) == {"ordered": 1, "absent": 1}


def test_being_late_is_not_forgotten_because_another_order_follows_at_the_place() -> None:
    teller = Teller()
    teller.open()
    teller.register("x")
    teller.plan("p", "09:00", "11:00")
    teller.order("x", "p", "09:00", "10:00", deployment_id="first")
    teller.order("x", "p", "10:00", "11:00", deployment_id="second")
    teller.come("x", "p", "09:30")
    assert teller.total("09:40").late == 1
    assert facts_of(teller.total("10:00")) == {"ordered": 1, "present": 1, "at_place": 1, "on_time": 1}


def test_who_stands_where_he_is_due_later_is_at_the_wrong_place_until_then(teller: Teller) -> None:
    teller.come("x", "q", "08:30")
    assert facts_of(teller.total("10:00")) == {"ordered": 1, "present": 1, "elsewhere": 1, "wrong_place": 1}
    assert facts_of(teller.total("11:00")) == {"ordered": 1, "present": 1, "at_place": 1, "on_time": 1}


def test_nobody_has_left_or_is_at_the_wrong_place_before_he_is_due(teller: Teller) -> None:
    teller.come("x", "r", "07:30")
    assert facts_of(teller.total("07:40")) == {"ordered": 1, "awaited": 1, "present": 1, "unplanned": 1}
    teller.go("x", "r", "08:10")
    assert facts_of(teller.total("08:30")) == {"ordered": 1, "awaited": 1}
    assert facts_of(teller.total("09:20")) == {"ordered": 1, "absent": 1}


def test_who_left_a_wrong_place_within_the_hours_was_seen_and_left(teller: Teller) -> None:
    teller.come("x", "q", "08:30")
    teller.go("x", "q", "09:30")
    assert facts_of(teller.total("09:40")) == {"ordered": 1, "left": 1}


@pytest.mark.parametrize("sight", ["guarded", "full"])
def test_who_comes_before_midnight_for_an_order_after_it_counts_on_that_day(sight: Sight) -> None:
    teller = Teller()
    teller.open()
    teller.register("spy")
    teller.plan("n", "24:30", "28:00")
    teller.order("spy", "n", "24:30", "28:00", role="intel")
    teller.come("spy", "n", "23:40")
    assert facts_of(teller.situation("23:45", sight).total) == {}
    asked = ClaimsToCheck(stated=Stated(present=0))
    checked = check_claims(teller.picture(), asked, at("23:45"), sight=sight, name_of=name_of, vector={})
    assert checked.claims[0].behind == []
    assert facts_of(teller.total("24:10")) == {"ordered": 1, "present": 1, "at_place": 1, "on_time": 1}


def test_an_intel_officer_elsewhere_before_midnight_is_counted_and_not_placed() -> None:
    teller = Teller()
    teller.open()
    teller.register("spy")
    teller.plan("n", "24:30", "28:00")
    teller.order("spy", "n", "24:30", "28:00", role="intel")
    teller.come("spy", "m", "23:40")
    situation = teller.situation("23:45", "guarded")
    assert facts_of(situation.total) == {"present": 1, "unplanned": 1}
    assert situation.venues == []
