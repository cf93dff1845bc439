"""Adding SitReps up: what one counts, and what a parent's counts with those it cites. Pure.

Whoever has the documents adds up the same: the parent's decider, and whoever verifies.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pamwal.contracts.family_counts import FamilyCounts, SitRepRolledUp
from pamwal.contracts.sitreps import SitRep

_OF_STRENGTH: Final = (
    "ordered", "present", "at_place", "wrong_place", "unplanned", "elsewhere", "on_time", "late", "awaited",
    "excused", "absent", "unknown", "relieved", "left", "unregistered", "reserved",
)  # fmt: skip
_OF_RALLIES: Final = ("planned", "active", "ended", "cancelled", "unnoticed")


def rolled_up_of(sitrep: SitRep) -> SitRepRolledUp:
    """What a parent's SitRep adds up of this one: all it counts of its operation and of those below."""
    if sitrep.rolled_up is not None:
        return sitrep.rolled_up
    uncounted = [each.operation_id for each in sitrep.children or ()]
    return SitRepRolledUp(counts=_own(sitrep), oldest_at=sitrep.at, missing=uncounted)


def summed(sitrep: SitRep) -> SitRepRolledUp | None:
    """A SitRep's own counts and those of what it cites; None where it cites no counts."""
    cited = sitrep.children or []
    known = [each.rolled_up for each in cited if each.rolled_up is not None]
    if not known:
        return None
    missing = [each.operation_id for each in cited if each.rolled_up is None]
    return SitRepRolledUp(
        counts=_sum([_own(sitrep), *(each.counts for each in known)]),
        oldest_at=min([sitrep.at, *(each.oldest_at for each in known)]),
        missing=sorted({*missing, *(name for each in known for name in each.missing)}),
    )


def _sum(counts: Iterable[FamilyCounts]) -> FamilyCounts:
    found = list(counts)
    names = FamilyCounts.__struct_fields__
    return FamilyCounts(**{name: sum(getattr(each, name) for each in found) for name in names})


def _own(of: SitRep) -> FamilyCounts:
    harm, posts = of.incidents.casualties, of.completeness
    return FamilyCounts(
        **{name: getattr(of.strength, name) for name in _OF_STRENGTH},
        **{f"rallies_{name}": getattr(of.rallies, name) for name in _OF_RALLIES},
        required=of.strength.required_total,
        posts=posts.total,
        posts_heard=posts.heard,
        posts_closed=posts.closed,
        numbers_missing=posts.missing,
        expected=of.rallies.expected,
        attendance=of.rallies.attendance,
        incidents=sum(of.incidents.by_state.values()),
        incidents_open=of.incidents.open,
        dead=harm.dead,
        injured=harm.injured,
        persons_missing=harm.missing,
        alerts=sum(of.alerts.values()),
    )
