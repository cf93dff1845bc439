"""Accountability polls: begun, answered by an officer or for him, ended; in any order."""

from __future__ import annotations

from typing import Any

import pytest

from pamwal.contracts.field import AckPoll, EndPoll, PollAcked, PollStarted, StartPoll
from tests.unit.checkin.said import SIKUMANA, Heard, codes, moment, refusal, request, void
from tests.unit.checkin.test_posts import OFFICER, PADAL, claims


def start(identity: str, clock: str, poll: str = "par-1", **more: Any) -> Any:
    asks = {name: more.pop(name) for name in ("place", "officers") if name in more}
    data = StartPoll(poll_id=poll, window_min=15, **(asks or {"place": SIKUMANA}), post=more.pop("of", None))
    return request(identity, clock, data, **more)


def ack(identity: str, clock: str, officer: str = "NTT-0001", **more: Any) -> Any:
    return request(identity, clock, AckPoll(poll_id="par-1", officer_id=officer), **more)


def test_a_poll_is_begun_by_a_post_for_a_place() -> None:
    verdict = Heard().hear(start("a", "05:00"))
    assert verdict.facts == [
        PollStarted(
            id="a/0", occurred_at=moment("05:00"), recorded_at=moment("05:00"), poll_id="par-1",
            postid="maulafa", author="operator-7", window_min=15, place=SIKUMANA,
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("token", "said_as"),
    [
        (OFFICER, "officer"),
        (PADAL, "field_commander"),
        (None, "command_post"),
        (claims("ops_head"), "ops_head"),
    ],
)
def test_an_answer_says_who_gave_it(token: Any, said_as: str) -> None:
    heard = Heard()
    heard.hear_all(start("a", "05:00"))
    verdict = heard.hear(ack("b", "05:02", claims=token))
    assert isinstance(verdict.facts[0], PollAcked)
    assert (verdict.facts[0].said_as, codes(verdict)) == (said_as, [])


def test_an_answer_before_its_poll_is_early_and_kept() -> None:
    heard = Heard()
    assert codes(heard.hear(ack("b", "05:02"))) == ["early"]
    assert codes(heard.hear(request("e", "05:09", EndPoll(poll_id="par-1")))) == ["early"]
    assert codes(heard.hear(start("a", "05:00"))) == []
    assert codes(heard.hear(ack("c", "05:03"))) == ["witness"]


def test_an_answer_that_was_taken_back_is_no_witness_of_a_further_one() -> None:
    heard = Heard()
    heard.hear_all(start("a", "05:00"), ack("b", "05:02"), void("v", "05:03", "b/0"))
    assert codes(heard.hear(ack("c", "05:04"))) == []
    heard.hear_all(void("w", "05:05", "d/0"))
    assert codes(heard.hear(ack("d", "05:06"))) == ["voided"]


def test_the_same_poll_begun_again_is_a_witness_and_another_post_does_not_end_it() -> None:
    heard = Heard()
    heard.hear_all(start("a", "05:00"))
    assert codes(heard.hear(start("b", "05:01", place="rally/r-2"))) == ["witness"]
    end = request("c", "05:05", EndPoll(poll_id="par-1"), post="oebobo")
    assert codes(heard.hear(end)) == ["without_effect"]
    assert codes(heard.hear(request("d", "05:06", EndPoll(poll_id="par-1")))) == []


@pytest.mark.parametrize(
    "asked",
    [
        start("a", "05:00", place=SIKUMANA, officers=["NTT-0001"]),
        start("a", "05:00", place=SIKUMANA, of="oebobo"),
        start("a", "05:00", officers=["NTT-0001", "NTT-0001"]),
        request("a", "05:00", StartPoll(poll_id="p", window_min=5)),
    ],
)
def test_a_poll_names_one_thing_and_each_officer_once(asked: Any) -> None:
    assert refusal(Heard().hear(asked)) == "malformed"


@pytest.mark.parametrize(
    "asked",
    [
        start("a", "05:00", claims=OFFICER),
        start("a", "05:00", claims=PADAL),
        request("a", "05:00", EndPoll(poll_id="p"), claims=PADAL),
        ack("a", "05:00", "NTT-0002", claims=OFFICER),
    ],
)
def test_polls_are_the_posts_and_an_officer_answers_for_himself(asked: Any) -> None:
    assert refusal(Heard().hear(asked)) == "not_yours"
