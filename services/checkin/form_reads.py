"""GET: a place's check-in list (ICS 211) and a post's activity log (ICS 214) to print.

Who may read their data may print them; names are for who may read those.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Path, Request, Response
from msgspec import Struct
from msgspec.structs import replace

from pamwal.contracts.errors import AccessDenied
from pamwal.contracts.field_reads import PostLog
from pamwal.contracts.routes import COMMANDERS
from pamwal.contracts.zones import Zone
from pamwal.edge.access import for_roles
from pamwal.edge.app import Caller, Reader
from pamwal.edge.attached import attached
from pamwal.edge.moments import DayAsked, ZoneAsked
from pamwal.printing.paper import Paper, paper_of
from services.checkin.reads import ROOT, only_post
from services.checkin.sheet_reads import HEADERS, PAGE_MAX, PlaceAsked, Sheets
from services.checkin.sheets.forms import activity_log, check_in_list, form_press
from services.checkin.then import Then, ThenAsked
from services.checkin.views import attendance

if TYPE_CHECKING:
    from pamwal.edge.app import Edge

PDF: Final = "application/pdf"
LINES_MAX: Final = 4 * PAGE_MAX
"""Of one printed log: some forty pages."""
_PDF: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "A4, black and white", "content": {PDF: {}}}
}
PostAsked = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$", description="a post")]


def form_router(sheets: Sheets) -> APIRouter:
    """Both forms."""
    router, press = APIRouter(tags=["sheets"]), form_press()

    async def answer(sheet: Struct, name: str, caller: Caller, request: Request) -> Response:
        exercise = caller.claims.mode == "exercise"
        headers = {**HEADERS, "content-disposition": attached(f"{name}.pdf", exercise=exercise)}
        pdf = await press.pdf_of(sheet, request.receive)
        return Response(pdf, media_type=PDF, headers=headers)

    @router.get(
        f"{ROOT}/places/{{place:path}}/ics-211.pdf",
        summary="Who was at a rally or site on a local day, to print",
        responses=_PDF,
        openapi_extra=for_roles(*COMMANDERS),
    )
    async def ics_211(
        operation_id: str,
        place: PlaceAsked,
        day: DayAsked,
        caller: Reader,
        request: Request,
        then: ThenAsked,
        zone: ZoneAsked = None,
    ) -> Response:
        told = await sheets.attended(operation_id, place, day, zone, caller, then)
        paper = _paper(request, caller, told.operation_name, told.zone, then)
        sheet = check_in_list(attendance.ics_211(told), paper, cut=told.cut)
        return await answer(sheet, f"ics-211-{place.replace('/', '-')}-{day}", caller, request)

    @router.get(
        f"{ROOT}/posts/{{post}}/ics-214.pdf",
        summary="What a post did on a local day, to print",
        responses=_PDF,
        openapi_extra=for_roles(*COMMANDERS),
    )
    async def ics_214(
        operation_id: str,
        post: PostAsked,
        day: DayAsked,
        caller: Reader,
        request: Request,
        then: ThenAsked,
        zone: ZoneAsked = None,
    ) -> Response:
        if only_post(caller) not in {None, post}:
            raise AccessDenied("a post reads its own log", code="not_yours")
        log = await _whole(sheets, operation_id, post, day, zone, caller, then)
        paper = _paper(request, caller, log.operation_name, log.zone, then)
        sheet = activity_log(log, paper, cut=log.next_after is not None)
        return await answer(sheet, f"ics-214-{post}-{day}", caller, request)

    return router


async def _whole(
    sheets: Sheets, operation_id: str, post: str, day: date, zone: Zone | None, caller: Caller, then: Then
) -> PostLog:
    """The day's log, cut behind `LINES_MAX` lines."""
    log = await sheets.log(caller, operation_id, post, day, zone, -1, PAGE_MAX, then)
    while log.next_after is not None and len(log.lines) < LINES_MAX:
        page = await sheets.log(caller, operation_id, post, day, zone, log.next_after, PAGE_MAX, then)
        log = replace(page, lines=[*log.lines, *page.lines])
    return log


def _paper(request: Request, caller: Caller, name: str, zone: str, then: Then) -> Paper:
    """Its foot says as of when it tells."""
    edge: Edge = request.app.state.edge
    vector = edge.vector_text(request.path_params["operation_id"])
    return paper_of(
        name,
        zone,
        vector,
        then.known or then.at or edge.clock.now(),
        exercise=caller.claims.mode == "exercise",
    )
