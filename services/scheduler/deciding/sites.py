"""Registering, amending and withdrawing guarded sites."""

from __future__ import annotations

from msgspec.structs import replace

from pamwal.contracts.envelope import Reason, Verdict
from pamwal.contracts.scheduling import (
    RegisterSites,
    SchedulingFact,
    SiteEntry,
    SiteRegistered,
    SiteRow,
    SiteWithdrawn,
    WithdrawSites,
)
from services.scheduler.deciding.draft import Draft
from services.scheduler.deciding.refusals import (
    illegal_transition,
    interval,
    not_yours,
    outside_region,
    stale,
    unknown,
)
from services.scheduler.deciding.rows import each_once, judge_rows
from services.scheduler.deciding.rules import travel_reason
from services.scheduler.deciding.state import SITE, Deployment, Site
from services.scheduler.deciding.telling import tell


def register_sites(draft: Draft, data: RegisterSites) -> Verdict[SchedulingFact]:
    """Registers what is new, amends what is known; a withdrawn site that comes again is guarded again."""

    def judge(draft: Draft, entry: SiteEntry) -> Reason | None:
        return _register(draft, entry, data.import_id)

    return judge_rows(draft, data.sites, data.mode, each_once("site", lambda entry: entry.site_id, judge))


def withdraw_sites(draft: Draft, data: WithdrawSites) -> Verdict[SchedulingFact]:
    """Guards sites no more; refused while deployments there are live, again changes nothing."""

    def judge(draft: Draft, row: SiteRow) -> Reason | None:
        return _withdraw(draft, row, data.cause)

    return judge_rows(draft, data.rows, data.mode, judge)


def registered_as(site: Site, fact_id: str, version: int, import_id: str | None = None) -> SiteRegistered:
    """The fact that would register a site as it stands."""
    return SiteRegistered(
        id=fact_id,
        version=version,
        site_id=site.site_id,
        kind=site.kind,
        name=site.name,
        kelurahan=site.kelurahan,
        point=site.point,
        radius_m=site.radius_m,
        starts_at=site.starts_at,
        ends_at=site.ends_at,
        required=site.required,
        import_id=import_id,
    )


def outside_hours(draft: Draft, site: Site) -> list[Deployment]:
    """Live deployments at a site that do not lie within its hours, by start."""
    live = draft.state.live_at(SITE + site.site_id)
    return [each for each in live if each.starts_at < site.starts_at or each.ends_at > site.ends_at]


def _register(draft: Draft, entry: SiteEntry, import_id: str | None) -> Reason | None:
    known = draft.state.sites.get(entry.site_id)
    after = _as_entered(draft, entry, known)
    reason = _reason(draft, entry, known, after)
    if reason is not None:
        return reason
    if known is not None and after == replace(known, version=after.version):
        draft.warn("unchanged", f"site {entry.site_id} is registered so already", entry.site_id)
        return None
    draft.record(registered_as(after, draft.fact_id(), after.version, import_id))
    if known is not None and known.point != after.point:
        live = draft.state.live_at(SITE + entry.site_id)
        ways = [travel_reason(draft, each) for each in live if not draft.hides(each)]
        tell(draft, [each for each in ways if each is not None])
    return None


def _as_entered(draft: Draft, entry: SiteEntry, known: Site | None) -> Site:
    """The site as an entry says it. Without hours it runs as long as the operation."""
    return Site(
        site_id=entry.site_id,
        kind=entry.kind,
        name=entry.name,
        kelurahan=entry.kelurahan,
        point=entry.point,
        radius_m=entry.radius_m,
        starts_at=entry.starts_at or draft.operation.begins_at,
        ends_at=entry.ends_at or draft.operation.ends_before,
        required=entry.required,
        version=known.version + 1 if known else 1,
    )


def _reason(draft: Draft, entry: SiteEntry, known: Site | None, after: Site) -> Reason | None:
    if known is None and entry.expected_version is not None:
        return unknown("site", entry.site_id, "leave expected_version out to register a new site")
    return (
        (stale(entry.site_id, entry.expected_version, known.version) if known else None)
        or outside_region(draft.operation, entry.kelurahan)
        or interval(draft.operation, after.starts_at, after.ends_at, entry.site_id)
        or (_bound_reason(draft, known, after) if known else None)
    )


def _bound_reason(draft: Draft, known: Site, after: Site) -> Reason | None:
    """Hours that leave live deployments behind; those that were outside before do not forbid a change."""
    if (known.starts_at, known.ends_at) == (after.starts_at, after.ends_at):
        return None
    left = outside_hours(draft, after)
    if not left:
        return None
    shown = [each for each in left if not draft.hides(each)]
    if not shown:
        return _heads(after.site_id, "cannot have these hours")
    first = shown[0]
    return illegal_transition(
        after.site_id,
        f"{len(shown)} live deployments are outside the new hours of site {after.site_id}, the first:"
        f" {first.deployment_id} {draft.operation.hours(first.starts_at, first.ends_at)}",
        f"hours that hold {first.deployment_id}; or deployments:cancel or deployments:reassign them first",
    )


def _heads(site_id: str, what: str) -> Reason:
    """`not_yours`: only deployments that the sender may not see are in the way."""
    return not_yours(f"site {site_id} {what} by you", "let the ops_head ask for it", site_id)


def _withdraw(draft: Draft, row: SiteRow, cause: str) -> Reason | None:
    known = draft.state.sites.get(row.site_id)
    if known is None:
        return unknown("site", row.site_id)
    reason = stale(row.site_id, row.expected_version, known.version)
    live = draft.state.live_at(SITE + row.site_id)
    if reason is None and live:
        shown = [each.deployment_id for each in live if not draft.hides(each)]
        reason = (
            illegal_transition(
                row.site_id,
                f"site {row.site_id} has {len(shown)} live deployments, the first: {shown[0]}",
                "deployments:cancel, deployments:stand-down or deployments:reassign them first",
            )
            if shown
            else _heads(row.site_id, "cannot be withdrawn")
        )
    if reason is not None:
        return reason
    if known.withdrawn:
        draft.warn("unchanged", f"site {row.site_id} is withdrawn already", row.site_id)
        return None
    draft.record(
        SiteWithdrawn(id=draft.fact_id(), version=known.version + 1, site_id=row.site_id, cause=cause)
    )
    return None
