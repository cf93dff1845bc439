"""What the field says beyond coming and going: reliefs, roll calls, rallies begun, ended and counted."""

from __future__ import annotations

import pytest

from pamwal.client.tables import happenings_table
from pamwal.contracts import field, scheduling
from pamwal.contracts.claim_check import ClaimsToCheck, Stated
from pamwal.contracts.reporting import RallyRow
from services.reporting.claims import check_claims
from services.reporting.page import board_page
from services.reporting.views.stands import Window, officer_days
from tests.unit.reporting.telling import Teller, at, at_ms, facts_of, name_of
from tests.unit.reporting.test_shown import board, cell, printed


@pytest.fixture
def teller() -> Teller:
    """x and y on the roster; x is ordered to a rally from 09:00 to 17:00 of which 500 people are expected."""
    teller = Teller()
    teller.open()
    teller.register("x", "y")
    teller.plan("a", "09:00", "17:00", expected=500, required={"guard": 1})
    teller.plan("b", "09:00", "17:00", required={"guard": 1})
    teller.order("x", "a", "09:00", "17:00")
    return teller


def strength(teller: Teller, clock: str) -> dict[str, int]:
    """The total's counts that are not 0."""
    return facts_of(teller.total(clock))


def rally(teller: Teller, clock: str, name: str = "a") -> RallyRow:
    """A rally's row."""
    return next(row for row in teller.situation(clock).rallies.rows if row.rally_id == name)


# --- reliefs


def test_who_was_relieved_before_the_end_has_not_left(teller: Teller) -> None:
    teller.come("x", "a", "08:50")
    teller.relieve("x", "y", "a", "12:00")
    assert strength(teller, "13:00") == {
        "ordered": 1, "relieved": 1, "on_time": 1, "present": 1, "unplanned": 1,
    }  # fmt: skip


def test_who_goes_without_a_relief_has_left(teller: Teller) -> None:
    teller.come("x", "a", "08:50")
    teller.go("x", "a", "12:00")
    assert strength(teller, "13:00") == {"ordered": 1, "left": 1, "on_time": 1}


def test_a_relief_is_known_also_where_a_plain_check_out_was_told_first(teller: Teller) -> None:
    teller.come("x", "a", "08:50")
    teller.go("x", "a", "11:58")
    teller.relieve("x", "y", "a", "12:00")
    assert strength(teller, "13:00")["relieved"] == 1
    stay = teller.picture().attendance("x", 10**13).presences[0]
    assert (stay.ended_ms, stay.relieved_by) == (at_ms("11:58"), "y")


def test_who_was_relieved_had_been_there_though_nobody_saw_him_come(teller: Teller) -> None:
    teller.relieve("x", "y", "a", "12:00")
    assert strength(teller, "13:00") == {"ordered": 1, "relieved": 1, "present": 1, "unplanned": 1}
    assert strength(teller, "11:00") == {"ordered": 1, "absent": 1}, "by what had happened at 11:00"
    teller.come("x", "a", "08:58", recorded="13:10")
    assert strength(teller, "13:20")["on_time"] == 1, "his check-in was in a queue that came home"


def test_a_relief_after_the_hours_is_of_them_and_one_elsewhere_or_taken_back_is_not(teller: Teller) -> None:
    relief = teller.relieve("x", "y", "a", "17:10")
    assert strength(teller, "17:30")["relieved"] == 1
    teller.void(relief.data.facts[0].id, clock="17:20")
    assert strength(teller, "17:30").get("relieved") is None
    teller.relieve("x", "z", "b", "12:00")
    assert strength(teller, "17:30")["absent"] == 1
    teller.relieve("x", "z", "a", "04:00")
    assert strength(teller, "17:30")["absent"] == 1, "that was long before his hours"


def test_who_was_relieved_and_stands_elsewhere_is_not_missed_there(teller: Teller) -> None:
    teller.come("x", "a", "08:50")
    teller.relieve("x", "y", "a", "12:00")
    teller.come("x", "b", "12:30")
    counts = strength(teller, "13:00")
    assert (counts["relieved"], counts["unplanned"], counts.get("wrong_place")) == (1, 2, None)


