"""The operation as its readers see it."""

from __future__ import annotations

from pamwal.contracts.plan_reads import OperationView
from services.scheduler.deciding.state import Operation, Schedule


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
        admitted=sorted(child for child, counts in operation.children.items() if counts),
        dismissed=sorted(child for child, counts in operation.children.items() if not counts),
        closed=operation.closed,
        days_closed=sorted(day for day, known in schedule.days.items() if known.closed),
    )
