"""The picture of one operation: a fold of decisions that is indifferent to order and repetition. Pure.

Facts of a state machine are kept by version, observations as a set by post and fact id, voids as tombstones,
and what a post says of itself as highest values. Nothing is counted here: views count when somebody looks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, get_args

from msgspec.structs import replace

from pamwal.contracts import field, scheduling
from pamwal.contracts.claims import Mode
from pamwal.contracts.field.incident_account import IncidentAccount, IncidentTold
from pamwal.contracts.reporting_alerts import AlertFact
from pamwal.contracts.reporting_deliveries import DeliveryNoted
from pamwal.contracts.sitreps import SitRepFact
from services.reporting.picture.alerts import AlertBook
from services.reporting.picture.arrived import Arrived
from services.reporting.picture.charter import Charter, charter_of
from services.reporting.picture.course import Course, RallySeen, course_of
from services.reporting.picture.decided import (
    AnyAsked,
    AnyData,
    Asked,
    PresenceFact,
    counted_anew,
    of_a_stranger,
)
from services.reporting.picture.heard import PostHeard
from services.reporting.picture.own_affairs import AFFAIRS, OF_ITSELF, OwnAffairs, Span
from services.reporting.picture.places import Rally
from services.reporting.picture.plan import Plan
from services.reporting.picture.plan_facts import TAKEN, PlanFacts
from services.reporting.picture.plan_then import PlanThen
from services.reporting.picture.presences import Attendance, FactKey, Report, Told, attendance_of
from services.reporting.picture.rolls import Rolls
from services.reporting.picture.versions import keep_newest
from services.reporting.picture.written_ids import WrittenIds

_NOBODY: Final = Asked(offset=-1)
OfficerPlanned = scheduling.OfficerRegistered | scheduling.DeploymentOrdered | scheduling.DeploymentReserved
"""Facts of the plan that write an officer's id as it counts."""
UNLISTED_MAX: Final = 1_000
"""Of how many posts that an operation does not list is kept what they say: as many as it may list."""


