"""What one operation gives to those above it: its counts, and how each of its officers counts. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from msgspec import Struct

from pamwal.contracts.persons import officer_key
from pamwal.contracts.reporting import Strength
from pamwal.contracts.reporting_alerts import AlertKind
from pamwal.contracts.scheduling import DeploymentRole, Purpose
from pamwal.contracts.situations import IncidentsCounted, PostsCounted, RalliesCounted
from pamwal.contracts.zones import local_day
from services.reporting.picture import OperationPicture
from services.reporting.picture.plan import Plan
from services.reporting.views.alike import officers_alike
from services.reporting.views.changed_officers import ChangedOfficers, changes_at
from services.reporting.views.incidents import incidents_of
from services.reporting.views.posts import posts_of
from services.reporting.views.rallies import rallies_of
from services.reporting.views.stands import (
    OfficerDay,
    StandingKind,
    StandJudge,
    StandState,
    Window,
    counted,
    day_of,
)
from services.reporting.views.tally import Tally, present_as
from services.reporting.views.window import window_of, zone_of


class Part(NamedTuple):
    """How one officer counts in the total of an operation."""

    state: StandState | None
    """None: nothing is ordered of him on the day."""
    on_time: bool
    late: bool
    reported_late: bool
    clock_corrected: bool
    doubtful: bool
    purpose: Purpose
    kind: StandingKind | None
    """None: he stands nowhere."""
    registered: bool
    reserved: bool


class OwnCounts(Struct, kw_only=True):
    """One operation without those below it, at one moment."""

    operation_id: str
    name: str
    zone: str
    day: str
    at: str
    known_at: str
    vector: dict[str, int]
    required: dict[DeploymentRole, int]
    officers: dict[str, Part]
    """Those of its day, by `officer_key`: the same in every operation."""
    parts: Counter[Part]
    """How many of them count so."""
    rallies: RalliesCounted
    incidents: IncidentsCounted
    posts: PostsCounted
    alerts: Mapping[AlertKind, int]
    closed: bool
    day_closed: bool
    plan: Plan


def own_counts(
    picture: OperationPicture, now: str, vector: Mapping[str, int], day: str | None = None
) -> OwnCounts:
    """The counts at the Instant `now`, on the local `day` (default: that of `now`)."""
    window, plan = window_of(picture, now, day), picture.plan
    alike = ((part_of(plan, day, window.now_ms), own) for day, own in officers_alike(picture, window))
    officers = {officer_key(officer_id): part for part, own in alike for officer_id in own}
    return _counts(picture, now, vector, day, officers, Counter(officers.values()))


class KeptCounts:
    """The same of one operation's present day, kept from look to look: only changed officers are looked at.

    At a moment before the last everybody is.
    """

    def __init__(self, picture: OperationPicture) -> None:
        self.picture = picture
        self._changed = ChangedOfficers(picture)
        self._officers: dict[str, Part] = {}
        self._parts: Counter[Part] = Counter()

    def at(self, now: str, vector: Mapping[str, int]) -> OwnCounts:
        """The counts at the Instant `now`; they are good until the next look."""
        picture, window = self.picture, window_of(self.picture, now, None)
        judge = StandJudge(picture, window)
        changed = self._changed.since(window, judge)
        if changed is None:
            self._officers.clear()
            self._parts.clear()
            plan, within = picture.plan, (window.first_ms, window.before_ms)
            ordered, reserved = plan.deployments_within(*within), plan.reserved_within(*within)
            changed = {*ordered, *reserved, *picture.reports}
        for officer_id in changed:
            self._look(officer_id, judge, window)
        return _counts(picture, now, vector, None, self._officers, self._parts)

    def _look(self, officer_id: str, judge: StandJudge, window: Window) -> None:
        picture = self.picture
        key = officer_key(officer_id)
        before = self._officers.pop(key, None)
        if before is not None:
            self._parts[before] -= 1
        day = day_of(picture, window, judge, officer_id)
        if day is not None:
            part = self._officers[key] = part_of(picture.plan, day, window.now_ms)
            self._parts[part] += 1
        stands = [] if day is None else day.stands
        soonest = changes_at(picture, judge, officer_id, stands, window.now_ms)
        self._changed.put(officer_id, stands, soonest)


def _counts(
    picture: OperationPicture,
    now: str,
    vector: Mapping[str, int],
    day: str | None,
    officers: dict[str, Part],
    parts: Counter[Part],
) -> OwnCounts:
    zone, window = zone_of(picture), window_of(picture, now, day)
    day, plan, charter = day or local_day(now, zone), picture.plan, picture.charter
    within = (window.first_ms, window.before_ms)
    rallies, need = plan.rallies_within(*within), Tally()
    for place in [each for each in rallies if not each.cancelled] + plan.sites_within(*within):
        need.require(place.required, intel=False)
    shown = rallies_of(picture, rallies, window.now_ms, rows=False)
    incidents = incidents_of(picture, "counts")
    posts = posts_of(picture, window, day, rows=False)
    return OwnCounts(
        operation_id=picture.operation_id,
        name=charter.name if charter else picture.operation_id,
        zone=zone,
        day=day,
        at=now,
        known_at=picture.known_at,
        vector=dict(vector),
        required=need.required,
        officers=officers,
        parts=parts,
        rallies=RalliesCounted(**{name: getattr(shown, name) for name in RalliesCounted.__struct_fields__}),
        incidents=IncidentsCounted(
            open=incidents.open, by_state=incidents.by_state, by_severity=incidents.by_severity
        ),
        posts=PostsCounted(**{name: getattr(posts, name) for name in PostsCounted.__struct_fields__}),
        alerts=Counter(each.kind for each in picture.alerts.open_to_all) if charter else {},
        closed=charter is not None and charter.closed,
        day_closed=day in plan.days_closed,
        plan=plan,
    )


def strength_of(parts: Mapping[Part, int], required: Iterable[Mapping[DeploymentRole, int]]) -> Strength:
    """The strength of so many officers by how they count; and of all that is needed."""
    tally = Tally()
    for need in required:
        tally.require(need, intel=True)
    for part, many in parts.items():
        _add(tally.counts, part, many)
    return tally.strength()


def _add(counts: dict[str, int], part: Part, many: int) -> None:
    if part.reserved:
        counts["reserved"] += many
    if part.state is not None:
        names = ["ordered", part.state, *(name for name in _MARKS if getattr(part, name))]
        names += [] if part.purpose == "regular" else [part.purpose]
        for name in names:
            counts[name] += many
    if part.kind is None:
        return
    stands_as = present_as(part.kind, part.state, registered=part.registered)
    if stands_as is not None:
        counts[stands_as] += many


_MARKS = ("on_time", "late", "reported_late", "clock_corrected", "doubtful")


def part_of(plan: Plan, day: OfficerDay, now_ms: int) -> Part:
    """How an officer counts by his day."""
    stand = counted(day.stands, now_ms, stands_here=day.standing is not None) if day.stands else None
    return Part(
        state=None if stand is None else stand.state,
        on_time=stand is not None and stand.on_time,
        late=stand is not None and stand.late,
        reported_late=stand is not None and stand.reported_late,
        clock_corrected=stand is not None and stand.clock_corrected,
        doubtful=stand is not None and stand.doubtful,
        purpose="regular" if stand is None else stand.deployment.purpose,
        kind=day.kind if day.standing is not None else None,
        registered=day.is_known(plan),
        reserved=bool(day.reserved),
    )
