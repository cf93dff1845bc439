"""The course of a rally as the field tells it: begun, over, and how many people were counted. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from pamwal.contracts.field import AttendanceCounted, RallyEnded, RallyStarted
from pamwal.contracts.field.clocks import happened_ms
from services.reporting.picture.places import Rally
from services.reporting.picture.plan import MINUTE_MS

RallySeen = RallyStarted | RallyEnded | AttendanceCounted
NEAR_MS: Final = 12 * 60 * MINUTE_MS
"""How far from a rally's hours the field may speak of it; what lies farther is of hours it had before."""


class Course(Struct, frozen=True, kw_only=True):
    """What the field said of a rally up to a moment. Moments in milliseconds since 1970."""

    started_ms: int | None = None
    """The first time it was said to begin since it was last said to end."""
    ended_ms: int | None = None
    """When it was said to end; None if that was never said or it began again since."""
    people: int | None = None
    """The last head count."""
    people_at_ms: int | None = None
    people_most: int | None = None


def course_of(rally: Rally, told: Iterable[tuple[str, RallySeen]], now_ms: int) -> Course:
    """The course by what had happened at `now_ms`; `told` are the facts that stand, each with its post."""
    found = sorted(
        (at_ms, fact.id, post, fact)
        for post, fact in told
        if (at_ms := happened_ms(fact)[0]) <= now_ms
        and rally.starts_ms - NEAR_MS <= at_ms <= rally.ends_ms + NEAR_MS
    )
    started_ms = ended_ms = None
    counts: list[tuple[int, int]] = []
    for at_ms, _, _, fact in found:
        if isinstance(fact, AttendanceCounted):
            counts.append((at_ms, fact.people))
        elif isinstance(fact, RallyEnded):
            ended_ms = at_ms if ended_ms is None else ended_ms
        elif started_ms is None or ended_ms is not None:
            started_ms, ended_ms = at_ms, None
    return Course(
        started_ms=started_ms,
        ended_ms=ended_ms,
        people=counts[-1][1] if counts else None,
        people_at_ms=counts[-1][0] if counts else None,
        people_most=max((people for _, people in counts), default=None),
    )
