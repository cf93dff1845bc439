"""Rallies and sites one by one, as planned now; `intel` is in no number but for the head of operations."""

from __future__ import annotations

from pamwal.contracts.plan_reads import RalliesView, RallyView, SiteView
from pamwal.contracts.zones import local_day
from services.scheduler.deciding.state import RALLY, SITE, Rally, Schedule, Site
from services.scheduler.views.places import Window, rally_status, tally
from services.scheduler.views.sight import Sight


def rallies_view(
    schedule: Schedule, sight: Sight, zone: str, day: str | None, series: str | None
) -> RalliesView:
    """Rallies that begin on a local day, or belong to a series; all where neither is asked for."""
    found = [
        each
        for each in schedule.rallies.values()
        if (day is None or local_day(each.starts_at, zone) == day) and series in {None, each.series_id}
    ]
    found.sort(key=lambda each: (each.starts_at, each.rally_id))
    return RalliesView([rally_view(schedule, sight, each) for each in found])


def rally_view(schedule: Schedule, sight: Sight, rally: Rally) -> RallyView:
    """One rally."""
    ordered, reserved = tally(schedule, sight, RALLY + rally.rally_id)
    return RallyView(
        rally_id=rally.rally_id,
        kind=rally.kind,
        pairs=rally.pairs,
        venue=rally.venue,
        starts_at=rally.starts_at,
        ends_at=rally.ends_at,
        required=sight.required(rally.required),
        status=rally_status(rally),
        unnoticed=rally.unnoticed,
        ordered=ordered,
        version=rally.version,
        reserved=reserved,
        expected_attendance=rally.expected_attendance,
        receipt=rally.receipt,
        series_id=rally.series_id,
    )


def sites_view(schedule: Schedule, sight: Sight, window: Window, *, withdrawn: bool) -> list[SiteView]:
    """Sites guarded within the window, by id."""
    found = (
        each
        for _, each in sorted(schedule.sites.items())
        if (withdrawn or not each.withdrawn) and window.meets(each.starts_at, each.ends_at)
    )
    return [_site_view(schedule, sight, each, window) for each in found]


def _site_view(schedule: Schedule, sight: Sight, site: Site, window: Window) -> SiteView:
    ordered, reserved = tally(schedule, sight, SITE + site.site_id, window)
    return SiteView(
        site_id=site.site_id,
        kind=site.kind,
        name=site.name,
        kelurahan=site.kelurahan,
        radius_m=site.radius_m,
        starts_at=site.starts_at,
        ends_at=site.ends_at,
        required=sight.required(site.required),
        ordered=ordered,
        version=site.version,
        reserved=reserved,
        point=site.point,
        withdrawn=site.withdrawn,
    )
