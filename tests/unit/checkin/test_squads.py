"""Reliefs, squads, roll calls, rallies and head counts: kept, refused only where no list can be read."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from pamwal.contracts.claims import Claims
from pamwal.contracts.envelope import RequestData
from pamwal.contracts.field import (
    AttendanceCounted,
    CallRoll,
    CheckedIn,
    CheckedOut,
    CheckInSquad,
    CountAttendance,
    EndRally,
    NotPresent,
    RallyEnded,
    RallyStarted,
    Relieve,
    RollCalled,
    StartRally,
)
from pamwal.contracts.places import Point
from tests.unit.checkin.said import (
    OPERATION,
    SIKUMANA,
    Heard,
    check_in,
    check_out,
    codes,
    moment,
    refusal,
    request,
    void,
)

OFFICER = Claims(role="officer", operation=OPERATION, mode="exercise", officer="NTT-0001", post="maulafa")
PADAL = Claims(role="field_commander", operation=OPERATION, mode="exercise", post="maulafa")
RELIEF = Relieve(officer_id="NTT-0001", relieved_by="NTT-0002", place=SIKUMANA, method="manual")
SQUAD = CheckInSquad(
    place=SIKUMANA,
    method="manual",
    present=["NTT-0001", "NTT-0002"],
    not_present=[NotPresent(officer_id="NTT-0003", cause="sakit")],
    position=Point(latitude=-10.1849876, longitude=123.6070449),
)
ROLL = CallRoll(
    unit="Sektor Maulafa", present=["NTT-0001"], not_present=[NotPresent(officer_id="NTT-0003", cause="izin")]
)
OF_OTHERS: list[RequestData] = [
    RELIEF,
    SQUAD,
    ROLL,
    StartRally(rally_id="r-1"),
    EndRally(rally_id="r-1"),
    CountAttendance(rally_id="r-1", people=300),
]


def test_a_relief_is_one_decision_of_two_facts_that_name_each_other() -> None:
    heard = Heard()
    heard.hear_all(check_in("a", "01:00"))
    verdict = heard.hear(request("r", "05:00", RELIEF))
    gone, come = verdict.facts
    assert (verdict.warnings, gone.id, come.id) == ([], "r/0", "r/1")
    assert isinstance(gone, CheckedOut)
    assert (gone.officer_id, gone.relieved_by, gone.occurred_at) == ("NTT-0001", "NTT-0002", moment("05:00"))
    assert isinstance(come, CheckedIn)
    assert (come.officer_id, come.relieves, come.occurred_at) == ("NTT-0002", "NTT-0001", moment("05:00"))


def test_a_relief_of_somebody_nobody_saw_come_is_early_and_kept() -> None:
    verdict = Heard().hear(request("r", "05:00", RELIEF))
    assert (codes(verdict), len(verdict.facts)) == (["early"], 2)


def test_a_relief_told_twice_is_witnessed_on_both_sides() -> None:
    heard = Heard()
    heard.hear_all(check_in("a", "01:00"), request("r", "05:00", RELIEF))
    again = heard.hear(request("s", "05:03", RELIEF))
    assert [(each.code, each.subject) for each in again.warnings] == [("witness", "r/0"), ("witness", "r/1")]


def test_each_side_of_a_relief_is_taken_back_by_itself() -> None:
    heard = Heard()
    heard.hear_all(request("r", "05:00", RELIEF), void("v", "05:05", "r/1"))
    assert codes(heard.hear(check_out("o", "06:00", officer="NTT-0002"))) == ["early"]
    assert heard.state.posts_of("r/0") == {"maulafa"}


def test_nobody_relieves_himself() -> None:
    himself = Relieve(officer_id="NTT-0001", relieved_by="NTT-0001", place=SIKUMANA, method="manual")
    assert refusal(Heard().hear(request("r", "05:00", himself))) == "malformed"


def test_a_squad_is_a_check_in_each_and_one_roll_of_who_is_missing() -> None:
    verdict = Heard().hear(request("q", "01:00", SQUAD, claims=PADAL, actor="ipda-x"))
    first, second, roll = verdict.facts
    assert [(each.id, each.officer_id, each.place) for each in (first, second)] == [
        ("q/0", "NTT-0001", SIKUMANA),
        ("q/1", "NTT-0002", SIKUMANA),
    ]
    assert first.position == Point(latitude=-10.185, longitude=123.607)
    assert isinstance(roll, RollCalled)
    assert (roll.id, roll.place, roll.author, roll.postid) == ("q/2", SIKUMANA, "ipda-x", "maulafa")
    assert (roll.present, roll.not_present) == (["NTT-0001", "NTT-0002"], SQUAD.not_present)


def test_a_squad_that_is_whole_has_no_roll_and_one_where_nobody_came_only_that() -> None:
    whole = CheckInSquad(place=SIKUMANA, method="paper", precision="list", present=["NTT-0001"])
    [fact] = Heard().hear(request("q", "01:00", whole)).facts
    assert (fact.precision, fact.method) == ("list", "paper")
    nobody = CheckInSquad(place=SIKUMANA, method="manual", not_present=SQUAD.not_present)
    [roll] = Heard().hear(request("q", "01:00", nobody)).facts
    assert (roll.id, type(roll)) == ("q/0", RollCalled)


def test_a_squad_says_of_whom_it_is_a_witness() -> None:
    heard = Heard()
    heard.hear_all(check_in("a", "00:55", officer="NTT-0002"))
    verdict = heard.hear(request("q", "01:00", SQUAD))
    assert [(each.code, each.subject) for each in verdict.warnings] == [("witness", "a/0")]
    listed = CheckInSquad(place=SIKUMANA, method="paper", precision="list", present=["NTT-0001", "NTT-0002"])
    again = heard.hear(request("p", "06:00", listed, post="oebobo"))
    assert [each.code for each in again.warnings] == ["witness", "witness"]


@pytest.mark.parametrize(
    "wrong",
    [
        CheckInSquad(place=SIKUMANA, method="manual"),
        CheckInSquad(place=SIKUMANA, method="manual", present=["NTT-0001", "NTT-0001"]),
        CheckInSquad(place=SIKUMANA, method="manual", present=["NTT-0003"], not_present=SQUAD.not_present),
        CallRoll(unit="Sektor Maulafa"),
        CallRoll(unit="Sektor Maulafa", not_present=[*ROLL.not_present, *ROLL.not_present]),
    ],
)
def test_a_list_that_names_nobody_or_somebody_twice_is_malformed(wrong: RequestData) -> None:
    assert refusal(Heard().hear(request("q", "01:00", wrong))) == "malformed"


def test_a_roll_call_is_one_fact_and_can_be_taken_back_before_it_comes() -> None:
    heard = Heard()
    [roll] = heard.hear(request("l", "23:00", ROLL)).facts
    assert (roll.unit, roll.present, roll.place) == ("Sektor Maulafa", ["NTT-0001"], None)
    assert [codes(each) for each in heard.hear_all(void("v", "23:10", "l/0"), void("w", "23:10", "m/0"))] == [
        [],
        ["early"],
    ]
    assert codes(heard.hear(request("m", "23:12", ROLL))) == ["voided"]


def test_a_rally_begins_ends_and_is_counted() -> None:
    heard = Heard()
    told = heard.hear_all(
        request("s", "01:00", StartRally(rally_id="r-1"), actor="bripka-a"),
        request("c", "02:00", CountAttendance(rally_id="r-1", people=420)),
        request("e", "03:00", EndRally(rally_id="r-1")),
    )
    assert [codes(each) for each in told] == [[], [], []]
    assert [type(each) for each in heard.facts] == [RallyStarted, AttendanceCounted, RallyEnded]
    assert (heard.facts[0].author, heard.facts[1].people) == ("bripka-a", 420)
    for named in ("s/0", "c/0", "e/0"):
        assert codes(heard.hear(void(f"v-{named[0]}", "04:00", named))) == []


def test_an_end_before_the_beginning_is_early_and_a_second_voice_a_witness() -> None:
    heard = Heard()
    end, start = EndRally(rally_id="r-1"), StartRally(rally_id="r-1")
    assert codes(heard.hear(request("e", "03:00", end))) == ["early"]
    assert codes(heard.hear(request("s", "01:00", start))) == []
    assert codes(heard.hear(request("t", "01:05", start, post="oebobo"))) == ["witness"]
    assert codes(heard.hear(request("f", "03:30", EndRally(rally_id="r-2")))) == ["early"]


@pytest.mark.parametrize("data", OF_OTHERS, ids=lambda data: type(data).__name__)
def test_what_speaks_of_others_is_the_padals_or_the_posts_to_say(data: RequestData) -> None:
    assert refusal(Heard().hear(request("q", "01:00", data, claims=OFFICER))) == "not_yours"
    for claims in (PADAL, None):
        assert refusal(Heard().hear(request("q", "01:00", data, claims=claims))) is None
    viewer = Claims(role="viewer", operation=OPERATION, mode="exercise")
    assert refusal(Heard().hear(request("q", "01:00", data, claims=viewer))) == "not_yours"


# --- numbers of a device


def numbered(identity: str, number: int, clock: str = "01:00", **more: Any) -> Any:
    """A check-in of an officer of his own, under a number of the device."""
    asked = check_in(identity, clock, officer=f"K-{identity}", **more)
    return replace(asked, sourceseq=number)


def test_a_device_that_counts_anew_is_told_so_and_kept() -> None:
    heard = Heard()
    assert [codes(each) for each in heard.hear_all(*(numbered(f"a{n}", n) for n in (1, 2, 5)))] == [[]] * 3
    anew = heard.hear(numbered("b1", 1))
    assert [(each.code, each.subject) for each in anew.warnings] == [
        ("sequence_restarted", "/posts/maulafa/devices/1")
    ]
    assert len(anew.facts) == 1


def test_what_fills_a_gap_is_no_restart() -> None:
    heard = Heard()
    heard.hear_all(*(numbered(f"a{n}", n) for n in (1, 2, 5)))
    late = heard.hear_all(*(numbered(f"a{n}", n) for n in (4, 3)))
    assert [codes(each) for each in late] == [[], []]
    assert codes(heard.hear(numbered("b", 3))) == ["sequence_restarted"]


def test_each_device_counts_for_itself() -> None:
    heard = Heard()
    heard.hear_all(numbered("a", 1))
    assert codes(heard.hear(numbered("b", 1, source="/posts/maulafa/devices/2"))) == []
    assert codes(heard.hear(numbered("c", 1, post="oebobo"))) == []
