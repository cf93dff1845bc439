"""GET: what a day asks: the calendar, an officer's duties, open acknowledgements, load, gaps, who is free."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query, Response

from pamwal.contracts.duty_reads import CalendarView, CoverageView, DutiesView, UnacknowledgedView
from pamwal.contracts.errors import AccessDenied, HttpProblem
from pamwal.contracts.load_reads import FreeView, HistoryView, HoursView
from pamwal.contracts.persons import officer_key
from pamwal.contracts.routes import KEEPERS, PLACE_READERS, PLAN_READERS
from pamwal.edge.access import for_roles
from pamwal.edge.app import Caller, Reader
from pamwal.edge.moments import OptionalDay
from pamwal.edge.names import Names
from pamwal.edge.shapes import answers, json_of
from services.scheduler.history import Histories
from services.scheduler.plans import Plans
from services.scheduler.query import (
    ROOT,
    AfterHours,
    AfterPlace,
    Limit,
    Moment,
    Name,
    PlaceAsked,
    Words,
    interval,
    known_place,
    text_of,
)
from services.scheduler.views.calendar import CalendarAsked, calendar_of
from services.scheduler.views.coverage import coverage_of
from services.scheduler.views.duties import duties_of, unacknowledged
from services.scheduler.views.free import FreeAsked, free_view
from services.scheduler.views.hours import hours_view
from services.scheduler.views.places import window_of
from services.scheduler.views.roster import OfficersAsked, officers_of
from services.scheduler.views.sight import sight_of

KNOW_THE_ROSTER: Final = frozenset({"command_post", "ops_head", "admin"})
"""Roles that are told that an id is nobody's: to them a wrong id must not look like a free day."""


def duty_router(plans: Plans, histories: Histories, names: Names) -> APIRouter:
    """The plan, as it bears on people."""
    router = APIRouter(tags=["reads"])
    _add_calendar(router, plans)
    _add_duties(router, plans)
    _add_load(router, plans)
    _add_free(router, plans)
    _add_history(router, plans, histories, names)
    return router


def own_only(caller: Caller, officer: str | None) -> str | None:
    """Whom an officer may ask about: himself. AccessDenied 403 for anybody else."""
    if caller.claims.role != "officer":
        return officer
    own = officer_key(caller.claims.officer or "")
    if officer is not None and officer_key(officer) != own:
        raise AccessDenied(f"an officer asks about himself, {caller.claims.officer}", code="not_yours")
    return caller.claims.officer


def _add_calendar(router: APIRouter, plans: Plans) -> None:
    @router.get(
        f"{ROOT}/calendar",
        summary="Rallies and sites by start",
        responses=answers(CalendarView),
        openapi_extra=for_roles(*PLAN_READERS),
    )
    async def calendar(
        operation_id: str,
        caller: Reader,
        day: OptionalDay = None,
        venue: Name | None = None,
        pair: Name | None = None,
        officer: Name | None = None,
        after: AfterPlace = "",
        limit: Limit = 200,
    ) -> Response:
        schedule, operation = plans.opened(operation_id)
        whose = None if officer is None else own_only(caller, officer)
        asked = CalendarAsked(
            day=text_of(day),
            venue=venue,
            pair=pair,
            officer=None if whose is None else schedule.written_as(whose),
        )
        window = window_of(asked.day, operation.zone)
        sight = sight_of(schedule, caller.claims)
        return json_of(calendar_of(schedule, operation, sight, asked, window, after=after, limit=limit))


def _add_duties(router: APIRouter, plans: Plans) -> None:
    @router.get(
        f"{ROOT}/duties",
        summary="An officer's duties, by start",
        responses=answers(DutiesView),
        openapi_extra=for_roles(*PLAN_READERS),
    )
    async def duties(
        operation_id: str,
        caller: Reader,
        officer: Annotated[str | None, Query(max_length=32, description="default: who asks")] = None,
        day: OptionalDay = None,
        released: Annotated[bool, Query(description="cancelled, swapped and rejected ones too")] = False,
    ) -> Response:
        schedule, operation = plans.opened(operation_id)
        whose = own_only(caller, officer) or caller.claims.officer
        if whose is None:
            raise HttpProblem(422, "malformed", "officer: say whose duties; this token names no officer")
        whose = schedule.written_as(whose)
        if caller.claims.role in KNOW_THE_ROSTER and whose not in schedule.officers:
            raise HttpProblem(404, "unknown_officer", f"nobody on the roster has the id {whose!r}")
        sight, window = sight_of(schedule, caller.claims), window_of(text_of(day), operation.zone)
        return json_of(duties_of(schedule, operation.policy, whose, sight, window, released=released))

    @router.get(
        f"{ROOT}/unacknowledged",
        summary="Orders that wait for an answer",
        responses=answers(UnacknowledgedView),
        openapi_extra=for_roles(*PLAN_READERS),
    )
    async def waiting(
        operation_id: str, caller: Reader, day: OptionalDay = None, after: AfterPlace = "", limit: Limit = 200
    ) -> Response:
        schedule, operation = plans.opened(operation_id)
        sight, window = sight_of(schedule, caller.claims), window_of(text_of(day), operation.zone)
        return json_of(unacknowledged(schedule, operation.policy, sight, window, after=after, limit=limit))


