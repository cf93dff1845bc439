"""Rallies and orders as an iCalendar file (RFC 5545) that any calendar shows at the right local hours."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, TimezoneStandard, vText

from pamwal.cells import in_calendar
from pamwal.contracts.instants import to_ms
from pamwal.contracts.zones import LETTERS, OFFSET_H, Zone
from services.scheduler.files.columns import Column, Subject, value_at
from services.scheduler.files.values import text_at

PRODUCT: Final = "-//Pamwal//Scheduler//ID"
_SINCE: Final = datetime(2000, 1, 1)  # noqa: DTZ001 -- RFC 5545 3.6.5 wants a local time here
"""The first moment of our contracts; none of the four zones has changed since 1988."""


def calendar_of(subject: Subject, values: Iterable[Any], zone: Zone) -> bytes:
    """One VEVENT each. DTSTAMP is the start: the same plan is the same file, whenever it is written."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", vText(subject.title))
    calendar.add_component(_timezone(zone))
    for value in values:
        calendar.add_component(_event(subject, value, zone))
    return bytes(calendar.to_ical(sorted=False))


def _timezone(zone: Zone) -> Timezone:
    offset = timedelta(hours=OFFSET_H[zone])
    standard = TimezoneStandard()
    standard.add("dtstart", _SINCE)
    standard.add("tzoffsetfrom", offset)
    standard.add("tzoffsetto", offset)
    standard.add("tzname", LETTERS[zone])
    timezone = Timezone()
    timezone.add("tzid", zone)
    timezone.add_component(standard)
    return timezone


def _event(subject: Subject, value: Any, zone: Zone) -> Event:
    event = Event()
    texts: list[str] = []
    for column in subject.columns:
        text = text_at(value, column, None) if column.path else ""
        if not text:
            continue
        if column.kind == "instant" and column.calendar:
            _add_moment(event, column, value_at(value, column.path), text, zone)
        else:
            event.add(column.calendar or column.own_property, vText(in_calendar(text)))
        if column.name in {"kind", "pairs", "venue", "officer_id", "role"}:
            texts.append(text)
    event.add("dtstamp", _moment(value_at(value, subject.by_name["starts"].path), UTC))
    event.add("summary", vText(in_calendar(" · ".join(texts))))
    latitude, longitude = (_degrees(subject, value, name) for name in ("latitude", "longitude"))
    if latitude is not None and longitude is not None:
        event.add("geo", (round(latitude, 6), round(longitude, 6)))
    return event


def _add_moment(event: Event, column: Column, instant: str, text: str, zone: Zone) -> None:
    """A calendar counts whole seconds; milliseconds, where there are some, stand in a property of ours."""
    event.add(column.calendar or column.own_property, _moment(instant, ZoneInfo(zone)))
    if to_ms(instant) % 1000:
        event.add(column.own_property, vText(text))


def _moment(instant: str, zone: Any) -> datetime:
    return datetime.fromtimestamp(to_ms(instant) // 1000, UTC).astimezone(zone)


def _degrees(subject: Subject, value: Any, name: str) -> float | None:
    column = subject.by_name.get(name)
    return None if column is None else value_at(value, column.path)
