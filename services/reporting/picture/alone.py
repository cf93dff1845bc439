"""Officers who have one duty on a day and none near it: most of them. Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from pamwal.contracts.instants import from_ms
from services.reporting.picture.deployments import Deployment
from services.reporting.picture.nearby import LISTED_MS, LOOKED_MS
from services.reporting.picture.plan_day import AllAlone, Alone, DayPlan, Group
from services.reporting.picture.presences import EARLY_MS, LIST_MS, STAY_MS

instant: Final = lru_cache(maxsize=1_000)(from_ms)
"""Most officers of a day have the same hours."""


def alone_on(day: DayPlan) -> AllAlone:
    """The officers who have only one duty on the day and no other near it."""
    if day.alone is None:
        groups: dict[tuple[object, ...], Group] = {}
        found = {
            officer_id: Alone(own[0], _group(day, own[0], groups))
            for officer_id, own in day.ordered.items()
            if len(own) == 1 and officer_id not in day.reserved and _apart(day, own[0])
        }
        since_ms = min((group.since_ms for group in groups.values()), default=day.first_ms)
        listed_ms = min((group.listed_since_ms for group in groups.values()), default=day.first_ms)
        day.alone = AllAlone(found, since_ms, instant(since_ms), instant(listed_ms))
    return day.alone


def _apart(day: DayPlan, duty: Deployment) -> bool:
    """No report can be of another duty that may be of this one, and none leads from before into the day."""
    soon_ms, late_ms = min(day.first_ms, duty.starts_ms) - EARLY_MS, duty.ends_ms + EARLY_MS
    for each in day.of_officer[duty.officer_id]:
        if each.ends_ms >= soon_ms and each.starts_ms < late_ms and each is not duty:
            return False
    return True


def _group(day: DayPlan, duty: Deployment, groups: dict[tuple[object, ...], Group]) -> Group:
    officer = day.roster.get(duty.officer_id)
    sort = (
        officer and officer.satgas, duty.place, duty.role, duty.purpose, duty.status, duty.starts_ms,
        duty.ends_ms, duty.reporters,
    )  # fmt: skip
    found = groups.get(sort)
    if found is None:
        serves_ms = min(day.first_ms, duty.starts_ms)  # as `nearby.py` has it for his duties
        since_ms = min(serves_ms - EARLY_MS, duty.starts_ms - max(STAY_MS, LIST_MS)) - day.window_ms
        found = groups[sort] = Group(len(groups), since_ms, serves_ms - LISTED_MS - LOOKED_MS)
    return found
