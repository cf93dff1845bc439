"""How each ordered officer stands at a moment, and who stands where without an order. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from pamwal.contracts.instants import to_ms
from pamwal.contracts.zones import DAY_MS
from services.reporting.picture import OperationPicture
from services.reporting.picture.deployments import Deployment
from services.reporting.picture.own_affairs import Span
from services.reporting.picture.plan import MINUTE_MS, Plan
from services.reporting.picture.plan_day import DayPlan
from services.reporting.picture.presences import EARLY_MS, Attendance, Presence

StandState = Literal["at_place", "elsewhere", "awaited", "excused", "absent", "unknown", "relieved", "left"]
StandingKind = Literal["at_place", "wrong_place", "unplanned"]
HEARD_LONG_AFTER_MS: Final = 5 * MINUTE_MS
"""On time, but told after the deadline and so long after it happened: shown apart (domain section 2)."""


class Stand(Struct, frozen=True, kw_only=True):
    """One deployment at a moment."""

    deployment: Deployment
    state: StandState
    attended: bool
    """The officer was seen for it, here or elsewhere."""
    on_time: bool = False
    late: bool = False
    reported_late: bool = False
    clock_corrected: bool = False
    doubtful: bool = False
    """Only devices that were lost by then say that he came."""


class OfficerDay(Struct, frozen=True, kw_only=True):
    """One officer on one day: how each of his deployments stands, and where he stands himself."""

    officer_id: str
    stands: list[Stand]
    """By start and id."""
    reserved: Sequence[Deployment]
    """What he is kept for on the day and not dispatched to."""
    standing: Presence | None
    kind: StandingKind | None

    @property
    def deployed(self) -> bool:
        """He is ordered to something on the day or kept for it."""
        return bool(self.stands or self.reserved)

    def is_known(self, plan: Plan) -> bool:
        """Whether the roster or an order names the id; one that neither does may be a typing error."""
        return self.deployed or plan.is_on_roster(self.officer_id)

    @property
    def intel(self) -> bool:
        """Nothing of this officer may be placed or named (domain section 5)."""
        comes_for = self.standing.deployment if self.standing is not None else None
        roles = {stand.deployment.role for stand in self.stands} | {each.role for each in self.reserved}
        return "intel" in roles or (comes_for is not None and comes_for.role == "intel")


class Window(Struct, frozen=True, kw_only=True):
    """A half-open local day and the moment of looking, milliseconds since 1970."""

    first_ms: int
    before_ms: int
    now_ms: int


def officer_days(
    picture: OperationPicture, window: Window, named: Iterable[str] | None = None
) -> list[OfficerDay]:
    """Every officer with a deployment or reservation on the day or standing without one, by officer id.

    With `named` only of those.
    """
    plan, judge = picture.plan, StandJudge(picture, window)
    ordered = plan.deployments_within(window.first_ms, window.before_ms)
    reserved = plan.reserved_within(window.first_ms, window.before_ms)
    officers = sorted(ordered.keys() | reserved.keys() | picture.reports.keys() if named is None else named)
    found = (day_of(picture, window, judge, officer_id) for officer_id in officers)
    return [day for day in found if day is not None]


def officer_day(picture: OperationPicture, window: Window, officer_id: str) -> OfficerDay | None:
    """One officer's day; None if he has no deployment on it and stands nowhere."""
    return day_of(picture, window, StandJudge(picture, window), officer_id)


def days_on(picture: OperationPicture, window: Window) -> Callable[[str], OfficerDay | None]:
    """`officer_day` of one window for many officers, without judging anew who was heard for each of them.

    It holds the plan of the day: a plan keeps a few days only, and makes others anew from all its duties.
    """
    judge, day = StandJudge(picture, window), picture.plan.day(window.first_ms, window.before_ms)
    return lambda officer_id: _day_in(picture, window, judge, day, officer_id)


def day_of(
    picture: OperationPicture, window: Window, judge: StandJudge, officer_id: str
) -> OfficerDay | None:
    """The same as `judge` sees it, who was made for this picture and window."""
    day = picture.plan.day(window.first_ms, window.before_ms)
    return _day_in(picture, window, judge, day, officer_id)


