"""After facts about rallies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from pamwal.contracts.scheduling import (
    RallyCancelled,
    RallyClosed,
    RallyMoved,
    RallyNoticed,
    RallyPlanned,
    RallyReinstated,
)
from services.scheduler.deciding.state import RALLY, Import, Rally, Schedule


def _planned(state: Schedule, fact: RallyPlanned) -> None:
    """A fact carries the plan whole."""
    known = state.rallies.get(fact.rally_id)
    state.rallies[fact.rally_id] = Rally(
        rally_id=fact.rally_id,
        kind=fact.kind,
        pairs=fact.pairs,
        venue=fact.venue,
        starts_at=fact.starts_at,
        ends_at=fact.ends_at,
        required=fact.required,
        expected_attendance=fact.expected_attendance,
        receipt=fact.receipt,
        series_id=fact.series_id,
        status=fact.stage,
        stage=fact.stage,
        version=fact.version,
    )
    if fact.series_id is not None:
        members = state.series.get(fact.series_id, ())
        if fact.rally_id not in members:
            state.series[fact.series_id] = (*members, fact.rally_id)
    _imported(state, fact, known)


def _noticed(state: Schedule, fact: RallyNoticed) -> None:
    known = state.rallies[fact.rally_id]
    state.rallies[fact.rally_id] = replace(known, receipt=fact.receipt, version=fact.version)


def _moved(state: Schedule, fact: RallyMoved) -> None:
    known = state.rallies[fact.rally_id]
    state.rallies[fact.rally_id] = replace(
        known, venue=fact.venue, starts_at=fact.starts_at, ends_at=fact.ends_at, version=fact.version
    )


def _cancelled(state: Schedule, fact: RallyCancelled) -> None:
    """Whatever is live there now is cancelled by facts of the same decision."""
    known = state.rallies[fact.rally_id]
    state.rallies[fact.rally_id] = replace(
        known,
        status="cancelled",
        released=tuple(sorted(state.at_place.ids(RALLY + fact.rally_id))),
        undone=fact.import_id is not None,
        version=fact.version,
    )
    _imported(state, fact, known)


def _closed(state: Schedule, fact: RallyClosed) -> None:
    known = state.rallies[fact.rally_id]
    state.rallies[fact.rally_id] = replace(known, status="closed", version=fact.version)


def _reinstated(state: Schedule, fact: RallyReinstated) -> None:
    known = state.rallies[fact.rally_id]
    state.rallies[fact.rally_id] = replace(
        known, status=fact.stage, released=(), undone=False, version=fact.version
    )


def _imported(state: Schedule, fact: RallyPlanned | RallyCancelled, known: Rally | None) -> None:
    if fact.import_id is not None:
        rallies = state.imports.setdefault(fact.import_id, Import()).rallies
        rallies[fact.rally_id] = (fact.version, rallies.get(fact.rally_id, (0, known))[1])


AFTER: Final[dict[type, Callable[[Schedule, Any], None]]] = {
    RallyPlanned: _planned,
    RallyNoticed: _noticed,
    RallyMoved: _moved,
    RallyCancelled: _cancelled,
    RallyClosed: _closed,
    RallyReinstated: _reinstated,
}
