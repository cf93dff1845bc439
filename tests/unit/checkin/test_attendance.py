"""Check-in, check-out and void: kept as said, with advice beside them."""

from __future__ import annotations

import msgspec
import pytest

from pamwal.contracts.claims import Claims
from pamwal.contracts.field import CheckedIn, CheckedOut, CheckIn, CheckInSquad, Relieve, Void
from pamwal.contracts.persons import PersonalRef
from pamwal.contracts.places import Point
from tests.unit.checkin.said import (
    OESAPA,
    OPERATION,
    SIKUMANA,
    Heard,
    check_in,
    check_out,
    codes,
    incident,
    moment,
    refusal,
    request,
    step,
    void,
)


def test_a_check_in_becomes_a_fact_that_says_only_what_was_said() -> None:
    data = CheckIn(
        officer_id="NTT-0001",
        place=SIKUMANA,
        method="gps",
        position=Point(latitude=-10.1849876, longitude=123.6070449),
    )
    verdict = Heard().hear(request("a", "01:10", data, sent="01:11", recorded="01:12"))
    assert verdict.facts == [
        CheckedIn(
            id="a/0",
            occurred_at=moment("01:10"),
            sent_at=moment("01:11"),
            recorded_at=moment("01:12"),
            officer_id="NTT-0001",
            place=SIKUMANA,
            method="gps",
            position=Point(latitude=-10.185, longitude=123.607),
        )
    ]
    assert verdict.warnings == []


def test_a_position_of_almost_zero_has_no_sign() -> None:
    data = CheckIn(
        officer_id="NTT-0001", place=SIKUMANA, method="gps", position=Point(latitude=-1e-9, longitude=-0.0)
    )
    [fact] = Heard().hear(request("a", "01:10", data)).facts
    assert msgspec.json.encode(fact.position) == b'{"latitude":0.0,"longitude":0.0}'


@pytest.mark.parametrize(
    ("clock", "expected"),
    [("00:59:59", []), ("01:00", ["witness"]), ("01:20", ["witness"]), ("01:20:01", [])],
)
def test_another_report_of_the_same_within_ten_minutes_is_a_witness(clock: str, expected: list[str]) -> None:
    heard = Heard()
    heard.hear_all(check_in("a", "01:10"))
    verdict = heard.hear(check_in("b", clock, post="oebobo"))
    assert codes(verdict) == expected
    assert len(verdict.facts) == 1
    assert [warning.subject for warning in verdict.warnings] == ["a/0"] * len(expected)


def test_another_officer_place_or_kind_is_no_witness() -> None:
    heard = Heard()
    heard.hear_all(check_in("a", "01:10"))
    assert codes(heard.hear(check_in("b", "01:10", officer="NTT-0002"))) == []
    assert codes(heard.hear(check_in("c", "01:10", place=OESAPA))) == []
    assert codes(heard.hear(check_out("d", "01:11"))) == []


def test_ids_that_differ_in_case_only_are_one_officer() -> None:
    own = Claims(role="officer", operation=OPERATION, mode="exercise", post="maulafa", officer="ntt-0001")
    heard = Heard()
    heard.hear_all(check_in("a", "01:10"))
    again = heard.hear(check_in("b", "01:11", officer="ntt-0001"))
    assert (codes(again), again.facts[0].officer_id) == (["witness"], "ntt-0001"), "kept as it was said"
    heard.hear_all(void("v", "01:12", "a/0", claims=own))
    assert codes(heard.hear(check_in("c", "01:15"))) == ["witness"], "of b, which stands"
    heard.hear_all(void("w", "01:12", "b/0", claims=own), check_in("d", "01:16", claims=own))
    squad = CheckInSquad(place=SIKUMANA, method="manual", present=["NTT-0001", "ntt-0001"])
    assert refusal(heard.hear(request("e", "01:17", squad))) == "malformed"
    both = Relieve(officer_id="NTT-0001", relieved_by="ntt-0001", place=SIKUMANA, method="manual")
    assert refusal(heard.hear(request("f", "01:17", both))) == "malformed"


def test_who_was_seen_when_goes_by_the_corrected_clock() -> None:
    """The radio says 01:10; a phone an hour behind shows 00:15 at 01:15, and its check-out 08:00 at 09:00."""
    heard = Heard()
    heard.hear_all(check_in("a", "01:10"))
    late = heard.hear(check_in("b", "00:15", sent="00:15", recorded="01:15"))
    assert "witness" in codes(late)
    assert "early" not in codes(heard.hear(check_out("c", "00:30", sent="00:30", recorded="01:30")))


def test_a_paper_lists_time_joins_the_only_check_in_of_the_shift() -> None:
    heard = Heard()
    heard.hear_all(check_in("a", "01:10"))
    data = CheckIn(officer_id="NTT-0001", place=SIKUMANA, method="paper", precision="list")
    assert codes(heard.hear(request("b", "05:00", data))) == ["witness"]


