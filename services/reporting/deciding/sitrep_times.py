"""When SitReps are due by an operation's policy, in its own zone. Pure.

What is due is stated once, with a cause, and an edge then asks for it: so a SitRep that nobody asked for is
decided like any other, from a picture whose vector and heads stand in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from pamwal.contracts.instants import from_ms, to_ms
from pamwal.contracts.scheduling import SitRepForm, SitRepTime
from pamwal.contracts.sitreps import SitRepDue
from pamwal.contracts.zones import DAY_MS, HOUR_MS, local_day, midnight
from services.reporting.deciding.sitreps import SitRepBook
from services.reporting.picture.charter import Charter

LATE_MAX_MS: Final = HOUR_MS
"""What was due longer ago, while nobody decided or before it was wanted, is not made up for."""
DAYS_AHEAD: Final = 8
"""Within so many days every wanted time comes once, also one of a single weekday."""


def sitreps_due(
    charter: Charter, book: SitRepBook, now: str, cause_id: str, first: int
) -> tuple[list[SitRepDue], str | None]:
    """What is due now, as facts numbered from `first`, and when the next one will be."""
    if charter.closed or not charter.policy.sitreps:
        return [], None
    now_ms = to_ms(now)
    newest: dict[SitRepForm, tuple[int, str | None]] = {}
    coming: list[int] = []
    for form, at_ms, day in _times(charter, now_ms):
        if at_ms > now_ms:
            coming.append(at_ms)
        elif at_ms >= now_ms - LATE_MAX_MS and (form not in newest or newest[form][0] < at_ms):
            newest[form] = at_ms, day
    wanted = sorted(
        (at_ms, form, day) for form, (at_ms, day) in newest.items() if from_ms(at_ms) > book.due.get(form, "")
    )
    facts = [
        SitRepDue(id=f"{cause_id}/{number}", form=form, at=from_ms(at_ms), day=day)
        for number, (at_ms, form, day) in enumerate(wanted, first)
    ]
    return facts, from_ms(min(coming)) if coming else None


def _times(charter: Charter, now_ms: int) -> Iterator[tuple[SitRepForm, int, str | None]]:
    """Every wanted moment from yesterday on, and the day it tells of if that is an earlier one.

    What is told of is a day of the operation: of its last one it may be told on the morning after.
    """
    for days in range(-1, DAYS_AHEAD):
        today = local_day(from_ms(now_ms + days * DAY_MS), charter.zone)
        begins_ms = to_ms(midnight(today, charter.zone))
        for each in charter.policy.sitreps:
            told = (date.fromisoformat(today) - timedelta(days=each.days_before)).isoformat()
            within = charter.starts_on <= told <= charter.ends_on
            if within and each.weekday in {None, date.fromisoformat(today).isoweekday()}:
                yield each.form, begins_ms + _of_day_ms(each), told if each.days_before else None


def _of_day_ms(of: SitRepTime) -> int:
    hours, minutes = of.at.split(":")
    return (int(hours) * 60 + int(minutes)) * 60_000
