"""Strength: who counts as what, rule by rule (domain section 5). Rally a is 09:00-11:00, b 13:00-15:00."""

from __future__ import annotations

import pytest

from pamwal.contracts.reporting import Strength
from pamwal.contracts.scheduling import Policy
from tests.unit.reporting.telling import OEPURA, SIKUMANA, Teller, facts_of


@pytest.fixture
def teller() -> Teller:
    """An operation with two rallies in two kecamatan and one officer ordered to the first."""
    teller = Teller()
    teller.open()
    teller.register("x", "y", "z")
    teller.plan("a", "09:00", "11:00")
    teller.plan("b", "13:00", "15:00", kelurahan=OEPURA)
    teller.order("x", "a", "09:00", "11:00")
    return teller


def venue(teller: Teller, clock: str, venue_id: str) -> Strength:
    """One venue's strength."""
    return next(row.strength for row in teller.situation(clock).venues if row.venue_id == venue_id)


def test_before_the_hours_and_within_the_grace_an_officer_is_awaited(teller: Teller) -> None:
    teller.beat("alak", "09:14")
    assert facts_of(teller.total("08:59")) == {"ordered": 1, "awaited": 1}
    assert facts_of(teller.total("09:15")) == {"ordered": 1, "awaited": 1}


def test_absent_when_the_grace_is_over_and_the_post_was_heard(teller: Teller) -> None:
    teller.beat("alak", "09:15")
    assert facts_of(teller.total("09:15:01")) == {"ordered": 1, "absent": 1}


def test_unknown_as_soon_as_he_is_due_while_his_post_is_silent(teller: Teller) -> None:
    teller.beat("alak", "08:50")
    assert facts_of(teller.total("09:05")) == {"ordered": 1, "awaited": 1}
    assert facts_of(teller.total("09:06")) == {"ordered": 1, "unknown": 1}
    assert facts_of(teller.total("10:30")) == {"ordered": 1, "unknown": 1}


def test_another_post_does_not_speak_for_a_silent_one(teller: Teller) -> None:
    teller.beat("maulafa", "09:29")
    assert facts_of(teller.total("09:30")) == {"ordered": 1, "unknown": 1}


def test_an_absence_stays_sure_when_the_post_goes_quiet_after_the_hours(teller: Teller) -> None:
    teller.beat("alak", "10:50")
    assert facts_of(teller.total("23:00")) == {"ordered": 1, "absent": 1}


def test_where_no_post_answers_for_the_kecamatan_the_home_post_does(teller: Teller) -> None:
    teller.plan("c", "09:00", "11:00", kelurahan="53.71.06.1007")
    teller.order("y", "c", "09:00", "11:00")
    teller.beat("alak", "09:20")
    assert facts_of(venue(teller, "09:30", "v-c")) == {"ordered": 1, "absent": 1}


@pytest.mark.parametrize(("came", "late"), [("09:15", 0), ("09:15:01", 1)])
def test_late_is_later_than_the_grace_and_still_present(teller: Teller, came: str, late: int) -> None:
    teller.come("x", "a", came)
    total = teller.total("09:30")
    assert (total.present, total.at_place, total.late, total.on_time) == (1, 1, late, 1 - late)


def test_the_grace_is_the_operations_own() -> None:
    teller = Teller()
    teller.open(Policy(grace_min=0))
    teller.plan("a", "09:00", "11:00")
    teller.order("x", "a", "09:00", "11:00")
    teller.come("x", "a", "09:00:01")
    assert teller.total("09:30").late == 1


def test_a_late_report_of_an_early_arrival_is_on_time_and_shown_apart(teller: Teller) -> None:
    teller.come("x", "a", "08:50", recorded="09:35", sent="09:35")
    assert facts_of(teller.total("10:00")) == {
        "ordered": 1, "present": 1, "at_place": 1, "on_time": 1, "reported_late": 1,
    }  # fmt: skip


def test_an_earlier_witness_clears_the_late_report(teller: Teller) -> None:
    teller.come("x", "a", "08:50", recorded="09:35")
    teller.come("x", "a", "08:52")
    assert teller.total("10:00").reported_late == 0


def test_a_clock_that_is_slow_is_corrected_before_lateness_is_judged(teller: Teller) -> None:
    """His clock says 09:05, but it was 09:25 when it said so."""
    teller.come("x", "a", "09:05", sent="09:05", recorded="09:25")
    assert facts_of(teller.total("10:00")) == {
        "ordered": 1, "present": 1, "at_place": 1, "late": 1, "clock_corrected": 1,
    }  # fmt: skip


def test_a_difference_of_half_a_minute_is_the_networks(teller: Teller) -> None:
    teller.come("x", "a", "09:14:50", sent="09:14:50", recorded="09:15:20")
    total = teller.total("10:00")
    assert (total.on_time, total.clock_corrected) == (1, 0)