def test_a_check_out_without_a_check_in_is_early_and_kept() -> None:
    heard = Heard()
    verdict = heard.hear(check_out("a", "05:00"))
    assert (codes(verdict), len(verdict.facts)) == (["early"], 1)
    assert isinstance(verdict.facts[0], CheckedOut)
    heard.hear_all(check_in("b", "01:10"))
    assert codes(heard.hear(check_out("c", "06:00"))) == ["early"], "the check-out of 05:00 lies between"
    assert codes(heard.hear(check_out("d", "04:00"))) == []


def test_a_check_in_elsewhere_or_days_ago_does_not_make_a_check_out_expected() -> None:
    heard = Heard()
    heard.hear_all(check_in("a", "01:10", place=OESAPA))
    assert codes(heard.hear(check_out("b", "02:00"))) == ["early"]
    later = msgspec.structs.replace(
        check_out("c", "02:00", place=OESAPA),
        time=moment("01:11", day="2024-10-04"),
        recordedat=moment("01:11", day="2024-10-04"),
    )
    assert codes(heard.hear(later)) == ["early"]


def test_a_voided_report_is_no_witness_and_no_predecessor() -> None:
    heard = Heard()
    heard.hear_all(check_in("a", "01:10"), void("v", "01:12", "a/0"))
    assert codes(heard.hear(check_out("c", "03:00"))) == ["early"]
    assert codes(heard.hear(check_in("b", "01:11"))) == []


def test_a_void_says_why_by_a_reference_and_is_refused_if_it_does_not() -> None:
    heard, why = Heard(), PersonalRef(ref="5b1c", digest="0" * 64)
    apart = msgspec.structs.replace(void("v", "01:12", "a/0"), data=Void(observation="a/0", cause_ref=why))
    [fact] = heard.hear(apart).facts
    assert (fact.cause, fact.cause_ref) == (None, why)
    silent = msgspec.structs.replace(void("w", "01:12", "a/0"), data=Void(observation="a/0"))
    assert refusal(heard.hear(silent)) == "malformed"


def test_a_void_names_its_author_and_may_come_first() -> None:
    heard = Heard()
    verdict = heard.hear(void("v", "01:12", "a/0", actor="operator-9"))
    assert codes(verdict) == ["early"]
    [fact] = verdict.facts
    assert (fact.observation, fact.cause, fact.author) == ("a/0", "wrong officer ticked", "operator-9")
    assert codes(heard.hear(check_in("a", "01:10"))) == ["voided"]
    assert codes(heard.hear(void("w", "01:13", "a/0"))) == ["witness"]


def test_only_the_post_that_said_it_or_the_head_of_operations_takes_it_back() -> None:
    heard = Heard()
    heard.hear_all(check_in("a", "01:10", post="maulafa"))
    assert refusal(heard.hear(void("v", "01:12", "a/0", post="oebobo"))) == "not_yours"
    head = Claims(role="ops_head", operation=OPERATION, mode="exercise")
    heard.hear_all(void("w", "01:13", "a/0", post="oebobo", claims=head))


def test_an_officer_takes_back_his_own_reports_only() -> None:
    own = Claims(role="officer", operation=OPERATION, mode="exercise", post="maulafa", officer="NTT-0001")
    heard = Heard()
    heard.hear_all(check_in("a", "01:10"), check_in("b", "01:10", officer="NTT-0002"))
    assert refusal(heard.hear(void("v", "01:12", "b/0", claims=own))) == "not_yours"
    heard.hear_all(void("w", "01:12", "a/0", claims=own))


def test_ids_are_a_posts_own_and_so_are_its_voids() -> None:
    heard = Heard()
    heard.hear_all(check_in("a", "01:10", post="maulafa"), check_in("a", "01:12", post="oebobo"))
    assert heard.state.posts_of("a/0") == {"maulafa", "oebobo"}
    [fact] = heard.hear(void("v", "01:15", "a/0", post="oebobo")).facts
    assert fact.postid == "oebobo"
    assert heard.state.is_void("a/0", "oebobo")
    assert not heard.state.is_void("a/0", "maulafa")
    assert refusal(heard.hear(void("w", "01:15", "a/0", post="alak"))) == "not_yours"


def test_a_void_that_comes_first_takes_back_only_what_its_own_post_will_say() -> None:
    heard = Heard()
    heard.hear_all(void("v", "01:00", "a/0", post="oebobo"))
    assert codes(heard.hear(check_in("a", "01:10", post="maulafa"))) == []
    assert codes(heard.hear(check_in("a", "03:10", post="oebobo"))) == ["voided"]


def test_the_head_of_operations_takes_back_whoevers_it_is() -> None:
    head = Claims(role="ops_head", operation=OPERATION, mode="exercise")
    heard = Heard()
    [fact] = heard.hear(void("v", "01:00", "a/0", post="oebobo", claims=head)).facts
    assert fact.postid is None
    assert codes(heard.hear(check_in("a", "01:10", post="maulafa"))) == ["voided"]


def test_a_void_of_an_incidents_report_counts_and_of_a_step_does_not() -> None:
    heard = Heard()
    heard.hear_all(incident("r", "01:00"), step("s", "01:01", "verified"))
    assert codes(heard.hear(void("v", "01:02", "r/0"))) == []
    assert codes(heard.hear(void("w", "01:02", "s/0"))) == ["without_effect"]