def _day_in(
    picture: OperationPicture, window: Window, judge: StandJudge, day: DayPlan, officer_id: str
) -> OfficerDay | None:
    within = Span(window.first_ms, window.before_ms)
    attendance = picture.attendance_on(officer_id, within, window.now_ms)
    ordered, kept = day.ordered.get(officer_id, ()), day.reserved.get(officer_id, ())
    all_own = picture.plan.of_officer.get(officer_id, ())
    return day_by(judge, window, officer_id, attendance, ordered, kept, all_own)


def day_by(
    judge: StandJudge,
    window: Window,
    officer_id: str,
    attendance: Attendance,
    ordered: Sequence[Deployment],
    kept: Sequence[Deployment],
    all_own: Sequence[Deployment],
) -> OfficerDay | None:
    """The same of his attendance, of what he is ordered to and kept for on the day, and ordered to ever."""
    stands = [judge.stand(each, attendance) for each in ordered]
    kind = _kind(attendance, stands, all_own, window)
    if not (stands or kept or kind):
        return None
    standing = attendance.standing if kind else None
    return OfficerDay(officer_id=officer_id, stands=stands, reserved=kept, standing=standing, kind=kind)


def counted(stands: Sequence[Stand], now_ms: int, *, stands_here: bool) -> Stand:
    """The stand an officer counts by in a row.

    Who is due and stands in that row himself was seen: he is neither absent nor unknown there, but elsewhere.
    """
    chosen = _current(stands, now_ms)
    due = chosen.deployment.starts_ms <= now_ms
    if stands_here and due and chosen.state in ("awaited", "absent", "unknown"):
        return replace(chosen, state="elsewhere")
    return chosen


def _current(stands: Sequence[Stand], now_ms: int) -> Stand:
    """The last that runs; where none does, the last that began or to which he came early; else the first."""
    chosen, runs = stands[0], False
    for stand in stands:
        began = stand.deployment.starts_ms <= now_ms
        if began and now_ms < stand.deployment.ends_ms:
            chosen, runs = stand, True
        elif not runs and (began or stand.attended):
            chosen = stand
    return chosen


