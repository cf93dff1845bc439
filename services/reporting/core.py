"""The core of reporting: what has to be said of an operation that nobody asked for, and what is asked. Pure.

It watches what scheduling and the field decide. Of one operation it holds a picture for what tokens of each
mode said, as every replica does, and judges by that of the mode it was opened in; one that nobody has opened
has no plan and no policy, and nothing is said of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, get_args
from weakref import WeakKeyDictionary

from msgspec import Struct, field

from pamwal.contracts.claims import MODES, NOT_YOURS, Claims, Mode, modes_of, read_claims
from pamwal.contracts.codec import TYPE_OF, Fact
from pamwal.contracts.envelope import DecisionData, Outcome, Request, Verdict, refuse
from pamwal.contracts.reporting_alerts import AcknowledgeAlerts, AlertFact, AssignAlerts, SnoozeAlerts
from pamwal.contracts.reporting_deliveries import DeliveryNoted, NoteDelivery
from pamwal.contracts.rights import not_allowed
from pamwal.contracts.sitreps import (
    PublishSitRep,
    SignSitRep,
    SitRepDue,
    SitRepPublished,
    SitRepSigned,
)
from pamwal.contracts.topics import (
    FIELD_DECISIONS,
    REPORTING_DECISIONS,
    REPORTING_REQUESTS,
    SCHEDULING_DECISIONS,
    SITUATIONS,
)
from pamwal.wire.core import Judged, Said, Seen
from services.reporting.deciding.asked import AskedNumbers, number_asked
from services.reporting.deciding.deliveries import Delivered, note_delivery
from services.reporting.deciding.handling import handle_alerts
from services.reporting.deciding.judging import judge_alerts
from services.reporting.deciding.look import Look
from services.reporting.deciding.sitrep_times import sitreps_due
from services.reporting.deciding.sitreps import SitRepBook, publish, sign
from services.reporting.picture import OperationPicture
from services.reporting.picture.alerts import AlertBook
from services.reporting.views.kept_stands import KeptStands
from services.reporting.views.own_counts import KeptCounts
from services.reporting.views.summary import said_of

VERSION: Final = "reporting/19"
"""Raised where the same requests may be decided otherwise: 2 counts a SitRep's incidents and alerts as of its
moment, and says what changed since the newest of its form; 3 has a SitRep supersede only
one of its form and day; 4 takes a note of a delivery only from the service itself; 5 refuses what a lost
device asks; 6 refuses an id that is reserved to the service's own requests; 7 takes
nothing from an officer's token that names no post; 8 misses no numbers that a jump leaves out; 9 keeps
room for the service's own signatures, and takes one of each key of others; 10 leaves
`intel` out of alerts and SitReps; 11 misses no numbers of a source that was reset; 12 tells an
officer's token first that the source is not its own; 13 counts no operation twice in a SitRep; 14 takes
the newest reset of a source; 15 names the source of an officer's token by the officer, not as a device;
16 cites no child that was dismissed; 17 lets nobody fill a place who is on no roster; 18 counts
the alerts of a SitRep of an earlier moment as they stood then, also those that ended since; 19
compares ids of officers without case."""
ByMode = dict[Mode, OperationPicture]
"""The picture of one operation by what tokens of each mode said (decision 10)."""


class ReportingState(Struct):
    """What reporting itself has decided of one operation."""

    alerts: AlertBook = field(default_factory=AlertBook)
    sitreps: SitRepBook = field(default_factory=SitRepBook)
    delivered: Delivered = field(default_factory=dict)
    asked: dict[Mode, AskedNumbers] = field(default_factory=lambda: {mode: {} for mode in MODES})
    """What was asked of reporting, by the mode of the token."""


def _publish(
    state: ReportingState,
    request: Request[PublishSitRep],
    claims: Claims,
    knownat: str,
    seen: Seen[ByMode],
) -> Verdict[Any]:
    own = Seen(seen.picture[claims.mode], seen.vector, seen.heads)
    return publish(state.sitreps, state.alerts, request, knownat, own)


DECIDE: Final[
    dict[type, Callable[[ReportingState, Request[Any], Claims, str, Seen[ByMode]], Verdict[Any]]]
] = {
    **dict.fromkeys(
        (AcknowledgeAlerts, SnoozeAlerts, AssignAlerts),
        lambda state, request, claims, _knownat, _seen: handle_alerts(state.alerts, request, claims),
    ),
    PublishSitRep: _publish,
    SignSitRep: lambda state, request, claims, _knownat, _seen: sign(state.sitreps, request, claims),
    NoteDelivery: lambda state, request, claims, _knownat, seen: note_delivery(
        state.delivered, request, claims, seen
    ),
}
"""What happens when somebody asks."""
EVOLVE: Final[dict[type, Callable[[ReportingState, Any], None]]] = {
    **dict.fromkeys(get_args(AlertFact), lambda state, fact: state.alerts.take(fact)),
    SitRepPublished: lambda state, fact: state.sitreps.keep(fact),
    SitRepSigned: lambda state, fact: state.sitreps.sign(fact),
    SitRepDue: lambda state, fact: state.sitreps.want(fact),
    DeliveryNoted: lambda state, fact: state.delivered.update({fact.sink: fact.upto}),
}
"""What is remembered when a fact holds."""


class Kept:
    """What is kept of one picture from look to look; without it everything is found just the same."""

    def __init__(self, picture: OperationPicture) -> None:
        self.stands, self.counts = KeptStands(picture), KeptCounts(picture)


class ReportingCore:
    """Judges alerts by the picture, takes what is said about them, and publishes SitReps."""

    service = "reporting"
    requests_topic = REPORTING_REQUESTS.name
    decisions_topic = REPORTING_DECISIONS.name
    version = VERSION
    evolves: frozenset[Outcome] = frozenset({"accepted", "refused", "repeat"})
    """A refusal or a repeat has no facts, but its number: it is not missing."""
    follows: tuple[str, ...] = (SCHEDULING_DECISIONS.name, FIELD_DECISIONS.name)
    tells: str = SITUATIONS.name

    def __init__(self) -> None:
        self._kept: WeakKeyDictionary[OperationPicture, Kept] = WeakKeyDictionary()

    def new_state(self, operation_id: str) -> ReportingState:  # noqa: ARG002 - nothing differs by operation
        """Nothing was said yet."""
        return ReportingState()

    def evolve(self, state: ReportingState, decision: DecisionData[Fact]) -> ReportingState:
        """The state after a decision; `state` itself is changed."""
        for fact in decision.facts:
            EVOLVE[type(fact)](state, fact)
        for mode in modes_of(None if decision.request is None else decision.request.mode):
            number_asked(state.asked[mode], decision)
        return state

    def new_picture(self, operation_id: str) -> ByMode:
        """Nobody has spoken of it."""
        return {mode: OperationPicture(operation_id, mode) for mode in MODES}

    def see(self, picture: ByMode, decision: DecisionData[Fact]) -> None:
        """Folds what was decided elsewhere; what was parked says nothing, as everywhere."""
        if decision.outcome == "parked":
            return
        request = decision.request
        for mode in modes_of(None if request is None else request.mode):
            picture[mode].fold(decision)

    def decide_seeing(
        self, state: ReportingState, request: Request[Any], knownat: str, seen: Seen[ByMode]
    ) -> Verdict[Any]:
        """The answer to one request that is not a repeat."""
        rule = DECIDE.get(type(request.data))
        if rule is None:
            name = TYPE_OF.get(type(request.data), request.type)
            return refuse("malformed", f"{name} is nothing for reporting: send it to the service it is for")
        claims = read_claims(request.claims)
        if claims is None:
            return refuse(NOT_YOURS, "these claims cannot be read")
        reason = not_allowed(request)
        if reason is not None:
            return Verdict(reason=reason)
        opened = opened_in(seen.picture)
        charter = None if opened is None else opened.charter
        if opened is None or charter is None:
            return refuse(
                "unknown_operation", "nobody has opened this operation", subject=request.operationid
            )
        if charter.mode != claims.mode:
            message = f"a token of mode {claims.mode} does not act in an operation opened as {charter.mode}"
            return refuse(NOT_YOURS, message, possible=f"ask with a token of mode {charter.mode}")
        lost = lost_device(opened, request, claims)
        if lost is not None:
            message = f"device {lost} was revoked: nothing is asked of reporting with it"
            return refuse(NOT_YOURS, message, possible="ask with another device")
        return rule(state, request, claims, knownat, seen)

    def judge(self, picture: ByMode, state: ReportingState, now: str, cause_id: str) -> Judged:
        """The alerts to be raised and retracted, and the SitReps that are due."""
        opened = opened_in(picture)
        if opened is None or opened.charter is None:
            return Judged()
        with self._kept_of(opened) as kept:
            look = Look(opened, state.alerts, state.asked[opened.charter.mode], now, kept.stands)
            alerts = judge_alerts(look, cause_id)
        due, next_at = sitreps_due(opened.charter, state.sitreps, now, cause_id, len(alerts.facts))
        soonest = [each for each in (alerts.again_at, next_at) if each is not None]
        return Judged([*alerts.facts, *due], min(soonest, default=None))

    def tell(self, picture: ByMode, state: ReportingState, now: str, vector: dict[str, int]) -> Said | None:
        """The summary of an operation that was opened, for whoever only watches."""
        opened = opened_in(picture)
        if opened is None:
            return None
        alerts = (each.kind for each in state.alerts.open_to_all)
        with self._kept_of(opened) as kept:
            return said_of(opened, alerts, now, vector, kept.counts)

    def is_real(self, picture: ByMode, state: ReportingState) -> bool:  # noqa: ARG002 - the protocol has it
        """Whether it was opened as a real one."""
        opened = opened_in(picture)
        return opened is not None and opened.charter is not None and opened.charter.mode == "real"

    @contextmanager
    def _kept_of(self, picture: OperationPicture) -> Iterator[Kept]:
        """What is kept of a picture. After an error nothing is: part of it may be of an earlier look."""
        found = self._kept.get(picture)
        if found is None:
            found = self._kept[picture] = Kept(picture)
        try:
            yield found
        except Exception:
            self._kept.pop(picture, None)
            raise


def lost_device(picture: OperationPicture, request: Request[Any], claims: Claims) -> str | None:
    """The lost device that asks: the one that the token is of, or the one that the source names."""
    sources = (f"/posts/{claims.post}/devices/{claims.device}", "/".join(request.source.split("/", 5)[:5]))
    return next((source.rpartition("/")[2] for source in sources if source in picture.lost), None)


def opened_in(picture: ByMode) -> OperationPicture | None:
    """The picture of the mode in which the operation was opened; None while nobody has."""
    return next((each for each in picture.values() if each.charter is not None), None)
