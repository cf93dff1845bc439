"""Presences of one officer: the set of reports, sorted, with witnesses of one presence put together. Pure.

Order-free: whatever the order in which reports arrived, sorting comes first (architecture section 5).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

from msgspec import Struct

from pamwal.contracts.field import CheckedIn, CheckedOut
from pamwal.contracts.field.clocks import happened_ms
from pamwal.contracts.instants import to_ms
from services.reporting.picture.decided import AnyAsked
from services.reporting.picture.deployments import Deployment
from services.reporting.picture.plan import MINUTE_MS

EARLY_MS: Final = 120 * MINUTE_MS
"""How long before its hours a check-in still belongs to a deployment: the roll call before a rally."""
LIST_MS: Final = 12 * 60 * MINUTE_MS
"""How far from a deployment's hours a paper list's time may lie, which is nobody's own time."""
STAY_MS: Final = 12 * 60 * MINUTE_MS
"""How long before the hours a stay at their place may have begun: the longest duty (domain section 3).

Beyond it somebody forgot a check-out.
"""


FactKey = tuple[str, str]
"""(post, fact id): ids are the sender's, so two posts may use the same."""
Told = tuple[CheckedIn | CheckedOut, AnyAsked]
"""A report as it is folded; looked at, it becomes a `Report`."""


class Report(NamedTuple):
    """One check-in or check-out as told, and the request that told it."""

    fact: CheckedIn | CheckedOut
    request: AnyAsked


class Presence(Struct, kw_only=True):
    """One stay of one officer at one place. Moments in milliseconds since 1970."""

    place: str
    began_ms: int
    heard_ms: int
    """When the first of its reports reached an edge."""
    corrected: bool
    """The clock that `began_ms` comes from was off and was corrected."""
    reports: list[Report]
    """Check-ins only, the one that began it first."""
    ended_ms: int | None = None
    """By a check-out there or by a check-in elsewhere; None while it lasts."""
    relieved_by: str | None = None
    """Who took over from him when it ended, if somebody said so."""
    deployment: Deployment | None = None
    """The deployment whose hours cover it; None if it is unplanned."""


NOBODY_RELIEVED: Final[frozenset[str]] = frozenset()


class Attendance(Struct, kw_only=True):
    """All presences of one officer, by their beginning."""

    presences: list[Presence]
    of_deployment: dict[str, list[Presence]]
    latest_ms: int
    """The last moment any of the reports speaks of."""
    relieved_from: frozenset[str] = NOBODY_RELIEVED
    """Deployments of which it is told that another took over from him: he had been there."""

    @property
    def standing(self) -> Presence | None:
        """Where he stands now, if he was not seen going."""
        last = self.presences[-1] if self.presences else None
        return last if last is not None and last.ended_ms is None else None


class Moment(NamedTuple):
    """A report by when it happened; sorts by that and its fact's id."""

    at_ms: int
    id: str
    post: str
    report: Report
    skewed: bool
    """The clock that `at_ms` comes from was off and was corrected."""
    heard_ms: int
    """When an edge had it."""


def attendance_of(
    reports: Iterable[Report],
    deployments: Sequence[Deployment],
    window_ms: int,
    until_ms: int | None = None,
) -> Attendance:
    """The presences these reports tell of; with `until_ms` only by what had happened by then.

    Reports are sorted by (when it happened, fact id). A check-in joins the presence before it at its place if
    it lies within `window_ms` of that presence's first report and no check-out there lies between. A paper
    list's time joins a presence the officer has there in the shift, whatever its time; only where there is
    none does it begin one.
    """
    return attendance_at(sorted(_moments(reports, until_ms)), deployments, window_ms)


