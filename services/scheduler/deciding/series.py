"""Rallies that recur: an RRULE of RFC 5545 in the operation's local time; each occurrence is a rally."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Final, NamedTuple, cast

from dateutil.rrule import rrule, rrulestr
from msgspec.structs import replace

from pamwal.contracts.envelope import Reason, Verdict
from pamwal.contracts.instants import from_ms, to_ms
from pamwal.contracts.scheduling import PlanRally, PlanSeries, SchedulingFact
from pamwal.contracts.zones import DAY_MS, OFFSET_H
from services.scheduler.deciding.draft import Draft
from services.scheduler.deciding.rallies import plan
from services.scheduler.deciding.refusals import interval, malformed
from services.scheduler.deciding.rows import judge_rows
from services.scheduler.deciding.state import Operation

OCCURRENCES_MAX: Final = 200
"""The most rallies one series makes."""
ID_MAX: Final = 64
"""Characters of an identifier; the day takes eleven of them."""
FREQUENCIES: Final = ("DAILY", "WEEKLY", "MONTHLY")
BEYOND_MS: Final = 366 * DAY_MS
"""How far behind the operation occurrences are looked for, so that a rule without any comes to an end."""
_PART = re.compile(r"([A-Z]+)=([A-Z0-9,+-]+)")
_NUMBER = re.compile(r"[1-9][0-9]{0,3}")
_UNTIL = re.compile(r"([0-9]{8})(?:T([0-9]{6})(Z?))?")


class Read(NamedTuple):
    """A recurrence that was read."""

    occurrences: list[datetime]
    """In local time, without a zone, to the second; no more than one above what a series may have."""
    wanted: int | None
    """How many there must be, if that was said."""


def plan_series(draft: Draft, data: PlanSeries) -> Verdict[SchedulingFact]:
    """Plans each occurrence by the rules of one rally, all or none."""
    first, operation = data.first, draft.operation
    reason = interval(operation, first.starts_at, first.ends_at, data.series_id)
    if reason is not None:
        return Verdict(reason=reason)
    if len(data.series_id) > ID_MAX - 11:
        message = f"series_id {data.series_id} is longer than {ID_MAX - 11}; its rallies' ids end in the day"
        return Verdict(reason=malformed(message, data.series_id))
    days = _days(operation, data)
    if isinstance(days, Reason):
        return Verdict(reason=days)
    for day in sorted(set(data.except_days) - days.keys()):
        message = f"{day} is excepted, and no occurrence falls on it"
        draft.warn("not_an_occurrence", message, data.series_id, "see whether another day was meant")
    rows = [_occurrence(data, day, by_ms) for day, by_ms in days.items() if day not in data.except_days]
    if not rows:
        return Verdict(reason=malformed(f"series {data.series_id} has no occurrence", data.series_id))
    aside = list(draft.warnings)
    verdict = judge_rows(draft, rows, "atomic", lambda draft, row: plan(draft, row, data.import_id))
    return verdict if verdict.reason else Verdict(facts=verdict.facts, warnings=aside + verdict.warnings)


def _occurrence(data: PlanSeries, day: str, by_ms: int) -> PlanRally:
    return replace(
        data.first,
        rally_id=f"{data.series_id}.{day}",
        series_id=data.series_id,
        starts_at=from_ms(to_ms(data.first.starts_at) + by_ms),
        ends_at=from_ms(to_ms(data.first.ends_at) + by_ms),
        expected_version=None,
    )


def _days(operation: Operation, data: PlanSeries) -> dict[str, int] | Reason:
    """Local day → milliseconds behind the first occurrence; excepted days among them."""
    starts = _local(data.first.starts_at, operation)
    read = _read(data, starts, operation)
    if isinstance(read, Reason):
        return read
    found: dict[str, int] = {}
    for each in read.occurrences:
        day = f"{each:%Y-%m-%d}"
        if day in found:
            return malformed(f"two occurrences of series {data.series_id} fall on {day}", data.series_id)
        found[day] = round((each - starts).total_seconds()) * 1000
    if len(found.keys() - set(data.except_days)) > OCCURRENCES_MAX:
        return _too_many(data)
    if not found or read.occurrences[0] != starts:
        given = f"{read.occurrences[0]}" if found else "none"
        return _bad(data, f"its first occurrence is {given}, `first` says {starts}, local time")
    if read.wanted is not None and len(found) < read.wanted:
        return _bad(data, f"it gives {len(found)} occurrences near the operation, not {read.wanted}")
    return found


def _read(data: PlanSeries, starts: datetime, operation: Operation) -> Read | Reason:
    """What a recurrence means, to a year behind the operation.

    COUNT, UNTIL and INTERVAL are read here: UNTIL as a day means all of that day, and nothing may be without
    a bound or stand still.
    """
    parts = _parts(data)
    if isinstance(parts, Reason):
        return parts
    count, until = parts.pop("COUNT", None), parts.pop("UNTIL", None)
    last = _local(from_ms(to_ms(operation.ends_before) + BEYOND_MS), operation)
    most = OCCURRENCES_MAX + len(set(data.except_days)) + 1
    try:
        last = last if until is None else min(last, _until(until, operation))
        text = ";".join(f"{name}={value}" for name, value in parts.items())
        rule = cast("rrule", rrulestr(text, dtstart=starts)).replace(until=last)
        found = list(islice(rule, most if count is None else min(most, int(count))))
    except (ValueError, OverflowError) as error:
        return _bad(data, str(error))
    except IndexError:
        return _bad(data, "a number in it is beyond what its FREQ has")
    return Read(found, None if count is None else min(most, int(count)))


def _parts(data: PlanSeries) -> dict[str, str] | Reason:
    parts: dict[str, str] = {}
    for part in data.recurrence.split(";"):
        match = _PART.fullmatch(part)
        if match is None or match[1] in parts:
            return _bad(data, f"{part!r} is not one NAME=VALUE")
        parts[match[1]] = match[2]
    if parts.get("FREQ") not in FREQUENCIES:
        return _bad(data, f"FREQ is one of {', '.join(FREQUENCIES)}")
    if ("COUNT" in parts) == ("UNTIL" in parts):
        return _bad(data, "it needs COUNT or UNTIL, and not both")
    if parts["FREQ"] != "MONTHLY" and re.search("[0-9]", parts.get("BYDAY", "")):
        return _bad(data, f"BYDAY={parts['BYDAY']} counts days of a month, so FREQ is MONTHLY")
    for name in ("COUNT", "INTERVAL"):
        if name in parts and not _NUMBER.fullmatch(parts[name]):
            return _bad(data, f"{name} is a number from 1 to 9999")
    return parts


def _until(text: str, operation: Operation) -> datetime:
    """The last moment in local time: all of a day, a local time, or with Z a time in UTC."""
    match = _UNTIL.fullmatch(text)
    if match is None:
        raise ValueError(f"UNTIL is a day such as 20241121, or a time such as 20241121T120000Z, not {text}")
    day, clock = match[1], match[2] or "235959"
    moment = datetime.combine(
        date(int(day[:4]), int(day[4:6]), int(day[6:])),
        time(int(clock[:2]), int(clock[2:4]), int(clock[4:])),
    )
    return moment + timedelta(hours=OFFSET_H[operation.zone] if match[3] else 0)


def _local(instant: str, operation: Operation) -> datetime:
    """Local time without a zone, to the second."""
    ahead = timedelta(hours=OFFSET_H[operation.zone])
    return (datetime.fromtimestamp(to_ms(instant) // 1000, UTC) + ahead).replace(tzinfo=None)


def _bad(data: PlanSeries, why: str) -> Reason:
    return malformed(f"the recurrence {data.recurrence} of series {data.series_id}: {why}", data.series_id)


def _too_many(data: PlanSeries) -> Reason:
    return Reason(
        code="too_large",
        message=f"{data.recurrence} gives more than {OCCURRENCES_MAX} occurrences",
        subject=data.series_id,
        possible="an earlier UNTIL or a smaller COUNT, and a second series for the rest",
    )
