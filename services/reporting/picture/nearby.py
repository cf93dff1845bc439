"""The part of an officer's reports that can matter to one day: of a long operation the rest is not looked at.

What is left out is left out only where that cannot change how the officer stands on the day. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from pamwal.contracts.instants import from_ms
from services.reporting.picture.deployments import Deployment
from services.reporting.picture.own_affairs import Span
from services.reporting.picture.plan import MINUTE_MS
from services.reporting.picture.presences import EARLY_MS, LIST_MS, STAY_MS, Moment
from services.reporting.picture.told import OfficerTold

LISTED_MS: Final = EARLY_MS + 3 * LIST_MS + STAY_MS
"""How long before the hours that matter a stay may begin that serves them where paper lists tell of it: seen
early, put to a shift by the list, or lasting from duty before; also a list report that joins one."""
LOOKED_MS: Final = 36 * 60 * MINUTE_MS
"""How much farther back a pause is looked for where there is none directly before what matters."""


class Matters(NamedTuple):
    """From when on an officer's stays can matter to a day; milliseconds since 1970."""

    exact_ms: int
    """By the rules of presences, if each report says its own time."""
    listed_ms: int
    """If any may be of a paper list."""


_instant: Final = lru_cache(maxsize=1_000)(from_ms)
"""Most officers of a day have the same hours."""


def moments_near(
    told: OfficerTold, upto: int, deployments: Sequence[Deployment], day: Span, window_ms: int
) -> list[Moment]:
    """Of the first `upto` reports those that can matter to the half-open `day`, in any order.

    Reports cluster into stays by nearness in time. In a pause longer than the witness window no cluster goes
    on, so that what comes behind it is clustered as if nothing had been before.
    """
    exact_ms, listed_ms = matters_from(deployments, day)
    since_ms = exact_ms - window_ms
    far = told.heard_since(_instant(listed_ms - LOOKED_MS))  # nothing happened after it was heard
    if far >= upto:
        return []
    if not told.listed(far, upto):
        found = []
        for index in range(told.heard_since(_instant(since_ms)), upto):
            at_ms = told.happened_ms(index)
            if at_ms >= exact_ms:
                found.append(told.moment(index))
            elif at_ms >= since_ms:
                break
        else:
            return found
    from_place = far if _paused(told, far, upto, listed_ms, window_ms) else 0
    return [told.moment(index) for index in range(from_place, upto)]


def _paused(told: OfficerTold, far: int, upto: int, before_ms: int, window_ms: int) -> bool:
    """Whether there is a pause in the time before what matters."""
    since_ms = before_ms - LOOKED_MS
    happened = sorted(told.happened_ms(index) for index in range(far, upto))
    within = [at_ms for at_ms in happened if since_ms <= at_ms < before_ms]
    return any(later - sooner > window_ms for sooner, later in pairwise([since_ms, *within, before_ms]))


def matters_from(deployments: Sequence[Deployment], day: Span) -> Matters:
    """By the duties of the day, and by those directly before such, whose stays may serve them too.

    `deployments` stand by their start.
    """
    first_ms, before_ms = day
    serves_ms = lasting_ms = first_ms
    for each in deployments:
        if each.starts_ms < before_ms and each.ends_ms > first_ms:
            lasting_ms = each.starts_ms  # by start: it is the first
            serves_ms = min(first_ms, lasting_ms)
            break
    soon_ms = serves_ms - EARLY_MS
    for each in deployments:
        if each.starts_ms >= serves_ms:
            break
        if each.ends_ms >= soon_ms:
            serves_ms = each.starts_ms
            break
    exact_ms = min(serves_ms - EARLY_MS, lasting_ms - max(STAY_MS, LIST_MS))
    return Matters(exact_ms, serves_ms - LISTED_MS)
