"""What is said of an incident beside its steps: the latest word counts, and nothing is lost."""

from __future__ import annotations

from typing import Any

import pytest

from pamwal.contracts.claims import Claims
from pamwal.contracts.field import Casualties, IncidentAmended, Location
from pamwal.contracts.places import Point
from tests.unit.checkin.details import amend, attach, escalate, merge, read, unmerge
from tests.unit.checkin.said import OPERATION, Heard, codes, incident, refusal, step, void

OFFICER = Claims(role="officer", operation=OPERATION, mode="exercise", post="maulafa", officer="NTT-0001")
THREE = [incident(f"r{n}", f"01:0{n}", f"i-{n}") for n in (1, 2, 3)]


def test_of_each_field_the_latest_word_counts() -> None:
    stand = read(
        incident("r", "01:00"),
        amend("late", "01:30", severity="severe", casualties=Casualties(injured=2)),
        amend("early", "01:10", severity="minor", kind="fire", post="oebobo"),
    ).stands()["i-1"]
    assert (stand.severity, stand.kind, stand.casualties) == ("severe", "fire", Casualties(injured=2))
    assert stand.location == Location(kelurahan="53.71.02.1008")


def test_a_clock_far_ahead_does_not_have_the_last_word_for_ever() -> None:
    stand = read(
        incident("r", "01:00"),
        amend("ahead", "09:00", recorded="01:10", severity="extreme"),
        amend("after", "01:20", severity="minor"),
    ).stands()["i-1"]
    assert stand.severity == "minor"


def test_a_place_is_amended_as_a_whole_and_its_point_is_rounded() -> None:
    point = Point(latitude=-10.123456, longitude=123.654321)
    place = Location(kelurahan="53.71.02.1001", position=point)
    [verdict] = Heard().hear_all(amend("a", "01:10", location=place))
    assert verdict.facts[0].location == Location(kelurahan="53.71.02.1001", position=point.rounded())


def test_what_was_said_before_the_report_holds_once_it_is_reported() -> None:
    heard = Heard()
    early = heard.hear(amend("a", "01:10", pairs=["walikota/1"]))
    assert (codes(early), early.facts[0].version) == (["early"], None)
    heard.hear_all(incident("r", "01:00"))
    assert read(amend("a", "01:10", pairs=["walikota/1"]), incident("r", "01:00")).stands()["i-1"].pairs == [
        "walikota/1"
    ]


def test_versions_are_dense_over_steps_and_words() -> None:
    heard = Heard()
    heard.hear_all(
        incident("r", "01:00"),
        amend("a", "01:10", severity="severe"),
        step("v", "01:05", "verified"),
        escalate("e", "01:20"),
        step("s", "01:21", "assigned"),
    )
    assert [fact.version for fact in heard.facts] == [1, 2, 3, 4, 5]
    assert [getattr(fact, "after", None) for fact in heard.facts] == [None, None, 1, None, 3]
    assert [line.state for line in heard.state.incidents["i-1"].history] == [
        "reported", "verified", "assigned",
    ]  # fmt: skip


def test_who_names_a_version_is_told_what_has_changed() -> None:
    heard = Heard()
    assert refusal(heard.hear(amend("x", "01:00", severity="minor", expected_version=1))) == (
        "illegal_transition"
    )
    heard.hear_all(incident("r", "01:00"), amend("a", "01:10", severity="minor", expected_version=1))
    stale = heard.hear(amend("b", "01:11", severity="severe", expected_version=1, post="oebobo"))
    assert refusal(stale) == "stale"
    assert refusal(heard.hear(step("v", "01:12", "verified", expected=1))) == "stale"
    assert refusal(heard.hear(step("v", "01:12", "verified", expected=2))) is None
    before = heard.hear(escalate("e", "01:09", expected=3))
    assert refusal(before) == "illegal_transition"
    assert refusal(heard.hear(escalate("e", "01:15", expected=3))) is None


