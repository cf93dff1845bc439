"""Ids are a post's own: what one post takes back or says under an id leaves another's alone."""

from __future__ import annotations

from typing import Any

from pamwal.contracts.claims import Claims
from pamwal.contracts.field import AckPoll, CallRoll, ClosePost, EndRally, StartPoll, StartRally, Void
from tests.unit.checkin.said import (
    OPERATION,
    SIKUMANA,
    Heard,
    check_in,
    check_out,
    codes,
    refusal,
    request,
    void,
)


def officer(officer_id: str, post: str = "maulafa") -> Claims:
    """An officer's token."""
    return Claims(role="officer", operation=OPERATION, mode="exercise", post=post, officer=officer_id)


HEAD = Claims(role="ops_head", operation=OPERATION, mode="exercise")


def take_back(identity: str, observation: str, *, of: str | None = None, **more: Any) -> Any:
    """A void that may say whose observation it means."""
    return request(identity, "01:20", Void(observation=observation, cause="twice", post=of), **more)


def roll(identity: str, clock: str, **more: Any) -> Any:
    return request(identity, clock, CallRoll(unit="Sektor", present=["NTT-0009"]), **more)


def test_a_check_in_stands_as_witness_and_predecessor_where_another_post_took_its_own_back() -> None:
    heard = Heard()
    heard.hear_all(
        check_in("a", "01:10", post="maulafa"),
        check_in("a", "01:10", officer="NTT-0002", post="oebobo"),
        void("v", "01:12", "a/0", post="oebobo"),
    )
    assert codes(heard.hear(check_in("b", "01:11"))) == ["witness"]
    assert codes(heard.hear(check_out("c", "03:00"))) == []
    assert codes(heard.hear(check_out("d", "03:00", officer="NTT-0002", post="oebobo"))) == ["early"]


def test_a_rally_is_known_to_have_begun_where_another_post_took_its_own_report_back() -> None:
    heard = Heard()
    heard.hear_all(
        request("a", "01:00", StartRally(rally_id="r"), post="maulafa"),
        roll("a", "01:00", post="oebobo"),
        void("v", "01:12", "a/0", post="oebobo"),
    )
    assert codes(heard.hear(request("b", "03:00", EndRally(rally_id="r")))) == []


def test_an_answer_stands_where_another_post_took_its_own_back() -> None:
    heard = Heard()
    heard.hear_all(
        request("p", "05:00", StartPoll(poll_id="par-1", window_min=15, place=SIKUMANA)),
        request("a", "05:01", AckPoll(poll_id="par-1", officer_id="NTT-0001"), post="maulafa"),
        request("a", "05:01", AckPoll(poll_id="par-1", officer_id="NTT-0002"), post="oebobo"),
        void("v", "05:02", "a/0", post="oebobo"),
    )
    again = request("b", "05:03", AckPoll(poll_id="par-1", officer_id="NTT-0001"))
    assert codes(heard.hear(again)) == ["witness"]
    other = request("c", "05:03", AckPoll(poll_id="par-1", officer_id="NTT-0002"))
    assert codes(heard.hear(other)) == []


def test_an_officer_takes_back_the_report_of_him_and_not_what_another_post_said_under_its_id() -> None:
    heard = Heard()
    heard.hear_all(
        check_in("a", "01:10", post="maulafa"), check_in("a", "01:10", officer="NTT-0002", post="alak")
    )
    [fact] = heard.hear(void("v", "01:12", "a/0", post="alak", claims=officer("NTT-0001", "alak"))).facts
    assert fact.postid == "maulafa"
    assert not heard.state.is_void("a/0", "alak")


def test_a_closing_counts_a_posts_own_reports_by_its_own_voids() -> None:
    heard = Heard()
    heard.hear_all(
        check_in("a", "01:10", post="maulafa"),
        check_out("b", "02:00", post="maulafa"),
        roll("b", "02:00", post="oebobo"),
        void("v", "02:10", "b/0", post="maulafa"),
    )
    [fact] = heard.hear(request("c", "13:00", ClosePost(day="2024-10-03"))).facts
    assert fact.open.officers == ["NTT-0001"], "he was not seen going after all"


def test_the_head_of_operations_names_whose_observation_he_means_where_two_posts_used_the_id() -> None:
    heard = Heard()
    heard.hear_all(
        check_in("a", "01:10", post="maulafa"), check_in("a", "01:10", officer="NTT-0002", post="alak")
    )
    named = heard.hear(take_back("v", "a/0", post="alak", claims=HEAD, of="maulafa"))
    assert (named.facts[0].postid, codes(named)) == ("maulafa", [])
    assert not heard.state.is_void("a/0", "alak")
    every = heard.hear(take_back("w", "a/0", post="alak", claims=HEAD))
    assert (every.facts[0].postid, codes(every)) == (None, ["ambiguous"])
    assert "alak, maulafa" in every.warnings[0].message


def test_a_post_names_no_other_post_as_whose_observation_it_takes_back() -> None:
    heard = Heard()
    heard.hear_all(
        check_in("a", "01:10", post="maulafa"), check_in("a", "01:10", officer="NTT-0002", post="alak")
    )
    assert refusal(heard.hear(take_back("v", "a/0", post="alak", of="maulafa"))) == "not_yours"
    own = heard.hear(take_back("w", "a/0", post="alak", of="alak"))
    assert (own.facts[0].postid, codes(own)) == ("alak", [])


def test_an_officers_early_void_takes_back_what_is_of_himself_and_nobody_elses() -> None:
    """In the other order it would be refused: the id says nothing of whom the report is of."""
    heard = Heard()
    early = heard.hear(void("v", "01:05", "a/0", post="alak", claims=officer("NTT-0001", "alak")))
    assert (codes(early), early.facts[0].officer_id) == (["early"], "NTT-0001")
    other = heard.hear(check_in("a", "01:10", officer="NTT-0002", post="alak"))
    assert codes(other) == [], "it stands"
    assert codes(heard.hear(check_out("b", "02:00", officer="NTT-0002", post="alak"))) == []
    assert (
        refusal(heard.hear(void("w", "01:12", "a/0", post="alak", claims=officer("NTT-0001", "alak"))))
        == "not_yours"
    )


def test_an_officers_early_void_of_his_own_report_wins_when_that_comes() -> None:
    heard = Heard()
    heard.hear(void("v", "01:05", "a/0", post="alak", claims=officer("NTT-0001", "alak")))
    assert codes(heard.hear(check_in("a", "01:10", post="alak"))) == ["voided"]


def test_an_officers_early_void_is_of_no_roll_call_and_no_incident() -> None:
    heard = Heard()
    heard.hear(void("v", "01:05", "a/0", claims=officer("NTT-0001")))
    assert codes(heard.hear(roll("a", "01:10"))) == []
    assert not heard.state.is_void("a/0", "maulafa")


def test_a_token_of_an_officer_who_is_not_named_takes_nothing_back() -> None:
    nobody = Claims(role="officer", operation=OPERATION, mode="exercise", post="maulafa")
    assert refusal(Heard().hear(void("v", "01:05", "a/0", claims=nobody))) == "not_yours"
