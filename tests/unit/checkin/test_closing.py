"""A post closes its part of a day: what is still open, what comes after, and opening it again."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from pamwal.contracts.field import (
    AdvanceIncident,
    ClosePost,
    HandOverWatch,
    MergeIncident,
    OpenItems,
    PostClosed,
    PostReopened,
    ReopenPost,
    StartPoll,
    UnmergeIncident,
)
from tests.unit.checkin.details import amend, merge
from tests.unit.checkin.said import (
    OESAPA,
    SIKUMANA,
    Heard,
    check_in,
    check_out,
    codes,
    heartbeat,
    incident,
    moment,
    refusal,
    request,
    step,
    void,
)
from tests.unit.checkin.test_posts import OFFICER, PADAL, claims

DAY = "2024-10-03"


def close(identity: str, clock: str, day: str = DAY, **more: Any) -> Any:
    return request(identity, clock, ClosePost(day=day), **more)


def reopen(identity: str, clock: str, day: str = DAY, **more: Any) -> Any:
    return request(identity, clock, ReopenPost(day=day), **more)


def opened(verdict: Any) -> OpenItems:
    """What the fact of a closing says is still open."""
    fact = verdict.facts[0]
    assert isinstance(fact, PostClosed)
    return fact.open


def test_a_closing_says_who_when_and_that_nothing_is_open() -> None:
    verdict = Heard().hear(close("c", "13:00"))
    assert verdict.facts == [
        PostClosed(
            id="c/0", occurred_at=moment("13:00"), recorded_at=moment("13:00"), postid="maulafa", day=DAY,
            zone="Asia/Makassar", author="operator-7",
        )
    ]  # fmt: skip
    assert codes(verdict) == []


def test_a_closing_names_the_officers_its_post_checked_in_and_nobody_saw_going() -> None:
    heard = Heard()
    heard.hear_all(
        check_in("a", "01:10", officer="stays"),
        check_in("b", "01:10", officer="went"),
        check_out("c", "09:00", officer="went", post="oebobo"),
        check_in("d", "01:10", officer="moved"),
        check_in("e", "05:00", officer="moved", place=OESAPA, post="oebobo"),
        check_in("f", "01:10", officer="others", post="oebobo"),
        check_in("g", "01:10", officer="taken-back"),
        void("v", "02:00", "g/0"),
        check_in("h", "01:10", officer="witnessed"),
        check_in("i", "01:12", officer="witnessed", post="oebobo"),
        check_in("j", "01:10", officer="elsewhere-out"),
        check_out("k", "02:00", officer="elsewhere-out", place=OESAPA),
        check_in("l", "01:10", officer="tomorrow", recorded="01:10"),
        check_out("m", "09:00", officer="tomorrow"),
    )
    assert opened(heard.hear(close("x", "13:00"))).officers == ["elsewhere-out", "stays", "witnessed"]
    assert opened(heard.hear(close("y", "13:00", post="oebobo"))).officers == ["moved", "others", "witnessed"]
    assert opened(heard.hear(close("z", "13:00", "2024-10-05"))).officers == []


def test_an_officer_whose_phone_is_a_day_ahead_is_named_on_the_day_he_came() -> None:
    heard = Heard()
    wrong = moment("01:10", "2024-10-04")
    heard.hear_all(replace(check_in("a", "01:10"), time=wrong, sentat=wrong))
    assert opened(heard.hear(close("x", "13:00"))).officers == ["NTT-0001"]


def test_a_closing_names_incidents_watches_and_polls_of_its_post() -> None:
    heard = Heard()
    watch = HandOverWatch(watch_id="w-1", from_="operator-7", to="operator-8")
    heard.hear_all(
        incident("a", "01:00", "mine"),
        incident("b", "01:00", "theirs", post="oebobo"),
        incident("c", "01:00", "over"),
        step("d", "01:05", "unfounded", "over"),
        incident("e", "01:00", "assigned", post="oebobo"),
        step("f", "01:05", "verified", "assigned", post="oebobo"),
        request(
            "g", "01:06", AdvanceIncident(incident_id="assigned", step="assigned", assignee="maulafa"),
            post="oebobo",
        ),
        request("h", "12:00", watch),
        request("i", "12:50", StartPoll(poll_id="runs", window_min=30, place=SIKUMANA)),
        request("j", "12:00", StartPoll(poll_id="past", window_min=30, place=SIKUMANA)),
        request("k", "12:50", StartPoll(poll_id="theirs", window_min=30, place=SIKUMANA), post="oebobo"),
    )  # fmt: skip
    assert opened(heard.hear(close("x", "13:00"))) == OpenItems(
        incidents=["assigned", "mine"], watches=["w-1"], polls=["runs"], total=4
    )


def test_a_duplicate_is_left_to_the_incident_that_counts() -> None:
    heard = Heard()
    heard.hear_all(
        incident("a", "01:00", "one"),
        incident("b", "01:01", "two"),
        request("m", "01:10", MergeIncident(incident_id="two", duplicate_of="one")),
    )
    assert opened(heard.hear(close("x", "13:00"))).incidents == ["one"]
    heard.hear_all(request("u", "13:10", UnmergeIncident(incident_id="two")))
    assert opened(heard.hear(close("y", "13:20"))).incidents == ["one", "two"]


def test_of_very_many_officers_the_first_are_named_and_all_are_counted() -> None:
    heard = Heard()
    heard.hear_all(*(check_in(f"a{n}", "01:10", officer=f"NTT-{n:04d}") for n in range(501)))
    found = opened(heard.hear(close("x", "13:00")))
    assert (len(found.officers), found.officers[-1], found.total) == (500, "NTT-0499", 501)
    assert found.unnamed == {"officers": 1}


def test_every_open_incident_is_named_however_many() -> None:
    heard = Heard()
    heard.hear_all(*(incident(f"a{n}", "01:00", f"i-{n:04d}") for n in range(1001)))
    found = opened(heard.hear(close("x", "13:00")))
    assert (len(found.incidents), found.total, found.unnamed) == (1001, 1001, {})


def test_an_incident_is_the_witnesses_too_and_whoever_was_first_may_take_it_back() -> None:
    heard = Heard()
    heard.hear_all(
        incident("a", "01:00", "one"),
        incident("b", "01:01", "one", post="oebobo"),
        incident("c", "01:00", "two"),
        void("v", "01:05", "a/0"),
        void("w", "01:05", "c/0"),
    )
    assert opened(heard.hear(close("x", "13:00", post="oebobo"))).incidents == ["one"]
    assert opened(heard.hear(close("y", "13:00"))).incidents == []


def test_an_incident_is_whoevers_it_was_last_assigned_to() -> None:
    heard = Heard()
    heard.hear_all(
        incident("a", "01:00", post="oebobo"),
        step("b", "01:05", "verified", post="oebobo"),
        step("c", "01:06", "assigned", assignee="post/maulafa", post="oebobo"),
    )
    assert opened(heard.hear(close("x", "13:00"))).incidents == ["i-1"]
    heard.hear_all(amend("d", "01:10", assignees=["officer/NTT-0001", "post/alak"], post="oebobo"))
    assert opened(heard.hear(close("y", "13:00"))).incidents == []
    assert opened(heard.hear(close("z", "13:00", post="alak"))).incidents == ["i-1"]
    heard.hear_all(void("v", "01:20", "d/0", post="oebobo"))
    assert opened(heard.hear(close("u", "13:00"))).incidents == ["i-1"]


def test_a_duplicate_of_what_was_never_reported_or_was_taken_back_is_named_itself() -> None:
    heard = Heard()
    heard.hear_all(
        incident("a", "01:00", "one"), merge("m", "01:10", "one", "never"),
        incident("b", "01:00", "two"), incident("c", "01:00", "gone", post="oebobo"),
        merge("n", "01:10", "two", "gone"), void("v", "01:20", "c/0", post="oebobo"),
        incident("d", "01:00", "round"), incident("e", "01:00", "trip"),
        merge("o", "01:10", "round", "trip"), merge("p", "01:11", "trip", "round"),
    )  # fmt: skip
    assert opened(heard.hear(close("x", "13:00"))).incidents == ["one", "trip", "two"]


def test_the_incident_a_posts_report_is_a_duplicate_of_is_the_posts_as_well() -> None:
    heard = Heard()
    heard.hear_all(
        incident("a", "01:00", "one"),
        incident("b", "01:00", "two", post="oebobo"),
        merge("m", "01:10", "one", "two"),
    )
    assert opened(heard.hear(close("x", "13:00"))).incidents == ["two"]


def test_what_an_edge_has_after_the_closing_is_kept_and_marked() -> None:
    heard = Heard()
    heard.hear_all(close("c", "13:00"))
    late = heard.hear(check_in("a", "05:00", recorded="13:01"))
    assert codes(late) == ["after_closing"]
    assert (late.facts[0].id, late.warnings[0].subject) == ("a/0", "c/0")


@pytest.mark.parametrize(
    "asked",
    [
        check_in("a", "05:00", recorded="13:00"),
        check_in("a", "05:00", recorded="13:01", post="oebobo"),
        check_in("a", "16:00", recorded="16:01"),
        heartbeat("a", "13:01"),
        reopen("a", "13:01"),
        request("a", "13:01", HandOverWatch(watch_id="w", from_="operator-7", to="operator-8")),
    ],
    ids=["before it", "of another post", "of the next day", "heartbeat", "reopening", "watch"],
)
def test_what_is_no_late_report_of_the_closed_day_is_not_marked(asked: Any) -> None:
    heard = Heard()
    heard.hear_all(close("c", "13:00"))
    assert "after_closing" not in codes(heard.hear(asked))


def test_the_day_of_a_report_is_that_of_its_corrected_clock() -> None:
    """The sender's clock is two hours slow: its 15:00 UTC was 17:00, which is the next day there."""
    heard = Heard()
    heard.hear_all(close("c", "13:00"))
    assert codes(heard.hear(check_in("a", "15:00", sent="15:00", recorded="17:00"))) == ["clock_suspect"]


