"""GET: what is planned, thing by thing: operation, sites, roster, rallies, deployments, drafts.

An edge folds the decisions itself, by the decider's own rules. Officers' names are not in the log, nor here.
"""

from __future__ import annotations

from heapq import nsmallest
from typing import Annotated

from fastapi import APIRouter, Query, Response
from msgspec import Struct

from pamwal.contracts.drafts import ProposalsView, ProposalView
from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.plan_reads import OfficersView, OperationView, RalliesView, SitesView
from pamwal.contracts.routes import KEEPERS, PLAN_READERS
from pamwal.edge.access import for_roles
from pamwal.edge.app import Reader
from pamwal.edge.moments import OptionalDay
from pamwal.edge.shapes import answers, json_of
from services.scheduler.deciding.state import Deployment
from services.scheduler.plans import Plans
from services.scheduler.query import ROOT, After, Limit, Moment, Name, Words, interval, text_of
from services.scheduler.views.operation import operation_view
from services.scheduler.views.places import window_of
from services.scheduler.views.proposals import may_see, proposal_view, proposals_view
from services.scheduler.views.rallies import rallies_view, sites_view
from services.scheduler.views.roster import OfficersAsked, officer_view, officers_of
from services.scheduler.views.sight import sight_of


class DeploymentsView(Struct, frozen=True):
    """A page by deployment id; `next_after` is what the next page is asked with."""

    deployments: list[Deployment]
    next_after: str | None = None


def plan_router(plans: Plans) -> APIRouter:
    """The plan: one list a thing."""
    router = APIRouter(tags=["reads"])
    _add_operation(router, plans)
    _add_roster(router, plans)
    _add_deployments(router, plans)
    _add_proposals(router, plans)
    return router


def _add_operation(router: APIRouter, plans: Plans) -> None:
    @router.get(
        ROOT,
        summary="The operation",
        responses=answers(OperationView),
        openapi_extra=for_roles(*PLAN_READERS),
    )
    async def operation(operation_id: str, _caller: Reader) -> Response:
        return json_of(operation_view(*plans.opened(operation_id)))

    @router.get(
        f"{ROOT}/rallies",
        summary="Rallies, by start",
        responses=answers(RalliesView),
        openapi_extra=for_roles(*PLAN_READERS),
    )
    async def rallies(
        operation_id: str, caller: Reader, day: OptionalDay = None, series: Name | None = None
    ) -> Response:
        schedule, opened = plans.opened(operation_id)
        sight = sight_of(schedule, caller.claims)
        return json_of(rallies_view(schedule, sight, opened.zone, text_of(day), series))

    @router.get(
        f"{ROOT}/sites",
        summary="Guarded sites, by id",
        responses=answers(SitesView),
        openapi_extra=for_roles(*PLAN_READERS),
    )
    async def sites(
        operation_id: str,
        caller: Reader,
        day: OptionalDay = None,
        withdrawn: Annotated[bool, Query(description="those guarded no more as well")] = False,
        after: After = "",
        limit: Limit = 200,
    ) -> Response:
        schedule, opened = plans.opened(operation_id)
        sight, window = sight_of(schedule, caller.claims), window_of(text_of(day), opened.zone)
        found = sites_view(schedule, sight, window, withdrawn=withdrawn)
        page = [each for each in found if each.site_id > after][: limit + 1]
        return json_of(SitesView(page[:limit], page[limit - 1].site_id if len(page) > limit else None))


def _add_roster(router: APIRouter, plans: Plans) -> None:
    @router.get(
        f"{ROOT}/officers",
        summary="The roster, by officer id",
        responses=answers(OfficersView),
        openapi_extra=for_roles(*KEEPERS),
    )
    async def officers(
        operation_id: str,
        _caller: Reader,
        *,
        unit: Words | None = None,
        satgas: Name | None = None,
        home_post: Name | None = None,
        skill: Name | None = None,
        available_from: Moment | None = None,
        available_to: Moment | None = None,
        withdrawn: bool = False,
        after: After = "",
        limit: Limit = 200,
    ) -> Response:
        schedule, _ = plans.opened(operation_id)
        if (available_from is None) != (available_to is None):
            raise HttpProblem(422, "malformed", "available_from and available_to are asked for together")
        asked = OfficersAsked(
            unit=unit,
            satgas=satgas,
            home_post=home_post,
            skill=skill,
            available=interval(available_from, available_to, ("available_from", "available_to"))
            if available_from and available_to
            else None,
            withdrawn=withdrawn,
        )
        found = (each for each in officers_of(schedule, asked) if each.officer_id > after)
        page = nsmallest(limit + 1, found, key=lambda each: each.officer_id)
        views = [officer_view(schedule, each) for each in page[:limit]]
        return json_of(OfficersView(views, views[-1].officer_id if len(page) > limit else None))


def _add_deployments(router: APIRouter, plans: Plans) -> None:
    @router.get(
        f"{ROOT}/deployments",
        summary="Deployments, by id",
        responses=answers(DeploymentsView),
        openapi_extra=for_roles(*PLAN_READERS),
    )
    async def deployments(
        operation_id: str,
        caller: Reader,
        officer: Name | None = None,
        place: Name | None = None,
        sprin: Words | None = None,
        live: bool | None = None,
        after: After = "",
        limit: Limit = 200,
    ) -> Response:
        schedule, _ = plans.opened(operation_id)
        sight = sight_of(schedule, caller.claims)
        whose = None if officer is None else schedule.written_as(officer)
        found = (
            each
            for each in schedule.deployments.values()
            if each.deployment_id > after
            and whose in {None, each.officer_id}
            and place in {None, each.place}
            and sprin in {None, each.sprin}
            and live in {None, each.live}
            and sight.sees(each)
        )
        page = nsmallest(limit + 1, found, key=lambda each: each.deployment_id)
        more = page[limit - 1].deployment_id if len(page) > limit else None
        return json_of(DeploymentsView(page[:limit], more))


def _add_proposals(router: APIRouter, plans: Plans) -> None:
    @router.get(
        f"{ROOT}/proposals",
        summary="Drafts, by id",
        responses=answers(ProposalsView),
        openapi_extra=for_roles(*KEEPERS),
    )
    async def proposals(
        operation_id: str,
        caller: Reader,
        every: Annotated[bool, Query(description="those ordered or thrown away as well")] = False,
    ) -> Response:
        schedule, _ = plans.opened(operation_id)
        return json_of(proposals_view(schedule, sight_of(schedule, caller.claims), every=every))

    @router.get(
        f"{ROOT}/proposals/{{proposal_id}}",
        summary="One draft",
        responses=answers(ProposalView),
        openapi_extra=for_roles(*KEEPERS),
    )
    async def proposal(operation_id: str, proposal_id: str, caller: Reader) -> Response:
        schedule, _ = plans.opened(operation_id)
        found, sight = schedule.proposals.get(proposal_id), sight_of(schedule, caller.claims)
        if found is None or not may_see(found, sight):
            raise HttpProblem(404, "unknown_proposal", f"no draft {proposal_id[:64]!r}")
        return json_of(proposal_view(found, sight))
