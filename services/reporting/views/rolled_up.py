"""An operation and those below it as one: sums, but each officer once, whoever lent him to whom. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, TypeVar

from pamwal.contracts.instants import from_ms, to_ms
from pamwal.contracts.reporting import Sight
from pamwal.contracts.reporting_alerts import AlertKind
from pamwal.contracts.rolled_up import Bound, OperationRow, Overlap, RolledUp, Unseen
from pamwal.contracts.situations import IncidentsCounted, PostsCounted, RalliesCounted
from services.reporting.picture.deployments import Deployment
from services.reporting.picture.family import Family
from services.reporting.views.incidents import SEVEREST_FIRST
from services.reporting.views.own_counts import OwnCounts, Part, strength_of
from services.reporting.views.stands import StandingKind, StandState

OVERLAPS_SHOWN: Final = 20
_STANDS: Final[Sequence[StandingKind | None]] = ("at_place", "wrong_place", "unplanned")
_SEEN: Final[Sequence[StandState | None]] = (
    "at_place", "elsewhere", "left", "relieved", "awaited", "unknown", "absent", "excused",
)  # fmt: skip
"""Which word on an officer counts, where several operations have one and none says that he stands there."""
C = TypeVar("C", RalliesCounted, PostsCounted)
Counts = Mapping[str, OwnCounts]


def children_of(root: str, family: Family, counts: Counts) -> list[OperationRow]:
    """A row for each child that was counted, with all below it, the worst first.

    Worse is who has more open incidents of the highest severity, then of the next ones, then more alerts.
    """
    rows = []
    for child in family.children(root):
        own = counts.get(child)
        if own is not None:
            rows.append(_row(own, _counted(counts, [child, *family.below(child, but=root)])))
    return sorted(rows, key=_worst_first)


def _worst_first(row: OperationRow) -> tuple[list[int], int, str, str]:
    open_ = [-row.incidents.by_severity.get(severity, 0) for severity in SEVEREST_FIRST]
    return open_, -sum(row.alerts.values()), row.name, row.operation_id


def rolled_up(
    root: str, family: Family, counts: Counts, unseen: Sequence[Unseen], sight: Sight
) -> RolledUp | None:
    """The operation and all that it counts below it; None where there is none and nothing is missing.

    `unseen` is what could not be counted; operations that ask to be counted are added to it.
    """
    members = [root, *family.below(root)]
    orphan, ring = family.orphan(root), family.ring(root)
    missing = list(unseen)
    if orphan is not None:
        why = f"{root} names it its parent, and nobody has opened that in its mode: it is rolled up nowhere"
        missing.append(Unseen(operation_id=orphan, why=why, code="no_parent"))
    for child in family.asking(root):
        why = f"it asks to belong to {root}, which has neither admitted nor dismissed it"
        missing.append(Unseen(operation_id=child, why=why, code="asks_to_belong"))
    if len(members) == 1 and not missing:
        return None
    found = _counted(counts, members)
    overlaps = sorted(_overlaps(found), key=lambda each: (each[0].starts_at, each[0].officer_id))
    shown = [each for each, intel in overlaps if sight == "full" or (sight == "guarded" and not intel)]
    return RolledUp(
        operations=len(found),
        strength=strength_of(_parts(found), (each.required for each in found)),
        rallies=_sum(RalliesCounted, [each.rallies for each in found]),
        incidents=_incidents(found),
        posts=_sum(PostsCounted, [each.posts for each in found]),
        alerts=_alerts(found),
        overlapping=len(overlaps),
        overlaps=shown[:OVERLAPS_SHOWN],
        unseen=missing,
        cycle=ring,
    )


def _counted(counts: Counts, members: Iterable[str]) -> list[OwnCounts]:
    return [counts[each] for each in members if each in counts]


def _row(own: OwnCounts, found: list[OwnCounts]) -> OperationRow:
    return OperationRow(
        operation_id=own.operation_id,
        name=own.name,
        operations=len(found),
        zone=own.zone,
        day=own.day,
        at=own.at,
        known_at=own.known_at,
        vector=own.vector,
        strength=strength_of(_parts(found), (each.required for each in found)),
        rallies=_sum(RalliesCounted, [each.rallies for each in found]),
        incidents=_incidents(found),
        posts=_sum(PostsCounted, [each.posts for each in found]),
        alerts=_alerts(found),
        closed=own.closed,
        day_closed=own.day_closed,
    )


def _parts(found: Sequence[OwnCounts]) -> Counter[Part]:
    """How many officers count how, each once."""
    total: Counter[Part] = Counter()
    for own in found:
        total.update(own.parts)
    shared = _in_several(own.officers.keys() for own in found)
    spoken: dict[str, list[Part]] = {}
    for own in found:
        for officer in shared & own.officers.keys():
            spoken.setdefault(officer, []).append(own.officers[officer])
    for parts in spoken.values():
        total.subtract(parts)
        total[one_of(parts)] += 1
    return total


def _in_several(named: Iterable[Iterable[str]]) -> set[str]:
    once: set[str] = set()
    twice: set[str] = set()
    for names in named:
        new = set(names)
        twice |= once & new
        once |= new
    return twice


def one_of(parts: Sequence[Part]) -> Part:
    """How an officer counts of whom several operations speak, by the rules within one (`stands.py`).

    Where he stands counts, at his place before any other. Who is due in one operation and stands in another
    without an order there is in the wrong place, and absent nowhere. Of one who stands nowhere counts what an
    operation saw of him, then that one awaits him; that one lent him comes last. Who is on the roster of one
    of them is known in all.
    """
    standing = sorted((each for each in parts if each.kind is not None), key=_by_kind)
    ordered = sorted((each for each in parts if each.state is not None), key=_by_state)
    kept, known = any(each.reserved for each in parts), any(each.registered for each in parts)
    if not standing:
        return (ordered or parts)[0]._replace(registered=known, reserved=kept)
    here = standing[0]._replace(registered=known, reserved=kept)
    if here.state is not None or not ordered:
        return here
    due = ordered[0]._replace(registered=known, reserved=kept)
    if due.state in {"absent", "unknown"}:
        return due._replace(state="elsewhere", kind="wrong_place")
    return due._replace(kind="unplanned")


def _by_kind(part: Part) -> int:
    return _STANDS.index(part.kind)


def _by_state(part: Part) -> int:
    return _SEEN.index(part.state)


def _overlaps(found: Sequence[OwnCounts]) -> Iterator[tuple[Overlap, bool]]:
    """Where two operations want one officer at one time that is not over, and whether one of it is intel."""
    for _, wanting in sorted(_wanting(found).items()):
        wanted = sorted(wanting, key=lambda each: (each[1].starts_ms, each[0], each[1].deployment_id))
        for place, (one, first) in enumerate(wanted):
            for other, second in islice(wanted, place + 1, None):
                if second.starts_ms >= first.ends_ms:
                    break
                if one != other:
                    overlap = Overlap(
                        officer_id=first.officer_id,
                        first=_bound(one, first),
                        second=_bound(other, second),
                        starts_at=second.starts_at,
                        ends_at=from_ms(min(first.ends_ms, second.ends_ms)),
                    )
                    yield overlap, "intel" in (first.role, second.role)


def _wanting(found: Sequence[OwnCounts]) -> dict[str, list[tuple[str, Deployment]]]:
    """By `officer_key` of officers of several plans: operation and deployment, of all that binds them."""
    shared = _in_several(own.plan.bound.keys() for own in found)
    wanting: dict[str, list[tuple[str, Deployment]]] = {}
    for own in found:
        now_ms = to_ms(own.at)
        for key in shared & own.plan.bound.keys():
            officer = own.plan.bound[key]
            duties = (*own.plan.of_officer.get(officer, ()), *own.plan.reserved_of.get(officer, ()))
            bound = ((own.operation_id, each) for each in duties if each.live and each.ends_ms > now_ms)
            wanting.setdefault(key, []).extend(bound)
    return wanting


def _bound(operation_id: str, by: Deployment) -> Bound:
    return Bound(
        operation_id=operation_id,
        deployment_id=by.deployment_id,
        place=by.place,
        starts_at=by.starts_at,
        ends_at=by.ends_at,
    )


def _sum(kind: type[C], counts: Sequence[C]) -> C:
    names = kind.__struct_fields__
    return kind(**{name: sum(getattr(each, name) for each in counts) for name in names})


def _incidents(found: Sequence[OwnCounts]) -> IncidentsCounted:
    return IncidentsCounted(
        open=sum(each.incidents.open for each in found),
        by_state=_together(each.incidents.by_state for each in found),
        by_severity=_together(each.incidents.by_severity for each in found),
    )


def _alerts(found: Sequence[OwnCounts]) -> dict[AlertKind, int]:
    return _together(each.alerts for each in found)


def _together(counts: Iterable[Mapping[Any, int]]) -> dict[Any, int]:
    total: Counter[Any] = Counter()
    for each in counts:
        total.update(each)
    return dict(sorted(total.items()))
