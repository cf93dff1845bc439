"""Opening an operation."""

from __future__ import annotations

from collections.abc import Iterable

from pamwal.contracts.envelope import Reason, Verdict
from pamwal.contracts.instants import to_ms
from pamwal.contracts.scheduling import OpenOperation, OperationOpened, SchedulingFact
from pamwal.contracts.zones import DAY_MS, midnight
from services.scheduler.refusals import illegal_transition, malformed
from services.scheduler.state import Schedule

DAYS_MAX = 731
"""Two years: a longer period is a mistyped one."""


def open_operation(state: Schedule, request_id: str, data: OpenOperation) -> Verdict[SchedulingFact]:
    """Opens an operation once."""
    reason = _opened_before(state) or _period_reason(data) or _twice_reason(data) or _region_reason(data)
    if reason is not None:
        return Verdict(reason=reason)
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
    )
    return Verdict(facts=[opened])


def _opened_before(state: Schedule) -> Reason | None:
    if state.operation is None:
        return None
    return illegal_transition(
        state.operation_id,
        f"operation {state.operation_id} is open already, as {state.operation.mode}",
        "plan in it, or open another operation_id",
    )


def _period_reason(data: OpenOperation) -> Reason | None:
    begins_ms = to_ms(midnight(data.starts_on, data.zone))
    days = (to_ms(midnight(data.ends_on, data.zone, days_later=1)) - begins_ms) // DAY_MS
    if 1 <= days <= DAYS_MAX:
        return None
    return malformed(
        f"from {data.starts_on} to {data.ends_on} is {days} days, an operation has 1 to {DAYS_MAX}", "ends_on"
    )


def _twice_reason(data: OpenOperation) -> Reason | None:
    lists: dict[str, Iterable[str]] = {
        "posts": (post.post_id for post in data.posts),
        "task_forces": (each.satgas_id for each in data.task_forces),
        "pairs": data.pairs,
    }
    for name, ids in lists.items():
        seen: set[str] = set()
        for each in ids:
            if each in seen:
                return malformed(f"{each} stands twice in {name}", name)
            seen.add(each)
    return None


def _region_reason(data: OpenOperation) -> Reason | None:
    for post in data.posts:
        for code in post.kecamatan:
            if code != data.region and not code.startswith(f"{data.region}."):
                return malformed(
                    f"post {post.post_id} answers for {code}, which is not in region {data.region}",
                    post.post_id,
                )
    return None
