"""A SitRep's document from the picture: counted at one moment, on one local day or over several. Pure.

Nothing that differs between machines goes into it: places are codes, and what a gazetteer calls them is for
who shows it. Nobody on intel is placed or named, nor is anybody named who speaks for a post.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import asdict, replace

from pamwal.contracts.incidents_shown import IncidentRow
from pamwal.contracts.instants import from_ms, to_ms
from pamwal.contracts.reporting import Situation, Strength
from pamwal.contracts.reporting_alerts import AlertKind
from pamwal.contracts.scheduling import (
    DeploymentOrdered,
    DeploymentReinstated,
    DeploymentReserved,
    SitRepForm,
)
from pamwal.contracts.sitrep_sums import summed
from pamwal.contracts.sitreps import (
    FORMAT,
    AreaStrength,
    Change,
    Completeness,
    DayCounts,
    OverrideListed,
    PlaceStrength,
    SatgasStrength,
    SitRep,
    SitRepCited,
    SitRepIncident,
    SitRepIncidents,
    SitRepKind,
    SitRepRallies,
    Superseded,
)
from pamwal.contracts.zones import DAY_MS, local_day, midnight
from services.reporting.picture import PICTURE_VERSION, OperationPicture
from services.reporting.views.incidents import CLOSED, incidents_of
from services.reporting.views.situation import situation_of
from services.reporting.views.window import zone_of

DAYS_BACK: Final[dict[SitRepForm, int]] = {"situation": 0, "daily": 0, "weekly": 6}
"""How many days before its last one a report counts; an operation's own counts all."""
_BY_KECAMATAN: Final = (
    "ordered", "present", "wrong_place", "unplanned", "late", "excused", "absent", "unknown", "unregistered",
)  # fmt: skip
_OF_STRENGTH: Final = tuple(
    name for name in Strength.__struct_fields__ if name not in {"required", "required_total"}
)


class Occasion(Struct, frozen=True, kw_only=True):
    """What the document says of itself."""

    number: int
    kind: SitRepKind
    form: SitRepForm
    at: str
    day: str
    known_at: str
    vector: Mapping[str, int]
    heads: Mapping[str, str]
    alerts: Mapping[AlertKind, int]
    """Kind → how many of them stand."""
    children: list[SitRepCited] | None


def sitrep_of(
    picture: OperationPicture, of: Occasion, before: SitRep | None, supersedes: Superseded | None
) -> SitRep:
    """The document, as of its moment by what the picture knows. `before`: what it says the changes since."""
    situation = _situation(picture, of.at, of.day)
    first_day = first_day_of(picture, of.form, of.day)
    found = SitRep(
        format=FORMAT,
        operation_id=situation.operation_id,
        name=situation.name,
        mode=situation.mode,
        zone=situation.zone,
        number=of.number,
        kind=of.kind,
        form=of.form,
        first_day=first_day,
        day=of.day,
        at=of.at,
        known_at=of.known_at,
        picture_version=PICTURE_VERSION,
        vector=dict(of.vector),
        heads=dict(of.heads),
        supersedes=supersedes,
        completeness=_completeness(situation),
        strength=situation.total,
        kecamatan=[
            AreaStrength(code=row.code, venues=row.venues, sites=row.sites, strength=row.strength)
            for row in situation.kecamatan
        ],
        places=list(_places(situation)),
        satgas=[
            SatgasStrength(satgas_id=row.satgas_id, name=row.name, strength=row.strength)
            for row in situation.satgas
        ],
        rallies=_rallies(situation),
        incidents=_incidents(situation, first_day),
        alerts=dict(sorted(of.alerts.items())),
        overrides=sorted(_overrides(picture, of.at), key=lambda each: each.deployment_id),
        days=[] if first_day == of.day else list(_days(picture, first_day, of)),
        changes=[],
        children=of.children,
    )
    found = replace(found, rolled_up=summed(found))
    if before is None:
        return found
    changes = list(changes_between(before, found))
    return replace(found, changes=changes, changes_since=before.number)


def first_day_of(picture: OperationPicture, form: SitRepForm, day: str) -> str:
    """The first local day that a report of this form counts, never before the operation's own first."""
    begins = picture.charter.starts_on if picture.charter else day
    back = DAYS_BACK.get(form)
    return min(day, begins if back is None else max(begins, _days_before(day, back)))


def changes_between(before: SitRep, now: SitRep) -> Iterator[Change]:
    """Every count that differs: of the whole operation, then by kecamatan, then of it and all below it."""
    yield from _differences(_totals(before), _totals(now), None)
    old, new = ({row.code: row.strength for row in each.kecamatan} for each in (before, now))
    for code in sorted(old.keys() | new.keys()):
        was, is_ = _counts(old.get(code), _BY_KECAMATAN), _counts(new.get(code), _BY_KECAMATAN)
        yield from _differences(was, is_, code)
    if before.rolled_up is not None and now.rolled_up is not None:
        was, is_ = asdict(before.rolled_up.counts), asdict(now.rolled_up.counts)
        for each in _differences(was, is_, None):
            yield replace(each, rolled_up=True)


