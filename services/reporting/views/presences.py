"""One officer's day: his stays with their witnesses, and how each of his duties stands by them. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from pamwal.contracts.field import CheckedIn
from pamwal.contracts.field.clocks import SKEW_MS_MAX, happened_ms, said_at, skew_ms
from pamwal.contracts.instants import from_ms
from pamwal.contracts.presences import DutyStand, OfficerPresences, Stay, Witness
from pamwal.contracts.reporting import Sight
from pamwal.contracts.zones import local_day
from services.reporting.picture import OperationPicture
from services.reporting.picture.plan import MINUTE_MS
from services.reporting.picture.presences import Attendance, Presence, Report
from services.reporting.views.geofence import distance_of
from services.reporting.views.stands import OfficerDay, Stand, Window, officer_day
from services.reporting.views.unnamed import on_intel_since
from services.reporting.views.window import window_of, zone_of


def presences_of(
    picture: OperationPicture,
    officer_id: str,
    now: str,
    *,
    sight: Sight,
    day: str | None = None,
    vector: Mapping[str, int] | None = None,
) -> OfficerPresences:
    """What happened on the local `day` (default: that of `now`) up to the Instant `now`.

    Of an intel officer nothing is told but where everything is seen. ValueError if `day` is none.
    """
    window, written = window_of(picture, now, day), picture.ids.written(officer_id)
    found = officer_day(picture, window, written)
    attendance = picture.attendance(written, window.now_ms)
    hidden = sight != "full" and (_intel(found, attendance) or written in on_intel_since(picture))
    return OfficerPresences(
        operation_id=picture.operation_id,
        officer_id=officer_id,
        day=day or local_day(now, zone_of(picture)),
        at=now,
        vector=dict(vector or {}),
        stays=[] if hidden else [_stay(picture, each) for each in _of_day(attendance, found, window)],
        duties=[] if hidden or found is None else [_duty(each, attendance) for each in found.stands],
    )


def _intel(found: OfficerDay | None, attendance: Attendance) -> bool:
    comes_for = (each.deployment for each in attendance.presences)
    return (found is not None and found.intel) or any(each and each.role == "intel" for each in comes_for)


def _of_day(attendance: Attendance, found: OfficerDay | None, window: Window) -> list[Presence]:
    """The stays that began on the day or serve one of its duties."""
    stands = found.stands if found is not None else []
    serving = {
        id(stay)
        for stand in stands
        for stay in attendance.of_deployment.get(stand.deployment.deployment_id, ())
    }
    return [
        each
        for each in attendance.presences
        if window.first_ms <= each.began_ms < window.before_ms or id(each) in serving
    ]


def _stay(picture: OperationPicture, presence: Presence) -> Stay:
    witnesses = [_witness(picture, each) for each in presence.reports]
    placed = next((each for each in witnesses if each.distance_m is not None), None)
    relieves = (each.fact.relieves for each in presence.reports if isinstance(each.fact, CheckedIn))
    return Stay(
        place=presence.place,
        began_at=from_ms(presence.began_ms),
        said_at=said_at(presence.reports[0].fact),
        heard_at=from_ms(presence.heard_ms),
        ended_at=None if presence.ended_ms is None else from_ms(presence.ended_ms),
        relieves=next((each for each in relieves if each is not None), None),
        relieved_by=presence.relieved_by,
        deployment_id=presence.deployment.deployment_id if presence.deployment else None,
        witnesses=sorted(witnesses, key=lambda each: (each.at, each.fact_id)),
        distance_m=placed.distance_m if placed is not None else None,
        outside=placed is not None and placed.outside,
    )


def _witness(picture: OperationPicture, report: Report) -> Witness:
    fact, asked = report
    away = distance_of(picture, fact)
    at_ms, _ = happened_ms(fact)
    behind_ms = skew_ms(fact.sent_at, fact.recorded_at)
    return Witness(
        fact_id=fact.id,
        post_id=asked.postid or "",
        channel=asked.channel,
        source=asked.source,
        method=fact.method,
        precision=fact.precision,
        at=from_ms(at_ms),
        recorded_at=fact.recorded_at,
        said_at=said_at(fact),
        skew_s=round(behind_ms / 1000) if abs(behind_ms) > SKEW_MS_MAX else None,
        distance_m=away.metres if away is not None else None,
        outside=away is not None and away.outside,
    )


def _duty(stand: Stand, attendance: Attendance) -> DutyStand:
    deployment = stand.deployment
    own = attendance.of_deployment.get(deployment.deployment_id, ())
    first = next((each for each in own if each.place == deployment.place), None) if stand.attended else None
    late_ms = first.began_ms - deployment.starts_ms if first is not None and stand.late else 0
    return DutyStand(
        deployment_id=deployment.deployment_id,
        place=deployment.place,
        role=deployment.role,
        starts_at=deployment.starts_at,
        ends_at=deployment.ends_at,
        state=stand.state,
        came_at=from_ms(first.began_ms) if first is not None else None,
        said_at=said_at(first.reports[0].fact) if first is not None else None,
        late=stand.late,
        late_min=late_ms // MINUTE_MS,
        reported_late=stand.reported_late,
    )
