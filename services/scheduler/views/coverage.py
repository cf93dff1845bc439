"""Where and when fewer are ordered than needed: a half-open sweep over each place's hours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from pamwal.contracts.duty_reads import CoverageView, Gap, Lacking, PlaceCoverage, RoleStrength
from pamwal.contracts.scheduling import DeploymentRole
from services.scheduler.deciding.state import Deployment, Schedule
from services.scheduler.views.places import Place, Window, by_place, dispatched_in, places_in
from services.scheduler.views.sight import Sight


def coverage_of(
    schedule: Schedule, sight: Sight, window: Window, *, covered: bool, after: str, limit: int
) -> CoverageView:
    """Places that will be held or guarded and have gaps; with `covered` those without any as well.

    What is reserved covers nothing. The role `intel` is left out for whoever may not place it. A padal gets
    the places he leads.
    """
    there = by_place(dispatched_in(schedule, window))
    found: list[tuple[str, PlaceCoverage]] = []
    for place in places_in(schedule, window):
        if len(found) > limit:
            break
        if place.key <= after or not place.standing or not _may_look(sight, place):
            continue
        coverage = place_coverage(place, there.get(place.ref, ()), window, intel=sight.whole)
        if covered or coverage.gaps:
            found.append((place.key, coverage))
    page = found[:limit]
    return CoverageView(
        places=[each for _, each in page], next_after=page[-1][0] if len(found) > limit else None
    )


def place_coverage(
    place: Place, deployed: Sequence[Deployment], window: Window, *, intel: bool
) -> PlaceCoverage:
    """One place; its hours must meet the window."""
    required = {role: count for role, count in place.required.items() if count and (intel or role != "intel")}
    counted = [each for each in deployed if intel or each.role != "intel"]
    starts_at, ends_at = window.clip(place.starts_at, place.ends_at)
    roles = [*required, *sorted({each.role for each in counted} - required.keys())]
    return PlaceCoverage(
        place=place.ref,
        name=place.name,
        kelurahan=place.kelurahan,
        starts_at=starts_at,
        ends_at=ends_at,
        roles=[
            RoleStrength(
                role=role,
                required=required.get(role, 0),
                ordered=len({each.officer_id for each in counted if each.role == role}),
            )
            for role in roles
        ],
        gaps=gaps_in(required, counted, starts_at, ends_at),
    )


def gaps_in(
    required: Mapping[DeploymentRole, int], deployed: Sequence[Deployment], starts_at: str, ends_at: str
) -> list[Gap]:
    """Stretches of `[starts_at, ends_at)` with fewer than required, neighbours alike made one.

    One sweep over the moments at which somebody comes or goes: n log n for n deployments.
    """
    change: dict[str, list[tuple[DeploymentRole, int]]] = {starts_at: [], ends_at: []}
    for each in deployed:
        if each.starts_at < ends_at and each.ends_at > starts_at:
            change.setdefault(max(each.starts_at, starts_at), []).append((each.role, 1))
            change.setdefault(min(each.ends_at, ends_at), []).append((each.role, -1))
    moments = sorted(change)
    count: Lacking = {}
    gaps: list[Gap] = []
    for moment, until in pairwise(moments):
        for role, more in change[moment]:
            count[role] = count.get(role, 0) + more
        lacking = {
            role: need - count.get(role, 0) for role, need in required.items() if count.get(role, 0) < need
        }
        if not lacking and (required or any(count.values())):
            continue
        if gaps and gaps[-1].ends_at == moment and gaps[-1].lacking == lacking:
            gaps[-1] = Gap(starts_at=gaps[-1].starts_at, ends_at=until, lacking=lacking)
        else:
            gaps.append(Gap(starts_at=moment, ends_at=until, lacking=lacking))
    return gaps


def _may_look(sight: Sight, place: Place) -> bool:
    return sight.role != "field_commander" or place.ref in sight.led
