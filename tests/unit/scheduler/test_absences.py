"""Absences and loans: recorded, amended, ended; who is ordered meanwhile is named and never touched."""

from __future__ import annotations

from typing import Any

import pytest

from pamwal.contracts.envelope import RequestData
from pamwal.contracts.scheduling import LendOfficers, RecallOfficers, WithdrawAbsences
from services.scheduler.deciding import telling
from tests.unit.scheduler.asked import (
    OPERATION,
    Plan,
    absence,
    absences,
    at,
    codes,
    kinds,
    loan,
    order,
    orders,
    planned,
    post_of,
    withdraw,
)


def lend(*loans: Any) -> LendOfficers:
    """Officers lent."""
    return LendOfficers(loans=list(loans))


def record(kind: str, **more: Any) -> RequestData:
    """An absence or a loan of k-1 from 17:00 to 19:00."""
    return absences(absence("x1", **more)) if kind == "absence" else lend(loan("x1", **more))


def end(kind: str, subject: str = "x1") -> RequestData:
    """The end of one."""
    if kind == "absence":
        return WithdrawAbsences(absence_ids=[subject], cause="well again")
    return RecallOfficers(loan_ids=[subject], cause="needed here")


both = pytest.mark.parametrize("kind", ["absence", "loan"])


@both
def test_an_officer_is_not_ordered_into_it_and_is_right_before_and_behind(kind: str) -> None:
    given = planned()

    assert given.must(record(kind)).facts[0].version == 1
    assert given.refused(orders(order("d1", starts="18:59", ends="20:00"))).code == "officer_unavailable"
    assert given.must(orders(order("d1", starts="16:00", ends="17:00"))).facts
    assert given.must(orders(order("d2", starts="19:00", ends="20:00"))).facts


@both
def test_the_same_again_changes_nothing_and_other_hours_are_the_next_version(kind: str) -> None:
    given = planned()
    given.must(record(kind))

    assert codes(given.must(record(kind))) == [("unchanged", "x1")]
    assert given.must(record(kind, ends_at=at("18:00"))).facts[0].version == 2
    assert given.must(orders(order("d1", starts="18:00", ends="20:00"))).facts


@both
def test_live_deployments_meanwhile_are_named_and_not_touched(kind: str) -> None:
    given = planned()
    given.must(orders(order("d1", starts="16:00", ends="17:00"), order("d2", starts="17:00", ends="18:00")))
    given.must(orders(order("d3", starts="18:30", ends="20:00")))

    verdict = given.must(record(kind))

    assert len(verdict.facts) == 1
    assert codes(verdict) == [("deployed_meanwhile", "d2"), ("deployed_meanwhile", "d3")]
    assert all(given.state.deployments[each].live for each in ("d1", "d2", "d3"))


@both
def test_it_ends_once_and_may_begin_again(kind: str) -> None:
    given = planned()
    given.must(record(kind))

    assert given.must(end(kind)).facts[0].version == 2
    assert codes(given.must(end(kind))) == [("unchanged", "x1")]
    assert given.must(orders(order("d1", starts="17:00", ends="18:00"))).facts
    assert given.must(record(kind)).facts[0].version == 3
    assert given.refused(end(kind, "moon")).code == f"unknown_{kind}"


@both
@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"officer_id": "nobody"}, "unknown_officer"),
        ({"ends_at": at("17:00")}, "malformed"),
        ({"ends_at": "2024-11-23T16:00:00.001Z"}, "outside_period"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(kind: str, more: dict[str, Any], code: str) -> None:
    assert planned().refused(record(kind, **more)).code == code


@both
def test_an_id_stays_with_its_officer(kind: str) -> None:
    given = planned()
    given.must(record(kind))

    reason = given.refused(record(kind, officer_id="k-2"))

    assert (reason.code, reason.subject) == ("illegal_transition", "x1")
    assert "k-1" in reason.message


@both
def test_a_withdrawn_officer_has_none(kind: str) -> None:
    given = planned()
    given.must(withdraw("k-1"))

    assert given.refused(record(kind)).code == "unknown_officer"


def test_two_rows_of_one_id_are_malformed() -> None:
    reason = planned().refused(absences(absence(), absence(ends_at=at("18:00"))))

    assert [(row.row, row.code) for row in reason.rows] == [(1, "malformed")]


def test_an_absence_and_a_loan_of_one_id_are_two_things() -> None:
    given = planned()

    assert kinds(given.must(record("absence"))) == ["AbsenceRecorded"]
    assert kinds(given.must(record("loan"))) == ["OfficerLent"]


def test_nobody_is_lent_to_the_operation_itself() -> None:
    assert planned().refused(lend(loan(to_operation=OPERATION))).code == "malformed"


def test_a_post_speaks_of_its_own_officers_and_lends_none() -> None:
    given: Plan = planned()

    assert given.refused(absences(absence()), by=post_of("alak"), post="alak").code == "not_yours"
    assert given.must(absences(absence()), by=post_of("oebobo")).facts
    assert given.refused(end("absence", "a1"), by=post_of("alak"), post="alak").code == "not_yours"
    assert given.must(end("absence", "a1"), by=post_of("oebobo")).facts
    assert given.refused(lend(loan()), by=post_of("oebobo")).code == "not_yours"


def test_so_many_meanwhile_that_a_decision_would_burst_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    given = planned()
    given.must(orders(order("d1", starts="17:00", ends="18:00"), order("d2", starts="18:00", ends="19:00")))
    monkeypatch.setattr(telling, "WARNINGS_MAX", 1)

    verdict = given.must(absences(absence()))

    assert codes(verdict) == [("deployed_meanwhile", "d1"), ("and_more", "d2")]
    assert "1 more are not named" in verdict.warnings[1].message
