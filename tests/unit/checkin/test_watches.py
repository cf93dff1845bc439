"""The watch of a post: one person asks, the other confirms or declines."""

from __future__ import annotations

from typing import Any

import pytest

from pamwal.contracts.field import ConfirmWatch, HandOverWatch, WatchAnswered, WatchHandedOver
from pamwal.contracts.field.closing import WatchAnswer
from tests.unit.checkin.said import Heard, codes, moment, refusal, request, void
from tests.unit.checkin.test_posts import OFFICER, PADAL, claims


def hand(identity: str, clock: str, to: str = "operator-8", watch: str = "w", **more: Any) -> Any:
    handed = HandOverWatch(watch_id=watch, from_=more.pop("by", "operator-7"), to=to, open_items=["i-1"])
    return request(identity, clock, handed, **more)


def answer(identity: str, clock: str, said: WatchAnswer = "taken", watch: str = "w", **more: Any) -> Any:
    more.setdefault("actor", "operator-8")
    return request(identity, clock, ConfirmWatch(watch_id=watch, answer=said), **more)


def test_one_asks_and_the_other_confirms() -> None:
    heard = Heard()
    asked, confirmed = heard.hear_all(hand("a", "12:00"), answer("b", "12:05"))
    assert (codes(asked), codes(confirmed)) == ([], [])
    assert asked.facts == [
        WatchHandedOver(
            id="a/0", occurred_at=moment("12:00"), recorded_at=moment("12:00"), postid="maulafa",
            watch_id="w", from_="operator-7", to="operator-8", author="operator-7", open_items=["i-1"],
        )
    ]  # fmt: skip
    assert isinstance(confirmed.facts[0], WatchAnswered)
    assert (confirmed.facts[0].answer, confirmed.facts[0].author) == ("taken", "operator-8")
    assert not heard.state.own["maulafa"].watches["w"].waits


def test_a_confirmation_may_come_first() -> None:
    heard = Heard()
    assert codes(heard.hear(answer("b", "12:05"))) == ["early"]
    assert codes(heard.hear(hand("a", "12:00"))) == []
    assert not heard.state.own["maulafa"].watches["w"].waits


def test_an_officer_is_known_by_his_id_as_well() -> None:
    heard = Heard()
    token = claims("command_post", post="maulafa", officer="NTT-0008")
    heard.hear_all(hand("a", "12:00", "NTT-0008"), answer("b", "12:05", claims=token, actor="shared-pc"))
    assert not heard.state.own["maulafa"].watches["w"].waits


@pytest.mark.parametrize("actor", ["operator-7", "operator-9"])
def test_an_answer_of_somebody_else_has_no_effect(actor: str) -> None:
    heard = Heard()
    heard.hear_all(hand("a", "12:00"))
    assert codes(heard.hear(answer("b", "12:05", actor=actor))) == ["without_effect"]
    assert heard.state.own["maulafa"].watches["w"].waits


def test_the_same_answer_and_a_second_handover_under_one_id_are_witnesses() -> None:
    heard = Heard()
    heard.hear_all(hand("a", "12:00"), answer("b", "12:05", "declined"))
    assert codes(heard.hear(answer("c", "12:06", "declined"))) == ["witness"]
    assert codes(heard.hear(answer("e", "12:07"))) == [], "he takes it after all: the last word counts"
    assert codes(heard.hear(hand("d", "12:10", "operator-9"))) == ["witness"]


def test_who_hands_over_asks_himself() -> None:
    assert refusal(Heard().hear(hand("a", "12:00", by="operator-1"))) == "not_yours"


@pytest.mark.parametrize(
    "asked",
    [
        hand("a", "12:00", "operator-7"),
        hand(
            "a", "12:00", "operator-7", by="NTT-0007",
            claims=claims("command_post", post="maulafa", officer="NTT-0007"),
        ),
    ],
)  # fmt: skip
def test_nobody_hands_over_to_himself(asked: Any) -> None:
    assert refusal(Heard().hear(asked)) == "malformed"


@pytest.mark.parametrize("token", [OFFICER, PADAL, claims("command_post", post="oebobo")])
def test_the_watch_is_the_posts(token: Any) -> None:
    assert refusal(Heard().hear(hand("a", "12:00", claims=token))) == "not_yours"
    assert refusal(Heard().hear(answer("a", "12:00", claims=token))) == "not_yours"


def test_a_handover_is_declined_and_not_voided() -> None:
    heard = Heard()
    heard.hear_all(hand("a", "12:00"))
    assert codes(heard.hear(void("v", "12:10", "a/0"))) == ["without_effect"]
