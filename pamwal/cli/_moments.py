"""How commands read a time: RFC 3339, and where the operation's zone is known as people type it."""

from __future__ import annotations

import re
from typing import Final

from pamwal.contracts.errors import SettingsError
from pamwal.contracts.instants import from_ms, normalise, to_ms
from pamwal.contracts.zones import DAY_MS, HOUR_MS, OFFSET_H, clock_text, local_day, midnight

TYPED: Final = "18:30, 2h, 30m, '2024-10-03 16:00' or 2024-10-03T16:00:00+08:00"
"""What a person may type; an example of each."""
_MINUTE_MS: Final = 60_000
_CLOCK: Final = re.compile(r"(?:([0-9]{4}-[0-9]{2}-[0-9]{2})[ T])?([01]?[0-9]|2[0-3])[:.]([0-5][0-9])")
_SPAN: Final = re.compile(r"(?=[0-9])(?:([0-9]{1,3})d)?(?:([0-9]{1,4})h)?(?:([0-9]{1,5})m(?:in)?)?")


def moment_of(option: str, given: str) -> str:
    """The Instant that an option names in RFC 3339. SettingsError says what is missing."""
    try:
        return normalise(given)
    except ValueError as error:
        raise SettingsError(f"{option}: {error}") from error


def moment(option: str, given: str, zone: str, now: str) -> str:
    """The Instant that is meant at the Instant `now` in an operation of that zone. SettingsError.

    `18:30` is the next time that its clock shows that, today or tomorrow; `2h`, `30m`, `1h30m` and `1d` are
    from now; `2024-10-03 16:00` is on its clock, and RFC 3339 what it says.
    """
    typed = given.strip()
    try:
        if span := _SPAN.fullmatch(typed):
            days, hours, minutes = (int(each or 0) for each in span.groups())
            return from_ms(to_ms(now) + days * DAY_MS + hours * HOUR_MS + minutes * _MINUTE_MS)
        if clock := _CLOCK.fullmatch(typed):
            return _on_clock(clock[1], int(clock[2]), int(clock[3]), zone, now)
        return normalise(typed)
    except (ValueError, OverflowError) as error:
        raise SettingsError(f"{option} {given!r} is no moment such as {TYPED}") from error


def moment_ahead(option: str, given: str, zone: str, now: str) -> str:
    """The same of one that is still to come. SettingsError also for one that is not."""
    found = moment(option, given, zone, now)
    if found <= now:
        raise SettingsError(
            f"{option} {given!r} is {clock_text(found[:17] + '00.000Z', zone)}, which is not ahead: it is "
            f"{clock_text(now[:17] + '00.000Z', zone)}; say one that is, such as {TYPED}"
        )
    return found


def _on_clock(day: str | None, hour: int, minute: int, zone: str, now: str) -> str:
    """That time of a local day; of none, the next."""
    after_ms = hour * HOUR_MS + minute * _MINUTE_MS
    if day is not None:
        return normalise(f"{day}T{hour:02d}:{minute:02d}:00+{OFFSET_H[zone]:02d}:00")
    found_ms = to_ms(midnight(local_day(now, zone), zone)) + after_ms
    return from_ms(found_ms if found_ms > to_ms(now) else found_ms + DAY_MS)