def test_the_latest_of_step_and_amendment_says_who_is_to_see_to_it() -> None:
    assigned = [
        incident("r", "01:00"),
        step("v", "01:05", "verified"),
        step("s", "01:10", "assigned", assignee="officer/NTT-0001"),
    ]
    assert read(*assigned).stands()["i-1"].assignees == ["officer/NTT-0001"]
    both = ["officer/NTT-0002", "post/oebobo"]
    amended = amend("a", "01:20", assignees=both)
    for order in ([*assigned, amended], [amended, *assigned]):
        assert read(*order).stands()["i-1"].assignees == both
    before = amend("a", "01:08", assignees=both)
    assert read(*assigned, before).stands()["i-1"].assignees == ["officer/NTT-0001"]
    nobody = amend("b", "01:30", assignees=[])
    assert read(*assigned, nobody, amended).stands()["i-1"].assignees == []


def test_what_was_amended_attached_or_handed_up_is_taken_back_by_a_void() -> None:
    said = [
        incident("r", "01:00"),
        amend("a", "01:10", severity="severe"),
        escalate("e", "01:10", "agency/polda-ntt"),
        attach("f", "01:10"),
    ]
    stand = read(*said).stands()["i-1"]
    assert (stand.severity, stand.escalated_to, len(stand.attached)) == ("severe", "agency/polda-ntt", 1)
    back = [void(f"v{name}", "01:20", f"{name}/0") for name in "aef"]
    for order in ([*said, *back], [*back, *said]):
        stand = read(*order).stands()["i-1"]
        assert (stand.severity, stand.escalated_to, stand.attached) == ("moderate", None, [])


def test_a_void_before_what_it_names_is_told() -> None:
    heard = Heard()
    heard.hear_all(incident("r", "01:00"), void("v", "01:20", "a/0"))
    assert codes(heard.hear(amend("a", "01:10", severity="severe"))) == ["voided"]


def test_the_same_file_is_attached_once() -> None:
    stand = read(incident("r", "01:00"), attach("a", "01:10"), attach("b", "01:11", post="oebobo")).stands()
    assert [told.fact.id for told in stand["i-1"].attached] == ["a/0"]


def test_of_what_nobody_amended_the_first_report_that_counts_casualties_tells_them() -> None:
    first, second = incident("r", "01:00"), incident("w", "01:01", post="oebobo")
    harmed = type(second.data)(
        incident_id="i-1", kind="fire", severity="minor", kelurahan="53.71.02.1001",
        casualties=Casualties(dead=1),
    )  # fmt: skip
    stand = read(first, type(second)(**{**_fields(second), "data": harmed})).stands()["i-1"]
    assert (stand.kind, stand.casualties) == ("crowd_clash", Casualties(dead=1))


def _fields(of: Any) -> dict[str, Any]:
    return {name: getattr(of, name) for name in of.__struct_fields__}


# --- merges


def test_a_merge_is_undone_and_both_are_as_they_were() -> None:
    said = [*THREE, step("v", "01:10", "verified", "i-2"), amend("a", "01:11", "i-2", severity="minor")]
    before = read(*said).stands()
    merged = read(*said, merge("m", "01:20", "i-2", "i-1"))
    assert merged.duplicates() == {"i-2": "i-1"}
    apart = read(*said, merge("m", "01:20", "i-2", "i-1"), unmerge("u", "01:30", "i-2"))
    assert apart.duplicates() == {}
    assert merged.stands() == apart.stands() == before


@pytest.mark.parametrize("first", [0, 1, 2])
def test_a_chain_leads_to_its_last_incident(first: int) -> None:
    said = [merge("m1", "01:20", "i-1", "i-2"), merge("m2", "01:10", "i-2", "i-3")]
    order = [*said[first:], *THREE, *said[:first]]
    assert read(*order).duplicates() == {"i-1": "i-3", "i-2": "i-3"}


