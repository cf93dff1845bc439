"""Rallies of a day by state. Pure: active and ended follow the planned hours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from pamwal.contracts.reporting import Rallies, RallyRow, RallyState
from services.reporting.picture.places import Rally


def rallies_of(found: Iterable[Rally], now_ms: int, *, rows: bool = True) -> Rallies:
    """The given rallies at a moment, in the order given."""
    all_rows = [_row(rally, now_ms) for rally in found]
    states = Counter(row.state for row in all_rows)
    return Rallies(
        planned=states["planned"],
        active=states["active"],
        ended=states["ended"],
        cancelled=states["cancelled"],
        unnoticed=sum(row.unnoticed for row in all_rows),
        rows=all_rows if rows else [],
    )


def state_of(rally: Rally, now_ms: int) -> RallyState:
    """Planned before its hours, active within them, ended after or once it is closed; or cancelled."""
    if rally.cancelled:
        return "cancelled"
    if rally.closed:
        return "ended"
    if now_ms < rally.starts_ms:
        return "planned"
    return "active" if now_ms < rally.ends_ms else "ended"


def _row(rally: Rally, now_ms: int) -> RallyRow:
    return RallyRow(
        rally_id=rally.rally_id,
        kind=rally.kind,
        pairs=rally.pairs,
        venue_id=rally.venue.venue_id,
        starts_at=rally.starts_at,
        ends_at=rally.ends_at,
        state=state_of(rally, now_ms),
        unnoticed=rally.unnoticed and not rally.cancelled,
    )
