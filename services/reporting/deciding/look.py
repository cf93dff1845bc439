"""One look at an operation: its picture, its alerts, the moment, and when to look again. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from pamwal.contracts.instants import from_ms, to_ms
from pamwal.contracts.reporting_alerts import AlertKind, Ending, alert_id
from pamwal.contracts.zones import DAY_MS
from services.reporting.deciding.asked import AskedNumbers
from services.reporting.picture import OperationPicture
from services.reporting.picture.alerts import AlertBook, AlertStand
from services.reporting.picture.deployments import Deployment
from services.reporting.picture.plan import MINUTE_MS
from services.reporting.views.kept_stands import Duties, KeptStands
from services.reporting.views.stand_sums import StandSums
from services.reporting.views.stands import Stand, StandJudge, Window
from services.reporting.views.window import window_of

NEVER = "never"
"""The episode of what was never heard."""


class Found(Struct, frozen=True, kw_only=True):
    """Something that has to stand as an alert at this moment. Fields as those of `AlertRaised`."""

    kind: AlertKind
    subject: str
    episode: str
    since_ms: int
    evidence: list[str] = []
    place: str | None = None
    posts: list[str] = []
    officers: list[str] = []
    intel: bool = False
    counts: dict[str, int] = {}
    unconfirmed: bool = False
    under: str | None = None

    @property
    def alert_id(self) -> str:
        """The alert it is."""
        return alert_id(self.kind, self.subject, self.episode)


class Ended(Struct, frozen=True, kw_only=True):
    """Why an alert that stood has no reason any more."""

    reason: Ending
    evidence: list[str] = []


class Look:
    """What every kind of alert is judged by, at one moment."""

    def __init__(
        self,
        picture: OperationPicture,
        alerts: AlertBook,
        asked: AskedNumbers,
        now: str,
        stands: KeptStands | None = None,
        *,
        earlier: bool = False,
        whole: bool = False,
    ) -> None:
        """`asked`: the numbers of what was asked of reporting; the picture has none of them.

        `stands`: of this picture, for who looks at it again and again; they change nothing that is found.
        `earlier`: `now` lies before things that the picture tells of. `whole`: also of alerts that stand
        already everything is found that they are about.
        """
        self.picture, self.plan, self.alerts, self.asked = picture, picture.plan, alerts, asked
        self.now, self.now_ms = now, to_ms(now)
        self.whole = whole
        self.as_of = now if earlier else None
        """Up to when what happened counts; None: all of it."""
        self.day: Window = window_of(picture, now, None)
        self.grace_ms = self.plan.policy.grace_min * MINUTE_MS
        self.silent_ms = self.plan.policy.silent_post_min * MINUTE_MS
        self._again_ms: int | None = None
        self._judge = StandJudge(picture, self.day)
        self._stands = stands or KeptStands(picture, once=earlier)
        self._stands.look(self.day, self._judge, *self._days)

    def from_then(self, at_ms: int) -> bool:
        """Whether that moment has come; if not, it is looked at again then."""
        if at_ms <= self.now_ms:
            return True
        if self._again_ms is None or at_ms < self._again_ms:
            self._again_ms = at_ms
        return False

    @property
    def again_at(self) -> str | None:
        """When something may change by the clock alone; None if nothing will."""
        return None if self._again_ms is None else from_ms(self._again_ms)

    @property
    def duties(self) -> Duties:
        """Deployments that count as ordered, from yesterday's to tomorrow's; those before are past help."""
        found = self._stands.duties
        if found.all:
            self.from_then(self.day.before_ms)
        return found

    @property
    def sums(self) -> StandSums:
        """Who is at each place, with and without an order, and at which duties nobody was seen."""
        return self._stands.sums

    @property
    def _days(self) -> tuple[int, int]:
        return self.day.first_ms - DAY_MS, self.day.before_ms + DAY_MS

    def stand(self, duty: Deployment) -> Stand:
        """How a deployment stands now."""
        return self._stands.stand(duty)

    def order(self, duty: Deployment) -> str:
        """The fact that says how the deployment stands."""
        return self.picture.planned.deployments[duty.deployment_id][duty.version].id

    def is_past(self, since_ms: int) -> bool:
        """Whether it was a day before this one."""
        return since_ms < self.day.first_ms

    def unconfirmed(self, found: Found, duties: Iterable[Deployment], silent: Mapping[str, str]) -> Found:
        """What only the silence of those who would report these duties says.

        `silent`: post → the alert that says so; the first of them explains it.
        """
        posts = sorted({post for duty in duties for post in duty.reporters})
        under = next((silent[post] for post in posts if post in silent), None)
        return replace(found, unconfirmed=True, under=under, posts=posts)

    def heard_ms(self, post: str) -> int | None:
        """When the post was last heard and had nothing more to tell; None if that never was so."""
        return self._judge.heard_ms.get(post)

    def standing(self, kind: AlertKind) -> Iterator[AlertStand]:
        """The alerts of a kind that stand."""
        return (stand for stand in self.alerts.standing.values() if stand.kind == kind)
