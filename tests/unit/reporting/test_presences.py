"""Presences: witnesses of one stay are one presence, and two stays never become one (domain section 4)."""

from __future__ import annotations

import pytest

from services.reporting.picture.presences import Presence
from tests.unit.reporting.telling import Teller, at_ms


def presences(teller: Teller, clock: str = "20:00") -> list[Presence]:
    """Those of officer x."""
    return teller.picture().attendance("x", at_ms(clock)).presences


@pytest.fixture
def teller() -> Teller:
    """An operation with a rally from 09:00 to 17:00 to which x is ordered."""
    teller = Teller()
    teller.open()
    teller.plan("a", "09:00", "17:00")
    teller.plan("b", "09:00", "17:00")
    teller.order("x", "a", "09:00", "17:00")
    return teller


def test_the_window_runs_from_the_first_report_and_never_chains(teller: Teller) -> None:
    for clock in ("09:00", "09:09", "09:18"):
        teller.come("x", "a", clock)
    assert [(p.began_ms, len(p.reports)) for p in presences(teller)] == [
        (at_ms("09:00"), 2),
        (at_ms("09:18"), 1),
    ]


@pytest.mark.parametrize(("second", "stays"), [("09:10", 1), ("09:10:01", 2)])
def test_the_edge_of_the_window(teller: Teller, second: str, stays: int) -> None:
    teller.come("x", "a", "09:00")
    teller.come("x", "a", second)
    assert len(presences(teller)) == stays


def test_a_check_out_between_keeps_two_stays_apart(teller: Teller) -> None:
    teller.come("x", "a", "09:00")
    teller.go("x", "a", "09:03")
    teller.come("x", "a", "09:06")
    first, second = presences(teller)
    assert (first.ended_ms, second.ended_ms) == (at_ms("09:03"), None)


def test_a_check_out_elsewhere_keeps_nothing_apart(teller: Teller) -> None:
    teller.come("x", "a", "09:00")
    teller.go("x", "b", "09:03")
    teller.come("x", "a", "09:06")
    assert len(presences(teller)) == 1


def test_witnesses_of_a_check_out_end_a_stay_once(teller: Teller) -> None:
    teller.come("x", "a", "09:00")
    teller.go("x", "a", "12:00")
    teller.go("x", "a", "12:04")
    teller.come("x", "a", "12:30")
    assert [p.ended_ms for p in presences(teller)] == [at_ms("12:00"), None]


def test_a_paper_list_joins_the_only_check_in_of_the_shift_whatever_its_time(teller: Teller) -> None:
    teller.come("x", "a", "08:40")
    teller.go("x", "a", "10:00")
    for clock in ("07:00", "09:00", "11:00", "16:00"):
        teller.come("x", "a", clock, precision="list", post="maulafa")
    (stay,) = presences(teller)
    assert (stay.began_ms, stay.ended_ms, len(stay.reports)) == (at_ms("08:40"), at_ms("10:00"), 5)


def test_a_paper_list_joins_a_stay_that_began_during_duty_elsewhere(teller: Teller) -> None:
    teller.plan("c", "17:00", "19:00")
    teller.order("x", "c", "17:00", "19:00")
    teller.come("x", "c", "16:55")
    teller.come("x", "c", "17:30", precision="list", channel="paper", recorded="17:40")
    (stay,) = presences(teller)
    assert (stay.began_ms, len(stay.reports)) == (at_ms("16:55"), 2)
    assert teller.total("17:40").late == 0


def test_a_paper_list_does_not_join_what_was_over_before_the_shift(teller: Teller) -> None:
    teller.plan("c", "17:00", "19:00")
    teller.order("x", "c", "17:00", "19:00")
    teller.come("x", "c", "16:00")
    teller.go("x", "c", "16:10")
    teller.come("x", "c", "17:05", precision="list")
    assert [p.began_ms for p in presences(teller)] == [at_ms("16:00"), at_ms("17:05")]


