"""What an amended operation would strand: plans outside its days, people without a post or satgas, pairs."""

from __future__ import annotations

from msgspec.structs import replace

from pamwal.contracts.envelope import Reason
from services.scheduler.deciding.campaign import campaign_reason
from services.scheduler.deciding.refusals import illegal_transition, interval, outside_region
from services.scheduler.deciding.state import Operation, Rally, Schedule, Site


def stranded_reason(state: Schedule, before: Operation, after: Operation) -> Reason | None:
    """Why an operation cannot become `after`, the first thing that stands in the way named.

    Looks only at what the amendment changes; an amendment is rare, so it may look at all of that.
    """
    return (
        _rally_reason(state, before, after)
        or _deployment_reason(state, before, after)
        or _site_reason(state, before, after)
        or _officer_reason(state, before, after)
    )


def lasting_sites(state: Schedule, before: Operation, after: Operation) -> list[Site]:
    """Sites that run as long as the operation, with its new hours; by id."""
    if _period(before) == _period(after):
        return []
    lasting = [each for each in state.sites.values() if _lasts(each, before) and not each.withdrawn]
    lasting.sort(key=lambda each: each.site_id)
    return [replace(each, starts_at=after.begins_at, ends_at=after.ends_before) for each in lasting]


def _period(operation: Operation) -> tuple[str, str]:
    return operation.begins_at, operation.ends_before


def _lasts(site: Site, operation: Operation) -> bool:
    return (site.starts_at, site.ends_at) == _period(operation)


def _rally_reason(state: Schedule, before: Operation, after: Operation) -> Reason | None:
    if _binding_rallies(before) == _binding_rallies(after):
        return None
    live = [each for each in state.rallies.values() if each.status in {"notified", "planned"}]
    for rally in sorted(live, key=lambda each: (each.starts_at, each.rally_id)):
        reason = (
            interval(after, rally.starts_at, rally.ends_at, rally.rally_id)
            or campaign_reason(after, rally.starts_at, rally.ends_at, rally.rally_id)
            or _pair_reason(rally, after)
            or outside_region(after, rally.venue.kelurahan)
        )
        if reason is not None:
            return reason
    return None


def _binding_rallies(operation: Operation) -> tuple[object, ...]:
    """All of an operation that a planned rally has to keep to."""
    days = (_period(operation), operation.rallies_before, operation.quiet)
    return (*days, operation.pairs, operation.kelurahan)


def _pair_reason(rally: Rally, after: Operation) -> Reason | None:
    for pair in rally.pairs:
        if after.pairs and pair not in after.pairs:
            return illegal_transition(
                pair,
                f"pair {pair} is named by rally {rally.rally_id}, which stands",
                f"keep the pair, or cancel rally {rally.rally_id} or plan it for others first",
            )
    return None


def _deployment_reason(state: Schedule, before: Operation, after: Operation) -> Reason | None:
    if before.begins_at >= after.begins_at and before.ends_before <= after.ends_before:
        return None
    binding = (each for each in state.deployments.values() if each.binding)
    outside = [
        each for each in binding if each.starts_at < after.begins_at or each.ends_at > after.ends_before
    ]
    if not outside:
        return None
    first = min(outside, key=lambda each: each.booking)
    return interval(after, first.starts_at, first.ends_at, first.deployment_id)


def _site_reason(state: Schedule, before: Operation, after: Operation) -> Reason | None:
    for site in sorted(state.sites.values(), key=lambda each: each.site_id):
        if site.withdrawn:
            continue
        reason = outside_region(after, site.kelurahan)
        if reason is None and not _lasts(site, before):
            reason = interval(after, site.starts_at, site.ends_at, site.site_id)
        if reason is not None:
            return reason
    return None


def _officer_reason(state: Schedule, before: Operation, after: Operation) -> Reason | None:
    posts, satgas = before.posts.keys() - after.posts.keys(), before.satgas - after.satgas
    if not posts and not satgas:
        return None
    for officer in sorted(state.officers.values(), key=lambda each: each.officer_id):
        if officer.withdrawn:
            continue
        for kind, name, removed in (
            ("post", officer.home_post, posts),
            ("satgas", officer.satgas, satgas),
        ):
            if name in removed:
                return illegal_transition(
                    name,
                    f"{kind} {name} has officers on the roster, the first: {officer.officer_id}",
                    f"keep the {kind}, or register its officers elsewhere or withdraw them first",
                )
    return None
