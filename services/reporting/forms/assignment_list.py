"""ICS 204: who is assigned to a place on a day, and how they stand. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from pamwal.contracts.assignment_lists import Ics204, Ics204Resource
from pamwal.contracts.instants import from_ms
from pamwal.contracts.persons import PersonalRef, PersonalWords
from pamwal.contracts.places import kecamatan_of
from pamwal.contracts.reporting import Sight
from pamwal.contracts.zones import clock_text, local_day
from services.reporting.picture import OperationPicture
from services.reporting.picture.deployments import Deployment
from services.reporting.picture.places import Rally, Site
from services.reporting.views.stands import Window, officer_day
from services.reporting.views.strength import NameOf
from services.reporting.views.unnamed import on_intel_since
from services.reporting.views.window import window_of, zone_of

WordsOf = Callable[[PersonalRef], PersonalWords | None]


def assignment_list(
    picture: OperationPicture,
    place: str,
    now: str,
    *,
    day: str | None,
    sight: Sight,
    name_of: NameOf,
    words_of: WordsOf,
    vector: Mapping[str, int],
) -> Ics204 | None:
    """The list of the local `day`; None if no such place is planned.

    The default is the day of `now`, or the nearest on which the place is held or guarded.

    Without full sight, duties on `intel` are left out and no number counts them.
    """
    secured = picture.plan.rally_at(place) or picture.plan.site_at(place)
    if secured is None:
        return None
    zone, charter = zone_of(picture), picture.charter
    first, last = local_day(secured.starts_at, zone), local_day(from_ms(secured.ends_ms - 1), zone)
    day = day or min(max(first, local_day(now, zone)), last)
    window = window_of(picture, now, day)
    there = _there(picture, place, window)
    since = on_intel_since(picture)
    told = [
        each for each in there if sight == "full" or (each.role != "intel" and each.officer_id not in since)
    ]
    rows = [_row(picture, window, each, words_of) for each in told]
    kelurahan = secured.venue.kelurahan if isinstance(secured, Rally) else secured.kelurahan
    return Ics204(
        form="ICS 204",
        incident_name=charter.name if charter else picture.operation_id,
        operational_period_from=from_ms(window.first_ms),
        operational_period_to=from_ms(window.before_ms),
        day=day,
        zone=zone,
        branch=name_of(kecamatan_of(kelurahan)),
        division=name_of(kelurahan),
        work_location=secured.venue.name if isinstance(secured, Rally) else secured.name,
        place=place,
        work_assignments=_assignment(secured, zone),
        special_instructions=_instructions(secured),
        supervisors=[row for row in rows if row.role == "field_commander"],
        resources=[row for row in rows if row.role != "field_commander"],
        required={
            role: count for role, count in secured.required.items() if sight == "full" or role != "intel"
        },
        ordered=len(rows),
        posts=_posts(picture, told),
        complete=sight == "full",
        exercise=picture.mode == "exercise",
        at=now,
        vector=dict(vector),
        kind=secured.kind,
        pairs=list(secured.pairs) if isinstance(secured, Rally) else [],
        starts_at=secured.starts_at,
        ends_at=secured.ends_at,
    )


def _there(picture: OperationPicture, place: str, window: Window) -> list[Deployment]:
    """Orders to the place that overlap the day, by role, beginning and officer."""
    within = picture.plan.deployments_within(window.first_ms, window.before_ms)
    found = (each for own in within.values() for each in own if each.place == place)
    return sorted(found, key=lambda each: (each.role, each.starts_ms, each.officer_id, each.deployment_id))


def _row(
    picture: OperationPicture, window: Window, deployment: Deployment, words_of: WordsOf
) -> Ics204Resource:
    entry = picture.plan.officers.get(deployment.officer_id)
    words = words_of(entry.person_ref) if entry is not None and entry.person_ref is not None else None
    day = officer_day(picture, window, deployment.officer_id)
    stands = day.stands if day is not None else []
    state = next((each.state for each in stands if each.deployment is deployment), "awaited")
    return Ics204Resource(
        resource=(words.name if words else None) or deployment.officer_id,
        identifier=(words.nrp if words else None) or deployment.officer_id,
        home_unit=" ".join(part for part in (entry.rank, entry.unit) if part) if entry else "",
        role=deployment.role,
        reports_at=deployment.starts_at,
        until=deployment.ends_at,
        state=state,
        contact=(words.phone if words else None) or "",
    )


def _assignment(secured: Rally | Site, zone: str) -> str:
    """`dialogue walikota/1, 2024-10-03 09:00 WITA to 2024-10-03 11:00 WITA`."""
    pairs = secured.pairs if isinstance(secured, Rally) else []
    what = " ".join([secured.kind, *pairs])
    return f"{what}, {clock_text(secured.starts_at, zone)} to {clock_text(secured.ends_at, zone)}"


def _instructions(secured: Rally | Site) -> list[str]:
    if isinstance(secured, Site):
        return ["guarded no more"] if secured.withdrawn else []
    found = [f"STTP {secured.receipt.number}"] if secured.receipt is not None else []
    found += ["no notice receipt (STTP) is known"] if secured.unnoticed else []
    return found + (["cancelled"] if secured.cancelled else [])


def _posts(picture: OperationPicture, there: Iterable[Deployment]) -> list[str]:
    names = {post.post_id: post.name for post in picture.plan.posts}
    return sorted({names.get(post, post) for each in there for post in each.reporters})
