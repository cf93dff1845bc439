"""The account of hours over some days: totals, days, units, and officers as far as a reader may see. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from pamwal.contracts.hours import DayWorked, HoursWorked, OfficerWorked, Overridden, UnitWorked, Worked
from pamwal.contracts.instants import from_ms, to_ms
from pamwal.contracts.persons import PersonalRef, PersonalWords
from pamwal.contracts.reporting import Sight
from pamwal.contracts.scheduling import OfficerRegistered
from pamwal.contracts.zones import DAY_MS, HOUR_MS, midnight
from services.reporting.hours.counting import DECIMALS, Duties, Period, Tally, tallies_of
from services.reporting.hours.intervals import Interval, Stretch, stretches
from services.reporting.hours.working import work_of
from services.reporting.picture import OperationPicture
from services.reporting.picture.deployments import Deployment
from services.reporting.views.window import zone_of

WordsOf = Callable[[PersonalRef], PersonalWords | None]


class HoursAsked(Struct, frozen=True, kw_only=True):
    """Which hours: local days in order, and whose; what is None is not asked for."""

    days: Sequence[str]
    at: str
    sight: Sight
    own: str | None = None
    """The officer who asks: he sees himself, whatever his sight."""
    officer: str | None = None
    unit: str | None = None
    after: str = ""
    limit: int


class _Judged(Struct, frozen=True, kw_only=True):
    """How one officer's work fits the policy."""

    over_duty_h: float = 0.0
    rest_owed_h: float = 0.0
    relief_due_at: str | None = None
    relief_overdue: bool = False
    rest_until: str | None = None


class _Counted(Struct, frozen=True, kw_only=True):
    """One officer's account."""

    officer_id: str
    entry: OfficerRegistered | None
    days: dict[int, Tally]
    overridden: list[Overridden]
    judged: _Judged


_NOTHING: Final[tuple[Deployment, ...]] = ()


def account_of(
    picture: OperationPicture,
    asked: HoursAsked,
    words_of: WordsOf,
    vector: Mapping[str, int],
    now: OperationPicture | None = None,
) -> HoursWorked:
    """Worked against ordered on these days.

    Who has an `intel` duty in them, here or in `now`, which is given where this is an earlier picture, is
    counted, and told of to full sight only.
    """
    pictures = [picture] if now is None else [picture, now]
    zone, policy = zone_of(picture), picture.plan.policy
    first_ms = to_ms(midnight(asked.days[0], zone))
    before_ms = first_ms + len(asked.days) * DAY_MS
    period = Period(first_ms=first_ms, before_ms=before_ms, now_ms=to_ms(asked.at))
    counted = list(_counted(pictures, asked, period))
    seen = [each for each in counted if _sees(pictures, asked, period, each.officer_id)]
    start = bisect_right(seen, asked.after, key=lambda each: each.officer_id)
    page = seen[start : start + asked.limit]
    return HoursWorked(
        operation_id=picture.operation_id,
        exercise=picture.mode == "exercise",
        first_day=asked.days[0],
        last_day=asked.days[-1],
        zone=zone,
        at=asked.at,
        vector=dict(vector),
        sight=asked.sight,
        minimum_rest_h=policy.minimum_rest_h,
        longest_duty_h=policy.longest_duty_h,
        officers_count=len(counted),
        relief_overdue=sum(each.judged.relief_overdue for each in counted),
        total=_sum(tally for each in counted for tally in each.days.values()),
        days=_days(counted, asked.days),
        units=_units(counted),
        officers=[_officer(each, asked.days, words_of) for each in page],
        next_after=page[-1].officer_id if len(seen) > start + asked.limit else None,
    )


def _counted(pictures: Sequence[OperationPicture], asked: HoursAsked, period: Period) -> Iterator[_Counted]:
    """Who was ordered or seen in the period, by id, in the first of the pictures."""
    picture = pictures[0]
    plan, duties = picture.plan, Duties(picture, period)
    for officer_id in sorted(plan.of_officer.keys() | picture.reports.keys()):
        entry = plan.officers.get(officer_id)
        if asked.officer is not None and not _is_asked(pictures, asked, period, officer_id):
            continue
        if asked.unit is not None and (entry.unit if entry else "") != asked.unit:
            continue
        work = work_of(picture, officer_id, period.now_ms)
        days, overridden = tallies_of(duties, officer_id, work)
        if days:
            judged = _judged(picture, work.worked, period, on_duty=work.on_duty)
            yield _Counted(
                officer_id=officer_id, entry=entry, days=days, overridden=overridden, judged=judged
            )