def test_nothing_happened_after_we_heard_of_it(teller: Teller) -> None:
    teller.come("x", "a", "10:40", recorded="09:10")
    assert facts_of(teller.total("09:11")) == {
        "ordered": 1, "present": 1, "at_place": 1, "on_time": 1, "clock_corrected": 1,
    }  # fmt: skip


def test_wrong_place_is_present_in_total_and_counted_where_he_stands(teller: Teller) -> None:
    teller.beat("alak", "09:20")
    teller.come("x", "b", "09:00")
    assert facts_of(teller.total("09:30")) == {"ordered": 1, "present": 1, "elsewhere": 1, "wrong_place": 1}
    assert facts_of(venue(teller, "09:30", "v-a")) == {"ordered": 1, "elsewhere": 1}
    assert facts_of(venue(teller, "09:30", "v-b")) == {"present": 1, "wrong_place": 1}


def test_he_who_finds_the_right_place_at_last_is_there_and_late(teller: Teller) -> None:
    teller.come("x", "b", "08:50")
    teller.come("x", "a", "09:40")
    assert facts_of(teller.total("10:00")) == {"ordered": 1, "present": 1, "at_place": 1, "late": 1}
    assert facts_of(venue(teller, "10:00", "v-b")) == {}


def test_unplanned_is_present_beside_the_ordered(teller: Teller) -> None:
    teller.come("y", "a", "09:10")
    total = teller.total("09:11")
    assert (total.ordered, total.present, total.unplanned, total.unregistered) == (1, 1, 1, 0)
    assert venue(teller, "09:11", "v-a").unplanned == 1


def test_an_officer_on_no_roster_is_counted_apart_and_is_no_strength(teller: Teller) -> None:
    teller.come("stranger", "a", "09:10")
    assert facts_of(teller.total("09:11")) == {"ordered": 1, "awaited": 1, "unregistered": 1}
    assert facts_of(venue(teller, "09:11", "v-a")) == {"ordered": 1, "awaited": 1, "unregistered": 1}


@pytest.mark.parametrize("first", ["KPG-1", "kpg-1"])
@pytest.mark.parametrize("listed", ["before", "between", "after"])
def test_ids_that_differ_in_case_only_are_one_officer(first: str, listed: str) -> None:
    teller = Teller()
    teller.open()
    teller.plan("a", "09:00", "11:00")
    if listed == "before":
        teller.register("KPG-1")
    teller.come(first, "a", "08:50")
    if listed == "between":
        teller.register("KPG-1")
    teller.come(first.swapcase(), "a", "08:52")
    if listed == "after":
        assert facts_of(teller.total("09:10")) == {"unregistered": 1}
        teller.register("KPG-1")
    teller.order("KPG-1", "a", "09:00", "11:00")
    assert facts_of(teller.total("09:10")) == {"ordered": 1, "present": 1, "at_place": 1, "on_time": 1}
    assert list(teller.picture().reports) == ["KPG-1"]
    teller.go("kpg-1", "a", "10:00")
    assert facts_of(teller.total("10:10")) == {"ordered": 1, "on_time": 1, "left": 1}


def test_a_roll_call_excuses_whoever_it_names_in_whatever_case(teller: Teller) -> None:
    teller.call("08:30", [], {"X": "sakit"})
    assert facts_of(teller.total("09:10")) == {"ordered": 1, "excused": 1}


def test_a_place_only_the_field_knows_gets_its_row(teller: Teller) -> None:
    teller.come("y", "nowhere", "09:10")
    row = next(row for row in teller.situation("09:11").venues if row.venue_id == "rally/nowhere")
    assert (row.kelurahan, row.strength.unplanned) == (None, 1)


@pytest.mark.parametrize(("gone", "state"), [("10:59", "left"), ("11:00", "relieved")])
def test_who_goes_before_the_end_left_and_who_goes_after_is_relieved(
    teller: Teller, gone: str, state: str
) -> None:
    teller.come("x", "a", "08:55")
    teller.go("x", "a", gone)
    assert facts_of(teller.total("11:30")) == {"ordered": 1, "on_time": 1, state: 1}


def test_who_comes_back_is_present_again(teller: Teller) -> None:
    teller.come("x", "a", "08:55")
    teller.go("x", "a", "09:30")
    teller.come("x", "a", "09:50")
    assert facts_of(teller.total("10:00")) == {"ordered": 1, "present": 1, "at_place": 1, "on_time": 1}


def test_without_a_check_out_he_is_still_there_when_the_hours_are_over(teller: Teller) -> None:
    teller.come("x", "a", "08:55")
    assert teller.total("22:00").at_place == 1


def test_a_report_filed_after_close_belongs_to_the_hours_that_cover_it(teller: Teller) -> None:
    teller.order("x", "b", "13:00", "15:00")
    teller.come("x", "a", "08:50", recorded="14:00")
    teller.beat("maulafa", "13:50")
    assert facts_of(venue(teller, "14:01", "v-a"))["on_time"] == 1
    assert facts_of(venue(teller, "14:01", "v-b")) == {"ordered": 1, "absent": 1}


