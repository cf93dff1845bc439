"""The officers of a day of an earlier picture, one for all who were seen alike. Pure.

Nearly every officer has one duty, with no other near it, and nothing is told of him but that he came there or
went. How he stands depends on few things then, and only those are looked for; how that is, is found by
`stands.py` for one officer of each sort. Of whom anything else is told, is looked at himself.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from pamwal.contracts.instants import to_ms
from services.reporting.picture import OperationPicture
from services.reporting.picture.alone import alone_on, instant
from services.reporting.picture.deployments import Deployment
from services.reporting.picture.earlier import EarlierPicture
from services.reporting.picture.plan_day import AllAlone, Alone
from services.reporting.picture.presences import EARLY_MS, Report, attendance_at
from services.reporting.picture.sightings import CLOCK_OFF, MARKS, OUT, PLAIN, Sighting, moment_of
from services.reporting.views.stands import (
    HEARD_LONG_AFTER_MS,
    OfficerDay,
    StandJudge,
    Window,
    day_by,
    day_of,
    officer_days,
)

NOT_SEEN: Final = 0
SEEN, LATE, TOLD_LATE, CORRECTED, DOUBTFUL, GONE, SERVED, EXCUSED = (1 << bit for bit in range(8))
"""He came; late; on time, and that was told late; by a clock that was off; only lost devices say so; he went;
and that when his duty was over. He would be excused if he was not seen."""


def days_alike(picture: OperationPicture, window: Window) -> list[tuple[OfficerDay, int]]:
    """The days of `officer_days`, each with how many there are that count like it, by their first officer."""
    return [(day, len(officers)) for day, officers in officers_alike(picture, window)]


def officers_alike(picture: OperationPicture, window: Window) -> list[tuple[OfficerDay, list[str]]]:
    """The same with whose days they are."""
    if not isinstance(picture, EarlierPicture):
        return [(each, [each.officer_id]) for each in officer_days(picture, window)]
    day = picture.plan.day(window.first_ms, window.before_ms)
    judge = StandJudge(picture, window)
    alone, otherwise = alone_on(day), picture.plan.otherwise
    seen = SeenAlone(picture, window, judge, alone)
    sorts: dict[tuple[int, int], list[str]] = {}
    chosen: list[tuple[OfficerDay | None, list[str]]] = []
    for officer_id in sorted(day.ordered.keys() | day.reserved.keys() | picture.told_then.everybody):
        duty = alone.of.get(officer_id)
        how = None if duty is None or officer_id in otherwise else seen.how(duty)
        if duty is None or how is None:
            chosen.append((day_of(picture, window, judge, officer_id), [officer_id]))
            continue
        sort = (duty.group.number, how)
        own = sorts.get(sort)
        if own is None:
            sorts[sort] = own = [officer_id]
            chosen.append((seen.day(duty), own))
        else:
            own.append(officer_id)
    return [(day, own) for day, own in chosen if day is not None]


class SeenAlone:
    """How officers were seen, by a window's moment, at the duty they are alone with on its day."""

    def __init__(self, picture: EarlierPicture, window: Window, judge: StandJudge, alone: AllAlone) -> None:
        self._picture, self._window, self._judge = picture, window, judge
        told = self._told = picture.told_then
        self._window_ms = picture.window_ms
        self._seen: dict[str, list[Sighting]] = {}
        self._odd: AbstractSet[str] = alone.of.keys()  # no more is known of any, where nobody can tell
        if told.in_order:
            until_ms = window.now_ms if picture.until_ms is None else min(window.now_ms, picture.until_ms)
            self._seen = told.since(alone.since, alone.since_ms, until_ms)
            self._odd = told.odd_since(alone.listed_since)
        self._voids, self._lost = bool(picture.voids), bool(picture.lost)

    def day(self, alone: Alone) -> OfficerDay | None:
        """The day of one of whom no more is known than the marks say."""
        duty = alone.duty
        seen = self._plain(alone) or ()
        moments = sorted(moment_of(self._told.report(each), each[0]) for each in seen)
        attendance = attendance_at(moments, [duty], self._window_ms)
        return day_by(self._judge, self._window, duty.officer_id, attendance, [duty], (), [duty])

    def how(self, alone: Alone) -> int | None:
        """What is known of him, of the marks above; None where more is than they say."""
        duty = alone.duty
        excused = EXCUSED if self._judge.excuses and self._judge.excused(duty) else NOT_SEEN
        if duty.officer_id in self._odd:
            return None
        seen = self._plain(alone)
        if not seen:
            return None if seen is None else excused
        if seen[0][0] >> MARKS < duty.starts_ms - EARLY_MS or (self._voids and self._voided(seen)):
            return None
        how = self._stays(seen, duty)
        return None if how is None else how | excused

    def _plain(self, alone: Alone) -> list[Sighting] | None:
        """What can matter to him, in order; None where any of it is not plain, or of another place."""
        duty, group = alone
        seen = self._seen.get(duty.officer_id)
        if seen is None:
            return []
        found: list[Sighting] = []
        since, place, report = group.since_ms << MARKS, duty.place, self._told.report
        for sighting in seen:
            mark = sighting[0]
            if mark >= since:
                if not mark & PLAIN or report(sighting)[0].place != place:
                    return None
                found.append(sighting)
        found.sort()
        return found

    def _voided(self, seen: Sequence[Sighting]) -> bool:
        """Whether any of it was taken back."""
        found = (self._told.report(each) for each in seen)
        return any(
            self._picture.voided(asked.postid or "", fact.id, fact.officer_id) for fact, asked in found
        )

    def _stays(self, seen: Sequence[Sighting], duty: Deployment) -> int | None:
        """Of stays as `presences.py` makes them: he may have come again."""
        first: list[Sighting] = []
        stays = before = open_ms = gone_ms = 0
        ends_ms, window_ms = duty.ends_ms, self._window_ms
        for sighting in seen:
            mark = sighting[0]
            at_ms = mark >> MARKS
            if at_ms == before >> MARKS and mark != before:
                return None  # which of them was first is told by their ids
            before = mark
            if mark & OUT:
                gone_ms, open_ms = gone_ms or at_ms, 0
                continue
            if at_ms >= ends_ms:
                return None  # he came for nothing that is planned
            if not open_ms or at_ms - open_ms > window_ms:
                stays, open_ms, gone_ms = stays + 1, at_ms, 0
            if stays == 1:
                first.append(sighting)
        if not stays:
            return NOT_SEEN
        gone = 0 if not gone_ms else GONE if gone_ms < ends_ms else GONE | SERVED
        return SEEN | gone | self._coming(first, duty)

    def _coming(self, first: Sequence[Sighting], duty: Deployment) -> int:
        """By the reports of the first stay."""
        mark, report = first[0][0], self._told.report
        began_ms, deadline_ms = mark >> MARKS, duty.starts_ms + self._judge.grace_ms
        how = CORRECTED if mark & CLOCK_OFF else NOT_SEEN
        if began_ms > deadline_ms:
            how |= LATE
        elif report(first[0])[0].recorded_at > (deadline := instant(deadline_ms)):
            heard_at = min(report(each)[0].recorded_at for each in first)
            if heard_at > deadline and to_ms(heard_at) - began_ms > HEARD_LONG_AFTER_MS:
                how |= TOLD_LATE
        if self._lost and all(self._picture.doubtful(Report(*report(each))) for each in first):
            how |= DOUBTFUL
        return how