def _add_load(router: APIRouter, plans: Plans) -> None:
    @router.get(
        f"{ROOT}/hours",
        summary="Hours per officer, heaviest first",
        responses=answers(HoursView),
        openapi_extra=for_roles(*KEEPERS),
    )
    async def hours(
        operation_id: str,
        caller: Reader,
        day: OptionalDay = None,
        unit: Words | None = None,
        satgas: Name | None = None,
        after: AfterHours = "",
        limit: Limit = 200,
    ) -> Response:
        schedule, operation = plans.opened(operation_id)
        officers = officers_of(schedule, OfficersAsked(unit=unit, satgas=satgas))
        sight, window = sight_of(schedule, caller.claims), window_of(text_of(day), operation.zone)
        last, _, officer_id = after.partition(",")
        told = (float(last), officer_id) if after else None
        return json_of(hours_view(schedule, officers, sight, window, limit, told))

    @router.get(
        f"{ROOT}/gaps",
        summary="Required against ordered",
        responses=answers(CoverageView),
        openapi_extra=for_roles(*PLACE_READERS),
    )
    async def gaps(
        operation_id: str,
        caller: Reader,
        day: OptionalDay = None,
        covered: Annotated[bool, Query(description="places without a gap as well")] = False,
        after: AfterPlace = "",
        limit: Limit = 200,
    ) -> Response:
        schedule, operation = plans.opened(operation_id)
        sight, window = sight_of(schedule, caller.claims), window_of(text_of(day), operation.zone)
        return json_of(coverage_of(schedule, sight, window, covered=covered, after=after, limit=limit))


def _add_free(router: APIRouter, plans: Plans) -> None:
    @router.get(
        f"{ROOT}/free",
        summary="Who could be ordered, nearest first",
        responses=answers(FreeView),
        openapi_extra=for_roles(*KEEPERS),
    )
    async def free(
        operation_id: str,
        caller: Reader,
        *,
        starts_at: Moment,
        ends_at: Moment,
        place: PlaceAsked | None = None,
        why: Annotated[bool, Query(description="also who is not free, and what keeps him")] = False,
        unit: Words | None = None,
        satgas: Name | None = None,
        home_post: Name | None = None,
        skill: Name | None = None,
        limit: Limit = 200,
    ) -> Response:
        schedule, operation = plans.opened(operation_id)
        window = interval(starts_at, ends_at)
        asked = FreeAsked(
            starts_at=window.starts_at,
            ends_at=window.ends_at,
            place=None if place is None else known_place(schedule, place).ref,
            why=why,
            limit=limit,
        )
        officers = officers_of(
            schedule, OfficersAsked(unit=unit, satgas=satgas, home_post=home_post, skill=skill)
        )
        sight = sight_of(schedule, caller.claims)
        return json_of(free_view(schedule, operation, officers, caller.claims, sight, asked))


def _add_history(router: APIRouter, plans: Plans, histories: Histories, names: Names) -> None:
    @router.get(
        f"{ROOT}/deployments/{{deployment_id}}/history",
        summary="What became of one deployment: who, when, why",
        responses=answers(HistoryView),
        openapi_extra=for_roles(*PLAN_READERS),
    )
    async def history(operation_id: str, deployment_id: str, caller: Reader) -> Response:
        schedule, _ = plans.opened(operation_id)
        found = schedule.deployments.get(deployment_id)
        sight = sight_of(schedule, caller.claims)
        if found is None or not sight.sees(found):
            raise HttpProblem(404, "unknown_deployment", f"no deployment {deployment_id[:64]!r}")
        words_of = names.words_for(caller.claims.role, operation_id)
        return json_of(await histories.of(operation_id, deployment_id, whole=sight.whole, words_of=words_of))
