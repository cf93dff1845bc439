"""The table the audit compares: one row a rally on its day, as far as its reader may see. Pure.

A row belongs to the one pair of the election that its rally names; pairs of other elections at the same rally
do not matter. A rally that names several pairs of the election says of none that it was favoured; a debate is
the election commission's own. Both are left out and counted, and so are rallies cancelled or not begun.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from pamwal.contracts.instants import to_ms
from pamwal.contracts.parity import LeftOut
from pamwal.contracts.reporting import Sight
from pamwal.contracts.zones import DAY_MS, midnight
from services.reporting.picture import OperationPicture
from services.reporting.picture.places import RALLY, Rally
from services.reporting.views.incidents import incidents_of
from services.reporting.views.stands import Stand, Window, officer_days
from services.reporting.views.window import zone_of

SEVERITIES: Final = ("minor", "moderate", "severe", "extreme")


class RallyDay(Struct, frozen=True, kw_only=True):
    """One rally on its day. Durations in milliseconds."""

    day: str
    rally_id: str
    pair: str
    officers: int
    """Distinct officers ordered there."""
    officer_ms: int
    """What their deployments there last, together."""
    expected: int | None = None
    """Attendees that notice or plan expects."""
    lead_ms: int | None = None
    """From the notice receipt until the rally first stood planned; negative if it was planned before."""
    on_time: int = 0
    late: int = 0
    """Officers seen at the rally, within the grace and after it."""
    came: int = 0
    """Deployments whose officer was seen, there or elsewhere."""
    absent: int = 0
    """Deployments whose officer nobody saw though his post was heard; excused and unknown are neither."""
    incidents: tuple[int, int, int, int] = (0, 0, 0, 0)
    """At the rally, by severity from minor to extreme; unfounded ones and duplicates are none."""


class RallyDays(Struct, frozen=True, kw_only=True):
    """The whole table, by day and rally, and what is not in it."""

    rows: list[RallyDay]
    left_out: LeftOut
    officer_days: int
    """Distinct officers a day, ordered to whatever place, `intel` with them: it tells no place."""


def rally_days_of(
    picture: OperationPicture, election: str, days: Sequence[str], now: str, sight: Sight
) -> RallyDays:
    """The rally-days of an election on some local days, at the Instant `now`.

    `intel` is in the counts only at sight `full`: elsewhere a row would place it.
    """
    builder = _Builder(picture, election, to_ms(now), with_intel=sight == "full")
    for day in days:
        builder.add(day)
    return RallyDays(rows=builder.rows, left_out=builder.left_out(), officer_days=builder.officer_days)


class _Builder:
    """Goes through the days one by one."""

    def __init__(self, picture: OperationPicture, election: str, now_ms: int, *, with_intel: bool) -> None:
        self._picture, self._prefix, self._now_ms = picture, f"{election}/", now_ms
        self._with_intel, self._zone = with_intel, zone_of(picture)
        self._incidents = _incidents_by_place(picture)
        self._out: Counter[str] = Counter()
        self.rows: list[RallyDay] = []
        self.officer_days = 0

    def left_out(self) -> LeftOut:
        """How many rallies are in no row."""
        out = self._out
        return LeftOut(
            cancelled=out["cancelled"],
            not_begun=out["not_begun"],
            debates=out["debates"],
            several_pairs=out["several_pairs"],
        )

    def add(self, day: str) -> None:
        """The rallies that begin on a local day."""
        first_ms = to_ms(midnight(day, self._zone))
        window = Window(first_ms=first_ms, before_ms=first_ms + DAY_MS, now_ms=self._now_ms)
        held = {
            f"{RALLY}{rally.rally_id}": (rally, pair)
            for rally in self._picture.plan.rallies_within(window.first_ms, window.before_ms)
            if rally.starts_ms >= first_ms and (pair := self._pair_of(rally)) is not None
        }
        stands: dict[str, list[Stand]] = {place: [] for place in held}
        for officer in officer_days(self._picture, window):
            self.officer_days += bool(officer.stands)
            for stand in officer.stands:
                seen = self._with_intel or stand.deployment.role != "intel"
                if seen and stand.deployment.place in held:
                    stands[stand.deployment.place].append(stand)
        self.rows += sorted(
            (self._row(day, rally, pair, stands[place]) for place, (rally, pair) in held.items()),
            key=lambda row: row.rally_id,
        )

    def _pair_of(self, rally: Rally) -> str | None:
        """The pair whose rally it is; None, and counted, if it is in no comparison."""
        pairs = sorted({pair for pair in rally.pairs if pair.startswith(self._prefix)})
        if not pairs:
            return None
        for why, holds in (
            ("cancelled", rally.cancelled),
            ("debates", rally.kind == "debate"),
            ("several_pairs", len(pairs) > 1),
            ("not_begun", rally.starts_ms > self._now_ms),
        ):
            if holds:
                self._out[why] += 1
                return None
        return pairs[0]

    def _row(self, day: str, rally: Rally, pair: str, stands: Iterable[Stand]) -> RallyDay:
        found = list(stands)
        planned_at = self._picture.planned_at.get(rally.rally_id)
        received_at = rally.receipt.received_at if rally.receipt else None
        severities = self._incidents.get(f"{RALLY}{rally.rally_id}", Counter())
        minor, moderate, severe, extreme = (severities[each] for each in SEVERITIES)
        return RallyDay(
            day=day,
            rally_id=rally.rally_id,
            pair=pair,
            officers=len({stand.deployment.officer_id for stand in found}),
            officer_ms=sum(stand.deployment.ends_ms - stand.deployment.starts_ms for stand in found),
            expected=rally.expected or None,
            lead_ms=to_ms(planned_at) - to_ms(received_at) if planned_at and received_at else None,
            on_time=sum(stand.on_time for stand in found),
            late=sum(stand.late for stand in found),
            came=sum(stand.attended for stand in found),
            absent=sum(stand.state == "absent" for stand in found),
            incidents=(minor, moderate, severe, extreme),
        )


def _incidents_by_place(picture: OperationPicture) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for row in incidents_of(picture, "full").rows:
        if row.place is not None and row.state != "unfounded":
            found.setdefault(row.place, Counter())[row.severity] += 1
    return found