def test_a_day_opened_again_marks_nothing_until_it_is_closed_again() -> None:
    heard = Heard()
    heard.hear_all(close("c", "13:00"), reopen("r", "13:30"))
    assert codes(heard.hear(check_in("a", "05:00", recorded="13:40"))) == []
    heard.hear_all(close("d", "14:00"))
    assert codes(heard.hear(check_in("b", "05:00", recorded="14:01", officer="NTT-0002"))) == [
        "after_closing"
    ]


def test_a_closing_said_twice_is_a_witness_and_reopening_an_open_day_is_early() -> None:
    heard = Heard()
    assert codes(heard.hear(reopen("r", "12:00"))) == ["early"]
    assert codes(heard.hear(close("c", "13:00"))) == []
    assert codes(heard.hear(close("d", "13:10"))) == ["witness"]
    again = heard.hear(reopen("s", "13:30"))
    assert (codes(again), type(again.facts[0])) == ([], PostReopened)


def test_the_answer_to_a_closing_says_what_is_open() -> None:
    heard = Heard()
    officers = [f"NTT-{number:04}" for number in range(12)]
    heard.hear_all(
        *(check_in(f"i{each}", "05:00", officer=each) for each in officers), incident("k", "05:10")
    )
    [told] = heard.hear(close("c", "13:00")).warnings
    first = ", ".join(officers[:10])
    assert (told.code, told.message) == (
        "still_open",
        f"still open, 13 in all; officers not checked out: {first} and 2 more; incidents: i-1",
    )


