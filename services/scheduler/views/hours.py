"""Hours ordered per officer, and how evenly they lie on everybody's shoulders."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from functools import lru_cache
from statistics import fmean, median, pstdev
from typing import Final

from pamwal.contracts.instants import to_ms
from pamwal.contracts.load_reads import HoursView, OfficerHours, Spread, UnitSpread
from pamwal.contracts.zones import HOUR_MS
from services.scheduler.deciding.bookings import overlapping
from services.scheduler.deciding.state import Deployment, Officer, Schedule
from services.scheduler.views.places import DISPATCHED, Window
from services.scheduler.views.sight import Sight

DECIMALS: Final = 3
"""Of hours: 3.6 s."""


def hours_view(
    schedule: Schedule,
    officers: Iterable[Officer],
    sight: Sight,
    window: Window,
    limit: int,
    after: tuple[float, str] | None = None,
) -> HoursView:
    """The load of these officers within the window; `after` are hours and id of the last one told."""
    rows = [_hours_of(schedule, each, sight, window) for each in officers]
    by_unit: dict[str, list[float]] = {}
    for row in rows:
        by_unit.setdefault(row.unit, []).append(row.hours)
    rows.sort(key=_heaviest)
    start = 0 if after is None else bisect_right(rows, (-after[0], after[1]), key=_heaviest)
    page, more = rows[start : start + limit], len(rows) > start + limit
    return HoursView(
        complete=sight.whole,
        spread=spread_of([row.hours for row in rows]) if rows else None,
        units=[UnitSpread(unit=unit, spread=spread_of(hours)) for unit, hours in sorted(by_unit.items())],
        officers=page,
        next_after=f"{page[-1].hours},{page[-1].officer_id}" if more else None,
    )


def _heaviest(row: OfficerHours) -> tuple[float, str]:
    return -row.hours, row.officer_id


def spread_of(hours: list[float]) -> Spread:
    """The spread of at least one officer's hours."""
    return Spread(
        officers=len(hours),
        sum_h=round(sum(hours), DECIMALS),
        min_h=min(hours),
        max_h=max(hours),
        mean_h=round(fmean(hours), DECIMALS),
        median_h=round(median(hours), DECIMALS),
        deviation_h=round(pstdev(hours), DECIMALS),
    )


def _hours_of(schedule: Schedule, officer: Officer, sight: Sight, window: Window) -> OfficerHours:
    held = [
        each
        for _, _, deployment_id in overlapping(
            schedule.bookings.of(officer.officer_id), window.starts_at, window.ends_at
        )
        if sight.sees(each := schedule.deployments[deployment_id])
    ]
    dispatched = [each for each in held if each.status in DISPATCHED]
    return OfficerHours(
        officer_id=officer.officer_id,
        unit=officer.unit,
        satgas=officer.satgas,
        duties=len(dispatched),
        hours=_hours(dispatched, window),
        reserved_h=_hours([each for each in held if each.status == "reserved"], window),
    )


def _hours(deployments: list[Deployment], window: Window) -> float:
    """Hours within the window: what lies outside of it is another day's."""
    clipped = (window.clip(each.starts_at, each.ends_at) for each in deployments)
    return round(sum(_ms(ends) - _ms(starts) for starts, ends in clipped) / HOUR_MS, DECIMALS)


@lru_cache(maxsize=8_192)
def _ms(instant: str) -> int:
    """Duties of a day begin and end at few moments."""
    return to_ms(instant)
