"""Opening, amending, closing and reopening an operation and its days."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final, TypeVar

from msgspec.structs import replace

from pamwal.contracts.envelope import Reason, Verdict
from pamwal.contracts.instants import to_ms
from pamwal.contracts.scheduling import (
    AdmitChild,
    AmendOperation,
    ChildAdmitted,
    ChildDismissed,
    CloseDay,
    CloseOperation,
    DayClosed,
    DayReopened,
    DismissChild,
    ElectionCalendar,
    OpenOperation,
    OperationAmended,
    OperationClosed,
    OperationOpened,
    OperationReopened,
    ReopenDay,
    ReopenOperation,
    SchedulingFact,
)
from pamwal.contracts.zones import DAY_MS, midnight
from services.scheduler.deciding.draft import Draft
from services.scheduler.deciding.evolve.operations import operation_of
from services.scheduler.deciding.refusals import closed, illegal_transition, malformed, stale
from services.scheduler.deciding.sites import registered_as
from services.scheduler.deciding.state import Operation, Schedule
from services.scheduler.deciding.strands import lasting_sites, stranded_reason

DAYS_MAX: Final = 731
"""Two years: a longer period is a mistyped one."""
CALENDAR_DAYS_MAX: Final = 90
"""How far from the operation's days its calendar may reach: the vote may come after it, not years after."""
T = TypeVar("T")


def open_operation(state: Schedule, request_id: str, data: OpenOperation) -> Verdict[SchedulingFact]:
    """Opens an operation once."""
    opened = OperationOpened(
        id=f"{request_id}/0",
        version=1,
        name=data.name,
        mode=data.mode,
        zone=data.zone,
        region=data.region,
        starts_on=data.starts_on,
        ends_on=data.ends_on,
        posts=data.posts,
        task_forces=data.task_forces,
        pairs=data.pairs,
        policy=data.policy,
        parent=data.parent,
        asks_parent=data.parent is not None,
        calendar=data.calendar,
        patterns=data.patterns,
        kelurahan=data.kelurahan,
    )
    reason = _opened_before(state) or _senseless(opened, state.operation_id, data.zone, data.region)
    return Verdict(reason=reason) if reason else Verdict(facts=[opened])


def amend_operation(draft: Draft, data: AmendOperation) -> Verdict[SchedulingFact]:
    """Replaces what is given, unless that strands what is planned. Sites as long as it stay as long as it."""
    before = draft.operation
    fact = _amended(draft, before, data)
    after = replace(
        operation_of(fact, before.mode, before.zone, before.region),
        closed=before.closed,
        children=before.children,
        version=fact.version,
    )
    reason = stale(draft.state.operation_id, data.expected_version, before.version)
    reason = reason or _senseless(fact, draft.state.operation_id, before.zone, before.region)
    if reason is None and after == replace(before, version=fact.version):
        draft.warn("unchanged", "the operation stands so already", draft.state.operation_id)
        return draft.verdict()
    reason = reason or stranded_reason(draft.state, before, after)
    if reason is not None:
        return Verdict(reason=reason)
    draft.record(fact)
    for site in lasting_sites(draft.before, before, after):
        draft.record(registered_as(site, draft.fact_id(), site.version + 1))
    return draft.verdict()


def close_operation(draft: Draft, data: CloseOperation) -> Verdict[SchedulingFact]:
    """Plans nothing more in it, until it is reopened."""
    subject = draft.state.operation_id
    reason = closed(subject) if draft.operation.closed else None
    reason = reason or stale(subject, data.expected_version, draft.operation.version)
    if reason is not None:
        return Verdict(reason=reason)
    draft.record(OperationClosed(id=draft.fact_id(), version=draft.operation.version + 1, cause=data.cause))
    return draft.verdict()


