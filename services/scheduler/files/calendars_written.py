"""Rallies and orders as an iCalendar file (RFC 5545) that any calendar shows at the right local hours."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, TimezoneStandard, vText
from msgspec import Struct

from pamwal.cells import in_calendar
from pamwal.contracts.claims import Mode
from pamwal.contracts.instants import to_ms
from pamwal.contracts.zones import LETTERS, OFFSET_H, Zone
from pamwal.edge.attached import LATIHAN
from services.scheduler.files.columns import Column, Subject, value_at
from services.scheduler.files.values import text_at

PRODUCT: Final = "-//Pamwal//Scheduler//ID"
_SINCE: Final = datetime(2000, 1, 1)  # noqa: DTZ001 -- RFC 5545 3.6.5 wants a local time here
"""The first moment of our contracts; none of the four zones has changed since 1988."""
_IN_SUMMARY: Final = frozenset({"kind", "pairs", "venue", "officer_id", "role"})


class CalendarHead(Struct, frozen=True, kw_only=True):
    """What all entries of a calendar share."""

    operation_id: str
    mode: Mode
    zone: Zone
    written_at: str
    """An Instant: DTSTAMP, as a calendar without a METHOD has it."""


class CalendarEntry(Struct, frozen=True, kw_only=True):
    """One rally or order."""

    value: Any
    """Of the contract of the file's subject."""
    sequence: int
    """The version of the rally or deployment: each change of it is a higher one."""
    status: Literal["CONFIRMED", "TENTATIVE", "CANCELLED"]
    location: str | None = None
    """Where it is, for people; None: a column of the subject says it."""


class _Text(vText):
    """A text with the escapes of RFC 5545 3.3.11; the library takes a backslash before N for a line break."""

    def to_ical(self) -> bytes:
        """The property's value."""
        text = in_calendar(self).replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
        return text.replace("\n", "\\n").encode()


def calendar_of(subject: Subject, entries: Iterable[CalendarEntry], head: CalendarHead) -> bytes:
    """One VEVENT each."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", _Text(_marked(f"{subject.title} · {head.operation_id}", head)))
    calendar.add_component(_timezone(head.zone))
    for entry in entries:
        calendar.add_component(_event(subject, entry, head))
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


def _event(subject: Subject, entry: CalendarEntry, head: CalendarHead) -> Event:
    event, value = Event(), entry.value
    texts: list[str] = []
    for column in subject.columns:
        text = text_at(value, column, None) if column.path else ""
        if not text:
            continue
        if column.kind == "instant" and column.calendar:
            _add_moment(event, column, value_at(value, column.path), text, head.zone)
        else:
            event.add(column.calendar or column.own_property, _Text(text))
        if column.name in _IN_SUMMARY:
            texts.append(text)
    identity = value_at(value, subject.by_name[subject.identity].path)
    kind = subject.identity.removesuffix("_id")
    event.add("uid", _Text(f"{kind}-{identity}@{head.operation_id}.{head.mode}.pamwal"))
    event.add("dtstamp", _moment(head.written_at, UTC))
    event.add("sequence", entry.sequence)
    event.add("status", entry.status)
    event.add("summary", _Text(_marked(" · ".join(texts), head)))
    if entry.location is not None:
        event.add("location", _Text(entry.location))
    latitude, longitude = (_degrees(subject, value, name) for name in ("latitude", "longitude"))
    if latitude is not None and longitude is not None:
        event.add("geo", (round(latitude, 6), round(longitude, 6)))
    return event


def _marked(text: str, head: CalendarHead) -> str:
    return f"{LATIHAN} · {text}" if head.mode == "exercise" else text


def _add_moment(event: Event, column: Column, instant: str, text: str, zone: Zone) -> None:
    """A calendar counts whole seconds; milliseconds, where there are some, stand in a property of ours."""
    event.add(column.calendar or column.own_property, _moment(instant, ZoneInfo(zone)))
    if to_ms(instant) % 1000:
        event.add(column.own_property, _Text(text))


def _moment(instant: str, zone: Any) -> datetime:
    return datetime.fromtimestamp(to_ms(instant) // 1000, UTC).astimezone(zone)


def _degrees(subject: Subject, value: Any, name: str) -> float | None:
    column = subject.by_name.get(name)
    return None if column is None else value_at(value, column.path)
