"""A calendar of ours opens anywhere at the right local hours, and a calendar that people keep can be read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from icalendar import Calendar

from pamwal.contracts.errors import UnreadableFile
from pamwal.contracts.import_answers import Problem
from pamwal.contracts.instants import to_ms
from pamwal.contracts.zones import LETTERS, OFFSET_H
from services.scheduler.files import OrderLine, Parsed, order_rows, plan_rows
from tests.unit.scheduler.files.books import calendar, in_calendar, orders_in_calendar
from tests.unit.scheduler.files.test_plan_files import RALLY, WITA

ENTRY = """
UID:5f0c@example.org
SUMMARY:Dialog
DTSTART:20241003T160000
DTEND:20241003T183000
LOCATION:Aula Oepura
DESCRIPTION:bentuk: dialog\\npaslon: walikota/3\\, gubernur/1\\nKelurahan = 53.71.02.1001
"""


def parsed(*entries: str, **more: Any) -> Parsed[Any]:
    return plan_rows(calendar(*entries, **more), "plan.ics", WITA)


def said(problems: list[Problem]) -> list[tuple[str | None, str]]:
    return [(problem.column, problem.message) for problem in problems]


@pytest.mark.parametrize("zone", list(OFFSET_H))
def test_another_library_reads_the_right_local_hours_and_zone(zone: Any) -> None:
    opened = Calendar.from_ical(in_calendar([RALLY], zone))

    (timezone,) = opened.walk("VTIMEZONE")
    (standard,) = timezone.walk("STANDARD")
    (event,) = opened.walk("VEVENT")
    starts = event["DTSTART"].dt
    assert str(timezone["TZID"]) == event["DTSTART"].params["TZID"] == zone
    assert standard["TZOFFSETTO"].td == standard["TZOFFSETFROM"].td == timedelta(hours=OFFSET_H[zone])
    assert str(standard["TZNAME"]) == LETTERS[zone]
    assert starts.utcoffset() == timedelta(hours=OFFSET_H[zone])
    assert (starts.hour, starts.minute) == (8 + OFFSET_H[zone], 0)
    assert starts.timestamp() * 1000 == to_ms(RALLY.starts_at)
    assert str(event["LOCATION"]) == "Lapangan Oepura"
    assert (event["GEO"].latitude, event["GEO"].longitude) == (-10.19015, 123.61162)


@pytest.mark.parametrize("name", ["C:\\new\\N", "a\\", "a\nb", '\\,;"'])
def test_a_backslash_is_a_backslash_for_every_reader(name: str) -> None:
    venue = msgspec.structs.replace(RALLY.venue, name=name)
    written = in_calendar([msgspec.structs.replace(RALLY, venue=venue)], WITA)

    (event,) = Calendar.from_ical(written).walk("VEVENT")
    assert str(event["LOCATION"]) == name
    assert str(event["SUMMARY"]).endswith(f" · {name}")
    assert b"_x00" not in written
    assert [row.value.venue.name for row in plan_rows(written, "plan.ics", WITA).rows] == [name]


def test_the_zone_of_the_file_alone_gives_the_right_hours() -> None:
    """A program that does not know our zones' names goes by the VTIMEZONE."""
    written = in_calendar([RALLY], WITA).replace(b"Asia/Makassar", b"Kupang")

    (event,) = Calendar.from_ical(written).walk("VEVENT")

    assert event["DTSTART"].dt.timestamp() * 1000 == to_ms(RALLY.starts_at)
    assert [row.value for row in plan_rows(written, "plan.ics", "Asia/Jakarta").rows] == [RALLY]


def test_what_a_person_moved_in_a_calendar_is_moved() -> None:
    odd = msgspec.structs.replace(RALLY, starts_at="2024-10-03T08:00:00.250Z")
    written = in_calendar([odd], WITA).replace(b":20241003T160000", b":20241003T170000")
    written = written.replace(b"Lapangan Oepura", b"Aula").replace(b"GEO:-10.19015", b"GEO:-10.5")

    (row,) = plan_rows(written, "plan.ics", WITA).rows

    assert row.value.starts_at == "2024-10-03T09:00:00.000Z"
    assert row.value.venue.name == "Aula"
    assert row.value.venue.point is not None
    assert row.value.venue.point.latitude == -10.5


