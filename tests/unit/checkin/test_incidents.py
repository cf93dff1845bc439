"""Incidents: a step waits for its predecessor, and a late one takes its place."""

from __future__ import annotations

from typing import Any

import pytest

from pamwal.contracts.field import (
    IncidentAdvanced,
    IncidentReported,
    IncidentStep,
    IncidentStepHeld,
    IncidentWitnessed,
)
from services.checkin.deciding.incident_life import STEPS_MAX
from tests.unit.checkin.said import Heard, codes, incident, moment, refusal, step


def taken(heard: Heard) -> list[tuple[int, str, str]]:
    return [(line.version, line.state, line.step_id) for line in heard.state.incidents["i-1"].history]


def advanced(facts: list[Any]) -> list[tuple[int, str, str | None, int | None]]:
    return [(f.version, f.state, f.of, f.after) for f in facts if isinstance(f, IncidentAdvanced)]


def test_an_incident_lives_from_report_to_close() -> None:
    heard = Heard()
    names: tuple[IncidentStep, ...] = (
        "verified",
        "assigned",
        "on_scene",
        "contained",
        "closed",
        "reopened",
        "assigned",
    )
    heard.hear_all(
        incident("r", "01:00"),
        *(step(f"s{n}", f"01:0{n}", name) for n, name in enumerate(names, start=1)),
    )
    assert isinstance(heard.facts[0], IncidentReported)
    assert heard.facts[0].version == 1
    assert advanced(heard.facts) == [(n, name, None, None) for n, name in enumerate(names, start=2)]


def test_steps_are_taken_by_the_corrected_clock_and_not_by_what_a_phone_shows() -> None:
    """The phone that says it was contained is an hour behind: its 00:20 was 01:20."""
    heard = Heard()
    heard.hear_all(
        incident("r", "01:00"),
        step("a", "01:05", "verified"),
        step("b", "01:10", "assigned"),
        step("c", "01:15", "on_scene"),
        step("d", "00:20", "contained", sent="00:20", recorded="01:20"),
        step("e", "01:30", "closed"),
        step("f", "01:40", "reopened"),
        step("g", "01:45", "assigned"),
        step("h", "01:50", "on_scene"),
    )
    assert heard.state.incidents["i-1"].state == "on_scene", "its 00:20 is no step of the second life"
    assert [state for _, state, _ in taken(heard)][4:6] == ["contained", "closed"]
    late = heard.hear(step("i", "00:55", "contained", sent="00:55", recorded="01:55"))
    assert [(fact.state, fact.after) for fact in late.facts] == [("contained", None)]


def test_who_names_a_version_is_not_refused_for_a_clock_that_is_behind() -> None:
    heard = Heard()
    heard.hear_all(incident("r", "01:00"), step("a", "01:05", "verified"))
    verdict = heard.hear(step("b", "00:10", "assigned", expected=2, sent="00:10", recorded="01:10"))
    assert refusal(verdict) is None


def test_a_second_report_is_a_witness_and_no_second_incident() -> None:
    heard = Heard()
    heard.hear_all(incident("r", "01:00", actor="operator-1"))
    verdict = heard.hear(incident("q", "01:02", post="oebobo", actor="operator-2"))
    [fact] = verdict.facts
    assert isinstance(fact, IncidentWitnessed)
    assert (fact.author, codes(verdict), verdict.warnings[0].subject) == ("operator-2", ["witness"], "r/0")
    assert taken(heard) == [(1, "reported", "r/0")]


def test_a_step_before_its_predecessor_waits_and_then_takes_its_place() -> None:
    heard = Heard()
    early = heard.hear(step("b", "01:02", "assigned", actor="operator-2"))
    assert (codes(early), type(early.facts[0])) == (["early"], IncidentStepHeld)
    [told] = early.warnings
    assert (told.subject, told.message) == (
        "i-1", "incident i-1 was not reported yet; this is kept and counts once it is",
    )  # fmt: skip
    assert "mistyped" in (told.possible or "")
    verdict = heard.hear_all(incident("r", "01:00"), step("a", "01:01", "verified"))[1]
    assert verdict.facts[0].id == "a/0"
    settled = verdict.facts[1]
    assert (settled.id, settled.of, settled.version) == ("a/1", "b/0", 3)
    assert (settled.occurred_at, settled.author) == (moment("01:02"), "operator-2")
    assert taken(heard) == [(1, "reported", "r/0"), (2, "verified", "a/0"), (3, "assigned", "b/0")]


def test_steps_before_the_report_settle_with_it() -> None:
    heard = Heard()
    heard.hear_all(step("b", "01:02", "assigned"), step("a", "01:01", "verified"))
    verdict = heard.hear(incident("r", "01:03"))
    assert [fact.id for fact in verdict.facts] == ["r/0", "r/1", "r/2"]
    assert advanced(verdict.facts) == [(2, "verified", "a/0", None), (3, "assigned", "b/0", None)]


def test_a_skewed_clock_does_not_keep_a_step_from_its_place() -> None:
    heard = Heard()
    heard.hear_all(incident("r", "01:00"), step("v", "01:05", "verified"), step("a", "01:04", "assigned"))
    assert [state for _, state, _ in taken(heard)] == ["reported", "verified", "assigned"]


