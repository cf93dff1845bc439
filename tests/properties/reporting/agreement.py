"""What the picture's plan and the scheduler's own state must agree on, each put into the same words."""

from __future__ import annotations

from typing import Any

from pamwal.contracts.instants import to_ms
from services.reporting.picture import OperationPicture
from services.reporting.picture.plan import Plan
from services.scheduler.deciding.state import Schedule

FAR_MS = to_ms("2099-01-01T00:00:00.000Z")


def assert_agreed(picture: OperationPicture, state: Schedule) -> None:
    """Everything the scheduler plans stands in the picture as it stands there."""
    plan = picture.plan
    assert _operation(picture.charter) == _operation(state.operation)
    assert plan.days_closed == {day for day, said in state.days.items() if said.closed}
    assert _rallies(plan) == _rallies(state)
    assert _sites(plan) == _sites(state)
    assert _officers(plan) == {
        each.officer_id: (each.rank, each.unit, each.satgas, each.home_post, each.withdrawn)
        for each in state.officers.values()
    }
    assert _deployments(plan) == _deployments(state)
    bound = {officer: len(own) for officer, own in state.bookings.table().items()}
    assert _bound(plan) == bound
    for officer_id in state.officers:
        hours = [(to_ms(each.starts_at), to_ms(each.ends_at)) for each in state.absences_of(officer_id)]
        assert plan.away(officer_id, 0, FAR_MS) == bool(hours)
        for starts_ms, ends_ms in hours:
            assert plan.away(officer_id, starts_ms, ends_ms)


def _operation(known: Any) -> tuple[Any, ...] | None:
    if known is None:
        return None
    posts = known.posts if isinstance(known.posts, list) else list(known.posts.values())
    return (
        known.name, known.mode, known.zone, known.region, known.starts_on, known.ends_on, posts,
        known.task_forces, set(known.pairs), known.policy, known.calendar, known.parent, known.closed,
    )  # fmt: skip


def _rallies(known: Schedule | Plan) -> dict[str, tuple[Any, ...]]:
    return {
        rally.rally_id: (
            rally.version, rally.kind, rally.pairs, rally.venue, rally.starts_at, rally.ends_at,
            rally.required, rally.receipt, rally.unnoticed, rally.status,
        )
        for rally in known.rallies.values()
    }  # fmt: skip


def _sites(known: Schedule | Plan) -> dict[str, tuple[Any, ...]]:
    return {
        site.site_id: (
            site.kind,
            site.name,
            site.kelurahan,
            site.starts_at,
            site.ends_at,
            site.required,
            site.withdrawn,
        )
        for site in known.sites.values()
    }


def _officers(plan: Plan) -> dict[str, tuple[Any, ...]]:
    return {
        officer_id: (
            each.rank, each.unit, each.satgas, each.home_post, officer_id in plan.officers_withdrawn
        )
        for officer_id, each in plan.officers.items()
    }  # fmt: skip


def _deployments(known: Schedule | Plan) -> dict[str, tuple[Any, ...]]:
    return {
        each.deployment_id: (
            each.version, each.officer_id, each.place, each.role, each.starts_at, each.ends_at, each.sprin,
            each.postid, each.purpose, each.status, each.live,
        )
        for each in known.deployments.values()
    }  # fmt: skip


def _bound(plan: Plan) -> dict[str, int]:
    """Officer → how many deployments take hours of his: ordered, done, or reserved."""
    officers = plan.of_officer.keys() | plan.reserved_of.keys()
    return {
        each: len(plan.of_officer.get(each, [])) + len(plan.reserved_of.get(each, [])) for each in officers
    }