class OperationPicture:
    """One operation as its decisions tell of it, of all contexts and in any order."""

    def __init__(self, operation_id: str, mode: Mode) -> None:
        """`mode`: of the tokens whose words it tells."""
        self.operation_id, self._mode = operation_id, mode
        self.planned = PlanFacts()
        self.arrived = Arrived()
        """Check-ins and check-outs as they arrived."""
        self.reports: Mapping[str, dict[FactKey, Told]] = self.arrived.of_officer
        """Officer → every check-in and check-out."""
        self.ids = WrittenIds()
        self.voids: dict[str, dict[FactKey, field.Voided]] = {}
        """Observation → the tombstones that name it."""
        self.voids_told = 0
        """How many were folded, also again: it only grows."""
        self.rolls_called: dict[FactKey, field.RollCalled] = {}
        self.rallies_seen: dict[str, dict[FactKey, RallySeen]] = {}
        """Rally → what the field said of its course."""
        self.incidents: dict[str, IncidentAccount] = {}
        self.posts: dict[str, PostHeard] = {}
        self.crowded = False
        """More posts spoke that are not listed than are kept: the first `UNLISTED_MAX` by name are."""
        self.lost: dict[str, field.DeviceRevoked] = {}
        """Source of a lost device → the newest word on since when."""
        self.resets: dict[str, field.SourceReset] = {}
        """Source that was reset → the newest reset of it."""
        self.affairs = OwnAffairs()
        self.alerts = AlertBook()
        """What the reporting decider said; caused by no request, it holds in pictures of both modes."""
        self.known_at = ""
        """When the newest decision was made."""
        self.planned_at: dict[str, str] = {}
        """Rally → when it was first decided that it stands planned, not only notified."""
        self.until_ms: int | None = None
        """Set where nothing is to be seen of what happened later: `as_of.py`."""
        self._decided_at = ""
        self._charter: Charter | None = None
        self._plan: Plan | None = None
        self._attendance: dict[str, Attendance] = {}
        self._rolls: Rolls | None = None

    def fold(self, data: AnyData) -> None:
        """Takes a decision up. Twice is once, and any order gives the same picture."""
        knownat, request = data.knownat, data.request
        if knownat > self.known_at:  # noqa: PLR1730 - max() takes three times as long, once a decision
            self.known_at = knownat
        self._decided_at = knownat
        if request is None:
            for fact in data.facts:
                _FOLDS[type(fact)](self, fact, _NOBODY)
            return
        heard_at = ""
        told: Any = None
        for fact in data.facts:
            kind = type(fact)
            had_at = _FOLDS[kind](self, fact, request)
            if had_at is not None:
                if told is None and kind not in OF_ITSELF:
                    told = fact
                if had_at > heard_at:  # noqa: PLR1730 - as above
                    heard_at = had_at
        if request.postid is None or (data.outcome != "accepted" and of_a_stranger(data)):
            return
        post = self.posts.get(request.postid) or self._post(request.postid)
        anew = bool(data.warnings) and counted_anew(data)
        post.hear(request, heard_at, anew=anew, report=told is not None)
        if told is not None:
            post.tell((told, request))

    def take_report(self, knownat: str, request: AnyAsked, fact: PresenceFact) -> None:
        """The same of an accepted decision with `only_report`: what `_report` and `hear` do, at once.

        Only as the log has them, each once.
        """
        if knownat > self.known_at:  # noqa: PLR1730 - as above
            self.known_at = knownat
        post_id, heard_at = request.postid or "", fact.recorded_at
        report = fact, request
        written = self.ids.known(fact.officer_id) or self._written(fact.officer_id)
        self.arrived.take(post_id, report if written == fact.officer_id else _under(report, written))
        if self._attendance:
            self._attendance.pop(written, None)
        post = self.posts.get(post_id) or self._post(post_id)
        if heard_at >= post.last_heard:
            post.last_heard = heard_at
        else:
            post.told.fall_behind()
        number, name = request.sourceseq, request.source
        if number is not None and name is not None:
            source = post.sources.get(name) or post.source(name)
            source.reported = True
            if not source.numbers.add(number):
                source.told_again = True
        post.told.add(report)

    @property
    def latest(self) -> str:
        """The latest moment the picture knows of: a decision's, or when an edge heard something."""
        return max((self.known_at, *(post.last_heard for post in self.posts.values())))

    @property
    def mode(self) -> Mode:
        """How the operation was opened; while nobody has, of which mode the tokens are that spoke of it."""
        charter = self.charter
        return self._mode if charter is None else charter.mode

    @property
    def charter(self) -> Charter | None:
        """The operation as it was opened and amended; None while its opening has not arrived."""
        if self._charter is None:
            self._charter = charter_of(self.planned.operation)
        return self._charter

    @property
    def plan(self) -> Plan:
        """What stands planned."""
        if self._plan is None:
            self._plan = Plan(self.charter, self.planned)
        return self._plan

    @property
    def plan_now(self) -> PlanThen:
        """The plan, and what it is made of."""
        return PlanThen(lambda: self.planned, self.planned_at, self.charter, self.plan)

    def attendance(self, officer_id: str, now_ms: int) -> Attendance:
        """The presences of an officer, by what had happened at `now_ms`."""
        found = self._attendance.get(officer_id)
        if found is None:
            found = self._attendance[officer_id] = self._attend(officer_id, self.until_ms)
        return found if found.latest_ms <= now_ms else self._attend(officer_id, now_ms)

    def attendance_on(self, officer_id: str, day: Span, now_ms: int) -> Attendance:  # noqa: ARG002
        """The same as far as it can matter to the day."""
        return self.attendance(officer_id, now_ms)

    @property
    def rolls(self) -> Rolls:
        """The roll calls that nobody took back."""
        if self._rolls is None:
            self._rolls = Rolls(
                (post, fact)
                for (post, fact_id), fact in self.rolls_called.items()
                if not self.voided(post, fact_id)
            )
        return self._rolls

    def course(self, rally: Rally, now_ms: int) -> Course:
        """What the field said of a rally, by what had happened at `now_ms`."""
        told = self.rallies_seen.get(rally.rally_id, {})
        standing = ((post, fact) for (post, fact_id), fact in told.items() if not self.voided(post, fact_id))
        return course_of(rally, standing, now_ms)

    def voided(self, post: str, fact_id: str, officer_id: str | None = None) -> bool:
        """True if somebody took that post's observation back, whenever; of whose presence, if of one's."""
        return any(void.takes_back(post, officer_id) for void in self.voids.get(fact_id, {}).values())

    def _attend(self, officer_id: str, until_ms: int | None) -> Attendance:
        own = self.plan.of_officer.get(officer_id, ())
        return attendance_of(self._standing_reports(officer_id), own, self.window_ms, until_ms)

    @property
    def window_ms(self) -> int:
        """Within what time reports of one presence lie."""
        return self.plan.window_ms

    def _standing_reports(self, officer_id: str) -> list[Report]:
        """What was told of him and not taken back."""
        reports = [Report(*told) for told in self.reports.get(officer_id, {}).values()]
        if self.voids:
            posts = [each.request.postid or "" for each in reports]
            told = zip(posts, reports, strict=True)
            reports = [each for post, each in told if not self.voided(post, each.fact.id, officer_id)]
        return reports

    def _post(self, post_id: str) -> PostHeard:
        found = self.posts.get(post_id)
        if found is None:
            found = self.posts[post_id] = PostHeard()
            if len(self.posts) > UNLISTED_MAX:
                self._forget_one()
        return found

    def _forget_one(self) -> None:
        """Drops the last by name of too many posts that are not listed: which are kept, no order changes."""
        unlisted = self.posts.keys() - {post.post_id for post in self.plan.posts}
        if len(unlisted) > UNLISTED_MAX:
            del self.posts[max(unlisted)]
            self.crowded = True

    def _replan(self, fact: Any, _: AnyAsked) -> None:
        self.planned.take(fact)
        self._plan = self._charter = None
        if self._attendance:
            self._attendance.clear()

    def _officer_planned(self, fact: OfficerPlanned, request: AnyAsked) -> None:
        self._replan(fact, request)
        if not self.ids.is_listed(fact.officer_id):
            self._written(fact.officer_id, listed=True)

    def _written(self, officer_id: str, *, listed: bool = False) -> str:
        """The spelling in which what is told of an officer is kept; what is kept of him is renamed."""
        before = self.ids.take(officer_id, listed=listed)
        written = self.ids.written(officer_id)
        if before is not None:
            self.arrived.rename(before, written)
            self._attendance.clear()
        return written

    def _rally_planned(self, fact: scheduling.RallyPlanned, request: AnyAsked) -> None:
        self._replan(fact, request)
        known = self.planned_at.get(fact.rally_id)
        if fact.stage == "planned" and (known is None or self._decided_at < known):
            self.planned_at[fact.rally_id] = self._decided_at

    def _keep_nothing(self, fact: Any, _: AnyAsked) -> None:
        """Nobody is bound by a draft, and what an import did is undone by the facts beside its revert."""

    def _report(self, fact: PresenceFact, request: AnyAsked) -> str:
        written = self.ids.known(fact.officer_id) or self._written(fact.officer_id)
        report = fact, request
        self.arrived.add(
            request.postid or "", report if written == fact.officer_id else _under(report, written)
        )
        if self._attendance:
            self._attendance.pop(written, None)
        return fact.recorded_at

    def _void(self, fact: field.Voided, request: AnyAsked) -> str:
        self.voids.setdefault(fact.observation, {})[request.postid or "", fact.id] = fact
        self.voids_told += 1
        self._attendance.clear()
        self._rolls = None
        return fact.recorded_at

    def _roll_called(self, fact: field.RollCalled, request: AnyAsked) -> str:
        self.rolls_called[request.postid or "", fact.id] = fact
        self._rolls = None
        return fact.recorded_at

    def _affair(self, fact: Any, request: AnyAsked) -> str:
        self.affairs.take(fact, request)
        return str(fact.recorded_at)

    def _rally_seen(self, fact: RallySeen, request: AnyAsked) -> str:
        self.rallies_seen.setdefault(fact.rally_id, {})[request.postid or "", fact.id] = fact
        return fact.recorded_at

    def _incident(self, fact: IncidentTold, request: AnyAsked) -> str | None:
        found = self.incidents.get(fact.incident_id)
        if found is None:
            found = self.incidents[fact.incident_id] = IncidentAccount()
        told = found.take(fact, request.postid or "", request.channel or "")
        return fact.recorded_at if told else None  # else it was told, and heard, before

    def _heartbeat(self, fact: field.HeartbeatHeard, _: AnyAsked) -> str:
        self._post(fact.postid).beat(fact)
        return fact.recorded_at

    def doubtful(self, report: Report) -> bool:
        """True if it came from a device that was lost by then."""
        source = report.request.source or ""
        lost = self.lost.get("/".join(source.split("/", 5)[:5])) if self.lost else None
        return lost is not None and field.is_doubtful(lost.lost_since, report.fact.recorded_at)

    def _device_lost(self, fact: field.DeviceRevoked, _: AnyAsked) -> str:
        keep_newest(self.lost, f"/posts/{fact.postid}/devices/{fact.device_id}", fact)
        return fact.recorded_at

    def _source_reset(self, fact: field.SourceReset, _: AnyAsked) -> str:
        known = self.resets.get(fact.source, fact)
        self.resets[fact.source] = max(known, fact, key=lambda each: (each.recorded_at, each.id))
        return fact.recorded_at

    def _alert(self, fact: AlertFact | DeliveryNoted, _: AnyAsked) -> None:
        self.alerts.take(fact)

    def _erased(self, fact: field.PersonErased, _: AnyAsked) -> str:
        """An erasure changes words outside the log, and nothing of what is seen."""
        return fact.recorded_at

    def _device_told(self, fact: field.DeviceInvited | field.DeviceEnrolled, _: AnyAsked) -> str:
        """That a device may speak changes nothing of what is seen; the post was heard."""
        return fact.recorded_at


