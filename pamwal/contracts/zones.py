"""The zones operations live in. None of them has summer time, so an offset is all there is to know.

Source: the three legal times of Indonesia (WIB, WITA, WIT); a test compares them with the IANA database.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Literal

from pamwal.contracts.instants import from_ms, to_ms

Zone = Literal["Asia/Jakarta", "Asia/Pontianak", "Asia/Makassar", "Asia/Jayapura"]
DEFAULT_ZONE: Final[Zone] = "Asia/Makassar"
"""Of an operation whose opening is not known."""
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS

OFFSET_H: Final[dict[str, int]] = {
    "Asia/Jakarta": 7,
    "Asia/Pontianak": 7,
    "Asia/Makassar": 8,
    "Asia/Jayapura": 9,
}
"""Hours ahead of UTC."""
LETTERS: Final[dict[str, str]] = {
    "Asia/Jakarta": "WIB",
    "Asia/Pontianak": "WIB",
    "Asia/Makassar": "WITA",
    "Asia/Jayapura": "WIT",
}
"""What a screen shows behind a time."""


def midnight(day: str, zone: str, *, days_later: int = 0) -> str:
    """The `Instant` at which a local day begins, or the day so many days later."""
    begins_ms = to_ms(f"{day}T00:00:00.000Z") - OFFSET_H[zone] * HOUR_MS
    return from_ms(begins_ms + days_later * DAY_MS)


def clock_text(instant: str, zone: str) -> str:
    """A moment on the local clock, with its letters: `2024-10-03 21:10 WITA`; seconds only if there are."""
    local = from_ms(to_ms(instant) + OFFSET_H[zone] * HOUR_MS)
    finer = local[16:23].removesuffix(".000").removesuffix(":00")
    return f"{local[:10]} {local[11:16]}{finer} {LETTERS[zone]}"


def zone_of(clock: str) -> str | None:
    """A zone whose clock `clock_text` wrote this on; None where it ends in no letters of a zone."""
    letters = clock.rpartition(" ")[2]
    return next((zone for zone, known in LETTERS.items() if known == letters), None)


def local_text(instant: str, zone: str) -> str:
    """A moment to the minute on the local clock, as tables show it: `2024-10-03 21:10 WITA`."""
    return clock_text(f"{instant[:17]}00.000Z", zone)


def hours_text(starts_at: str, ends_at: str, zone: str) -> str:
    """`2024-10-03 16:00-18:00 WITA`, with the second day where it is another."""
    begins, ends = local_text(starts_at, zone), local_text(ends_at, zone)
    return f"{begins[:16]}-{ends[11:] if ends[:10] == begins[:10] else ends}"


def local_day(instant: str, zone: str) -> str:
    """The local day, YYYY-MM-DD, in which an `Instant` lies."""
    return _day((to_ms(instant) + OFFSET_H[zone] * HOUR_MS) // DAY_MS)


def midnight_ms(at_ms: int, zone: str) -> int:
    """When the local day began in which a moment lies; both in milliseconds since 1970."""
    return at_ms - (at_ms + OFFSET_H[zone] * HOUR_MS) % DAY_MS


@lru_cache(maxsize=1_000)
def _day(number: int) -> str:
    """The day so many days after 1970-01-01: asked again with every look."""
    return from_ms(number * DAY_MS)[:10]
