"""The local day a view counts, and the moment it looks at. Pure."""

from __future__ import annotations

from typing import Final

from pamwal.contracts.instants import to_ms
from pamwal.contracts.zones import DAY_MS, OFFSET_H, midnight, midnight_ms
from services.reporting.picture import OperationPicture
from services.reporting.views.stands import Window

ZONE_UNOPENED: Final = "Asia/Jakarta"
"""The day of an operation that nobody has opened yet."""


def zone_of(picture: OperationPicture) -> str:
    """The operation's zone."""
    zone = picture.charter.zone if picture.charter else ZONE_UNOPENED
    return zone if zone in OFFSET_H else ZONE_UNOPENED


def window_of(picture: OperationPicture, now: str, day: str | None) -> Window:
    """The local day to count, and the moment to look at it. ValueError if `day` is none."""
    zone, now_ms = zone_of(picture), to_ms(now)
    first_ms = to_ms(midnight(day, zone)) if day else midnight_ms(now_ms, zone)
    return Window(first_ms=first_ms, before_ms=first_ms + DAY_MS, now_ms=now_ms)