def _is_asked(
    pictures: Sequence[OperationPicture], asked: HoursAsked, period: Period, officer_id: str
) -> bool:
    """A total of one officer tells of him as much as his row."""
    return asked.officer == officer_id and _sees(pictures, asked, period, officer_id)


def _judged(
    picture: OperationPicture, worked: Sequence[Interval], period: Period, *, on_duty: bool
) -> _Judged:
    policy = picture.plan.policy
    rest_ms, longest_ms = round(policy.minimum_rest_h * HOUR_MS), round(policy.longest_duty_h * HOUR_MS)
    lasting_ms = max(DAY_MS - rest_ms, 0)
    found = stretches(worked, rest_ms)
    ours = [each for each in found if each.starts_ms < period.before_ms and each.ends_ms > period.first_ms]
    last = found[-1] if found else None
    due_ms = _relief_due_ms(last, longest_ms, lasting_ms) if last is not None and on_duty else None
    rested_ms = last.ends_ms + rest_ms if last is not None and not on_duty else 0
    return _Judged(
        over_duty_h=_hours(sum(max(0, each.bound_ms - longest_ms) for each in ours)),
        rest_owed_h=_hours(sum(max(0, each.ends_ms - each.starts_ms - lasting_ms) for each in ours)),
        relief_due_at=None if due_ms is None else from_ms(due_ms),
        relief_overdue=due_ms is not None and due_ms <= period.now_ms,
        rest_until=from_ms(rested_ms) if rested_ms > period.now_ms else None,
    )


def _relief_due_ms(last: Stretch, longest_ms: int, lasting_ms: int) -> int:
    return min(last.full_at_ms(longest_ms), last.starts_ms + lasting_ms)


def _sees(pictures: Sequence[OperationPicture], asked: HoursAsked, period: Period, officer_id: str) -> bool:
    """Whether the reader may be told of an officer: of one on `intel` in the period only with full sight."""
    if asked.sight == "full" or officer_id == asked.own:
        return True
    if asked.sight == "counts":
        return False
    return not any(_on_intel(picture, period, officer_id) for picture in pictures)


def _on_intel(picture: OperationPicture, period: Period, officer_id: str) -> bool:
    plan = picture.plan
    attended = picture.attendance(officer_id, period.now_ms).presences
    duties = (
        *plan.of_officer.get(officer_id, _NOTHING),
        *plan.reserved_of.get(officer_id, _NOTHING),
        *(stay.deployment for stay in attended if stay.deployment is not None),
    )
    return any(
        each.role == "intel" and each.starts_ms < period.before_ms and each.ends_ms > period.first_ms
        for each in duties
    )


def _officer(counted: _Counted, days: Sequence[str], words_of: WordsOf) -> OfficerWorked:
    entry, judged = counted.entry, counted.judged
    words = words_of(entry.person_ref) if entry is not None and entry.person_ref is not None else None
    return OfficerWorked(
        officer_id=counted.officer_id,
        rank=entry.rank if entry else "",
        unit=entry.unit if entry else "",
        satgas=entry.satgas if entry else "",
        name=words.name if words else None,
        nrp=words.nrp if words else None,
        worked=_sum(counted.days.values()),
        days=[DayWorked(day=days[at], worked=counted.days[at].worked()) for at in sorted(counted.days)],
        over_duty_h=judged.over_duty_h,
        rest_owed_h=judged.rest_owed_h,
        relief_due_at=judged.relief_due_at,
        relief_overdue=judged.relief_overdue,
        rest_until=judged.rest_until,
        overridden=counted.overridden,
    )


def _days(counted: Sequence[_Counted], days: Sequence[str]) -> list[DayWorked]:
    return [
        DayWorked(day=day, worked=_sum(each.days[at] for each in counted if at in each.days))
        for at, day in enumerate(days)
    ]


def _units(counted: Sequence[_Counted]) -> list[UnitWorked]:
    by_unit: dict[str, list[_Counted]] = {}
    for each in counted:
        by_unit.setdefault(each.entry.unit if each.entry else "", []).append(each)
    return [
        UnitWorked(
            unit=unit, officers=len(own), worked=_sum(tally for each in own for tally in each.days.values())
        )
        for unit, own in sorted(by_unit.items())
    ]


def _sum(tallies: Iterable[Tally]) -> Worked:
    total = Tally()
    for each in tallies:
        total.add(each)
    return total.worked()


def _hours(ms: int) -> float:
    return round(ms / HOUR_MS, DECIMALS)
