"""ICS 204 over HTTP: the assignments of a place on a day as JSON and to print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from pamwal.contracts.assignment_lists import Ics204
from pamwal.contracts.routes import PLACE_READERS
from pamwal.edge.access import for_roles
from pamwal.edge.app import Caller, Reader
from pamwal.edge.names import Names
from pamwal.printing.paper import paper_of
from services.reporting.answering import json_answer, says
from services.reporting.earlier import KnownAsked, MomentAsked
from services.reporting.exported import file_answer, is_file
from services.reporting.forms.assignment_list import assignment_list
from services.reporting.forms.sheets import assignment_sheet, form_press
from services.reporting.known_names import not_there
from services.reporting.reads import Reads
from services.reporting.views.named import Unknown, places_of
from services.reporting.views.situation import SIGHT_OF
from services.reporting.words import name_of

if TYPE_CHECKING:
    from pamwal.edge.app import Edge

PDF: Final = "application/pdf"
_PLACE: Final = "/reporting/v1/operations/{operation_id}/places/{place:path}"
DayAsked = Annotated[
    str | None,
    Query(
        max_length=10,
        description="local day, YYYY-MM-DD; default: that of `at`, or the nearest on which the place is held",
    ),
]
PlaceAsked = Annotated[
    str, Path(pattern=r"^(rally|site)/[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$", description="rally/ID or site/ID")
]


def form_routes(reads: Reads, names: Names) -> APIRouter:
    """The assignment list of a place."""
    router, press = APIRouter(tags=["exports"]), form_press()

    def list_of(
        operation_id: str, place: str, caller: Caller, *, day: str | None, at: str | None, known: str | None
    ) -> Ics204:
        look = reads.look(operation_id, caller, at, known)
        found = assignment_list(
            look.picture,
            place,
            look.at,
            day=reads.day(day),
            sight=SIGHT_OF[caller.claims.role],
            name_of=name_of,
            words_of=names.words_for(caller.claims.role, operation_id),
            vector=look.vector,
        )
        if found is None:
            unknown = Unknown(parameter="place", asked=place, there=places_of(look.picture))
            raise not_there(unknown, "is not planned")
        return found

    @router.get(
        f"{_PLACE}/ics-204.pdf",
        summary="The same to print",
        responses=is_file(PDF, "A4, black and white"),
        openapi_extra=for_roles(*PLACE_READERS),
    )
    async def printed(
        operation_id: str,
        place: PlaceAsked,
        caller: Reader,
        request: Request,
        day: DayAsked = None,
        at: MomentAsked = None,
        known: KnownAsked = None,
    ) -> Response:
        told = list_of(operation_id, place, caller, day=day, at=at, known=known)
        edge: Edge = request.app.state.edge
        paper = paper_of(
            told.incident_name, told.zone, edge.vector_text(operation_id), told.at, exercise=told.exercise
        )
        pdf = await press.pdf_of(assignment_sheet(told, paper), request.receive)
        name = f"ics-204-{place.replace('/', '-')}-{told.day}.pdf"
        return file_answer(pdf, PDF, name, exercise=told.exercise)

    @router.get(
        f"{_PLACE}/ics-204",
        summary="Who is assigned to a place on a day, as the data of ICS 204",
        responses=says(Ics204),
        openapi_extra=for_roles(*PLACE_READERS),
    )
    async def ics_204(
        operation_id: str,
        place: PlaceAsked,
        caller: Reader,
        day: DayAsked = None,
        at: MomentAsked = None,
        known: KnownAsked = None,
    ) -> Response:
        return json_answer(list_of(operation_id, place, caller, day=day, at=at, known=known))

    return router