def test_two_hours_early_still_belongs_to_the_order_and_longer_does_not(teller: Teller) -> None:
    teller.come("x", "a", "07:00")
    assert teller.total("07:01").at_place == 1
    teller = Teller()
    teller.open()
    teller.plan("a", "09:00", "11:00")
    teller.order("x", "a", "09:00", "11:00")
    teller.come("x", "b", "06:59")
    assert facts_of(teller.total("07:01")) == {
        "ordered": 1, "awaited": 1, "present": 1, "unplanned": 1,
    }  # fmt: skip


def test_who_stands_at_his_place_since_long_before_the_hours_is_there_and_stays_so_when_he_goes(
    teller: Teller,
) -> None:
    teller.come("x", "a", "06:30")
    teller.beat("alak", "09:20")
    for clock in ("07:00", "09:20"):
        assert facts_of(teller.total(clock)) == {"ordered": 1, "present": 1, "at_place": 1, "on_time": 1}
    teller.go("x", "a", "10:30")
    assert facts_of(teller.total("10:40")) == {"ordered": 1, "on_time": 1, "left": 1}


def test_who_stands_where_a_rally_was_moved_to_later_hours_is_there(teller: Teller) -> None:
    teller.come("x", "a", "08:50")
    teller.move("a", "14:00", "16:00", deployments=["x-a"])
    teller.beat("alak", "14:20")
    assert facts_of(teller.total("14:20")) == {"ordered": 1, "present": 1, "at_place": 1, "on_time": 1}


def test_who_went_before_the_hours_came_for_something_else(teller: Teller) -> None:
    teller.come("x", "a", "06:30")
    teller.go("x", "a", "06:50")
    teller.beat("alak", "09:20")
    assert facts_of(teller.total("09:20")) == {"ordered": 1, "absent": 1}


def test_a_check_out_forgotten_the_day_before_hides_no_absence(teller: Teller) -> None:
    teller.order("x", "a", "33:00", "35:00", deployment_id="tomorrow")
    teller.come("x", "a", "08:50")
    teller.beat("alak", "33:20")
    assert facts_of(teller.total("33:30")) == {"ordered": 1, "absent": 1}


def test_totals_count_an_officer_with_two_orders_once_by_the_one_that_runs(teller: Teller) -> None:
    teller.order("x", "b", "13:00", "15:00")
    teller.come("x", "a", "08:55")
    teller.go("x", "a", "11:05")
    assert facts_of(teller.total("12:00")) == {"ordered": 1, "on_time": 1, "relieved": 1}
    teller.come("x", "b", "12:30")
    assert facts_of(teller.total("13:10")) == {"ordered": 1, "present": 1, "at_place": 1, "on_time": 1}
    rows = {row.code: row.strength.ordered for row in teller.situation("13:10").kecamatan}
    assert rows == {"53.71.01": 1, "53.71.02": 1}


def test_an_officer_ordered_twice_within_a_kelurahan_is_one_there(teller: Teller) -> None:
    teller.plan("c", "16:00", "17:00", kelurahan=OEPURA)
    teller.order("y", "b", "13:00", "15:00")
    teller.order("y", "c", "16:00", "17:00")
    row = next(row for row in teller.situation("12:00").kelurahan if row.code == OEPURA)
    assert (row.venues, row.strength.ordered) == (2, 1)


def test_a_stay_that_lasts_into_the_next_hours_at_the_place_serves_them_too(teller: Teller) -> None:
    teller.plan("c", "07:00", "11:00")
    teller.order("y", "c", "07:00", "09:00", deployment_id="first")
    teller.order("y", "c", "09:00", "11:00", deployment_id="second")
    teller.come("y", "c", "06:50")
    assert facts_of(venue(teller, "09:20", "v-c")) == {
        "ordered": 1, "present": 1, "at_place": 1, "on_time": 1,
    }  # fmt: skip
    teller.go("y", "c", "08:59")
    teller.beat("alak", "09:16")
    assert facts_of(venue(teller, "09:20", "v-c")) == {"ordered": 1, "absent": 1}


def test_a_cancelled_order_binds_nobody(teller: Teller) -> None:
    teller.cancel_order("x", "a")
    assert facts_of(teller.total("09:30")) == {}


def test_required_is_the_sum_of_the_days_rallies_per_role(teller: Teller) -> None:
    teller.plan("c", "16:00", "17:00", kelurahan=SIKUMANA, required={"guard": 3, "traffic": 1})
    total = teller.total("08:00")
    assert (total.required, total.required_total) == ({"guard": 7, "traffic": 1}, 8)
    maulafa = next(row for row in teller.situation("08:00").kecamatan if row.code == "53.71.02")
    assert (maulafa.name, maulafa.venues, maulafa.strength.required_total) == ("Maulafa", 2, 6)


def test_another_day_counts_its_own(teller: Teller) -> None:
    situation = teller.situation("10:00", day="2024-10-04")
    assert (facts_of(situation.total), situation.venues) == ({}, [])