def test_in_a_circle_the_latest_word_does_not_count() -> None:
    circle = [
        merge("m1", "01:20", "i-1", "i-2"),
        merge("m2", "01:22", "i-2", "i-3"),
        merge("m3", "01:21", "i-3", "i-1"),
    ]
    for order in (circle, circle[::-1]):
        assert read(*THREE, *order).duplicates() == {"i-1": "i-2", "i-3": "i-2"}
    heard = Heard()
    heard.hear_all(*THREE, *circle[:2])
    assert codes(heard.hear(circle[2])) == ["circular"]


def test_one_whose_original_was_taken_back_counts_itself() -> None:
    taken_back = void("v", "01:30", "r1/0")
    assert read(*THREE, merge("m", "01:20", "i-2", "i-1"), taken_back).duplicates() == {}
    through = [merge("m1", "01:20", "i-2", "i-1"), merge("m2", "01:20", "i-1", "i-3"), taken_back]
    assert read(*THREE, *through).duplicates() == {"i-2": "i-3"}


def test_an_original_that_is_not_reported_yet_counts_once_it_is() -> None:
    said = [THREE[1], merge("m", "01:20", "i-2", "i-1")]
    assert read(*said).duplicates() == {}
    assert read(*said, THREE[0]).duplicates() == {"i-2": "i-1"}


def test_who_names_a_version_makes_no_circle_and_merges_into_nothing_unknown() -> None:
    heard = Heard()
    heard.hear_all(*THREE)
    assert refusal(heard.hear(merge("m", "01:20", "i-1", "i-9", expected=1))) == "illegal_transition"
    assert refusal(heard.hear(merge("m1", "01:20", "i-1", "i-2", expected=1))) is None
    circular = heard.hear(merge("m2", "01:21", "i-2", "i-1", expected=1))
    assert refusal(circular) == "illegal_transition"
    assert refusal(heard.hear(unmerge("u", "01:22", "i-1", expected=2))) is None
    assert refusal(heard.hear(merge("m3", "01:23", "i-2", "i-1", expected=1))) is None


def test_an_incident_is_no_duplicate_of_itself_and_an_empty_amendment_says_nothing() -> None:
    assert refusal(Heard().hear(merge("m", "01:20", "i-1", "i-1"))) == "malformed"
    assert refusal(Heard().hear(amend("a", "01:20"))) == "malformed"


def test_a_void_of_a_merge_is_told_to_do_nothing() -> None:
    heard = Heard()
    heard.hear_all(*THREE, merge("m", "01:20", "i-2", "i-1"))
    assert codes(heard.hear(void("v", "01:30", "m/0"))) == ["without_effect"]


# --- who may say it


@pytest.mark.parametrize(
    ("asked", "allowed"),
    [
        (amend("a", "01:10", severity="severe", claims=OFFICER), True),
        (attach("a", "01:10", claims=OFFICER), True),
        (amend("a", "01:10", assignees=["officer/NTT-0001"], claims=OFFICER), False),
        (escalate("a", "01:10", claims=OFFICER), False),
        (merge("a", "01:10", "i-1", "i-2", claims=OFFICER), False),
        (unmerge("a", "01:10", "i-1", claims=OFFICER), False),
        (escalate("a", "01:10", claims=Claims(role="viewer", operation=OPERATION, mode="exercise")), False),
    ],
)
def test_an_officer_says_what_he_sees_and_the_rest_is_the_posts(asked: Any, allowed: bool) -> None:
    assert refusal(Heard().hear(asked)) == (None if allowed else "not_yours")


def test_the_fact_says_what_the_request_said() -> None:
    [verdict] = Heard().hear_all(amend("a", "01:10", severity="severe", actor="operator-2"))
    [fact] = verdict.facts
    assert isinstance(fact, IncidentAmended)
    assert (fact.id, fact.author, fact.severity, fact.kind) == ("a/0", "operator-2", "severe", None)
