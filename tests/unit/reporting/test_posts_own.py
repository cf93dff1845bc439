"""What the board says of posts themselves: closed days and what came after, the watch, and polls."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from pamwal.contracts import field
from pamwal.contracts.envelope import OFFICE
from pamwal.contracts.posts_shown import PollRow, PostRow
from pamwal.contracts.reporting import Sight
from pamwal.contracts.scheduling import Post
from services.reporting.views.polls import operation_polls
from services.reporting.views.situation import digest_of, situation_of
from services.reporting.words import closed, par, watch
from tests.unit.reporting.telling import DAY, OPERATION, Teller, at, name_of, picture_of


@pytest.fixture
def teller() -> Teller:
    """Two posts; x and y are ordered to a rally of alak's, z to one of maulafa's."""
    teller = Teller()
    teller.open()
    teller.register("x", "y", "z")
    teller.plan("p", "09:00", "11:00")
    teller.plan("q", "09:00", "11:00", kelurahan="53.71.02.1001")
    teller.order("x", "p", "09:00", "11:00")
    teller.order("y", "p", "09:00", "11:00")
    teller.order("z", "q", "09:00", "11:00")
    return teller


def close(teller: Teller, clock: str, post: str = "alak", day: str = DAY, **more: Any) -> None:
    teller.observe(
        field.PostClosed, clock, post=post, postid=post, day=day, zone="Asia/Makassar", author="a", **more
    )


def reopen(teller: Teller, clock: str, post: str = "alak") -> None:
    teller.observe(
        field.PostReopened, clock, post=post, postid=post, day=DAY, zone="Asia/Makassar", author="a"
    )


def hand(teller: Teller, clock: str, watch_id: str, giver: str, taker: str) -> None:
    told: dict[str, Any] = {"from_": giver, "to": taker}
    teller.observe(
        field.WatchHandedOver, clock, post="alak", postid="alak", watch_id=watch_id, author=giver, **told
    )


def answer(teller: Teller, clock: str, watch_id: str, who: str, said: str = "taken") -> None:
    teller.observe(
        field.WatchAnswered, clock, post="alak", postid="alak", watch_id=watch_id, author=who, answer=said
    )


def start(teller: Teller, clock: str, poll_id: str = "par", **asks: Any) -> None:
    asks = {"window_min": 15, **(asks or {"place": "rally/p"})}
    teller.observe(
        field.PollStarted,
        clock,
        post="alak",
        postid="alak",
        poll_id=poll_id,
        author="a",
        **asks,
    )


def ack(teller: Teller, clock: str, officer_id: str, **more: Any) -> None:
    teller.observe(
        field.PollAcked, clock, poll_id="par", officer_id=officer_id, author="padal",
        said_as="field_commander", **more,
    )  # fmt: skip


def end(teller: Teller, clock: str, post: str = "alak") -> None:
    teller.observe(field.PollEnded, clock, post=post, postid=post, poll_id="par", author="a")


def post(teller: Teller, clock: str, post_id: str = "alak", day: str | None = None) -> PostRow:
    posts = teller.situation(clock, day=day).posts
    return next(row for row in posts.rows if row.post_id == post_id)


def poll(teller: Teller, clock: str, sight: Sight = "full") -> PollRow:
    found = operation_polls(teller.picture(), at(clock), sight=sight).polls.rows
    assert len(found) == 1
    return found[0]


def counts(row: PollRow) -> tuple[int, int, int, int, int]:
    """asked, acked, late, pending, missed"""
    return row.asked, row.acked, row.late, row.pending, row.missed


# --- closing


def test_a_closed_day_shows_since_when_and_how_many_came_after(teller: Teller) -> None:
    teller.come("x", "p", "09:00")
    close(teller, "21:00")
    teller.come("y", "p", "09:05", recorded="21:10")
    teller.decide(
        [
            field.CheckedIn(
                id=f"squad/{n}", occurred_at=at("09:00"), recorded_at=at("21:20"), officer_id=each,
                place="rally/p", method="paper",
            )
            for n, each in enumerate(("v", "w"))
        ],
        request_id="squad",
    )  # fmt: skip
    row = post(teller, "21:30")
    assert (row.closed_at, row.after_closing) == (at("21:00"), 2), "a squad is one report"
    assert teller.situation("21:30").posts.closed == 1
    assert closed(row, "Asia/Makassar", DAY) == "ditutup 21.00, 2 laporan sesudahnya"


def test_what_is_of_another_day_or_post_or_of_the_post_itself_is_not_counted(teller: Teller) -> None:
    close(teller, "21:00")
    teller.come("x", "p", "24:30")
    teller.come("y", "p", "09:05", recorded="21:10", post="maulafa")
    teller.beat("alak", "21:05")
    hand(teller, "21:06", "w", "a", "b")
    start(teller, "21:07")
    assert post(teller, "24:40", day=DAY).after_closing == 0
    assert post(teller, "24:40").closed_at is None, "of the day that began at midnight"


def test_a_day_opened_again_is_open_and_a_second_closing_counts_from_then(teller: Teller) -> None:
    close(teller, "21:00")
    close(teller, "21:05")
    assert post(teller, "21:10").closed_at == at("21:00")
    teller.come("x", "p", "09:00", recorded="21:15")
    reopen(teller, "21:20")
    assert (post(teller, "21:25").closed_at, post(teller, "21:25").after_closing) == (None, 0)
    close(teller, "21:30")
    teller.come("y", "p", "09:00", recorded="21:40")
    assert (post(teller, "21:45").closed_at, post(teller, "21:45").after_closing) == (at("21:30"), 1)
    assert post(teller, "20:00").closed_at is None, "the moment looked at was before"


def test_the_same_decision_again_is_one_report(teller: Teller) -> None:
    close(teller, "21:00")
    teller.come("y", "p", "09:05", recorded="21:10")
    teller.come("x", "p", "09:06", recorded="21:11")
    teller.told += teller.told[-2:]
    assert post(teller, "21:30").after_closing == 2


# --- watch


def test_the_watch_passes_once_the_other_confirms(teller: Teller) -> None:
    assert post(teller, "11:00").on_watch is None
    hand(teller, "12:00", "w1", "ani", "budi")
    row = post(teller, "12:01")
    assert (row.on_watch, row.handing_to, row.handing_since) == ("ani", "budi", at("12:00"))
    assert watch(row) == "jaga ani, serah terima ke budi"
    answer(teller, "12:05", "w1", "budi")
    row = post(teller, "12:06")
    assert (row.on_watch, row.on_watch_since, row.handing_to) == ("budi", at("12:05"), None)


def test_who_declines_or_is_not_asked_does_not_take_it(teller: Teller) -> None:
    hand(teller, "12:00", "w1", "ani", "budi")
    answer(teller, "12:02", "w1", "citra")
    assert post(teller, "12:03").handing_to == "budi"
    answer(teller, "12:04", "w1", "budi", "declined")
    row = post(teller, "12:05")
    assert (row.on_watch, row.handing_to) == ("ani", None)
    hand(teller, "12:10", "w2", "ani", "citra")
    answer(teller, "12:12", "w2", "citra")
    assert post(teller, "12:13").on_watch == "citra"


def test_the_watch_is_held_by_whoever_confirmed_last_and_not_by_whoever_was_asked_last(
    teller: Teller,
) -> None:
    hand(teller, "12:00", "w1", "ani", "budi")
    hand(teller, "12:10", "w2", "ani", "citra")
    answer(teller, "12:15", "w2", "citra")
    answer(teller, "12:30", "w1", "budi")
    assert post(teller, "12:20").on_watch == "citra"
    row = post(teller, "12:31")
    assert (row.on_watch, row.on_watch_since, row.handing_to) == ("budi", at("12:30"), None)


def test_a_handover_that_waits_is_not_forgotten_for_a_later_one_that_was_declined(teller: Teller) -> None:
    hand(teller, "12:00", "w1", "ani", "budi")
    hand(teller, "12:10", "w2", "ani", "citra")
    answer(teller, "12:15", "w2", "citra", "declined")
    row = post(teller, "12:20")
    assert (row.on_watch, row.handing_to, row.handing_since) == ("ani", "budi", at("12:00"))


# --- polls


def test_who_is_excused_or_was_relieved_is_not_missed(teller: Teller) -> None:
    teller.call("08:30", missing={"x": "sakit"})
    teller.come("y", "p", "09:00")
    teller.relieve("y", "v", "p", "09:20")
    start(teller, "09:30")
    row = poll(teller, "10:00")
    assert (row.asked, row.acked, row.pending, row.missed, row.excused) == (3, 0, 0, 1, 2)
    assert {each.officer_id: each.state for each in row.officers} == {
        "v": "missed", "x": "excused", "y": "relieved",
    }  # fmt: skip
    polls = teller.situation("10:00").polls
    assert (polls.excused, polls.missed) == (2, 1)
    assert par(polls) == "PAR: 0 dari 1 menjawab, 1 tidak menjawab"
    ack(teller, "09:35", "x")
    assert poll(teller, "10:00").acked == 1, "who answers has answered, excused or not"


def test_of_officers_polled_by_name_all_stay_in_the_list(teller: Teller) -> None:
    teller.excuse("z", "06:00", "20:00")
    teller.excuse("free", "06:00", "20:00", absence_id="a2")
    teller.come("y", "p", "09:00")
    start(teller, "09:30", officers=["x", "y", "z", "free"])
    teller.relieve("y", "v", "p", "09:40")
    row = poll(teller, "10:00")
    assert [(each.officer_id, each.state) for each in row.officers] == [
        ("free", "excused"), ("x", "missed"), ("y", "relieved"), ("z", "excused"),
    ]  # fmt: skip
    assert (row.asked, row.missed, row.excused) == (4, 1, 3)
    assert poll(teller, "09:35").pending == 2, "y was there until 09:40"


def test_who_went_without_a_word_is_missed(teller: Teller) -> None:
    teller.come("x", "p", "09:00")
    teller.go("x", "p", "09:20")
    start(teller, "09:30")
    assert {each.officer_id: each.state for each in poll(teller, "10:00").officers}["x"] == "missed"


def test_a_poll_over_midnight_stands_on_both_days_and_asks_who_was_there_when_it_began(
    teller: Teller,
) -> None:
    teller.plan("n", "22:00", "23:55")
    teller.order("x", "n", "22:00", "23:55", deployment_id="night")
    teller.register("secret")
    teller.order("secret", "n", "22:00", "23:55", role="intel")
    teller.call("21:00", missing={"secret": "izin"})
    start(teller, "23:50", place="rally/n", window_min=30)
    after = poll(teller, "24:10")
    assert (after.running, after.asked, after.pending, after.excused) == (True, 2, 1, 1)
    assert teller.situation("24:10").polls.running == 1
    over = poll(teller, "24:30")
    assert (over.running, over.missed) == (False, 1)
    first = operation_polls(teller.picture(), at("24:30"), sight="full", day=DAY).polls
    assert first.rows == [over]
    guarded = poll(teller, "24:10", "guarded")
    assert [each.officer_id for each in guarded.officers] == ["x"], "his duty was of the day before"
    assert operation_polls(teller.picture(), at("48:10"), sight="full").polls.rows == []


def test_a_poll_of_a_place_asks_who_is_ordered_there_and_who_stands_there(teller: Teller) -> None:
    teller.come("v", "p", "09:10")
    teller.come("gone", "p", "09:00")
    teller.go("gone", "p", "09:20")
    teller.come("y", "q", "09:15")
    start(teller, "09:30")
    ack(teller, "09:32", "x")
    ack(teller, "09:33", "stranger")
    row = poll(teller, "09:40")
    assert [each.officer_id for each in row.officers] == ["v", "x", "y"]
    assert (counts(row), row.unasked, row.running) == ((3, 1, 0, 2, 0), 1, True)
    assert par(teller.situation("09:40").polls) == "PAR: 1 dari 3 menjawab, 2 ditunggu"


def test_a_poll_of_a_post_asks_whose_duty_it_reports_and_whom_it_reported(teller: Teller) -> None:
    teller.come("v", "q", "09:10", post="alak")
    teller.come("w", "q", "09:10", post="maulafa")
    fact = field.PollStarted(
        id="poll/0", occurred_at=at("09:30"), recorded_at=at("09:30"), postid="alak", poll_id="par",
        author="a", window_min=15, post="alak",
    )  # fmt: skip
    teller.decide([fact], request_id="poll")
    assert [each.officer_id for each in poll(teller, "09:40").officers] == ["v", "x", "y"]


def test_who_does_not_answer_is_missed_and_who_answers_late_is_not(teller: Teller) -> None:
    start(teller, "09:30", officers=["x", "y", "z"])
    ack(teller, "09:45", "x")
    ack(teller, "09:46", "y")
    assert counts(poll(teller, "09:44")) == (3, 0, 0, 3, 0)
    assert counts(poll(teller, "09:45")) == (3, 1, 0, 0, 2)
    row = poll(teller, "09:50")
    assert counts(row) == (3, 2, 1, 0, 1)
    assert [(each.state, each.late) for each in row.officers] == [
        ("acked", False), ("acked", True), ("missed", False),
    ]  # fmt: skip
    assert row.officers[0].said_as == "field_commander"


def test_a_poll_is_over_when_its_post_ends_it_and_not_another(teller: Teller) -> None:
    start(teller, "09:30", officers=["x"])
    end(teller, "09:35", post="maulafa")
    assert poll(teller, "09:36").running
    end(teller, "09:37")
    row = poll(teller, "09:38")
    assert (row.running, row.due_at, counts(row)) == (False, at("09:37"), (1, 0, 0, 0, 1))


def test_an_answer_taken_back_is_none_and_one_before_the_poll_counts(teller: Teller) -> None:
    ack(teller, "09:29", "x", request_id="early")
    ack(teller, "09:31", "y", request_id="wrong")
    start(teller, "09:30", officers=["x", "y"])
    teller.void("wrong/0", clock="09:32")
    assert [each.state for each in poll(teller, "09:35").officers] == ["acked", "pending"]


def test_of_two_beginnings_the_first_counts(teller: Teller) -> None:
    start(teller, "09:35", officers=["x", "y", "z"])
    start(teller, "09:30", officers=["x"])
    assert (poll(teller, "09:36").asked, poll(teller, "09:36").starts_at) == (1, at("09:30"))


def test_polls_of_another_day_or_of_later_are_not_shown(teller: Teller) -> None:
    start(teller, "09:30", officers=["x"])
    picture = teller.picture()
    assert operation_polls(picture, at("09:20"), sight="full").polls.rows == []
    assert operation_polls(picture, at("24:20"), sight="full").polls.rows == []
    assert len(operation_polls(picture, at("24:20"), sight="full", day=DAY).polls.rows) == 1


def test_officers_on_intel_are_counted_and_named_to_the_head_of_operations_only(teller: Teller) -> None:
    teller.register("secret")
    teller.order("secret", "p", "09:00", "11:00", role="intel")
    start(teller, "09:30")
    assert len(poll(teller, "09:35").officers) == 3
    guarded = poll(teller, "09:35", "guarded")
    assert (guarded.asked, [each.officer_id for each in guarded.officers]) == (3, ["x", "y"])
    seen = operation_polls(teller.picture(), at("09:35"), sight="counts").polls
    assert (seen.asked, seen.pending, seen.rows) == (3, 3, [])
    assert teller.situation("09:35").polls.rows[0].officers == [], "the board counts only"


def test_what_the_head_says_for_no_post_makes_none_and_what_is_missing_of_it_counts() -> None:
    teller = Teller()
    teller.open()
    teller.beat(OFFICE, "09:00")
    teller.decide([], post=OFFICE, sequence=5)
    posts = teller.situation("09:01").posts
    assert [row.post_id for row in posts.rows] == ["alak", "maulafa"]
    assert (posts.heard, posts.total, posts.missing) == (0, 2, 4)


def test_where_an_operation_lists_a_post_of_that_name_it_is_one() -> None:
    teller = Teller()
    teller.open(posts=[Post(post_id=OFFICE, name="Posko Ops")])
    teller.beat(OFFICE, "09:00")
    row = teller.situation("09:01").posts.rows[0]
    assert (row.name, row.listed, row.silent) == ("Posko Ops", True, False)


@pytest.mark.parametrize("seed", range(20))
def test_any_order_and_repetition_shows_the_same(teller: Teller, seed: int) -> None:
    hand(teller, "08:00", "w1", "ani", "budi")
    answer(teller, "08:05", "w1", "budi", "declined")
    answer(teller, "08:06", "w1", "budi")
    hand(teller, "08:30", "w2", "budi", "citra")
    teller.come("x", "p", "09:00")
    start(teller, "09:30")
    start(teller, "09:31", officers=["z"])
    ack(teller, "09:32", "x")
    ack(teller, "09:33", "x")
    end(teller, "09:40")
    close(teller, "10:00")
    teller.come("y", "p", "09:05", recorded="10:10")
    reopen(teller, "10:20")
    close(teller, "10:30")
    teller.come("v", "p", "09:05", recorded="10:40")
    chance = Random(seed)
    told = teller.told + [each for each in teller.told if chance.random() < 0.5]
    chance.shuffle(told)
    one, two = teller.picture(), picture_of(told).operations[OPERATION]
    for clock in ("08:05:30", "09:35", "10:05", "10:25", "11:00"):
        first, second = (
            digest_of(situation_of(each, at(clock), sight="full", name_of=name_of)) for each in (one, two)
        )
        assert first == second, clock
        assert operation_polls(one, at(clock), sight="full") == operation_polls(two, at(clock), sight="full")