def test_a_closing_is_corrected_by_reopening_and_not_by_a_void() -> None:
    heard = Heard()
    heard.hear_all(close("c", "13:00"))
    assert "without_effect" in codes(heard.hear(void("v", "13:10", "c/0")))
    assert "after_closing" in codes(heard.hear(check_in("a", "05:00", recorded="13:20")))


@pytest.mark.parametrize(
    "asked",
    [
        close("c", "13:00", claims=OFFICER),
        close("c", "13:00", claims=PADAL),
        close("c", "13:00", claims=claims("command_post", post="oebobo")),
        reopen("c", "13:00", claims=PADAL),
    ],
)
def test_only_the_post_or_the_head_of_operations_closes_its_day(asked: Any) -> None:
    assert refusal(Heard().hear(asked)) == "not_yours"
    assert refusal(Heard().hear(close("c", "13:00", claims=claims("ops_head")))) is None


def test_a_heartbeat_sooner_than_a_minute_is_kept_and_warned_of() -> None:
    heard = Heard()
    assert codes(heard.hear(heartbeat("a", "01:00"))) == []
    soon = heard.hear(heartbeat("b", "01:00:54", {"/posts/maulafa/devices/1": 9}))
    assert (codes(soon), soon.facts[0].highest) == (["frequent"], {"/posts/maulafa/devices/1": 9})
    assert codes(heard.hear(heartbeat("c", "01:01:49"))) == []
    assert codes(heard.hear(heartbeat("d", "01:01:49", post="oebobo"))) == []
