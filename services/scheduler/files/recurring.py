"""The recurrence of a calendar's entry in local days, as a series of rallies wants it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import msgspec

from pamwal.contracts.scheduling.terms import Recurrence
from services.scheduler.files.entries import Recurring

_BY_DAYS: Final = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
EXCEPT_MAX: Final = 366


class Unusable(Exception):
    """A recurrence that is no series of rallies; the text says why."""


def recurring_of(rule: Any, excepted: list[date], start: date | None, offset: timedelta) -> Recurring:
    """An RRULE and its EXDATEs with a first moment, as local days. Unusable says why it is no series.

    UNTIL becomes the last local day on which an occurrence still lies within it.
    """
    parts = dict(part.split("=", 1) for part in rule.to_ical().decode().split(";") if "=" in part)
    if "FREQ" not in parts:
        raise Unusable("RRULE has no FREQ")
    if parts["FREQ"] not in _BY_DAYS:
        raise Unusable("RRULE recurs more than once a day, and a series has one rally a day")
    if ("COUNT" in parts) == ("UNTIL" in parts):
        raise Unusable("RRULE has no end: it needs either COUNT or UNTIL")
    _refuse_days_of_another_zone(parts, start, offset)
    _refuse_no_occurrence(excepted, start, offset)
    if "UNTIL" in parts:
        parts["UNTIL"] = f"{_last_day(rule['UNTIL'][0], start, offset):%Y%m%d}"
    text = ";".join(
        f"{name}={value}" for name, value in sorted(parts.items(), key=lambda part: part[0] != "FREQ")
    )
    try:
        recurrence = msgspec.convert(text, Recurrence)
    except msgspec.ValidationError as error:
        raise Unusable("RRULE is longer than a series can say") from error
    days = sorted({f"{_local(day, offset):%Y-%m-%d}" for day in excepted})
    if len(days) > EXCEPT_MAX:
        raise Unusable(f"EXDATE takes over {EXCEPT_MAX} days out of the series")
    return Recurring(recurrence=recurrence, except_days=days)


def _refuse_days_of_another_zone(parts: dict[str, str], start: date | None, offset: timedelta) -> None:
    """Where it is another day there, `BYDAY=WE` or the 30th of each month means other days than here."""
    if not isinstance(start, datetime) or start.tzinfo is None:
        return
    by_name = parts["FREQ"] in {"MONTHLY", "YEARLY"} or any(name.startswith("BY") for name in parts)
    here = _local(start, offset)
    if by_name and isinstance(here, datetime) and start.date() != here.date():
        raise Unusable(f"RRULE counts days of another zone, where the first is {start:%Y-%m-%d}")


def _refuse_no_occurrence(excepted: list[date], start: date | None, offset: timedelta) -> None:
    """An EXDATE with an hour that no occurrence has takes nothing out, though its day looks as if."""
    first = _local(start, offset) if start is not None else None
    for each in excepted:
        moment = _local(each, offset)
        if isinstance(moment, datetime) and isinstance(first, datetime) and moment.time() != first.time():
            raise Unusable(f"EXDATE {moment:%Y-%m-%d %H:%M} is no occurrence, which begin at {first:%H:%M}")


def _last_day(until: date, start: date | None, offset: timedelta) -> date:
    last = _local(until, offset)
    if not isinstance(last, datetime):
        return last
    first = _local(start, offset) if start is not None else None
    if isinstance(first, datetime) and first.time() > last.time():
        return last.date() - timedelta(days=1)
    return last.date()


def _local(moment: date, offset: timedelta) -> date:
    """A moment without its zone, in local time; a day as it is."""
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        return (moment.astimezone(UTC) + offset).replace(tzinfo=None)
    return moment
