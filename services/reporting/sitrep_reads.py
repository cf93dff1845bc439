"""GET: SitReps as a list, as they stand in the log, as text, PDF and page; and the keys to check them with.

A SitRep holds rows of places, so whoever sees counts only is told to look at the situation instead. Nobody on
intel is placed or named in one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, Response

from pamwal.contracts.errors import AccessDenied
from pamwal.contracts.routes import PLACE_READERS
from pamwal.contracts.sitreps import SitRep
from pamwal.contracts.sitreps_shown import ChildSitReps, KeySet, SitRepList, SitRepShown
from pamwal.edge.access import PUBLIC, for_roles
from pamwal.edge.app import Reader
from pamwal.edge.attached import attached
from pamwal.edge.pages import response_of
from pamwal.edge.reads import page_access
from services.reporting.answering import json_answer, says
from services.reporting.citing import Citing
from services.reporting.page import HEADERS, denied_reply, sitreps_page
from services.reporting.reads import Reads
from services.reporting.sheets.chat import text_of
from services.reporting.sheets.ground import ground_of
from services.reporting.sheets.printing import sheet_of, sitrep_press
from services.reporting.sheets.report import Reporter
from services.reporting.sheets.tongues import KINDS, TONGUES, Language
from services.reporting.sitreps import SitReps
from services.reporting.views.window import zone_of
from services.reporting.words import name_of

_ROOT: Final = "/reporting/v1/operations/{operation_id}/sitreps"
_NO_STORE: Final = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
NumberAsked = Annotated[int, Path(ge=1, le=1_000_000, description="its number")]
LanguageAsked = Annotated[Language, Query(description="Indonesian or English")]
_document: Final = msgspec.json.Decoder(SitRep)


class TextResponse(Response):
    """Says its media type to the description of the API as well."""

    media_type = "text/plain; charset=utf-8"


class PdfResponse(Response):
    """The same of a PDF."""

    media_type = "application/pdf"


def _of(media: str, description: str) -> dict[int | str, dict[str, Any]]:
    schema = {"type": "string"} if media.startswith("text") else {"type": "string", "format": "binary"}
    return {200: {"description": description, "content": {media: {"schema": schema}}}}


def sitrep_routes(
    sitreps: SitReps, reads: Reads, jwks: Callable[[], dict[str, Any]], citing: Citing
) -> APIRouter:
    """Lists and single ones; `jwks`: the JSON Web Key Set of all keys that SitReps are signed with."""
    router, press = APIRouter(tags=["sitreps"]), sitrep_press()

    @router.get(
        _ROOT,
        summary="All SitReps, the newest first",
        responses=says(SitRepList),
        openapi_extra=for_roles(*PLACE_READERS),
    )
    async def listed(operation_id: str, caller: Reader) -> Response:
        zone = zone_of(reads.operation(operation_id, caller))
        return json_answer(sitreps.listed(operation_id, caller.claims.mode, zone))

    @router.get(
        "/reporting/v1/operations/{operation_id}/children/sitreps",
        summary="The latest SitRep of each child, for a SitRep of their parent to cite",
        responses=says(ChildSitReps),
        openapi_extra=for_roles(*PLACE_READERS),
    )
    async def of_children(operation_id: str, caller: Reader) -> Response:
        reads.operation(operation_id, caller)
        cited = citing.children(operation_id, caller.claims.mode)
        return json_answer(ChildSitReps(operation_id=operation_id, children=cited))

    @router.get(
        f"{_ROOT}/{{number}}",
        summary="One as it stands in the log: the bytes that were signed, and the signatures",
        responses=says(SitRepShown),
        openapi_extra=for_roles(*PLACE_READERS),
    )
    async def shown(operation_id: str, number: NumberAsked, caller: Reader) -> Response:
        return json_answer(await sitreps.shown(operation_id, caller.claims.mode, number))

    @router.get(
        f"{_ROOT}/{{number}}/text",
        summary="The same as text for a chat group, in the customary order",
        responses=_of(TextResponse.media_type, "UTF-8"),
        response_class=TextResponse,
        openapi_extra=for_roles(*PLACE_READERS),
    )
    async def text(
        operation_id: str, number: NumberAsked, caller: Reader, lang: LanguageAsked = "id"
    ) -> Response:
        found = await sitreps.shown(operation_id, caller.claims.mode, number)
        reporter = Reporter(TONGUES[lang], name_of, KINDS[lang])
        report = reporter.report(_document.decode(found.document), found.sha256)
        return TextResponse(text_of(report), headers=_NO_STORE)

    @router.get(
        f"{_ROOT}/{{number}}/sitrep.pdf",
        summary="The same to print, with room for a signature",
        responses=_of(PdfResponse.media_type, "A4, black and white"),
        response_class=PdfResponse,
        openapi_extra=for_roles(*PLACE_READERS),
    )
    async def pdf(
        operation_id: str, number: NumberAsked, caller: Reader, request: Request, lang: LanguageAsked = "id"
    ) -> Response:
        found = await sitreps.shown(operation_id, caller.claims.mode, number)
        sitrep = _document.decode(found.document)
        sheet = sheet_of(sitrep, found.sha256, lang, name_of, KINDS[lang], ground_of(sitrep))
        name = attached(f"sitrep-{number}.pdf", exercise=sitrep.mode == "exercise", shown=True)
        printed = await press.pdf_of(sheet, request.receive)
        return PdfResponse(printed, headers={**_NO_STORE, "content-disposition": name})

    @router.get(
        "/reporting/v1/keys",
        summary="Public keys that this service signs SitReps with (JWK set); needs no token",
        responses=says(KeySet),
        openapi_extra=PUBLIC,
    )
    async def keys() -> Response:
        return json_answer(KeySet(keys=jwks()["keys"]))

    @router.get("/sitreps", include_in_schema=False, openapi_extra=for_roles(*PLACE_READERS))
    async def page(request: Request, operation: str) -> Response:
        try:
            caller = await page_access(request, operation)
        except AccessDenied as error:
            if error.status != 401:
                raise
            return response_of(denied_reply(error))
        picture = reads.operation(operation, caller)
        shown = sitreps_page(
            sitreps.listed(operation, caller.claims.mode, zone_of(picture)),
            name=picture.charter.name if picture.charter else operation,
            exercise=caller.claims.mode == "exercise",
        )
        return HTMLResponse(shown, headers=HEADERS)

    return router