def test_a_relief_of_a_second_stay_says_nothing_of_the_first(teller: Teller) -> None:
    teller.come("x", "a", "08:50")
    teller.go("x", "a", "10:00")
    teller.come("x", "a", "11:00")
    teller.relieve("x", "y", "a", "12:00")
    first, second = teller.picture().attendance("x", 10**13).presences
    assert (first.relieved_by, second.relieved_by) == (None, "y")


def test_a_relief_taken_back_is_none(teller: Teller) -> None:
    teller.come("x", "a", "08:50")
    relief = teller.relieve("x", "y", "a", "12:00")
    for fact in relief.data.facts:
        teller.void(fact.id)
    assert strength(teller, "13:00") == {"ordered": 1, "present": 1, "at_place": 1, "on_time": 1}


def test_what_an_officer_takes_back_is_of_himself_alone_also_where_that_came_first(teller: Teller) -> None:
    fact_id = teller.come("x", "a", "08:50").data.facts[0].id
    teller.void(fact_id, of_post="alak", of_officer="y")
    teller.told.insert(0, teller.told.pop())
    assert strength(teller, "09:10")["present"] == 1, "it is not y's"
    teller.void(fact_id, of_post="alak", of_officer="x")
    assert "present" not in strength(teller, "09:10")


# --- roll calls


@pytest.mark.parametrize("cause", ["sakit", "izin", "cuti", "dinas_luar"])
def test_who_is_excused_by_the_roll_call_is_no_no_show(teller: Teller, cause: field.NotPresentCause) -> None:
    teller.call("07:00", ["y"], {"x": cause})
    teller.beat("alak", "10:00")
    assert strength(teller, "10:00") == {"ordered": 1, "excused": 1}
    assert cell(board_page(board(teller)), "total:", "excused") == "1"


def test_who_is_missing_without_a_word_is_absent(teller: Teller) -> None:
    teller.call("07:00", ["y"], {"x": "tanpa_keterangan"})
    teller.beat("alak", "10:00")
    assert strength(teller, "10:00") == {"ordered": 1, "absent": 1}


def test_who_is_excused_and_comes_all_the_same_is_there(teller: Teller) -> None:
    teller.call("07:00", [], {"x": "sakit"})
    teller.come("x", "a", "08:55")
    assert strength(teller, "10:00") == {"ordered": 1, "present": 1, "at_place": 1, "on_time": 1}


@pytest.mark.parametrize("first", ["07:00", "12:00"])
def test_the_last_roll_call_of_the_day_counts_whichever_came_first(teller: Teller, first: str) -> None:
    calls = {"07:00": (["x"], {}), "12:00": ([], {"x": "izin"})}
    for clock in sorted(calls, reverse=first == "12:00"):
        present, missing = calls[clock]
        teller.call(clock, present, missing)  # type: ignore[arg-type]
    teller.beat("alak", "11:59")
    assert strength(teller, "11:59") == {"ordered": 1, "absent": 1}
    assert strength(teller, "12:01") == {"ordered": 1, "excused": 1}


@pytest.mark.parametrize(("clock", "excused"), [("-00:01", 0), ("00:00", 1), ("23:59", 1), ("24:00", 0)])
def test_a_roll_call_is_of_its_own_day(teller: Teller, clock: str, excused: int) -> None:
    occurred = at("00:00").replace("16:00:00", "15:59:59") if clock.startswith("-") else at(clock)
    fact = field.RollCalled(
        id="l/0", occurred_at=occurred, recorded_at=occurred, postid="alak", author="padal",
        not_present=[field.NotPresent(officer_id="x", cause="sakit")],
    )  # fmt: skip
    teller.decide([fact], request_id="l")
    assert teller.situation("32:00", day="2024-10-03").total.excused == excused


def test_duty_after_midnight_is_called_before_it(teller: Teller) -> None:
    teller.order("y", "a", "24:30", "28:00", deployment_id="night")
    teller.call("23:30", [], {"y": "sakit"})
    assert teller.situation("25:00", day="2024-10-04").total.excused == 1