class StandJudge:
    """What a moment, the posts heard by then and the plan make of a deployment and its presences."""

    def __init__(self, picture: OperationPicture, window: Window) -> None:
        plan = picture.plan
        self._away, self._rolls, self._doubtful = plan.away, picture.rolls, picture.doubtful
        self.heard_ms = {
            post: to_ms(heard.last_heard)
            for post, heard in picture.posts.items()
            if heard.last_heard and not heard.has_more_to_tell(picture.resets)
        }
        """Post → when it was last heard, of those whose queue is home."""
        self._now_ms, self._midnight_ms = window.now_ms, window.first_ms
        self.excuses = plan.anybody_away or picture.rolls.called
        """Whether anybody may be excused at all."""
        self.grace_ms = plan.policy.grace_min * MINUTE_MS
        self._silent_ms = plan.policy.silent_post_min * MINUTE_MS

    def unheard_ms(self, deployment: Deployment) -> int:
        """From when on, if nothing more is heard, every post that would report him is silent."""
        return (
            max((self.heard_ms.get(post, 0) for post in deployment.reporters), default=0)
            + self._silent_ms
            + 1
        )

    def stand(self, deployment: Deployment, attendance: Attendance) -> Stand:
        """How the deployment stands."""
        presences = self._serving(deployment, attendance)
        if not presences and deployment.deployment_id in attendance.relieved_from:
            return Stand(deployment=deployment, state="relieved", attended=True)
        if not presences:
            return Stand(deployment=deployment, state=self._unseen(deployment), attended=False)
        state = self._seen(deployment, presences)
        first = next((each for each in presences if each.place == deployment.place), None)
        if first is None:
            return Stand(deployment=deployment, state=state, attended=True)
        deadline_ms = deployment.starts_ms + self.grace_ms
        late = first.began_ms > deadline_ms
        told_late = first.heard_ms > deadline_ms and first.heard_ms - first.began_ms > HEARD_LONG_AFTER_MS
        return Stand(
            deployment=deployment,
            state=state,
            attended=True,
            on_time=not late,
            late=late,
            reported_late=not late and told_late,
            clock_corrected=first.corrected,
            doubtful=all(map(self._doubtful, first.reports)),
        )

    def _serving(self, deployment: Deployment, attendance: Attendance) -> Sequence[Presence]:
        """The stays by which a deployment stands.

        Before it begins none counts but one in which he is there already; of those elsewhere, what was over
        before it began says nothing of it.
        """
        own = attendance.of_deployment.get(deployment.deployment_id, ())
        place, starts_ms = deployment.place, deployment.starts_ms
        if self._now_ms < starts_ms:
            return own if own and own[-1].place == place and own[-1].ended_ms is None else ()
        return [each for each in own if each.place == place or (each.ended_ms or starts_ms + 1) > starts_ms]

    def _unseen(self, deployment: Deployment) -> StandState:
        """Nobody saw him: is he excused, is he due, and would we have heard?

        A post must have been heard until shortly before now, or before the end of the hours: a post that goes
        quiet after the work is done does not make an absence doubtful again. One that is coming home was not
        heard while it has more to tell. Who was stood down before the grace was over never became a no-show;
        standing down later does not undo one.
        """
        if self.excused(deployment):
            return "excused"
        if (
            stood_down(deployment, self._now_ms)
            and deployment.ends_ms <= deployment.starts_ms + self.grace_ms
        ):
            return "relieved"
        if self._now_ms < deployment.starts_ms:
            return "awaited"
        heard_from_ms = min(self._now_ms, deployment.ends_ms) - self._silent_ms
        if all(self.heard_ms.get(post, 0) < heard_from_ms for post in deployment.reporters):
            return "unknown"
        if self._now_ms <= deployment.starts_ms + self.grace_ms:
            return "awaited"
        return "absent"

    def excused(self, deployment: Deployment) -> bool:
        """Absent with leave, lent, or excused by the last roll call of the day on which the duty begins.

        Duty after midnight is called before it: a roll call counts from two hours before the hours.
        """
        officer_id, starts_ms = deployment.officer_id, deployment.starts_ms
        if self._away(officer_id, starts_ms, deployment.ends_ms):
            return True
        midnight_ms = starts_ms - (starts_ms - self._midnight_ms) % DAY_MS
        first_ms = min(midnight_ms, starts_ms - EARLY_MS)
        return self._rolls.excuse(officer_id, first_ms, midnight_ms + DAY_MS, self._now_ms)

    def _seen(self, deployment: Deployment, presences: Sequence[Presence]) -> StandState:
        last = presences[-1]
        there = [each for each in presences if each.place == deployment.place]
        over = stood_down(deployment, self._now_ms)
        if last.ended_ms is None and not over:
            if last.place == deployment.place:
                return "at_place"
            if not there or (self._now_ms < deployment.ends_ms and not there[-1].relieved_by):
                return "elsewhere"
        stay = (there or presences)[-1]
        if stay.ended_ms is None:
            return "relieved" if over else "left"
        return "relieved" if stay.relieved_by or stay.ended_ms >= deployment.ends_ms else "left"


def stood_down(deployment: Deployment, now_ms: int) -> bool:
    """Duty was ended by name and is over: from then on its officer counts as gone, seen going or not."""
    return deployment.status == "stood_down" and now_ms >= deployment.ends_ms


def _kind(
    attendance: Attendance, stands: Sequence[Stand], deployments: Iterable[Deployment], window: Window
) -> StandingKind | None:
    """How it fits his orders that the officer stands somewhere; None if he does not, or not on this day."""
    standing = attendance.standing
    if standing is None:
        return None
    if any(stand.state == "at_place" for stand in stands):
        return "at_place"
    if any(stand.state == "elsewhere" for stand in stands):
        return "wrong_place"
    if standing.deployment is not None and stood_down(standing.deployment, window.now_ms):
        return None
    if not window.first_ms <= standing.began_ms < window.before_ms:
        return None
    if _early_for_another_day(standing, attendance, deployments, window):
        return None
    missed = stands and counted(stands, window.now_ms, stands_here=True).state == "elsewhere"
    return "wrong_place" if missed else "unplanned"


def _early_for_another_day(
    standing: Presence, attendance: Attendance, deployments: Iterable[Deployment], window: Window
) -> bool:
    """He came before midnight to where he is ordered after it: that day counts him."""
    return any(
        each.place == standing.place
        and each.starts_ms >= window.before_ms
        and any(stay is standing for stay in attendance.of_deployment.get(each.deployment_id, ()))
        for each in deployments
    )
