"""The operation as its readers see it."""

from __future__ import annotations

from msgspec import Struct

from pamwal.contracts.claims import Mode
from pamwal.contracts.scheduling import DeploymentRole, ElectionCalendar, Policy, Post, TaskForce
from services.scheduler.deciding.state import Operation, Schedule


class OperationView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An operation; its period is half-open, its days are local."""

    operation_id: str
    name: str
    mode: Mode
    zone: str
    region: str
    starts_on: str
    ends_on: str
    begins_at: str
    ends_before: str
    rallies_before: str
    """No rally ends later."""
    posts: list[Post]
    task_forces: list[str]
    satgas: list[TaskForce]
    """The task forces with their names."""
    pairs: list[str]
    policy: Policy
    calendar: ElectionCalendar
    patterns: dict[str, dict[DeploymentRole, int]]
    """Required strengths by name, which a rally may cite."""
    kelurahan: list[str]
    """All there are; empty: whatever lies in the region."""
    version: int
    parent: str | None = None
    closed: bool = False
    days_closed: list[str] = []


def operation_view(schedule: Schedule, operation: Operation) -> OperationView:
    """The operation and the days on which nothing is planned any more."""
    return OperationView(
        operation_id=schedule.operation_id,
        name=operation.name,
        mode=operation.mode,
        zone=operation.zone,
        region=operation.region,
        starts_on=operation.starts_on,
        ends_on=operation.ends_on,
        begins_at=operation.begins_at,
        ends_before=operation.ends_before,
        rallies_before=operation.rallies_before,
        posts=list(operation.posts.values()),
        task_forces=sorted(operation.satgas),
        satgas=operation.task_forces,
        pairs=sorted(operation.pairs),
        policy=operation.policy,
        calendar=operation.calendar,
        patterns=operation.patterns,
        kelurahan=sorted(operation.kelurahan),
        version=operation.version,
        parent=operation.parent,
        closed=operation.closed,
        days_closed=sorted(day for day, known in schedule.days.items() if known.closed),
    )
