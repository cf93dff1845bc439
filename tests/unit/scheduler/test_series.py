"""Rallies that recur: which days an RRULE means, in the operation's local time, and all of them or none."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pamwal.contracts.scheduling import CloseDay, PlanSeries
from tests.unit.scheduler.asked import at, cancel_rally, codes, move, opened, plan

THURSDAYS = "FREQ=WEEKLY;BYDAY=TH;UNTIL=20241024"


def series(recurrence: str = THURSDAYS, *, series_id: str = "s1", **more: Any) -> PlanSeries:
    """A meeting on Thursday 3 October from 16:00 to 20:00 and again."""
    except_days = more.pop("except_days", [])
    first = plan("not-looked-at", **more)
    return PlanSeries(series_id=series_id, first=first, recurrence=recurrence, except_days=except_days)


def days(data: PlanSeries) -> list[str]:
    """The local days it is held on."""
    return [fact.rally_id.removeprefix("s1.") for fact in opened().must(data).facts]


def test_each_occurrence_is_a_rally_of_its_own_in_one_decision() -> None:
    given = opened()

    facts = given.must(series()).facts

    assert [fact.rally_id for fact in facts] == [f"s1.2024-10-{day:02d}" for day in (3, 10, 17, 24)]
    assert {fact.series_id for fact in facts} == {"s1"}
    assert [(fact.starts_at, fact.ends_at) for fact in facts[:2]] == [
        (at("16:00"), at("20:00")),
        (at("16:00", 10), at("20:00", 10)),
    ]
    assert given.state.series["s1"] == tuple(fact.rally_id for fact in facts)


@pytest.mark.parametrize(
    ("recurrence", "expected"),
    [
        ("FREQ=DAILY;COUNT=3", ["2024-10-03", "2024-10-04", "2024-10-05"]),
        ("FREQ=DAILY;INTERVAL=2;UNTIL=20241007", ["2024-10-03", "2024-10-05", "2024-10-07"]),
        ("FREQ=WEEKLY;BYDAY=TH,SU;COUNT=3", ["2024-10-03", "2024-10-06", "2024-10-10"]),
        ("FREQ=MONTHLY;BYDAY=1TH;COUNT=2", ["2024-10-03", "2024-11-07"]),
        ("FREQ=MONTHLY;BYMONTHDAY=3;COUNT=2", ["2024-10-03", "2024-11-03"]),
        ("FREQ=DAILY;UNTIL=20241004T080000Z", ["2024-10-03", "2024-10-04"]),
        ("FREQ=DAILY;UNTIL=20241004T075959Z", ["2024-10-03"]),
        ("FREQ=DAILY;UNTIL=20241004T160000", ["2024-10-03", "2024-10-04"]),
    ],
)
def test_an_rrule_means_local_days(recurrence: str, expected: list[str]) -> None:
    assert days(series(recurrence)) == expected


def test_a_day_is_local_though_it_is_another_in_utc() -> None:
    early = series("FREQ=WEEKLY;BYDAY=TH;COUNT=2", starts_at=at("05:00"), ends_at=at("07:30"))

    facts = opened().must(early).facts

    assert [fact.rally_id for fact in facts] == ["s1.2024-10-03", "s1.2024-10-10"]
    assert facts[1].starts_at == "2024-10-09T21:00:00.000Z"


def test_excepted_days_are_left_out_and_one_that_is_none_is_told() -> None:
    given = opened()

    verdict = given.must(series(except_days=["2024-10-10", "2024-10-11"]))

    assert [fact.rally_id[-2:] for fact in verdict.facts] == ["03", "17", "24"]
    assert verdict.warnings[0].code == "not_an_occurrence"
    assert "2024-10-11" in verdict.warnings[0].message


@pytest.mark.parametrize(
    ("recurrence", "said"),
    [
        ("FREQ=YEARLY;COUNT=2", "DAILY, WEEKLY, MONTHLY"),
        ("FREQ=HOURLY;COUNT=2", "DAILY, WEEKLY, MONTHLY"),
        ("FREQ=DAILY", "COUNT or UNTIL"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20241010", "COUNT or UNTIL"),
        ("FREQ=DAILY;COUNT=0", "COUNT is a number"),
        ("FREQ=DAILY;COUNT=x", "not one NAME=VALUE"),
        ("FREQ=DAILY;COUNT=X", "COUNT is a number"),
        ("FREQ=DAILY;INTERVAL=0;COUNT=2", "INTERVAL is a number"),
        ("FREQ=DAILY;INTERVAL=-1;COUNT=2", "INTERVAL is a number"),
        ("FREQ=DAILY;COUNT=2;COUNT=3", "not one NAME=VALUE"),
        ("FREQ=DAILY;COUNT=2\nDTSTART:20240101", "not one NAME=VALUE"),
        ("FREQ=DAILY;COUNT=2;FOO=3", "unknown parameter 'FOO'"),
        ("FREQ=WEEKLY;BYDAY=XX;COUNT=2", "invalid 'BYDAY': XX"),
        ("FREQ=DAILY;BYHOUR=99;COUNT=2", "hour must be in 0..23"),
        ("FREQ=DAILY;UNTIL=soon", "not one NAME=VALUE"),
        ("FREQ=DAILY;UNTIL=2024", "UNTIL is a day such as"),
        ("FREQ=DAILY;UNTIL=20241301", "month must be in 1..12"),
        ("FREQ=MONTHLY;BYDAY=9TH;COUNT=2", "beyond what its FREQ has"),
        ("FREQ=WEEKLY;BYDAY=FR;COUNT=2", "first occurrence is 2024-10-04 16:00:00"),
        ("FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2;COUNT=1", "first occurrence is none"),
        ("FREQ=DAILY;UNTIL=20241002", "first occurrence is none"),
        ("FREQ=MONTHLY;INTERVAL=12;COUNT=3", "not 3"),
    ],
)
def test_a_recurrence_that_cannot_be_read_says_why(recurrence: str, said: str) -> None:
    reason = opened().refused(series(recurrence))

    assert (reason.code, reason.subject) == ("malformed", "s1")
    assert said in reason.message


def test_two_on_one_local_day_are_malformed() -> None:
    reason = opened().refused(series("FREQ=DAILY;BYHOUR=16,20;COUNT=4"))

    assert reason.code == "malformed"
    assert "fall on 2024-10-03" in reason.message


def test_a_series_has_two_hundred_occurrences_at_the_most() -> None:
    given = opened(ends_on="2025-09-24")
    many = [f"2024-10-{day:02d}" for day in range(4, 9)]

    assert len(given.must(series("FREQ=DAILY;COUNT=200")).facts) == 200
    assert given.refused(series("FREQ=DAILY;COUNT=201", series_id="s2")).code == "too_large"
    assert given.refused(series("FREQ=DAILY;UNTIL=20250901", series_id="s2")).code == "too_large"
    assert len(given.must(series("FREQ=DAILY;COUNT=205", series_id="s3", except_days=many)).facts) == 200


def test_one_bad_occurrence_refuses_all_and_names_it() -> None:
    given = opened()
    given.must(CloseDay(day="2024-10-17"))

    reason = given.refused(series())

    assert (reason.code, reason.subject) == ("illegal_transition", "s1.2024-10-17")
    assert given.state.rallies == {}
    assert given.must(series(except_days=["2024-10-17"])).facts


def test_a_series_beyond_the_operation_is_refused() -> None:
    reason = opened().refused(series("FREQ=WEEKLY;COUNT=9"))

    assert (reason.code, reason.subject) == ("outside_period", "s1.2024-11-28")


def test_the_same_series_again_changes_nothing_and_a_moved_rally_comes_back_to_it() -> None:
    given = opened()
    given.must(series())

    assert {code for code, _ in codes(given.must(series()))} == {"unchanged"}
    given.must(move("s1.2024-10-03", "17:00", "21:00"))
    assert [fact.rally_id for fact in given.must(series()).facts] == ["s1.2024-10-03"]


def test_a_cancelled_occurrence_is_not_planned_again_silently() -> None:
    given = opened()
    given.must(series())
    given.must(cancel_rally("s1.2024-10-10"))

    reason = given.refused(series())

    assert (reason.code, reason.subject) == ("rally_cancelled", "s1.2024-10-10")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (series(ends_at=at("16:00")), "malformed"),
        (series(except_days=[f"2024-10-{day:02d}" for day in (3, 10, 17, 24)]), "malformed"),
        (series(series_id="s" * 54), "malformed"),
        (series(starts_at=at("16:00", 1), ends_at="2025-10-01T00:00:00.000Z"), "outside_period"),
        (series(pattern="moon"), "unknown_pattern"),
    ],
    ids=["no length", "nothing left", "long id", "outside", "pattern"],
)
def test_what_cannot_be_is_refused(data: PlanSeries, code: str) -> None:
    assert opened().refused(data).code == code


def test_all_occurrences_are_flagged_unnoticed_each_in_its_row() -> None:
    verdict = opened().must(series())

    assert [(each.row, each.code) for each in verdict.warnings] == [(n, "unnoticed") for n in range(4)]


def test_days_of_a_month_are_counted_in_months_only() -> None:
    """RFC 5545, 3.3.10: a number before a day of BYDAY means nothing where FREQ is DAILY or WEEKLY."""
    first = plan("x", "09:00", "10:00")
    numbered = PlanSeries(series_id="s9", first=first, recurrence="FREQ=WEEKLY;BYDAY=1TH;COUNT=2")

    assert opened().refused(numbered).code == "malformed"
    monthly = msgspec.structs.replace(numbered, recurrence="FREQ=MONTHLY;BYDAY=1TH;COUNT=2")
    assert len(opened().must(monthly).facts) == 2
