"""What truly happened, before anybody reported it: 146 on time, 3 late, 1 elsewhere, 1 absent (S2)."""

from __future__ import annotations

from random import Random
from typing import Final, Literal

from msgspec import Struct

from pamwal.demo.day import DayOfficer, PlannedRally, officers, rallies

Presence = Literal["on_time", "late", "wrong_place"]

LATE: Final = 3
MINUTE_MS: Final = 60_000
BEFORE_MIN: Final = (25, 50)
"""Who is on time arrives this many minutes before the rally starts."""
AFTER_MIN: Final = (20, 40)
"""Who is late arrives this many minutes after it started: beyond the grace of 15."""
ORDERED_TO, FOUND_AT = "sikumana-1", "sikumana-2"
"""The one at the wrong venue was ordered to the first and stood at the second."""


class Arrival(Struct, frozen=True, kw_only=True):
    """Where and when one officer truly arrived."""

    officer: DayOfficer
    presence: Presence
    rally: PlannedRally
    at_ms: int


class Truth(Struct, frozen=True, kw_only=True):
    """The whole day as it was."""

    rallies: list[PlannedRally]
    officers: list[DayOfficer]
    arrivals: list[Arrival]
    absent: list[DayOfficer]

    def count(self, presence: Presence) -> int:
        """How many officers arrived so."""
        return sum(arrival.presence == presence for arrival in self.arrivals)


def truth_of(chance: Random) -> Truth:
    """Draws who was late, lost and absent, and to the millisecond when everybody arrived."""
    held = rallies()
    roster = officers(held)
    lost = chance.choice([officer for officer in roster if officer.rally.rally_id == ORDERED_TO])
    absent, *late = chance.sample([officer for officer in roster if officer is not lost], 1 + LATE)
    elsewhere = next(rally for rally in held if rally.rally_id == FOUND_AT)
    arrivals = []
    for officer in roster:
        if officer is absent:
            continue
        at_ms = _late(officer, chance) if officer in late else _early(officer, chance)
        presence: Presence = "late" if officer in late else "wrong_place" if officer is lost else "on_time"
        place = elsewhere if officer is lost else officer.rally
        arrivals.append(Arrival(officer=officer, presence=presence, rally=place, at_ms=at_ms))
    return Truth(rallies=held, officers=roster, arrivals=arrivals, absent=[absent])


def _early(officer: DayOfficer, chance: Random) -> int:
    return officer.rally.starts_ms - chance.randint(BEFORE_MIN[0] * MINUTE_MS, BEFORE_MIN[1] * MINUTE_MS)


def _late(officer: DayOfficer, chance: Random) -> int:
    return officer.rally.starts_ms + chance.randint(AFTER_MIN[0] * MINUTE_MS, AFTER_MIN[1] * MINUTE_MS)