def test_a_calendar_that_people_keep_is_read_by_lines_of_its_descriptions() -> None:
    (row,) = parsed(ENTRY).rows

    assert row.line == 4
    assert row.value.kind == "dialogue"
    assert row.value.pairs == ["walikota/3", "gubernur/1"]
    assert row.value.starts_at == "2024-10-03T08:00:00.000Z"
    assert row.value.rally_id.startswith("ics-")
    assert parsed(ENTRY).rows == [row]


@pytest.mark.parametrize(
    ("start", "utc"),
    [
        ("DTSTART:20241003T160000", "08:00"),
        ("DTSTART:20241003T160000Z", "16:00"),
        ("DTSTART;TZID=Asia/Jayapura:20241003T160000", "07:00"),
        ("DTSTART;TZID=SE Asia Standard Time:20241003T160000", "09:00"),
    ],
)
def test_times_are_read_by_their_zone_or_else_by_the_operations(start: str, utc: str) -> None:
    entry = ENTRY.replace("DTSTART:20241003T160000", start).replace(
        "DTEND:20241003T183000", "DURATION:PT2H30M"
    )

    (row,) = parsed(entry).rows

    assert row.value.starts_at == f"2024-10-03T{utc}:00.000Z"
    assert to_ms(row.value.ends_at) - to_ms(row.value.starts_at) == 9_000_000


@pytest.mark.parametrize(
    ("old", "new", "column", "message"),
    [
        ("DTSTART:20241003T160000", "DTSTART;VALUE=DATE:20241003", "mulai", "DTSTART is a whole day"),
        ("DTSTART:", "DTSTART;TZID=Mars/Olympus:", "mulai", "DTSTART has the unknown zone 'Mars/Olympus'"),
        ("DTSTART:20241003T160000", "DTSTART:sore", "DTSTART", "cannot be read"),
        ("LOCATION:Aula Oepura", "STATUS:CANCELLED", None, "the entry is cancelled"),
        ("LOCATION:Aula Oepura", "", "lokasi", "is blank"),
        ("SUMMARY:Dialog", "DTSTART:20241003T170000", "DTSTART", "stands twice"),
        ("SUMMARY:Dialog", "RECURRENCE-ID:20241003T160000", None, "changes one of a series"),
        ("bentuk: dialog", "bentuk: arisan", "bentuk", "'arisan' is not known"),
    ],
)
def test_an_entry_that_cannot_be_taken_says_why(old: str, new: str, column: str | None, message: str) -> None:
    read = parsed(ENTRY.replace(old, new), ENTRY.replace("5f0c", "5f0d"))

    assert [row.line for row in read.rows] == [12]
    assert any(c == column and message in m for c, m in said(read.errors)), said(read.errors)
    assert {error.line for error in read.errors} == {4}


@pytest.mark.parametrize(
    ("rule", "recurrence", "excepted"),
    [
        ("RRULE:FREQ=WEEKLY;BYDAY=TH;COUNT=4", "FREQ=WEEKLY;COUNT=4;BYDAY=TH", []),
        ("RRULE:FREQ=DAILY;UNTIL=20241021", "FREQ=DAILY;UNTIL=20241021", []),
        ("RRULE:FREQ=DAILY;UNTIL=20241021T080000Z", "FREQ=DAILY;UNTIL=20241021", []),
        ("RRULE:FREQ=DAILY;UNTIL=20241021T075959Z", "FREQ=DAILY;UNTIL=20241020", []),
        ("RRULE:FREQ=DAILY;UNTIL=20241021T155959Z", "FREQ=DAILY;UNTIL=20241021", []),
        ("RRULE:FREQ=DAILY;UNTIL=20241021T170000Z", "FREQ=DAILY;UNTIL=20241021", []),
        (
            "RRULE:FREQ=DAILY;COUNT=9\nEXDATE:20241004T160000,20241005T160000\nEXDATE:20241006T080000Z",
            "FREQ=DAILY;COUNT=9",
            ["2024-10-04", "2024-10-05", "2024-10-06"],
        ),
    ],
)
def test_an_entry_that_recurs_is_a_series(rule: str, recurrence: str, excepted: list[str]) -> None:
    read = parsed(f"{ENTRY.strip()}\n{rule}")

    assert (read.rows, read.errors) == ([], [])
    (row,) = read.series
    assert row.value.series_id == row.value.first.rally_id
    assert (row.value.recurrence, row.value.except_days) == (recurrence, excepted)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("RRULE:FREQ=DAILY", "no end"),
        ("RRULE:FREQ=HOURLY;COUNT=3", "more than once a day"),
        ("RRULE:FREQ=DAILY;COUNT=3\nRDATE:20241009T160000", "RDATE"),
        ("RRULE:FREQ=DAILY;COUNT=3\nRRULE:FREQ=DAILY;COUNT=4", "twice"),
        ("RRULE:COUNT=3", "no FREQ"),
        ("RRULE:FREQ=DAILY;COUNT=9\nEXRULE:FREQ=WEEKLY;COUNT=2", "EXRULE"),
        ("RRULE:FREQ=DAILY;COUNT=9\nEXDATE:20241004T090000", "2024-10-04 09:00 is no occurrence"),
    ],
)
def test_what_is_no_series_of_rallies_says_so(rule: str, message: str) -> None:
    read = parsed(f"{ENTRY.strip()}\n{rule}")

    assert (read.rows, read.series) == ([], [])
    assert any(message in error.message for error in read.errors), read.errors