def _under(told: Told, written: str) -> Told:
    """The report as if it named its officer so."""
    return replace(told[0], officer_id=written), told[1]


# What a fact does to the picture; returns when an edge had it, for what the field says in its decision.
_FOLDS: Final[dict[type, Callable[[OperationPicture, Any, AnyAsked], str | None]]] = {
    **dict.fromkeys(TAKEN, OperationPicture._replan),
    **dict.fromkeys(get_args(OfficerPlanned), OperationPicture._officer_planned),
    scheduling.RallyPlanned: OperationPicture._rally_planned,
    scheduling.DeploymentsProposed: OperationPicture._keep_nothing,
    scheduling.ProposalDiscarded: OperationPicture._keep_nothing,
    field.CheckedIn: OperationPicture._report,
    field.CheckedOut: OperationPicture._report,
    field.RollCalled: OperationPicture._roll_called,
    field.RallyStarted: OperationPicture._rally_seen,
    field.RallyEnded: OperationPicture._rally_seen,
    field.AttendanceCounted: OperationPicture._rally_seen,
    field.Voided: OperationPicture._void,
    **dict.fromkeys(get_args(IncidentTold), OperationPicture._incident),
    field.HeartbeatHeard: OperationPicture._heartbeat,
    field.SourceReset: OperationPicture._source_reset,
    field.DeviceInvited: OperationPicture._device_told,
    field.DeviceEnrolled: OperationPicture._device_told,
    field.DeviceRevoked: OperationPicture._device_lost,
    field.PersonErased: OperationPicture._erased,
    **dict.fromkeys(AFFAIRS, OperationPicture._affair),
    **dict.fromkeys((*get_args(AlertFact), DeliveryNoted), OperationPicture._alert),
    **dict.fromkeys(get_args(SitRepFact), OperationPicture._keep_nothing),
}