def test_a_roll_call_taken_back_excuses_nobody_also_where_the_void_came_first(teller: Teller) -> None:
    teller.beat("alak", "10:00")
    teller.void("l/0", of_post="alak")
    teller.call("07:00", [], {"x": "sakit"}, request_id="l")
    assert strength(teller, "10:00") == {"ordered": 1, "absent": 1}
    teller.call("07:00", [], {"x": "sakit"}, request_id="l", post="maulafa")
    assert strength(teller, "10:00") == {"ordered": 1, "excused": 1}


def test_a_roll_call_is_heard_from_its_post(teller: Teller) -> None:
    teller.call("09:20", ["y"])
    assert strength(teller, "09:25") == {"ordered": 1, "absent": 1}


def test_the_claim_check_counts_nobody_excused_as_absent(teller: Teller) -> None:
    teller.call("07:00", [], {"x": "sakit"})
    teller.beat("alak", "10:00")
    asked = ClaimsToCheck(stated=Stated(officers=1, present=0, absent=0))
    checked = check_claims(teller.picture(), asked, at("10:00"), sight="full", name_of=name_of, vector={})
    assert checked.flags == 0


# --- rallies


def test_without_a_word_from_the_field_the_hours_say_what_runs(teller: Teller) -> None:
    states = [rally(teller, clock).state for clock in ("08:59", "09:00", "16:59", "17:00")]
    assert states == ["planned", "active", "active", "ended"]


def test_the_field_says_when_a_rally_begins_and_ends(teller: Teller) -> None:
    teller.observe(field.RallyStarted, "08:40", rally_id="a", author="p")
    teller.observe(field.RallyEnded, "15:30", rally_id="a", author="p")
    states = [rally(teller, clock).state for clock in ("08:39", "08:40", "15:29", "15:30")]
    assert states == ["planned", "active", "active", "ended"]
    row = rally(teller, "16:00")
    assert (row.started_at, row.ended_at) == (at("08:40"), at("15:30"))
    assert (rally(teller, "10:00", "b").state, rally(teller, "10:00", "b").started_at) == ("active", None)


def test_one_that_begins_late_lasts_as_long_as_planned(teller: Teller) -> None:
    teller.observe(field.RallyStarted, "11:00", rally_id="a", author="p")
    assert [rally(teller, clock).state for clock in ("10:59", "17:30", "18:59", "19:00")] == [
        "active", "active", "active", "ended",
    ]  # fmt: skip


def test_one_that_begins_again_after_its_end_runs_again(teller: Teller) -> None:
    teller.observe(field.RallyStarted, "09:05", rally_id="a", author="p")
    teller.observe(field.RallyEnded, "10:00", rally_id="a", author="p")
    teller.observe(field.RallyStarted, "10:30", rally_id="a", author="p")
    assert [rally(teller, clock).state for clock in ("10:10", "10:31")] == ["ended", "active"]


def test_what_was_said_of_a_rally_and_taken_back_is_not_said(teller: Teller) -> None:
    teller.observe(field.RallyEnded, "10:00", rally_id="a", author="p", request_id="e")
    assert rally(teller, "11:00").state == "ended"
    teller.void("e/0")
    assert rally(teller, "11:00").state == "active"


def test_a_cancelled_rally_stays_cancelled_and_one_that_moved_begins_anew(teller: Teller) -> None:
    teller.observe(field.RallyStarted, "09:05", rally_id="a", author="p")
    teller.observe(field.RallyStarted, "09:05", rally_id="b", author="p")
    teller.tell(scheduling.RallyCancelled, 2, rally_id="a", cause="hujan")
    teller.move("b", "33:00", "35:00", deployments=[])
    assert rally(teller, "10:00").state == "cancelled"
    rows = teller.situation("32:00").rallies.rows
    assert [(row.rally_id, row.state, row.started_at) for row in rows] == [("b", "planned", None)]


