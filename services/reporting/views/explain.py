"""Whom a number of the situation counts, and the facts behind each. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, get_args

from msgspec import Struct

from pamwal.contracts.explained import Explained, FactBehind, OfficerBehind, Row
from pamwal.contracts.reporting import Sight
from pamwal.contracts.zones import local_day
from services.reporting.picture import OperationPicture
from services.reporting.picture.decided import AnyData
from services.reporting.picture.deployments import Deployment
from services.reporting.picture.presences import Report
from services.reporting.views.entries import Entry
from services.reporting.views.explain_subjects import NUMBERS as OF_SUBJECTS
from services.reporting.views.explain_subjects import planned_by, subjects_behind, told_by
from services.reporting.views.stands import OfficerDay, officer_days
from services.reporting.views.strength import StrengthCount
from services.reporting.views.tally import COUNTED, Tally
from services.reporting.views.unnamed import on_intel_since, unnamed_to
from services.reporting.views.who_asked import with_askers
from services.reporting.views.window import window_of, zone_of

OF_OFFICERS: Final = frozenset({*COUNTED, "present"})
"""Numbers of a strength that count officers: they stand in every row."""
NUMBERS: Final = OF_OFFICERS | OF_SUBJECTS
_PRESENT: Final = ("at_place", "wrong_place", "unplanned")
ROWS: Final[tuple[Row, ...]] = get_args(Row)


class NoRow(Struct, frozen=True, kw_only=True):
    """The situation has no such row, but these."""

    keys: list[str]


class _Traced(StrengthCount):
    """Counts a situation, and notes which officers one row's number counts."""

    def watch(self, row: Row, key: str, number: str) -> None:
        """Before the count: which row, and which number of it."""
        by_row: Mapping[Row, Mapping[str, Tally]] = {
            "venue": self._venues.of,
            "site": self._sites.of,
            "kelurahan": self._kelurahan.of,
            "kecamatan": self._kecamatan.of,
            "satgas": self._satgas.of,
            "pair": self._pairs.of,
            "role": self._roles.of,
            "total": {"": self._total},
        }
        self._tallied, self._key, self._number = by_row[row], key, number
        self.days: list[OfficerDay] = []

    def enter(self, days: Iterable[OfficerDay], now_ms: int) -> None:
        """One by one, so that each is seen to count or not."""
        for day in days:
            self.add(self.entry(day, now_ms))

    def entry(self, day: OfficerDay, now_ms: int) -> Entry:
        """As every count; the officer is the one who is added next."""
        self._day = day
        return super().entry(day, now_ms)

    def add(self, entry: Entry, by: int = 1) -> None:
        """As every count, with a look before and after."""
        before = self._shown()
        super().add(entry, by)
        if self._shown() > before:
            self.days.append(self._day)

    def _shown(self) -> int:
        tally = self._tallied.get(self._key)
        if tally is None:
            return 0
        names = _PRESENT if self._number == "present" else (self._number,)
        return sum(tally.counts[name] for name in names)

    @property
    def lacking(self) -> NoRow | None:
        """What rows the situation has, if not the one that is watched."""
        return None if self._key in self._tallied else NoRow(keys=sorted(self._tallied))


def explain(
    picture: OperationPicture,
    now: str,
    *,
    number: str,
    row: Row,
    key: str,
    sight: Sight,
    day: str | None = None,
    vector: Mapping[str, int] | None = None,
    kept: Iterable[AnyData] = (),
) -> Explained | NoRow:
    """Whom that number of that row counts at the Instant `now`; NoRow if the situation has no such row.

    `number` is one of NUMBERS; those that count no officers stand in the total only. Who may not see where
    `intel` is deployed is told how many such officers are counted, and nothing more of them. `kept`:
    decisions that say who asked for what the picture keeps without that. ValueError if `day` is none.
    """
    if number in OF_SUBJECTS:
        subjects = subjects_behind(picture, now, number=number, sight=sight, day=day)
        officers, unnamed = list[OfficerBehind](), 0
    else:
        found = _officers(picture, now, number=number, row=row, key=key, sight=sight, day=day)
        if isinstance(found, NoRow):
            return found
        subjects, (officers, unnamed) = [], found
    told = Explained(
        operation_id=picture.operation_id,
        number=number,
        row=row,
        key=key,
        zone=zone_of(picture),
        exercise=picture.mode == "exercise",
        day=day or local_day(now, zone_of(picture)),
        at=now,
        vector=dict(vector or {}),
        count=len(officers) + sum(each.count for each in subjects) + unnamed,
        unnamed=unnamed,
        officers=officers,
        subjects=subjects,
    )
    return unnamed_to(sight, picture).answer(with_askers(told, kept))


def _officers(
    picture: OperationPicture, now: str, *, number: str, row: Row, key: str, sight: Sight, day: str | None
) -> tuple[list[OfficerBehind], int] | NoRow:
    """Those who may be named, and how many may not."""
    window = window_of(picture, now, day)
    within = window.first_ms, window.before_ms
    count = _Traced(picture, sight, wide=True)
    count.watch(row, key, number)
    plan = picture.plan
    count.count(
        plan.rallies_within(*within),
        plan.sites_within(*within),
        officer_days(picture, window),
        window.now_ms,
        lambda code: code,
    )
    if (lacking := count.lacking) is not None:
        return lacking
    since = on_intel_since(picture)
    shown = [each for each in count.days if sight == "full" or not (each.intel or each.officer_id in since)]
    officers = [_behind(picture, each, window.now_ms) for each in shown]
    return officers, len(count.days) - len(shown)


def _behind(picture: OperationPicture, day: OfficerDay, now_ms: int) -> OfficerBehind:
    attendance = picture.attendance(day.officer_id, now_ms)
    serving = (attendance.of_deployment.get(stand.deployment.deployment_id, ()) for stand in day.stands)
    stays = [stay for own in serving for stay in own] + ([day.standing] if day.standing else [])
    reports = {(each.request.postid, each.fact.id): each for stay in stays for each in stay.reports}
    deployments = [*(stand.deployment for stand in day.stands), *day.reserved]
    return OfficerBehind(
        officer_id=day.officer_id,
        states={stand.deployment.deployment_id: stand.state for stand in day.stands},
        stands_at=day.standing.place if day.standing is not None else None,
        facts=[
            *(fact for each in deployments for fact in _planned(picture, each)),
            *sorted(map(_reported, reports.values()), key=lambda fact: (fact.at, fact.fact_id)),
        ],
    )


def _planned(picture: OperationPicture, deployment: Deployment) -> Iterator[FactBehind]:
    """What was decided of a deployment, in the order in which it was."""
    told = picture.planned.deployments[deployment.deployment_id]
    return planned_by(told, f"deployment/{deployment.deployment_id}")


def _reported(report: Report) -> FactBehind:
    fact, asked = report
    return told_by(fact, fact.place, asked.postid, asked.channel, asked.source)
