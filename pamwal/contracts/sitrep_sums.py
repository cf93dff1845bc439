"""Adding SitReps up: what one counts, and what a parent's counts with those it cites. Pure.

Whoever has the documents adds up the same: the parent's decider, and whoever verifies.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from pamwal.contracts.family_counts import FamilyCounts, SitRepRolledUp
from pamwal.contracts.sitreps import SitRep, SitRepCited

_OF_STRENGTH: Final = (
    "ordered", "present", "at_place", "wrong_place", "unplanned", "elsewhere", "on_time", "late", "awaited",
    "excused", "absent", "unknown", "relieved", "left", "unregistered", "reserved",
)  # fmt: skip
_OF_RALLIES: Final = ("planned", "active", "ended", "cancelled", "unnoticed")


class Addends(NamedTuple):
    """The cited children whose counts are added to a SitRep's own, and those whose counts are left out."""

    added: list[SitRepCited]
    left_out: list[SitRepCited]
    """Each counts an operation that is counted already: the parent itself or one of an added child."""


def rolled_up_of(sitrep: SitRep) -> SitRepRolledUp:
    """What a parent's SitRep adds up of this one: all it counts of its operation and of those below."""
    if sitrep.rolled_up is not None:
        return sitrep.rolled_up
    uncounted = [each.operation_id for each in sitrep.children or ()]
    return SitRepRolledUp(
        counts=_own(sitrep), oldest_at=sitrep.at, missing=uncounted, operation_ids=[sitrep.operation_id]
    )


def addends(sitrep: SitRep) -> Addends:
    """Which of the cited children are added up, so that no operation is counted twice.

    A sum cannot be taken apart, so of two that overlap the one that counts more operations is added.
    """
    counted, found = {sitrep.operation_id}, Addends([], [])
    known = [each for each in sitrep.children or () if each.rolled_up is not None]
    for each in sorted(known, key=lambda each: (-len(_listed(each)), each.operation_id)):
        if counted.isdisjoint(_listed(each)):
            counted |= _listed(each)
            found.added.append(each)
        else:
            found.left_out.append(each)
    return found


def summed(sitrep: SitRep) -> SitRepRolledUp | None:
    """A SitRep's own counts and those of what it cites; None where it cites no counts."""
    added, left_out = addends(sitrep)
    if not added and not left_out:
        return None
    known = [each.rolled_up for each in added if each.rolled_up is not None]
    listed = all(each.operation_ids for each in known)
    counted = {sitrep.operation_id}.union(*(_listed(each) for each in added))
    without = {each.operation_id for each in sitrep.children or () if each.rolled_up is None}
    missing = without.union(*(each.missing for each in known))
    if listed:  # else as it was before operations were listed: the same document is made again
        missing -= counted
    missing |= set[str]().union(*(_listed(each) for each in left_out)) - counted
    return SitRepRolledUp(
        counts=_sum([_own(sitrep), *(each.counts for each in known)]),
        oldest_at=min([sitrep.at, *(each.oldest_at for each in known)]),
        missing=sorted(missing),
        operation_ids=sorted(counted) if listed else [],
    )


def _listed(cited: SitRepCited) -> set[str]:
    """The operations whose counts are cited, as far as they are listed: at least the child itself."""
    return {cited.operation_id, *(cited.rolled_up.operation_ids if cited.rolled_up is not None else ())}


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
