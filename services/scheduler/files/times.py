"""Days and hours as people write them, in the operation's zone."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

from pamwal.contracts.instants import from_ms, to_ms
from pamwal.contracts.zones import LETTERS, OFFSET_H, Zone

WANTED: Final = (
    "2024-10-03 16:00 or 03/10/2024 16.00 (day first); with a zone such as WITA or +08:00 if not local"
)
_LAST_LOCAL_YEAR: Final = 2100
"""The contracts end with 2099 in UTC, which is hours into the next year here."""
_TIME = r"([01]?[0-9]|2[0-3])[:.]([0-5][0-9])(?:[:.]([0-5][0-9])(?:[.,]([0-9]{1,3}))?)?"
_ZONE = r"(?:\s*(Z|UTC|WIB|WITA|WIT|[+-][0-9]{2}:?[0-9]{2}))?"
_DAY = r"(?:([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})|([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4}))"
_DAY_ONLY = re.compile(_DAY + r"(?:[ T]+0?0[:.]00(?:[:.]00(?:[.,]0+)?)?)?", re.ASCII)
_TIME_ONLY = re.compile(_TIME + _ZONE, re.IGNORECASE | re.ASCII)
_MOMENT = re.compile(rf"{_DAY}[ T]+{_TIME}{_ZONE}", re.IGNORECASE | re.ASCII)
_HOURS_OF: Final = {"Z": 0, "UTC": 0} | {letters: OFFSET_H[zone] for zone, letters in LETTERS.items()}


def day_of(text: str) -> date:
    """A local day, `2024-10-03` or `03/10/2024`. ValueError if it is none."""
    found = _DAY_ONLY.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no day such as 2024-10-03 or 03/10/2024 (day first)")
    return _day(found.groups()[:6], text)


def is_time_only(text: str) -> bool:
    """Whether a text is an hour of a day that stands elsewhere."""
    return _TIME_ONLY.fullmatch(text) is not None


def instant_of(text: str, zone: Zone | None, *, day: date | None = None) -> str:
    """A local time as an `Instant`; a time alone is of `day`. ValueError says what is missing.

    Without a zone, the text itself has to say it.
    """
    found = _MOMENT.fullmatch(text)
    if found is not None:
        on = _day(found.groups()[:6], text)
        clock = found.groups()[6:]
    else:
        found = _TIME_ONLY.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is no time such as {WANTED}")
        if day is None:
            raise ValueError(f"{text!r} has no day: write it before the time, or in the column 'tanggal'")
        on, clock = day, found.groups()
    hour, minute, second, fraction, said_zone = clock
    offset = _offset(said_zone, zone, text)
    moment = datetime(
        on.year, on.month, on.day, int(hour), int(minute), int(second or 0), tzinfo=timezone(offset)
    )
    return from_ms(round(moment.timestamp()) * 1000 + int((fraction or "0").ljust(3, "0")))


def local_text(instant: str, zone: Zone | None) -> str:
    """An `Instant` as `2024-10-03 16:00 WITA`, seconds only if it has some; without a zone in UTC, with a Z.

    The letters keep a file right that is read for an operation of another zone.
    """
    ms = to_ms(instant)
    offset_h = OFFSET_H[zone] if zone is not None else 0
    moment = datetime.fromtimestamp(ms // 1000, UTC) + timedelta(hours=offset_h)
    text = f"{moment:%Y-%m-%d %H:%M}"
    if ms % 60_000:
        text += f":{moment:%S}"
    if ms % 1000:
        text += f".{ms % 1000:03d}"
    return f"{text} {LETTERS[zone]}" if zone is not None else f"{text}Z"


def _day(groups: tuple[str | None, ...], text: str) -> date:
    year, month, day, day_first, month_second, year_last = groups
    if not 2000 <= int(year or year_last or 0) <= _LAST_LOCAL_YEAR:
        raise ValueError(f"{text!r} lies outside the years 2000 to 2099")
    try:
        return date(int(year or year_last or 0), int(month or month_second or 0), int(day or day_first or 0))
    except ValueError as error:
        raise ValueError(
            f"{text!r} names a day that does not exist; the day stands before the month"
        ) from error


def _offset(said: str | None, zone: Zone | None, text: str) -> timedelta:
    if said is None:
        if zone is None:
            raise ValueError(f"{text!r} does not say its zone: add WIB, WITA, WIT, Z or +08:00")
        return timedelta(hours=OFFSET_H[zone])
    hours = _HOURS_OF.get(said.upper())
    if hours is not None:
        return timedelta(hours=hours)
    minutes = int(said[1:3]) * 60 + int(said[-2:])
    if minutes >= 24 * 60:
        raise ValueError(f"{text!r} has no offset from UTC such as +08:00")
    return timedelta(minutes=-minutes if said[0] == "-" else minutes)
