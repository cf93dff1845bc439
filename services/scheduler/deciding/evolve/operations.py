"""After facts about the operation, its days, its sites and its imports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from pamwal.contracts.scheduling import (
    ChildAdmitted,
    ChildDismissed,
    DayClosed,
    DayReopened,
    ElectionCalendar,
    ImportReverted,
    OperationAmended,
    OperationClosed,
    OperationOpened,
    OperationReopened,
    SiteRegistered,
    SiteWithdrawn,
)
from pamwal.contracts.zones import Zone, midnight
from services.scheduler.deciding.state import Day, Import, Operation, Schedule, Site


def operation_of(fact: OperationOpened | OperationAmended, mode: Any, zone: Zone, region: str) -> Operation:
    """The operation as a fact tells it whole."""
    return Operation(
        name=fact.name,
        mode=mode,
        zone=zone,
        region=region,
        starts_on=fact.starts_on,
        ends_on=fact.ends_on,
        begins_at=midnight(fact.starts_on, zone),
        ends_before=midnight(fact.ends_on, zone, days_later=1),
        rallies_before=_rallies_before(fact.calendar, fact.ends_on, zone),
        quiet=_quiet(fact.calendar, zone),
        posts={post.post_id: post for post in fact.posts},
        task_forces=fact.task_forces,
        pairs=frozenset(fact.pairs),
        policy=fact.policy,
        calendar=fact.calendar,
        patterns=fact.patterns,
        kelurahan=frozenset(fact.kelurahan),
        parent=fact.parent,
        asks_parent=fact.asks_parent,
        version=fact.version,
    )


def _quiet(calendar: ElectionCalendar, zone: str) -> tuple[str, str] | None:
    if calendar.quiet_from is None or calendar.quiet_to is None:
        return None
    return midnight(calendar.quiet_from, zone), midnight(calendar.quiet_to, zone, days_later=1)


def _rallies_before(calendar: ElectionCalendar, ends_on: str, zone: str) -> str:
    """The end of the campaign; where only the voting day is known, the midnight before it."""
    end = midnight(ends_on, zone, days_later=1)
    if calendar.campaign_ends_on is not None:
        return midnight(calendar.campaign_ends_on, zone, days_later=1)
    if calendar.quiet_from is not None:
        return midnight(calendar.quiet_from, zone)
    return end if calendar.voting_on is None else min(end, midnight(calendar.voting_on, zone))


def _opened(state: Schedule, fact: OperationOpened) -> None:
    state.operation = operation_of(fact, fact.mode, fact.zone, fact.region)


def _amended(state: Schedule, fact: OperationAmended) -> None:
    known = _operation(state)
    after = operation_of(fact, known.mode, known.zone, known.region)
    state.operation = replace(after, closed=known.closed, children=known.children)


def _closed(state: Schedule, fact: OperationClosed) -> None:
    state.operation = replace(_operation(state), closed=True, version=fact.version)


def _reopened(state: Schedule, fact: OperationReopened) -> None:
    state.operation = replace(_operation(state), closed=False, version=fact.version)


def _child(state: Schedule, fact: ChildAdmitted | ChildDismissed) -> None:
    known = _operation(state)
    children = known.children | {fact.child: isinstance(fact, ChildAdmitted)}
    state.operation = replace(known, children=children, version=fact.version)


def _operation(state: Schedule) -> Operation:
    if state.operation is None:
        raise KeyError(f"operation {state.operation_id} was never opened")
    return state.operation


def _day(state: Schedule, fact: DayClosed | DayReopened) -> None:
    state.days[fact.day] = Day(closed=isinstance(fact, DayClosed), version=fact.version)


def _site(state: Schedule, fact: SiteRegistered) -> None:
    known = state.sites.get(fact.site_id)
    state.sites[fact.site_id] = Site(
        site_id=fact.site_id,
        kind=fact.kind,
        name=fact.name,
        kelurahan=fact.kelurahan,
        point=fact.point,
        radius_m=fact.radius_m,
        starts_at=fact.starts_at,
        ends_at=fact.ends_at,
        required=fact.required,
        version=fact.version,
    )
    if fact.import_id is not None:
        sites = state.imports.setdefault(fact.import_id, Import()).sites
        sites[fact.site_id] = (fact.version, sites.get(fact.site_id, (0, known))[1])


def _site_withdrawn(state: Schedule, fact: SiteWithdrawn) -> None:
    state.sites[fact.site_id] = replace(state.sites[fact.site_id], withdrawn=True, version=fact.version)


def _import_reverted(state: Schedule, fact: ImportReverted) -> None:
    """Orders that began and stand may be reverted another time."""
    made = state.imports.get(fact.import_id, Import()).deployments
    left = {each: version for each, version in made.items() if state.deployments[each].version == version}
    for officer_id, version in fact.officers.items():
        state.put_officer(replace(state.officers[officer_id], withdrawn=True, version=version))
    state.imports[fact.import_id] = Import(deployments=left, reverted=fact.version)


AFTER: Final[dict[type, Callable[[Schedule, Any], None]]] = {
    OperationOpened: _opened,
    OperationAmended: _amended,
    OperationClosed: _closed,
    OperationReopened: _reopened,
    ChildAdmitted: _child,
    ChildDismissed: _child,
    DayClosed: _day,
    DayReopened: _day,
    SiteRegistered: _site,
    SiteWithdrawn: _site_withdrawn,
    ImportReverted: _import_reverted,
}