def test_a_late_step_that_came_first_in_time_takes_its_place() -> None:
    """Unfounded at 01:05; then a post comes home that verified at 01:02: that is taken instead."""
    heard = Heard()
    heard.hear_all(incident("r", "01:00"), step("u", "01:05", "unfounded"), step("c", "01:30", "closed"))
    verdict = heard.hear(step("v", "01:02", "verified"))
    assert advanced(verdict.facts) == [(4, "verified", None, 1)]
    assert taken(heard) == [(1, "reported", "r/0"), (4, "verified", "v/0")]
    heard.hear_all(step("a", "01:10", "assigned"))
    assert taken(heard)[-1] == (5, "assigned", "a/0")


def test_a_late_step_replays_those_that_follow_it() -> None:
    heard = Heard()
    heard.hear_all(incident("r", "01:00"), step("v2", "01:05", "verified"), step("a", "01:10", "assigned"))
    verdict = heard.hear(step("v1", "01:01", "verified"))
    assert advanced(verdict.facts) == [(4, "verified", None, 1), (5, "assigned", "a/0", None)]
    assert taken(heard) == [(1, "reported", "r/0"), (4, "verified", "v1/0"), (5, "assigned", "a/0")]


def test_a_second_witness_of_a_step_does_not_run_ahead_after_a_reopening() -> None:
    heard = Heard()
    names: tuple[IncidentStep, ...] = ("verified", "assigned", "on_scene", "contained", "closed")
    heard.hear_all(
        incident("r", "01:00"), *(step(f"s{n}", f"01:0{n}", name) for n, name in enumerate(names, start=1))
    )
    assert codes(heard.hear(step("w", "01:03:30", "assigned"))) == ["witness"]
    heard.hear_all(step("o", "02:00", "reopened"))
    assert taken(heard)[-1][1] == "reopened"


def test_only_who_names_a_version_can_be_refused() -> None:
    heard = Heard()
    assert refusal(heard.hear(step("x", "01:00", "verified", expected=1))) == "illegal_transition"
    heard.hear_all(incident("r", "01:00"))
    verdict = heard.hear(step("x", "01:01", "closed", expected=1))
    assert refusal(verdict) == "illegal_transition"
    assert verdict.reason is not None
    assert verdict.reason.possible == "verified, unfounded"
    assert refusal(heard.hear(step("x", "01:01", "closed"))) is None
    heard.hear_all(step("v", "01:01", "verified", expected=1))
    assert refusal(heard.hear(step("y", "01:02", "unfounded", expected=1))) == "stale"
    assert refusal(heard.hear(step("y", "01:02", "assigned", expected=3))) == "stale"
    assert refusal(heard.hear(step("z", "01:02", "assigned", expected=2))) is None


def test_who_names_a_version_cannot_slip_in_before_it() -> None:
    heard = Heard()
    heard.hear_all(incident("r", "01:00"), step("u", "01:05", "unfounded"), step("o", "01:10", "reopened"))
    verdict = heard.hear(step("v", "01:04", "verified", expected=3))
    assert refusal(verdict) == "illegal_transition"


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_steps_of_one_moment_are_taken_by_id(order: str) -> None:
    heard = Heard()
    asked = {"a": step("a", "01:01", "verified"), "b": step("b", "01:01", "unfounded")}
    heard.hear_all(incident("r", "01:00"), *(asked[name] for name in order))
    assert [state for _, state, _ in taken(heard)] == ["reported", "verified"]


def test_beyond_a_hundred_steps_a_late_one_is_kept_and_tells_nothing_again() -> None:
    heard = Heard()
    heard.hear_all(incident("r", "01:00"))
    names: tuple[IncidentStep, IncidentStep] = ("unfounded", "reopened")
    for number in range(STEPS_MAX - 1):
        heard.hear_all(step(f"s{number}", f"03:{number // 60:02d}:{number % 60:02d}", names[number % 2]))
    late = heard.hear(step("l1", "02:00", "unfounded"))
    assert len(late.facts) == STEPS_MAX - 1, (
        "the hundredth takes the place of the first and tells the rest again"
    )
    crowded = heard.hear(step("l2", "01:59", "unfounded"))
    assert (codes(crowded), [type(fact) for fact in crowded.facts]) == (["crowded"], [IncidentStepHeld])
    following = heard.hear(step("n", "04:00", "reopened"))
    assert [type(fact) for fact in following.facts] == [IncidentAdvanced]
    assert heard.state.incidents["i-1"].state == "reopened"
    assert len(heard.hear(step("l3", "01:58", "unfounded")).facts) == 1


def test_a_step_under_an_id_that_another_post_used_for_this_incident_is_refused() -> None:
    heard = Heard()
    heard.hear_all(incident("r", "01:00"), step("s", "01:05", "verified"))
    assert refusal(heard.hear(step("s", "01:04", "unfounded", post="oebobo"))) == "key_reused"
    assert refusal(heard.hear(step("s", "01:04", "unfounded", "i-2", post="oebobo"))) is None