def attendance_at(moments: Sequence[Moment], deployments: Sequence[Deployment], window_ms: int) -> Attendance:
    """The same of reports that are sorted already."""
    if not moments:
        return Attendance(presences=[], of_deployment={}, latest_ms=0)
    outs = [each for each in moments if type(each.report.fact) is CheckedOut]
    exact = [each for each in moments if not is_list(each.report.fact)]
    presences = _clustered(exact, window_ms)
    for presence in presences:
        presence.deployment = covering(deployments, presence.place, presence.began_ms)
    _end(presences, outs)
    if len(exact) < len(moments):
        for listed in moments:
            if is_list(listed.report.fact):
                _join_or_begin(listed, presences, deployments, window_ms)
        presences.sort(key=_begun)
        _end(presences, outs)
    return Attendance(
        presences=presences,
        of_deployment=_by_deployment(presences, deployments),
        latest_ms=moments[-1].at_ms,
        relieved_from=frozenset(_relieved_from(outs, deployments)) if outs else NOBODY_RELIEVED,
    )


def covering(deployments: Sequence[Deployment], place: str, at_ms: int) -> Deployment | None:
    """The deployment a check-in belongs to.

    The one whose hours cover it; before its hours, from two hours early, the next one to that place, else the
    next one to any place.
    """
    near = [each for each in deployments if each.starts_ms - EARLY_MS <= at_ms < each.ends_ms]
    if len(near) < 2:
        return near[0] if near else None
    return min(
        near,
        key=lambda each: (each.starts_ms > at_ms, each.place != place, each.starts_ms, each.deployment_id),
    )


def _moments(reports: Iterable[Report], until_ms: int | None) -> Iterable[Moment]:
    for report in reports:
        at_ms, skewed = happened_ms(report.fact)
        if until_ms is None or at_ms <= until_ms:
            heard_ms = to_ms(report.fact.recorded_at)
            yield Moment(at_ms, report.fact.id, report.request.postid or "", report, skewed, heard_ms)


def is_list(fact: CheckedIn | CheckedOut) -> bool:
    """True if a paper list says that somebody came: its time is nobody's own."""
    return fact.precision == "list" and isinstance(fact, CheckedIn)


def _clustered(moments: Iterable[Moment], window_ms: int) -> list[Presence]:
    presences: list[Presence] = []
    open_at: dict[str, Presence] = {}
    for moment in moments:
        fact = moment.report.fact
        place = fact.place
        if type(fact) is CheckedOut:
            open_at.pop(place, None)
            continue
        known = open_at.get(place)
        if known is not None and moment.at_ms - known.began_ms <= window_ms:
            _witness(known, moment)
        else:
            open_at[place] = begun = _begin(moment)
            presences.append(begun)
    return presences


def _begin(moment: Moment) -> Presence:
    fact = moment.report.fact
    return Presence(
        place=fact.place,
        began_ms=moment.at_ms,
        heard_ms=moment.heard_ms,
        corrected=moment.skewed,
        reports=[moment.report],
    )


def _witness(presence: Presence, moment: Moment) -> None:
    presence.reports.append(moment.report)
    presence.heard_ms = min(presence.heard_ms, moment.heard_ms)


def _join_or_begin(
    listed: Moment, presences: list[Presence], deployments: Sequence[Deployment], window_ms: int
) -> None:
    """Puts a paper list's report to the officer's presence there in the shift, or begins one."""
    place, at_ms = listed.report.fact.place, listed.at_ms
    shift = _shift(deployments, place, at_ms)
    there = [each for each in presences if each.place == place and _in_shift(each, shift, at_ms, window_ms)]
    if there:
        before = [each for each in there if each.began_ms <= at_ms]
        _witness(before[-1] if before else there[0], listed)
        return
    presence = _begin(listed)
    presence.deployment = shift or covering(deployments, place, at_ms)
    presences.append(presence)


def _shift(deployments: Sequence[Deployment], place: str, at_ms: int) -> Deployment | None:
    """The deployment to that place whose hours lie nearest to a moment, within half a day."""
    near = [
        (max(each.starts_ms - at_ms, at_ms - each.ends_ms, 0), each.starts_ms, each.deployment_id, each)
        for each in deployments
        if each.place == place
    ]
    if not near or min(near)[0] > LIST_MS:
        return None
    return min(near)[3]


