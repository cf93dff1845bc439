"""The part of an officer's reports that can matter to one day: of a long operation the rest is not looked at.

What is left out is left out only where that cannot change how the officer stands on the day. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from pamwal.contracts.field.clocks import happened_ms
from pamwal.contracts.instants import from_ms
from services.reporting.picture.deployments import Deployment
from services.reporting.picture.plan import MINUTE_MS
from services.reporting.picture.presences import EARLY_MS, LIST_MS, STAY_MS, Report

FEW: Final = 24
"""So many reports are looked at as a whole."""
AHEAD_MS: Final = EARLY_MS + 3 * LIST_MS + STAY_MS
"""How long before the hours that matter a stay may begin that serves them, by the rules of presences: seen
early, put to a shift by a paper list, or lasting from duty before; also a list report that joins one."""
LOOKED_MS: Final = 36 * 60 * MINUTE_MS
"""How much farther back a pause is looked for."""


def reports_near(
    reports: Sequence[Report],
    deployments: Sequence[Deployment],
    first_ms: int,
    before_ms: int,
    window_ms: int,
) -> Sequence[Report]:
    """Those that can matter to the half-open day [first_ms, before_ms): all of them, or those since a pause.

    Reports cluster into stays by nearness in time. In a pause longer than the witness window no cluster goes
    on, so that what comes behind it is clustered as if nothing had been before.
    """
    if len(reports) <= FEW:
        return reports
    matter_ms = _matters_from_ms(deployments, first_ms, before_ms) - AHEAD_MS
    since_ms = matter_ms - LOOKED_MS
    since = from_ms(since_ms)  # nothing happened after an edge had it: text order is time order
    near = [report for report in reports if report.fact.recorded_at >= since]
    if len(near) == len(reports):
        return reports
    moments = sorted(
        at_ms for report in near if since_ms <= (at_ms := happened_ms(report.fact)[0]) < matter_ms
    )
    paused = any(later - sooner > window_ms for sooner, later in pairwise([since_ms, *moments, matter_ms]))
    return near if paused else reports


def _matters_from_ms(deployments: Sequence[Deployment], first_ms: int, before_ms: int) -> int:
    """When the first duty begins whose stays may serve one of the day: one of it, or directly before such."""
    of_day = [
        each.starts_ms for each in deployments if each.starts_ms < before_ms and each.ends_ms > first_ms
    ]
    from_ms_on = min([first_ms, *of_day])
    leading = [
        each.starts_ms
        for each in deployments
        if each.starts_ms < from_ms_on and each.ends_ms >= from_ms_on - EARLY_MS
    ]
    return min([from_ms_on, *leading])