def reopen_operation(draft: Draft, data: ReopenOperation) -> Verdict[SchedulingFact]:
    """Plans in it again."""
    subject, reason = draft.state.operation_id, None
    if not draft.operation.closed:
        reason = illegal_transition(subject, f"operation {subject} is open", "nothing: plan in it")
    reason = reason or stale(subject, data.expected_version, draft.operation.version)
    if reason is not None:
        return Verdict(reason=reason)
    draft.record(OperationReopened(id=draft.fact_id(), version=draft.operation.version + 1, cause=data.cause))
    return draft.verdict()


def admit_child(draft: Draft, data: AdmitChild) -> Verdict[SchedulingFact]:
    """Counts an operation that names this one its parent; that one may lie in another partition."""
    version, child = draft.operation.version + 1, data.child
    return _on_child(draft, ChildAdmitted(id=draft.fact_id(), version=version, child=child))


def dismiss_child(draft: Draft, data: DismissChild) -> Verdict[SchedulingFact]:
    """Does not count an operation, also one that was never admitted: it may have been counted unasked."""
    version, child = draft.operation.version + 1, data.child
    fact = ChildDismissed(id=draft.fact_id(), version=version, child=child, cause=data.cause)
    return _on_child(draft, fact)


def _on_child(draft: Draft, fact: ChildAdmitted | ChildDismissed) -> Verdict[SchedulingFact]:
    admits = isinstance(fact, ChildAdmitted)
    if fact.child == draft.state.operation_id:
        return Verdict(reason=malformed(f"operation {fact.child} would be its own child", "child"))
    if draft.operation.children.get(fact.child) == admits:
        done = "admitted" if admits else "dismissed"
        draft.warn("unchanged", f"operation {fact.child} is {done} already", fact.child)
    else:
        draft.record(fact)
    return draft.verdict()


def close_day(draft: Draft, data: CloseDay) -> Verdict[SchedulingFact]:
    """Plans nothing more that begins on a local day; closing it again changes nothing."""
    operation, known = draft.operation, draft.state.days.get(data.day)
    if not operation.starts_on <= data.day <= operation.ends_on:
        return Verdict(
            reason=Reason(
                code="outside_period",
                message=f"{data.day} is not a day of the operation",
                subject=data.day,
                possible=f"a day from {operation.starts_on} to {operation.ends_on}",
            )
        )
    if known is not None and known.closed:
        draft.warn("unchanged", f"{data.day} is closed already", data.day)
        return draft.verdict()
    draft.record(DayClosed(id=draft.fact_id(), version=known.version + 1 if known else 1, day=data.day))
    return draft.verdict()


def reopen_day(draft: Draft, data: ReopenDay) -> Verdict[SchedulingFact]:
    """Plans a closed day again."""
    known = draft.state.days.get(data.day)
    if known is None or not known.closed:
        return Verdict(
            reason=illegal_transition(data.day, f"{data.day} is not closed", "nothing: plan the day")
        )
    draft.record(DayReopened(id=draft.fact_id(), version=known.version + 1, day=data.day, cause=data.cause))
    return draft.verdict()


def _amended(draft: Draft, before: Operation, data: AmendOperation) -> OperationAmended:
    parent = _given(data.parent, before.parent)
    return OperationAmended(
        id=draft.fact_id(),
        version=before.version + 1,
        name=_given(data.name, before.name),
        starts_on=_given(data.starts_on, before.starts_on),
        ends_on=_given(data.ends_on, before.ends_on),
        posts=_given(data.posts, list(before.posts.values())),
        task_forces=_given(data.task_forces, before.task_forces),
        pairs=_given(data.pairs, sorted(before.pairs)),
        policy=_given(data.policy, before.policy),
        parent=parent,
        asks_parent=before.asks_parent or parent != before.parent,
        calendar=_given(data.calendar, before.calendar),
        patterns=_given(data.patterns, before.patterns),
        kelurahan=_given(data.kelurahan, sorted(before.kelurahan)),
    )


def _given(asked: T | None, before: T) -> T:
    return before if asked is None else asked


