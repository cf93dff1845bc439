"""iCalendar files (RFC 5545) as entries: its own properties for what it can say, X-PAMWAL-… for the rest.

A calendar that people keep has none of ours: there, lines `name: value` of a description do as well, with
the names of the template (`paslon: walikota/3`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any, Final

import msgspec
from icalendar import Calendar
from icalendar.prop import vUnknown

from pamwal.cells import from_calendar
from pamwal.contracts.envelope import Identifier
from pamwal.contracts.errors import UnreadableFile
from pamwal.contracts.instants import to_ms
from pamwal.contracts.zones import OFFSET_H, Zone
from pamwal.text_files import text_of
from services.scheduler.files.columns import Column, Subject, folded
from services.scheduler.files.entries import Entries, Entry, Recurring, names_of, too_many
from services.scheduler.files.recurring import Unusable, recurring_of
from services.scheduler.files.sheets import BYTES_MAX
from services.scheduler.files.times import instant_of

ENTRIES_MAX: Final = 10_000
CALENDAR_LINES_MAX: Final = 500_000
"""50 for each entry."""
_USED: Final = frozenset(
    {"DTSTART", "DTEND", "DURATION", "RRULE", "EXDATE", "UID", "LOCATION", "GEO", "RECURRENCE-ID", "STATUS"}
)
_END_WITHIN = 200
_BEGINS = re.compile(r"^BEGIN:VEVENT[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_DESCRIBED = re.compile(r"\s*([^:=\n]{1,40})[:=]\s*(.+)")
_LINE_BREAK = re.compile(r"<br\s*/?>|\n", re.IGNORECASE)
_ESCAPED = re.compile(r"\\(.)")

Wrong = tuple[str | None, str, str]


def is_calendar(content: bytes, filename: str) -> bool:
    """Whether a file says that it is a calendar, in its first line or by its name."""
    start = content[:64].lstrip(b"\xef\xbb\xbf \r\n").upper()
    return start.startswith(b"BEGIN:VCALENDAR") or filename.lower().endswith((".ics", ".ical"))


def calendar_entries(content: bytes, subject: Subject, zone: Zone) -> Entries:
    """One entry for each VEVENT, with the line it begins at. UnreadableFile if it is no calendar."""
    if len(content) > BYTES_MAX:
        raise UnreadableFile("too_large", f"the file has over {BYTES_MAX:,} bytes; send it in parts")
    text, encoding = text_of(content)
    if text.count("\n") > CALENDAR_LINES_MAX:
        raise UnreadableFile(
            "too_large", f"the calendar has over {CALENDAR_LINES_MAX:,} lines; send it in parts"
        )
    lines = _lines(text)
    if len(lines) > ENTRIES_MAX:
        raise too_many("entries of a calendar", ENTRIES_MAX)
    try:
        calendars = Calendar.from_ical(text, multiple=True)
        found = [event for calendar in calendars for event in calendar.walk("VEVENT")]
    except MemoryError:
        raise
    except Exception as error:
        raise UnreadableFile(
            "wrong_form",
            f"the file is no iCalendar ({type(error).__name__}: {str(error)[:200]}); export it again as .ics",
        ) from error
    if len(found) != len(lines) or "END:VCALENDAR" not in text[-_END_WITHIN:].upper():
        raise UnreadableFile(
            "wrong_form",
            f"the file begins {len(lines)} entries and {len(found)} can be read to their end: it is cut off,"
            " or no iCalendar; export it again as .ics",
        )
    if any(_own(calendar, "METHOD").strip().upper() == "CANCEL" for calendar in calendars):
        raise UnreadableFile(
            "wrong_form",
            "the calendar calls its entries off (METHOD:CANCEL), and a file only plans; cancel each by a"
            " request of its own, with the cause",
        )
    return Entries(_entries(found, lines, subject, zone), encoding, [])


def _lines(text: str) -> list[int]:
    """Where each entry begins; one more than there may be is enough to know."""
    lines, line, counted = [], 1, 0
    for found in islice(_BEGINS.finditer(text), ENTRIES_MAX + 1):
        line += text.count("\n", counted, found.start())
        counted = found.start()
        lines.append(line)
    return lines


def _entries(events: list[Any], lines: list[int], subject: Subject, zone: Zone) -> Iterator[Entry]:
    names = names_of(subject)
    for event, line in zip(events, lines, strict=True):
        try:
            yield _entry(event, line, subject, zone, names)
        except MemoryError:
            raise
        except Exception as error:  # a calendar has many ways to be broken, and each is one entry's problem
            said = f"the entry cannot be read ({type(error).__name__})"
            yield Entry(line=line, texts={}, problems=[(None, said, "write it anew in the calendar")])


def _entry(event: Any, line: int, subject: Subject, zone: Zone, names: Mapping[str, Column]) -> Entry:
    wrong: list[Wrong] = [
        (name, f"cannot be read: {str(said)[:120]}", "write it anew in the calendar")
        for name, said in event.errors
        if name in _USED
    ]
    wrong += [
        (name, "stands twice in one entry", "keep one of them")
        for name in sorted(_USED - {"EXDATE"})
        if isinstance(event.get(name), list)
    ]
    if wrong:
        return Entry(line=line, texts={}, problems=wrong)
    texts = {column.name: text for column in subject.columns if (text := _own(event, column.own_property))}
    _describe(event, texts, names)
    _say_identity(event, texts, subject)
    _say_place(event, texts, subject)
    wrong += _say_times(event, texts, zone)
    recurring, unusable = _recurring(event, subject, zone)
    return Entry(line=line, texts=texts, problems=[*wrong, *unusable], recurring=recurring)


def _own(event: Any, name: str) -> str:
    """A text property, with the escapes of RFC 5545 undone where the library leaves them."""
    value = event.get(name)
    if value is None or isinstance(value, list):
        return ""
    text = str(value)
    if isinstance(value, vUnknown):
        text = _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], text)
    return from_calendar(text)


def _describe(event: Any, texts: dict[str, str], names: Mapping[str, Column]) -> None:
    for line in _LINE_BREAK.split(_own(event, "DESCRIPTION")[:4000]):
        if (said := _DESCRIBED.fullmatch(line)) and (column := names.get(folded(said[1]))):
            texts.setdefault(column.name, said[2].strip())


def _say_identity(event: Any, texts: dict[str, str], subject: Subject) -> None:
    """The UID where it may be an id of ours, else an id made from it: the same in every export."""
    uid = _own(event, "UID").strip()
    if subject.identity in texts or not uid:
        return
    try:
        texts[subject.identity] = msgspec.convert(uid, Identifier)
    except msgspec.ValidationError:
        texts[subject.identity] = f"ics-{hashlib.sha256(uid.encode()).hexdigest()[:24]}"


def _say_place(event: Any, texts: dict[str, str], subject: Subject) -> None:
    """LOCATION, and GEO unless it is only our own point in fewer decimals."""
    said, column = _own(event, "LOCATION"), subject.by_name.get(subject.location or "")
    if said and column is not None and (column.calendar == "LOCATION" or column.name not in texts):
        texts[column.name] = said
    geo = event.get("GEO")
    if geo is None or "latitude" not in subject.by_name:
        return
    for name, value in (("latitude", geo.latitude), ("longitude", geo.longitude)):
        if name not in texts or round(float(texts[name]), 6) != round(value, 6):
            texts[name] = repr(value)


def _say_times(event: Any, texts: dict[str, str], zone: Zone) -> list[Wrong]:
    wrong: list[Wrong] = []
    for name, key in (("starts", "DTSTART"), ("ends", "DTEND")):
        value = event.get(key)
        moment = None if value is None else value.dt
        if value is None and key == "DTEND" and "DURATION" in event and "DTSTART" in event:
            value, moment = event["DTSTART"], event["DTSTART"].dt + event["DURATION"].dt
        if value is None:
            continue
        if not isinstance(moment, datetime):
            wrong.append((name, f"{key} is a whole day", "give the entry hours"))
        elif moment.tzinfo is None and "TZID" in value.params:
            wrong.append(
                (name, f"{key} has the unknown zone {value.params['TZID']!r}", "export it with its VTIMEZONE")
            )
        elif not _is_exactly(texts.get(name), moment, zone):
            texts[name] = _moment_text(moment)
    return wrong


def _is_exactly(own: str | None, moment: datetime, zone: Zone) -> bool:
    """Whether our own property says the same second, only with the milliseconds a calendar has not."""
    if own is None:
        return False
    try:
        exact = to_ms(instant_of(own, zone)) // 1000
        return exact == to_ms(instant_of(_moment_text(moment), zone)) // 1000
    except ValueError:
        return False


def _moment_text(moment: datetime) -> str:
    if moment.tzinfo is None:
        return f"{moment:%Y-%m-%d %H:%M:%S}"
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"


def _recurring(event: Any, subject: Subject, zone: Zone) -> tuple[Recurring | None, list[Wrong]]:
    wrong: list[Wrong] = []
    if _own(event, "STATUS").upper() == "CANCELLED":
        to_do = "take it out of the file; what is to be cancelled needs a request of its own, with the cause"
        wrong.append((None, "the entry is cancelled", to_do))
    if "RECURRENCE-ID" in event:
        wrong.append((None, "the entry changes one of a series", "plan the series, then move that one"))
    if "RDATE" in event:
        wrong.append((None, "RDATE gives a series further days", "write them as entries of their own"))
    if "EXRULE" in event:
        wrong.append((None, "EXRULE takes days out of a series by a rule", "write each one as EXDATE"))
    if "RRULE" not in event:
        return None, wrong
    if subject.name != "plan":
        wrong.append((None, "the entry recurs", "write each one, or order the series"))
        return None, wrong
    try:
        start = event["DTSTART"].dt if "DTSTART" in event else None
        return recurring_of(event["RRULE"], _excepted(event), start, timedelta(hours=OFFSET_H[zone])), wrong
    except Unusable as problem:
        wrong.append((None, str(problem), "plan it by rallies:series"))
        return None, wrong


def _excepted(event: Any) -> list[date]:
    lists = event.get("EXDATE", [])
    return [item.dt for each in (lists if isinstance(lists, list) else [lists]) for item in each.dts]