def _differences(before: Mapping[str, int], now: Mapping[str, int], code: str | None) -> Iterator[Change]:
    for name, count in now.items():
        if count != before[name]:
            yield Change(of=name, before=before[name], now=count, kecamatan=code)


def _totals(of: SitRep) -> dict[str, int]:
    return {
        **_counts(of.strength, _OF_STRENGTH),
        "posts_heard": of.completeness.heard,
        "posts_closed": of.completeness.closed,
        "numbers_missing": of.completeness.missing,
        "rallies_active": of.rallies.active,
        "rallies_ended": of.rallies.ended,
        "rallies_cancelled": of.rallies.cancelled,
        "attendance": of.rallies.attendance,
        "incidents_open": of.incidents.open,
        "incidents": sum(of.incidents.by_state.values()),
        "alerts": sum(of.alerts.values()),
    }


def _counts(strength: Strength | None, names: Iterable[str]) -> dict[str, int]:
    return {name: getattr(strength, name) if strength else 0 for name in names}


def _situation(picture: OperationPicture, at: str, day: str) -> Situation:
    found = situation_of(picture, at, sight="guarded", name_of=_code_alone, day=day)
    return replace(found, incidents=incidents_of(picture, "guarded", at))


def _code_alone(code: str) -> str:
    return code


def _completeness(situation: Situation) -> Completeness:
    posts = situation.posts
    listed = [row for row in posts.rows if row.listed]
    return Completeness(
        heard=posts.heard,
        total=posts.total,
        silent_post_min=posts.silent_post_min,
        silent=[row.post_id for row in listed if row.silent],
        missing=posts.missing,
        closed=posts.closed,
        open=[row.post_id for row in listed if row.closed_at is None],
    )


def _places(situation: Situation) -> Iterator[PlaceStrength]:
    for venue in situation.venues:
        yield PlaceStrength(
            place_id=venue.venue_id, name=venue.name, kelurahan=venue.kelurahan, site=None,
            strength=venue.strength,
        )  # fmt: skip
    for site in situation.sites:
        yield PlaceStrength(
            place_id=site.site_id, name=site.name, kelurahan=site.kelurahan, site=site.kind,
            strength=site.strength,
        )  # fmt: skip


def _rallies(situation: Situation) -> SitRepRallies:
    names = ("planned", "active", "ended", "cancelled", "unnoticed", "expected", "attendance")
    counts: dict[str, int] = {name: getattr(situation.rallies, name) for name in names}
    return SitRepRallies(**counts, rows=situation.rallies.rows)


def _incidents(situation: Situation, first_day: str) -> SitRepIncidents:
    found = situation.incidents
    begins = midnight(first_day, situation.zone)
    return SitRepIncidents(
        open=found.open,
        by_state=found.by_state,
        casualties=found.casualties,
        rows=[
            _incident(row)
            for row in found.rows
            if row.occurred_at <= situation.at and (row.state not in CLOSED or row.occurred_at >= begins)
        ],
    )


def _incident(row: IncidentRow) -> SitRepIncident:
    return SitRepIncident(
        incident_id=row.incident_id,
        kind=row.kind,
        severity=row.severity,
        state=row.state,
        kelurahan=row.kelurahan,
        pairs=row.pairs,
        occurred_at=row.occurred_at,
        casualties=row.casualties,
    )


def _overrides(picture: OperationPicture, at: str) -> Iterator[OverrideListed]:
    """Of every order that stands, also one that is over; the newest override of each."""
    for deployment_id, facts in picture.planned.deployments.items():
        deployment = picture.plan.deployments.get(deployment_id)
        if deployment is None or not deployment.counted or deployment.role == "intel":
            continue
        for _, fact in sorted(facts.items(), reverse=True):
            if not isinstance(fact, DeploymentOrdered | DeploymentReserved | DeploymentReinstated):
                continue
            if fact.overridden and deployment.starts_at <= at:
                cause = fact.override_cause if isinstance(fact, DeploymentReinstated) else fact.cause
                yield OverrideListed(
                    deployment_id=deployment_id,
                    officer_id=deployment.officer_id,
                    place=deployment.place,
                    rules=list(fact.overridden),
                    cause=cause or "",
                )
            break


def _days(picture: OperationPicture, first_day: str, of: Occasion) -> Iterator[DayCounts]:
    zone, day = zone_of(picture), first_day
    while day <= of.day:
        ends_ms = to_ms(midnight(day, zone, days_later=1)) - 1
        yield _day(_situation(picture, min(of.at, from_ms(ends_ms)), day))
        day = _days_before(day, -1)


def _day(situation: Situation) -> DayCounts:
    total, rallies, zone = situation.total, situation.rallies, situation.zone
    return DayCounts(
        day=situation.day,
        ordered=total.ordered,
        on_time=total.on_time,
        late=total.late,
        excused=total.excused,
        absent=total.absent,
        unknown=total.unknown,
        rallies=rallies.planned + rallies.active + rallies.ended,
        cancelled=rallies.cancelled,
        incidents=sum(local_day(row.occurred_at, zone) == situation.day for row in situation.incidents.rows),
    )


def _days_before(day: str, count: int) -> str:
    return from_ms(to_ms(f"{day}T00:00:00.000Z") - count * DAY_MS)[:10]
