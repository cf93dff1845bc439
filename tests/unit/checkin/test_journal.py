"""The journal tells what the facts say: a history read backwards, what waits, and who said it."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from pamwal.contracts.envelope import Decision, Request
from pamwal.contracts.instants import to_ms
from services.checkin.journal import Journal
from services.checkin.logbook import Logbook
from tests.unit.checkin.said import (
    OPERATION,
    SIKUMANA,
    Heard,
    check_in,
    check_out,
    decision_of,
    incident,
    moment,
    step,
    void,
)


def journal_of(*asked: Request[Any]) -> Journal:
    """A journal of what an operation heard; offsets count from 0."""
    heard, journal = Heard(), Journal()
    for offset, one in enumerate(asked):
        verdict = heard.hear(one)
        if verdict.outcome == "accepted":
            decision: Decision[Any] = Decision(
                specversion="1.0",
                id=f"field/0/{offset}",
                source="/deciders/field/0",
                type="pamwal.decision.v1",
                time=one.recordedat,
                operationid=OPERATION,
                data=decision_of(one, verdict),
            )
            journal.fold(decision, offset)
    return journal


def test_an_incident_is_listed_with_its_latest_state() -> None:
    journal = journal_of(
        incident("a", "01:00"), incident("b", "02:00", incident_id="i-2"), step("c", "01:05", "verified")
    )
    assert [(one.incident_id, one.state, one.version) for one in journal.incidents(OPERATION)] == [
        ("i-2", "reported", 1),
        ("i-1", "verified", 2),
    ]
    assert journal.incidents("another") == []


def test_a_report_is_of_the_day_on_which_it_happened_whatever_day_the_phone_shows() -> None:
    wrong = moment("01:10", "2024-10-04")
    asked = replace(check_in("a", "01:10"), time=wrong, sentat=wrong)
    first_ms, before_ms = to_ms(moment("00:00")), to_ms(moment("23:59"))
    assert journal_of(asked).reports_of(OPERATION, "NTT-0001", first_ms, before_ms) == [0]
    logbook = Logbook()
    verdict = Heard().hear(asked)
    logbook.fold(
        Decision(
            specversion="1.0", id="field/0/7", source="/deciders/field/0", type="pamwal.decision.v1",
            time=asked.recordedat, operationid=OPERATION, data=decision_of(asked, verdict),
        ), 7,
    )  # fmt: skip
    assert [each.offset for each in logbook.at_place(OPERATION, SIKUMANA, first_ms, before_ms)] == [7]
    assert [each.offset for each in logbook.of_post(OPERATION, "maulafa", first_ms, before_ms)] == [7]


def test_a_history_follows_what_took_its_place_late() -> None:
    journal = journal_of(
        incident("r", "01:00"),
        step("u", "01:05", "unfounded"),
        step("a", "01:20", "assigned", post="oebobo"),
        step("v", "01:02", "verified", actor="operator-2"),
        incident("w", "01:01", post="oebobo"),
    )
    found = journal.incident(OPERATION, "i-1", "Asia/Makassar")
    assert found is not None
    assert [(line.state, line.version, line.fact_id, line.postid) for line in found.history] == [
        ("reported", 1, "r/0", "maulafa"),
        ("verified", 3, "v/0", "maulafa"),
        ("assigned", 4, "a/0", "oebobo"),
    ]
    assert found.history[1].author == "operator-2"
    assert [(line.state, line.version, line.fact_id) for line in found.waiting] == [
        ("unfounded", None, "u/0")
    ]
    assert [report.fact_id for report in found.witnesses] == ["w/0"]
    assert (found.state, found.version) == ("assigned", 4)


def test_steps_of_an_incident_nobody_reported_are_no_incident_yet() -> None:
    journal = journal_of(step("a", "01:00", "verified"))
    assert journal.incidents(OPERATION) == []
    assert journal.incident(OPERATION, "i-1", "Asia/Makassar") is None


def test_an_officers_reports_are_found_by_time_in_the_half_open_day() -> None:
    journal = journal_of(
        check_out("c", "09:00"),
        check_in("a", "01:00"),
        check_in("b", "08:00", officer="NTT-0002"),
        void("v", "09:05", "a/0"),
    )
    start, end = to_ms(moment("01:00")), to_ms(moment("09:00"))
    assert journal.reports_of(OPERATION, "NTT-0001", start, end + 1) == [1, 0]
    assert journal.reports_of(OPERATION, "NTT-0001", start, end) == [1]
    assert journal.reports_of(OPERATION, "NTT-0003", start, end) == []
    void_of = journal.void_of(OPERATION, "maulafa", "a/0")
    assert void_of is not None
    assert void_of.cause == "wrong officer ticked"
    assert journal.void_of(OPERATION, "maulafa", "c/0") is None


def test_an_incident_whose_reports_were_taken_back_is_no_incident_any_more() -> None:
    reports = (incident("r", "01:05"), incident("q", "01:00", post="oebobo"), step("s", "01:10", "verified"))
    found = journal_of(*reports, void("v", "01:20", "q/0", post="oebobo")).incident(
        OPERATION, "i-1", "Asia/Makassar"
    )
    assert found is not None
    assert (found.report.fact_id, found.witnesses, found.state) == ("r/0", [], "verified")
    both = (void("v", "01:20", "q/0", post="oebobo"), void("w", "01:20", "r/0"))
    assert journal_of(*reports, *both).incidents(OPERATION) == []
