"""The duties of one day. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple, Protocol

from pamwal.contracts.scheduling import OfficerRegistered
from services.reporting.picture.deployments import Deployment

ByOfficer = dict[str, list[Deployment]]


class Hours(Protocol):
    """A half-open interval, milliseconds since 1970."""

    @property
    def starts_ms(self) -> int: ...
    @property
    def ends_ms(self) -> int: ...


class Group(NamedTuple):
    """Duties of officers who count alike in all rows if they are seen alike."""

    number: int
    since_ms: int
    """What happened before cannot matter to the day, if no paper list tells of the officer."""
    listed_since_ms: int
    """The same of what may be of a paper list."""


class Alone(NamedTuple):
    """The one duty of an officer on the day: he is kept for none, and no other is so near that it matters."""

    duty: Deployment
    group: Group


class AllAlone(NamedTuple):
    """Everybody of whom that is so."""

    of: Mapping[str, Alone]
    """By officer."""
    since_ms: int
    """The earliest of their groups."""
    since: str
    """The same as an Instant."""
    listed_since: str
    """The same of what may be of a paper list."""


class DayPlan:
    """Duties of [first_ms, before_ms), milliseconds since 1970, as one plan or several have them."""

    def __init__(
        self,
        of_officer: ByOfficer,
        reserved_of: ByOfficer,
        roster: Mapping[str, OfficerRegistered],
        window_ms: int,
        day: tuple[int, int],
    ) -> None:
        self.of_officer, self.roster, self.window_ms = of_officer, roster, window_ms
        self.first_ms = day[0]
        self.ordered = _within(of_officer, *day)
        """Officer → deployments that count as ordered, by start and id."""
        self.reserved = _within(reserved_of, *day)
        """Officer → deployments he is kept for and not dispatched to, by start and id."""
        self.alone: AllAlone | None = None
        """Made once somebody looks, by `alone.py`."""

    @cached_property
    def ids(self) -> frozenset[str]:
        """The ids of all of them."""
        every = (*self.ordered.values(), *self.reserved.values())
        return frozenset(each.deployment_id for own in every for each in own)


def overlap(one: Hours, first_ms: int, before_ms: int) -> bool:
    """Whether it has a moment in [first_ms, before_ms)."""
    return one.starts_ms < before_ms and one.ends_ms > first_ms


def _within(whole: ByOfficer, first_ms: int, before_ms: int) -> ByOfficer:
    return {
        officer_id: own
        for officer_id, all_own in whole.items()
        if (own := [each for each in all_own if each.starts_ms < before_ms and each.ends_ms > first_ms])
    }
