"""GET: sheets to print, as PDF. They name officers: for command posts and the head of operations only."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response

from pamwal.contracts.errors import AccessDenied, HttpProblem
from pamwal.contracts.routes import KEEPERS
from pamwal.edge.access import for_roles
from pamwal.edge.app import Caller, Edge, Reader
from pamwal.edge.attached import attached
from pamwal.edge.moments import OptionalDay
from pamwal.edge.names import Names, WordsOf
from pamwal.printing.paper import Paper
from services.scheduler.deciding.state import Operation, Schedule
from services.scheduler.plans import Plans
from services.scheduler.query import ROOT, PlaceAsked, Words, known_place, text_of
from services.scheduler.sheets.annex import annex_of_day, annex_of_sprin
from services.scheduler.sheets.check_in import check_in_forms
from services.scheduler.sheets.duty import duty_sheets
from services.scheduler.sheets.paper import paper_of
from services.scheduler.sheets.printing import Sheet, plan_press
from services.scheduler.views.places import Place, Window, places_in, window_of

PDF: Final = "application/pdf"
HEADERS: Final = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
_PDF: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "A4, black and white",
        "content": {PDF: {"schema": {"type": "string", "format": "binary"}}},
    }
}


class PdfResponse(Response):
    """Says its media type to the description of the API as well."""

    media_type = PDF


class Sheets:
    """What the routes print with."""

    def __init__(self, plans: Plans, names: Names) -> None:
        self.plans, self._names = plans, names
        self._press = plan_press()

    def words_for(self, caller: Caller, operation_id: str) -> WordsOf:
        """Reads names for a role that may. HttpProblem 503 while they are not read to their end."""
        return self._names.words_for(caller.claims.role, operation_id)

    async def answer(self, sheet: Sheet, name: str, operation: Operation, request: Request) -> Response:
        """200 with the PDF, to be opened in the browser and printed from there."""
        pdf = await self._press.pdf_of(sheet, request.receive)
        named = attached(f"{name}.pdf", exercise=operation.mode == "exercise", shown=True)
        return PdfResponse(pdf, headers={**HEADERS, "content-disposition": named})


def sheet_router(plans: Plans, names: Names) -> APIRouter:
    """Each sheet one address, so that printing it is one click."""
    router, sheets = APIRouter(tags=["sheets"]), Sheets(plans, names)
    _add_annex(router, sheets)
    _add_for_places(router, sheets)
    return router


def _add_annex(router: APIRouter, sheets: Sheets) -> None:
    @router.get(
        f"{ROOT}/sheets/annex.pdf",
        summary="The order's annex (lampiran sprin, plotting)",
        responses=_PDF,
        response_class=PdfResponse,
        openapi_extra=for_roles(*KEEPERS),
    )
    async def annex(
        operation_id: str,
        caller: Reader,
        request: Request,
        sprin: Words | None = None,
        day: OptionalDay = None,
        intel: Annotated[
            bool, Query(description="name officers on intel as well; the ops_head only")
        ] = False,
    ) -> Response:
        if intel and caller.claims.role != "ops_head":
            raise AccessDenied("officers on intel are named to the ops_head only", code="wrong_role")
        schedule, operation = sheets.plans.opened(operation_id)
        paper, words_of = _paper(request, operation), sheets.words_for(caller, operation_id)
        if sprin is not None and day is None:
            if not any(each.sprin == sprin for each in schedule.deployments.values()):
                raise HttpProblem(404, "unknown_sprin", f"no deployment cites {sprin!r}")
            sheet = annex_of_sprin(schedule, paper, sprin, words_of, intel=intel)
        elif day is not None and sprin is None:
            sheet = annex_of_day(schedule, paper, day.isoformat(), words_of, intel=intel)
        else:
            raise HttpProblem(422, "malformed", "an annex is of one sprin or of one day; say sprin= or day=")
        return await sheets.answer(sheet, "lampiran", operation, request)


def _add_for_places(router: APIRouter, sheets: Sheets) -> None:
    def asked(
        operation_id: str, caller: Caller, place: str | None, day: date | None
    ) -> tuple[Schedule, Operation, list[Place], Window, WordsOf]:
        """What both sheets are made from, for who may print them."""
        schedule, operation = sheets.plans.opened(operation_id)
        found, window = _places(schedule, operation, place, day)
        return schedule, operation, found, window, sheets.words_for(caller, operation_id)

    @router.get(
        f"{ROOT}/sheets/duty.pdf",
        summary="The padal's duty sheet, of one place or of each of a day",
        responses=_PDF,
        response_class=PdfResponse,
        openapi_extra=for_roles(*KEEPERS),
    )
    async def duty(
        operation_id: str,
        caller: Reader,
        request: Request,
        place: PlaceAsked | None = None,
        day: OptionalDay = None,
    ) -> Response:
        schedule, operation, found, window, words_of = asked(operation_id, caller, place, day)
        paper = _paper(request, operation)
        sheet = duty_sheets(schedule, operation, paper, found, window, words_of)
        return await sheets.answer(sheet, "lembar-tugas", operation, request)

    @router.get(
        f"{ROOT}/sheets/check-in.pdf",
        summary="The check-in form, of one place or of each of a day",
        responses=_PDF,
        response_class=PdfResponse,
        openapi_extra=for_roles(*KEEPERS),
    )
    async def check_in(
        operation_id: str,
        caller: Reader,
        request: Request,
        place: PlaceAsked | None = None,
        day: OptionalDay = None,
    ) -> Response:
        schedule, operation, found, window, words_of = asked(operation_id, caller, place, day)
        sheet = check_in_forms(schedule, _paper(request, operation), found, window, words_of)
        return await sheets.answer(sheet, "daftar-hadir", operation, request)


def _paper(request: Request, operation: Operation) -> Paper:
    edge: Edge = request.app.state.edge
    vector = edge.vector_text(request.path_params["operation_id"])
    return paper_of(operation, vector, edge.clock.now())


def _places(
    schedule: Schedule, operation: Operation, ref: str | None, day: date | None
) -> tuple[list[Place], Window]:
    """The place asked for, or those of the day that will be held or guarded."""
    window = window_of(text_of(day), operation.zone)
    if ref is None:
        if day is None:
            raise HttpProblem(422, "malformed", "say which place= or which day=")
        return [each for each in places_in(schedule, window) if each.standing], window
    place = known_place(schedule, ref)
    if not window.meets(place.starts_at, place.ends_at):
        raise HttpProblem(
            404, "unknown_place", f"{place.ref} is from {place.starts_at} to {place.ends_at}, not then"
        )
    return [place], window
