"""What binds every rally: the operation's period, the campaign's end, the quiet period, closed days."""

from __future__ import annotations

from collections.abc import Sequence

from pamwal.contracts.envelope import Reason
from services.scheduler.deciding.refusals import closed_day, interval, malformed, unknown
from services.scheduler.deciding.state import Operation, Schedule


def hours_reason(
    state: Schedule, operation: Operation, starts_at: str, ends_at: str, rally_id: str
) -> Reason | None:
    """Why a rally cannot be held in `[starts_at, ends_at)`."""
    return (
        interval(operation, starts_at, ends_at, rally_id)
        or campaign_reason(operation, starts_at, ends_at, rally_id)
        or closed_day(state, operation, starts_at, rally_id)
    )


def campaign_reason(operation: Operation, starts_at: str, ends_at: str, rally_id: str) -> Reason | None:
    """`quiet_period` for hours that share a moment with it, `outside_period` behind the campaign's end.

    Source: domain section 3; both bind rallies only, sites run to the operation's own end.
    """
    quiet = operation.quiet
    if quiet is not None and starts_at < quiet[1] and quiet[0] < ends_at:
        return Reason(
            code="quiet_period",
            message=f"rally {rally_id} would be held in the quiet period {operation.hours(*quiet)}",
            subject=rally_id,
            possible=f"hours that end by {operation.clock(min(quiet[0], operation.rallies_before))}",
        )
    if ends_at > operation.rallies_before:
        return Reason(
            code="outside_period",
            message=f"rally {rally_id} would end at {operation.clock(ends_at)}, behind the campaign's end",
            subject=rally_id,
            possible=f"hours that end by {operation.clock(operation.rallies_before)}",
        )
    return None


def pairs_reason(operation: Operation, pairs: Sequence[str], rally_id: str) -> Reason | None:
    """`unknown_pair`, or `malformed` for one that is named twice. An operation without pairs knows all."""
    if len(set(pairs)) != len(pairs):
        return malformed(f"rally {rally_id} names a pair twice", rally_id)
    for pair in pairs:
        if operation.pairs and pair not in operation.pairs:
            return unknown("pair", pair, f"one of {', '.join(sorted(operation.pairs)[:20])}")
    return None
