"""What the scheduler says when it refuses: a stable code, what is wrong, what would be possible instead."""

from __future__ import annotations

from typing import Final

from pamwal.contracts.envelope import Reason, Winner
from pamwal.contracts.zones import local_day
from services.scheduler.deciding.state import Deployment, Operation, Schedule

NEXT: Final = "an answer from the scheduler's reads shows what there is; then send again with a new id"


def unknown(kind: str, name: str, possible: str = NEXT) -> Reason:
    """`unknown_<kind>`: nobody of that name is known here."""
    return Reason(
        code=f"unknown_{kind}",
        message=f"this operation knows no {kind.replace('_', ' ')} {name}",
        subject=name,
        possible=possible,
    )


def unknown_officer(officer_id: str, nearest: str | None, possible: str = NEXT) -> Reason:
    """`unknown_officer`: nobody of that id is on the roster; `nearest` is the id most like it that is."""
    return unknown("officer", officer_id, f"is {nearest} meant? If not, {possible}" if nearest else possible)


def not_opened(state: Schedule) -> Reason:
    """`unknown_operation`: nothing can be planned before the operation is opened."""
    return unknown("operation", state.operation_id, "an admin opens the operation first, with its posts")


def closed(operation_id: str) -> Reason:
    """The operation is closed: nothing but reopening it is possible."""
    return Reason(
        code="illegal_transition",
        message=f"operation {operation_id} is closed",
        subject=operation_id,
        possible="an ops_head or admin reopens it first",
    )


def not_yours(message: str, possible: str, subject: str | None = None) -> Reason:
    """The token's role or binding does not allow this."""
    return Reason(code="not_yours", message=message, subject=subject, possible=possible)


def malformed(message: str, subject: str | None = None) -> Reason:
    """Fits the contract and still makes no sense."""
    return Reason(code="malformed", message=message, subject=subject, possible="correct it and send again")


def illegal_transition(subject: str, message: str, possible: str) -> Reason:
    """What was asked for does not follow from where the subject stands."""
    return Reason(code="illegal_transition", message=message, subject=subject, possible=possible)


def rally_cancelled(rally_id: str) -> Reason:
    """The rally will not be held."""
    return Reason(
        code="rally_cancelled",
        message=f"rally {rally_id} is cancelled",
        subject=rally_id,
        possible="rallies:reinstate holds it after all; or plan it under a new rally_id",
    )


def stale(subject: str, expected: int | None, version: int) -> Reason | None:
    """`stale` if the sender saw another version than the one that holds now."""
    if expected is None or expected == version:
        return None
    return Reason(
        code="stale",
        message=f"{subject} has version {version}, the request expected {expected}",
        subject=subject,
        possible=f"look at version {version}, then send again with expected_version {version}",
    )


def seen(kind: str, subject: str, expected: int | None, version: int | None) -> Reason | None:
    """`stale`, or `unknown_<kind>` where a version is expected of what is new (`version` is None)."""
    if version is not None:
        return stale(subject, expected, version)
    if expected is None:
        return None
    return unknown(kind, subject, f"leave expected_version out: this {kind} is new")


def interval(operation: Operation, starts_at: str, ends_at: str, subject: str) -> Reason | None:
    """`malformed` for an interval without length, `outside_period` for one beyond the operation's."""
    if ends_at <= starts_at:
        ends, starts = operation.clock(ends_at), operation.clock(starts_at)
        return malformed(f"{subject} would end at {ends}, not after its start {starts}", subject)
    if starts_at < operation.begins_at or ends_at > operation.ends_before:
        return Reason(
            code="outside_period",
            message=f"{subject} {operation.hours(starts_at, ends_at)} is not within the operation",
            subject=subject,
            possible=f"any hours {operation.hours(operation.begins_at, operation.ends_before)}",
        )
    return None


def closed_day(state: Schedule, operation: Operation, starts_at: str, subject: str) -> Reason | None:
    """`illegal_transition` for what would begin on a closed day, counted in the operation's zone."""
    day = local_day(starts_at, operation.zone)
    known = state.days.get(day)
    if known is None or not known.closed:
        return None
    return illegal_transition(
        subject, f"{subject} would begin on {day}, which is closed", f"days:reopen opens {day} again"
    )


def outside_region(operation: Operation, kelurahan: str) -> Reason | None:
    """`unknown_kelurahan` for a code outside the operation's region, or that is none of its kelurahan."""
    if operation.kelurahan:
        if kelurahan in operation.kelurahan:
            return None
        near = sorted(each for each in operation.kelurahan if each[:8] == kelurahan[:8])[:20]
        possible = f"one of {', '.join(near)}" if near else "a kelurahan that was named at opening"
        return unknown("kelurahan", kelurahan, possible)
    if kelurahan.startswith(f"{operation.region}."):
        return None
    return unknown("kelurahan", kelurahan, f"a kelurahan of the operation's region {operation.region}")


def double_booked(operation: Operation, holder: Deployment, subject: str, possible: str) -> Reason:
    """The officer is bound elsewhere; the holder is the winner."""
    return Reason(
        code="double_booked",
        message=(
            f"officer {holder.officer_id} is at {holder.place}"
            f" {operation.hours(holder.starts_at, holder.ends_at)}"
            f" by deployment {holder.deployment_id}, ordered by post {holder.postid}"
        ),
        subject=subject,
        winner=Winner(
            deployment_id=holder.deployment_id,
            officer_id=holder.officer_id,
            place=holder.place,
            starts_at=holder.starts_at,
            ends_at=holder.ends_at,
            postid=holder.postid,
        ),
        possible=possible,
    )


def not_free(officer_id: str, subject: str) -> Reason:
    """`officer_unavailable`: a deployment that the sender may not see binds the officer.

    It says neither which nor when; see docs/decisions/0044-intel-hides-a-duty-not-an-officer.md.
    """
    return Reason(
        code="officer_unavailable",
        message=f"officer {officer_id} is not free",
        subject=subject,
        possible="another officer, or other hours; or let the ops_head ask",
    )