def test_the_last_head_count_stands_beside_what_was_expected(teller: Teller) -> None:
    teller.observe(field.AttendanceCounted, "11:00", rally_id="a", author="p", people=620, request_id="c")
    teller.observe(field.AttendanceCounted, "10:00", rally_id="a", author="p", people=300)
    teller.observe(field.AttendanceCounted, "12:00", rally_id="a", author="p", people=410)
    row = rally(teller, "13:00")
    assert (row.expected, row.attendance, row.attendance_at) == (500, 410, at("12:00"))
    assert row.attendance_most == 620
    assert rally(teller, "10:30").attendance == 300
    teller.void("c/0")
    assert rally(teller, "13:00").attendance_most == 410
    rallies = teller.situation("13:00", sight="counts").rallies
    assert (rallies.expected, rallies.attendance, rallies.rows) == (500, 410, [])
    assert "massa 410 dari 500" in board_page(board(teller, "13:00"))


# --- numbers of a device


def test_a_device_that_began_anew_is_shown_and_what_it_lost_since(teller: Teller) -> None:
    for number in (1, 2, 3, 4, 5):
        teller.decide([], post="alak", channel="web", sequence=number)
    for number in (1, 2, 4):
        teller.decide([], post="alak", channel="web", sequence=number, warned_of=["sequence_restarted"])
    row = next(row for row in teller.situation("10:00").posts.rows if row.post_id == "alak")
    source = next(each for each in row.sources if each.source.endswith("/web"))
    assert (source.heard, source.reused, source.missing) == (5, 3, 1)
    assert [(gap.first, gap.last) for gap in source.gaps] == [(3, 3)]
    assert (row.reused, row.missing) == (3, 1)
    page = board_page(board(teller))
    assert page.count("nomor urut diulang") == 2
    assert page.count('data-p="reused" hidden') == 1


def test_a_gap_shows_at_once_and_heals_at_once(teller: Teller) -> None:
    def missing() -> list[tuple[int, int]]:
        row = next(row for row in teller.situation("10:00").posts.rows if row.post_id == "maulafa")
        return [(gap.first, gap.last) for source in row.sources for gap in source.gaps]

    shown = []
    for number in (1, 4, 3, 2):
        teller.decide([], post="maulafa", channel="web", sequence=number)
        shown.append(missing())
    assert shown == [[], [(2, 3)], [(2, 2)], []]


def test_a_terminal_shows_who_came_and_which_post_counts_anew(teller: Teller) -> None:
    teller.come("x", "a", "08:50")
    teller.relieve("x", "y", "a", "10:00")
    teller.observe(field.AttendanceCounted, "10:00", rally_id="a", author="p", people=410)
    teller.decide([], post="alak", channel="web", sequence=1, warned_of=["sequence_restarted"])
    shown = printed(happenings_table(teller.situation("11:00")))
    for words in ("410 of 500 expected", "1 numbers used again", "1 relieved"):
        assert words in shown


def test_who_answers_a_later_roll_call_is_excused_no_more(teller: Teller) -> None:
    teller.call("07:00", [], {"x": "sakit"})
    teller.call("08:30", ["x"])
    teller.beat("alak", "10:00")
    assert strength(teller, "10:00") == {"ordered": 1, "absent": 1}


def test_a_roll_call_taken_back_after_somebody_looked_excuses_nobody(teller: Teller) -> None:
    teller.call("07:00", [], {"x": "sakit"}, request_id="l")
    teller.beat("alak", "10:00")
    picture = teller.picture()
    window = Window(first_ms=at_ms("00:00"), before_ms=at_ms("24:00"), now_ms=at_ms("10:00"))
    assert [stand.state for day in officer_days(picture, window) for stand in day.stands] == ["excused"]
    picture.fold(teller.void("l/0").data)
    assert [stand.state for day in officer_days(picture, window) for stand in day.stands] == ["absent"]


def test_a_device_that_goes_on_from_an_old_number_has_lost_none_before_it(teller: Teller) -> None:
    for number in (1, 2, 3, 4):
        teller.decide([], post="alak", channel="web", sequence=number)
    for number in (3, 4):
        teller.decide([], post="alak", channel="web", sequence=number, warned_of=["sequence_restarted"])
    row = next(row for row in teller.situation("10:00").posts.rows if row.post_id == "alak")
    assert (row.reused, row.missing) == (2, 0)