def _in_shift(presence: Presence, shift: Deployment | None, at_ms: int, window_ms: int) -> bool:
    if shift is not None:
        return presence.deployment is shift or _lasts_into(presence, shift)
    return abs(presence.began_ms - at_ms) <= max(LIST_MS, window_ms)


def _end(presences: Sequence[Presence], outs: Sequence[Moment]) -> None:
    """Ends each presence at the first check-out there behind it, or when the officer's next one begins."""
    passed = 0
    for index, presence in enumerate(presences):
        began = (presence.began_ms, presence.reports[0].fact.id)
        while passed < len(outs) and (outs[passed].at_ms, outs[passed].id) < began:
            passed += 1
        following_ms = presences[index + 1].began_ms if index + 1 < len(presences) else None
        presence.ended_ms = _ended_ms(presence.place, islice(outs, passed, None), following_ms)
        presence.relieved_by = _relieved_by(presence.place, islice(outs, passed, None), following_ms)


def _ended_ms(place: str, outs: Iterable[Moment], following_ms: int | None) -> int | None:
    """The first check-out there that is somebody's own time; a paper list's only where there is none."""
    listed_ms = None
    for out in outs:
        if following_ms is not None and out.at_ms > following_ms:
            break
        if out.report.fact.place != place:
            continue
        if out.report.fact.precision == "exact":
            return out.at_ms
        listed_ms = out.at_ms if listed_ms is None else listed_ms
    return following_ms if listed_ms is None else listed_ms


def _relieved_by(place: str, outs: Iterable[Moment], following_ms: int | None) -> str | None:
    """Whom the first of the check-outs that tells of this going by a relief names."""
    for out in outs:
        if following_ms is not None and out.at_ms > following_ms:
            break
        fact = out.report.fact
        if isinstance(fact, CheckedOut) and fact.place == place and fact.relieved_by is not None:
            return fact.relieved_by
    return None


def _relieved_from(outs: Iterable[Moment], deployments: Sequence[Deployment]) -> Iterator[str]:
    for out in outs:
        fact = out.report.fact
        if isinstance(fact, CheckedOut) and fact.relieved_by is not None:
            ahead_ms = EARLY_MS if fact.precision == "exact" else LIST_MS
            begun = [each for each in deployments if each.starts_ms <= out.at_ms + ahead_ms]
            served = _shift(begun, fact.place, out.at_ms)
            if served is not None:
                yield served.deployment_id


def _by_deployment(
    presences: Sequence[Presence], deployments: Sequence[Deployment]
) -> dict[str, list[Presence]]:
    """Deployment → its presences. A stay that lasts into the next hours at its place serves those too."""
    found: dict[str, list[Presence]] = {}
    at: dict[str, list[Presence]] = {}
    for presence in presences:
        at.setdefault(presence.place, []).append(presence)
        if presence.deployment is not None:
            found.setdefault(presence.deployment.deployment_id, []).append(presence)
    for each in deployments:
        there = at.get(each.place)
        if there is not None and (lasting := [stay for stay in there if _lasts_into(stay, each)]):
            own = found.setdefault(each.deployment_id, [])
            own += [stay for stay in lasting if stay.deployment is not each]
            own.sort(key=_begun)
    return found


def _begun(presence: Presence) -> tuple[int, str, str]:
    return presence.began_ms, presence.reports[0].fact.id, presence.place


def _lasts_into(presence: Presence, next_one: Deployment) -> bool:
    """It is there and not over when the hours begin, and follows duty there or may have lasted so long."""
    if presence.place != next_one.place or presence.began_ms > next_one.starts_ms:
        return False
    if presence.ended_ms is not None and presence.ended_ms <= next_one.starts_ms:
        return False
    served = presence.deployment
    followed = served is not None and served.ends_ms >= next_one.starts_ms - EARLY_MS
    return followed or presence.began_ms >= next_one.starts_ms - STAY_MS