@pytest.mark.parametrize("rule", ["FREQ=MONTHLY;COUNT=3", "FREQ=WEEKLY;BYDAY=MO;COUNT=3"])
def test_what_recurs_by_days_of_another_zone_is_no_series_here(rule: str) -> None:
    """22:00 UTC on 30 September is 06:00 on 1 October here, and the 30th of a month is not the 1st."""
    abroad = ENTRY.replace("DTSTART:20241003T160000", "DTSTART:20240930T220000Z")

    read = parsed(f"{abroad.strip()}\nRRULE:{rule}")
    daily = parsed(f"{abroad.strip()}\nRRULE:FREQ=DAILY;COUNT=3")

    assert any("days of another zone" in error.message for error in read.errors), read.errors
    assert ([row.value.recurrence for row in daily.series], daily.errors) == (["FREQ=DAILY;COUNT=3"], [])


def test_a_calendar_that_calls_its_entries_off_plans_none_of_them() -> None:
    cancelling = calendar(ENTRY).replace(b"VERSION:2.0", b"VERSION:2.0\r\nMETHOD:CANCEL", 1)
    assert b"METHOD" in cancelling
    with pytest.raises(UnreadableFile, match="METHOD:CANCEL"):
        plan_rows(cancelling, "plan.ics", WITA)


def test_two_entries_of_one_uid_are_an_error_of_both() -> None:
    read = parsed(ENTRY, ENTRY)

    assert read.rows == []
    assert [error.line for error in read.errors] == [4, 12]


def test_orders_as_a_calendar_come_back_and_do_not_recur() -> None:
    order = msgspec.convert(
        {
            "order": {
                "deployment_id": "D-1",
                "officer_id": "KPG-1",
                "place": "rally/KK-1",
                "role": "guard",
                "starts_at": "2024-10-03T08:00:00.000Z",
                "ends_at": "2024-10-03T10:00:00.000Z",
            },
            "sprin": "Sprin/1",
        },
        OrderLine,
    )
    written = orders_in_calendar([order], WITA)

    assert [row.value for row in order_rows(written, "orders.ics", WITA).rows] == [order]
    again = written.replace(b"LOCATION:", b"RRULE:FREQ=DAILY;COUNT=2\r\nLOCATION:")
    assert said(order_rows(again, "orders.ics", WITA).errors) == [(None, "the entry recurs")]


def test_a_calendar_that_was_cut_off_is_refused_and_not_read_in_part() -> None:
    whole = calendar(ENTRY, ENTRY.replace("5f0c", "5f0d"))
    for content in (whole[: whole.rindex(b"END:VEVENT")], whole[: whole.rindex(b"END:VCALENDAR")]):
        with pytest.raises(UnreadableFile, match="cut off"):
            plan_rows(content, "plan.ics", WITA)


def test_what_is_no_calendar_is_refused() -> None:
    for content in (b"hello", b"BEGIN:VCARD\r\nEND:VCARD\r\n", b""):
        with pytest.raises(UnreadableFile, match=r"iCalendar|VCALENDAR"):
            plan_rows(content, "plan.ics", WITA)