def _opened_before(state: Schedule) -> Reason | None:
    if state.operation is None:
        return None
    return illegal_transition(
        state.operation_id,
        f"operation {state.operation_id} is open already, as {state.operation.mode}",
        "plan in it, or open another operation_id",
    )


def _senseless(
    fact: OperationOpened | OperationAmended, operation_id: str, zone: str, region: str
) -> Reason | None:
    """Why an operation cannot be as a fact would tell it."""
    if fact.parent == operation_id:
        return malformed(f"operation {operation_id} would be its own parent", "parent")
    return (
        _period_reason(fact, zone)
        or _calendar_reason(fact.calendar, fact.starts_on, fact.ends_on)
        or _twice_reason(fact)
        or _region_reason(fact, region)
    )


def _period_reason(fact: OperationOpened | OperationAmended, zone: str) -> Reason | None:
    begins_ms = to_ms(midnight(fact.starts_on, zone))
    days = (to_ms(midnight(fact.ends_on, zone, days_later=1)) - begins_ms) // DAY_MS
    if 1 <= days <= DAYS_MAX:
        return None
    return malformed(
        f"from {fact.starts_on} to {fact.ends_on} is {days} days, an operation has 1 to {DAYS_MAX}", "ends_on"
    )


def _calendar_reason(calendar: ElectionCalendar, starts_on: str, ends_on: str) -> Reason | None:
    """The campaign ends, then it is quiet, then there is a vote; all of it near the operation's days."""
    if (calendar.quiet_from is None) != (calendar.quiet_to is None):
        return malformed("a quiet period has both quiet_from and quiet_to, or neither", "quiet_from")
    if calendar.quiet_from and calendar.quiet_to and calendar.quiet_to < calendar.quiet_from:
        return malformed(f"the quiet period would end on {calendar.quiet_to}, before it begins", "quiet_to")
    given = {
        "campaign_ends_on": calendar.campaign_ends_on,
        "quiet_from": calendar.quiet_from,
        "quiet_to": calendar.quiet_to,
        "voting_on": calendar.voting_on,
    }
    earlier: tuple[str, str] | None = None
    for name, day in given.items():
        if day is None:
            continue
        if _days_outside(day, starts_on, ends_on) > CALENDAR_DAYS_MAX:
            return malformed(f"{name} {day} is more than {CALENDAR_DAYS_MAX} days from the operation", name)
        if earlier is not None and day <= earlier[1] and name != "quiet_to":
            return malformed(f"{name} {day} is not after {earlier[0]} {earlier[1]}", name)
        earlier = (name, day)
    return None


def _days_outside(day: str, starts_on: str, ends_on: str) -> int:
    if day < starts_on:
        return (date.fromisoformat(starts_on) - date.fromisoformat(day)).days
    return max(0, (date.fromisoformat(day) - date.fromisoformat(ends_on)).days)


def _twice_reason(fact: OperationOpened | OperationAmended) -> Reason | None:
    lists: dict[str, Iterable[str]] = {
        "posts": (post.post_id for post in fact.posts),
        "task_forces": (each.satgas_id for each in fact.task_forces),
        "pairs": fact.pairs,
        "kelurahan": fact.kelurahan,
    }
    for name, ids in lists.items():
        seen: set[str] = set()
        for each in ids:
            if each in seen:
                return malformed(f"{each} stands twice in {name}", name)
            seen.add(each)
    return None


def _region_reason(fact: OperationOpened | OperationAmended, region: str) -> Reason | None:
    for post in fact.posts:
        for code in post.kecamatan:
            if code != region and not code.startswith(f"{region}."):
                return malformed(
                    f"post {post.post_id} answers for {code}, which is not in region {region}", post.post_id
                )
    for code in fact.kelurahan:
        if not code.startswith(f"{region}."):
            return malformed(f"kelurahan {code} is not in region {region}", code)
    return None
