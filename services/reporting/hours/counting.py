"""Hours and duties of one officer, day by day. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from msgspec import Struct

from pamwal.contracts.hours import Overridden, Worked
from pamwal.contracts.scheduling import (
    DeploymentOrdered,
    DeploymentReinstated,
    DeploymentReserved,
    OverridableRule,
)
from pamwal.contracts.zones import DAY_MS, HOUR_MS
from services.reporting.hours.intervals import Interval, by_day, common
from services.reporting.hours.working import Work
from services.reporting.picture import OperationPicture
from services.reporting.picture.versions import in_order
from services.reporting.views.stands import OfficerDay, Stand, Window, days_on

DECIMALS: Final = 3
"""Of hours: 3.6 s, as the scheduler's."""


class Period(Struct, frozen=True, kw_only=True):
    """Whole local days, half-open in milliseconds since 1970, and the moment of looking."""

    first_ms: int
    before_ms: int
    now_ms: int

    def window(self, day: int) -> Window:
        """One of its days, by its number from 0."""
        first_ms = self.first_ms + day * DAY_MS
        return Window(first_ms=first_ms, before_ms=first_ms + DAY_MS, now_ms=self.now_ms)


class Tally:
    """What `Worked` says, in milliseconds and counts, so that sums are exact."""

    __slots__ = ("counts", "ms")

    def __init__(self) -> None:
        self.ms: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()

    def add(self, other: Tally) -> None:
        """Adds another's."""
        self.ms.update(other.ms)
        self.counts.update(other.counts)

    def worked(self) -> Worked:
        """The same in hours."""
        hours: dict[str, Any] = {f"{name}_h": round(ms / HOUR_MS, DECIMALS) for name, ms in self.ms.items()}
        return Worked(**hours, **self.counts)


class Duties:
    """How the duties of each day stand, one judgement a day for all officers."""

    def __init__(self, picture: OperationPicture, period: Period) -> None:
        self.picture, self.period = picture, period
        self._days: dict[int, Callable[[str], OfficerDay | None]] = {}

    def beginning(self, officer_id: str, day: int) -> Iterator[Stand]:
        """An officer's that begin on a day, by its number from 0."""
        window = self.period.window(day)
        looked = self._days.get(day)
        if looked is None:
            looked = self._days[day] = days_on(self.picture, window)
        found = looked(officer_id)
        for stand in found.stands if found is not None else ():
            if window.first_ms <= stand.deployment.starts_ms:
                yield stand


def tallies_of(duties: Duties, officer_id: str, work: Work) -> tuple[dict[int, Tally], list[Overridden]]:
    """Number of a day → what it holds, where it holds anything; and the rules set aside on any of them."""
    period = duties.period
    found: dict[int, Tally] = {}
    within = common(work.worked, work.ordered)
    due = common(work.ordered, [(0, max(period.now_ms, 1))])
    for name, intervals in (
        ("ordered", work.ordered), ("due", due), ("worked", work.worked), ("within", within),
    ):  # fmt: skip
        _add_ms(found, name, intervals, period)
    for day, tally in found.items():
        beyond = tally.ms["worked"] - tally.ms["within"]
        if beyond:
            found[day].ms["beyond"] = beyond
    for name, begun in (("unended", work.unended), ("doubtful", work.doubtful)):
        for began_ms in begun:
            if period.first_ms <= began_ms < period.before_ms:
                found.setdefault((began_ms - period.first_ms) // DAY_MS, Tally()).counts[name] += 1
    return found, _add_duties(found, duties, officer_id)


def _add_ms(found: dict[int, Tally], name: str, intervals: Iterable[Interval], period: Period) -> None:
    for day, ms in by_day(intervals, period.first_ms, period.before_ms):
        found.setdefault(day, Tally()).ms[name] += ms


def _add_duties(found: dict[int, Tally], duties: Duties, officer_id: str) -> list[Overridden]:
    """Counts the duties that begin on each day, as they stand."""
    picture, period = duties.picture, duties.period
    overridden: list[Overridden] = []
    ordered = picture.plan.of_officer.get(officer_id, ())
    begins = {
        (each.starts_ms - period.first_ms) // DAY_MS
        for each in ordered
        if period.first_ms <= each.starts_ms < period.before_ms
    }
    for day in sorted(begins):
        tally = found.setdefault(day, Tally())
        for stand in duties.beginning(officer_id, day):
            _add_stand(tally, stand)
            aside = _set_aside(picture, stand.deployment.deployment_id)
            if aside is not None:
                tally.counts["overrides"] += len(aside.rules)
                overridden.append(aside)
    return overridden


def _add_stand(tally: Tally, stand: Stand) -> None:
    tally.counts["duties"] += 1
    if stand.late:
        tally.counts["late"] += 1
    if stand.state in ("absent", "excused", "unknown"):
        tally.counts[stand.state] += 1


def _set_aside(picture: OperationPicture, deployment_id: str) -> Overridden | None:
    """The rules that an ops_head set aside for a deployment, at its order or since; None if none was."""
    rules: set[OverridableRule] = set()
    cause: str | None = None
    for fact in in_order(picture.planned.deployments.get(deployment_id, {})):
        if (
            isinstance(fact, (DeploymentOrdered, DeploymentReserved, DeploymentReinstated))
            and fact.overridden
        ):
            rules.update(fact.overridden)
            cause = fact.override_cause if isinstance(fact, DeploymentReinstated) else fact.cause
    return Overridden(deployment_id=deployment_id, rules=sorted(rules), cause=cause) if rules else None