def test_a_paper_lists_check_out_ends_no_stay_that_somebody_saw_end(teller: Teller) -> None:
    teller.come("x", "a", "08:50")
    teller.go("x", "a", "17:05")
    teller.go("x", "a", "16:55", precision="list", channel="paper", recorded="17:30")
    (stay,) = presences(teller)
    assert stay.ended_ms == at_ms("17:05")


def test_a_paper_lists_check_out_ends_a_stay_nobody_else_saw_end(teller: Teller) -> None:
    teller.come("x", "a", "08:50")
    teller.go("x", "a", "12:00", precision="list", channel="paper", recorded="17:30")
    teller.come("x", "a", "13:00")
    teller.go("x", "a", "17:05")
    assert [p.ended_ms for p in presences(teller)] == [at_ms("12:00"), at_ms("17:05")]


def test_a_paper_list_alone_begins_one_stay_however_often_it_is_typed(teller: Teller) -> None:
    teller.come("x", "a", "08:55", precision="list")
    teller.come("x", "a", "09:25", precision="list", post="maulafa")
    (stay,) = presences(teller)
    assert (stay.began_ms, len(stay.reports)) == (at_ms("08:55"), 2)


def test_a_paper_list_is_no_witness_of_another_place(teller: Teller) -> None:
    teller.come("x", "a", "08:55")
    teller.come("x", "b", "09:05", precision="list")
    assert [p.place for p in presences(teller)] == ["rally/a", "rally/b"]


def test_going_elsewhere_ends_a_stay(teller: Teller) -> None:
    teller.come("x", "a", "09:00")
    teller.come("x", "b", "10:00")
    assert [(p.place, p.ended_ms) for p in presences(teller)] == [
        ("rally/a", at_ms("10:00")),
        ("rally/b", None),
    ]


def test_a_void_takes_one_report_back_and_the_witness_stands(teller: Teller) -> None:
    teller.come("x", "a", "09:00", request_id="wrong")
    teller.come("x", "a", "09:04")
    teller.void("wrong/0")
    (stay,) = presences(teller)
    assert (stay.began_ms, len(stay.reports)) == (at_ms("09:04"), 1)


def test_a_void_that_comes_first_wins_all_the_same(teller: Teller) -> None:
    teller.void("wrong/0", clock="08:00")
    teller.come("x", "a", "09:00", request_id="wrong")
    assert presences(teller) == []


def test_a_void_counts_also_after_somebody_looked(teller: Teller) -> None:
    teller.come("x", "a", "09:00", request_id="wrong")
    picture = teller.picture()
    assert len(picture.attendance("x", at_ms("20:00")).presences) == 1
    picture.fold(teller.void("wrong/0").data)
    assert picture.attendance("x", at_ms("20:00")).presences == []


def test_two_posts_may_use_one_id(teller: Teller) -> None:
    teller.come("x", "a", "09:00", request_id="1", post="alak")
    teller.come("x", "a", "09:30", request_id="1", post="maulafa")
    assert len(presences(teller)) == 2


def test_a_post_takes_back_its_own_report_and_not_another_posts_of_the_same_id(teller: Teller) -> None:
    teller.void("1/0", of_post="maulafa")
    teller.come("x", "a", "09:00", request_id="1", post="alak")
    teller.come("x", "a", "09:30", request_id="1", post="maulafa")
    (stay,) = presences(teller)
    assert stay.began_ms == at_ms("09:00")
    teller.void("1/0")
    assert presences(teller) == []


def test_only_what_had_happened_by_then(teller: Teller) -> None:
    teller.come("x", "a", "09:00")
    teller.go("x", "a", "12:00")
    assert [p.ended_ms for p in presences(teller, "11:59")] == [None]
    assert presences(teller, "08:59") == []


def test_skewed_clocks_are_corrected_before_sorting(teller: Teller) -> None:
    """In at 09:00 by a clock ten minutes slow; the check-out before it, at 08:55, by a right one."""
    teller.come("x", "a", "08:50", sent="08:50", recorded="09:00")
    teller.go("x", "a", "08:55", sent="08:55", recorded="08:55")
    (stay,) = presences(teller)
    assert (stay.began_ms, stay.ended_ms, stay.corrected) == (at_ms("09:00"), None, True)
