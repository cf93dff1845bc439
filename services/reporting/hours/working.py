"""What one officer worked, by his stays, beside what he was ordered to. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from services.reporting.hours.intervals import Interval, united
from services.reporting.picture import OperationPicture
from services.reporting.picture.deployments import Deployment
from services.reporting.picture.presences import STAY_MS, Attendance, Presence


class Work(NamedTuple):
    """One officer's, up to the moment of looking."""

    ordered: list[Interval]
    """The hours of his orders, also those to come."""
    worked: list[Interval]
    unended: list[int]
    """When the stays began that nobody ended and whose hours are over."""
    doubtful: list[int]
    """When the stays began of which only lost devices tell."""
    on_duty: bool
    """His last stay lasts."""


class _Counted(NamedTuple):
    ends_ms: int
    unended: bool
    lasts: bool


def work_of(picture: OperationPicture, officer_id: str, now_ms: int) -> Work:
    """What is known of him at `now_ms`."""
    ordered = picture.plan.of_officer.get(officer_id, ())
    attendance = picture.attendance(officer_id, now_ms)
    served = _served(ordered, attendance)
    worked: list[Interval] = []
    unended: list[int] = []
    doubtful: list[int] = []
    on_duty = False
    stays = attendance.presences
    for index, stay in enumerate(stays):
        following = stays[index + 1] if index + 1 < len(stays) else None
        counted = _counted(stay, following, served.get(id(stay), ()), now_ms)
        worked.append((stay.began_ms, counted.ends_ms))
        if counted.unended:
            unended.append(stay.began_ms)
        if all(map(picture.doubtful, stay.reports)):
            doubtful.append(stay.began_ms)
        on_duty = counted.lasts
    hours = ((each.starts_ms, each.ends_ms) for each in ordered)
    return Work(
        ordered=united(hours), worked=united(worked), unended=unended, doubtful=doubtful, on_duty=on_duty
    )


def _served(ordered: Iterable[Deployment], attendance: Attendance) -> dict[int, list[Deployment]]:
    """Stay → the deployments it serves."""
    found: dict[int, list[Deployment]] = {}
    for each in ordered:
        for stay in attendance.of_deployment.get(each.deployment_id, ()):
            found.setdefault(id(stay), []).append(each)
    return found


def _counted(
    stay: Presence, following: Presence | None, served: Sequence[Deployment], now_ms: int
) -> _Counted:
    """To when a stay counts.

    A check-out is believed. Where only a stay elsewhere ended it, or nothing, the hours of its orders end it;
    without an order it counts to that stay, or to now, unless that would be longer than the longest duty.
    """
    said = stay.ended_ms is not None and (following is None or stay.ended_ms < following.began_ms)
    if said and stay.ended_ms is not None:
        return _Counted(stay.ended_ms, unended=False, lasts=False)
    until_ms = now_ms if stay.ended_ms is None else stay.ended_ms
    lasts = stay.ended_ms is None
    if served:
        ends_ms = max(each.ends_ms for each in served)
        over = ends_ms <= until_ms
        forgotten = over and lasts and all(each.status != "stood_down" for each in served)
        return _Counted(min(ends_ms, until_ms), unended=forgotten, lasts=lasts and not over)
    if until_ms - stay.began_ms > STAY_MS:
        return _Counted(stay.began_ms, unended=True, lasts=False)
    return _Counted(until_ms, unended=False, lasts=lasts)
