"""GET: a SitRep in the form that other agencies' systems read, EDXL-SitRep 1.0, and its map."""

from __future__ import annotations

from typing import Final

import msgspec
from fastapi import APIRouter
from fastapi.responses import Response

from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.routes import PLACE_READERS
from pamwal.contracts.sitreps import SitRep
from pamwal.edge.access import for_roles
from pamwal.edge.app import Reader
from services.reporting.earlier import unknown_operation
from services.reporting.exported import file_answer, is_file
from services.reporting.exports.edxl import MEDIA_TYPE, edxl_of
from services.reporting.reads import Reads
from services.reporting.sheets.chat import text_of
from services.reporting.sheets.ground import ground_of
from services.reporting.sheets.map_drawn import map_of
from services.reporting.sheets.printing import legend_of
from services.reporting.sheets.report import Reporter
from services.reporting.sheets.tongues import KINDS, TONGUES
from services.reporting.sitrep_reads import LanguageAsked, NumberAsked
from services.reporting.sitreps import SitReps
from services.reporting.words import name_of

SVG: Final = "image/svg+xml"
_document: Final = msgspec.json.Decoder(SitRep)


def sitrep_export_routes(sitreps: SitReps, reads: Reads) -> APIRouter:
    """Both."""
    router = APIRouter(tags=["exports"])

    @router.get(
        "/reporting/v1/operations/{operation_id}/sitreps/{number}/edxl.xml",
        summary="A SitRep as EDXL-SitRep 1.0",
        responses=is_file(MEDIA_TYPE, "OASIS EDXL-SitRep 1.0, UTF-8"),
        openapi_extra=for_roles(*PLACE_READERS),
    )
    async def edxl(
        operation_id: str, number: NumberAsked, caller: Reader, lang: LanguageAsked = "id"
    ) -> Response:
        found = await sitreps.shown(operation_id, caller.claims.mode, number)
        sitrep = _document.decode(found.document)
        report = Reporter(TONGUES[lang], name_of, KINDS[lang]).report(sitrep, found.sha256)
        charter = reads.operation(operation_id, caller).charter
        if charter is None:
            raise unknown_operation(operation_id)
        content = edxl_of(sitrep, found.sha256, text_of(report), charter.region)
        name = f"edxl-sitrep-{operation_id}-{number}.xml"
        return file_answer(content, MEDIA_TYPE, name, exercise=sitrep.mode == "exercise")

    @router.get(
        "/reporting/v1/operations/{operation_id}/sitreps/{number}/map.svg",
        summary="A SitRep's strength and open incidents on a map, black and white",
        responses=is_file(SVG, "404 where no place of it is known here"),
        openapi_extra=for_roles(*PLACE_READERS),
    )
    async def drawn(
        operation_id: str, number: NumberAsked, caller: Reader, lang: LanguageAsked = "id"
    ) -> Response:
        found = await sitreps.shown(operation_id, caller.claims.mode, number)
        sitrep = _document.decode(found.document)
        ground = ground_of(sitrep)
        drawing = map_of(sitrep, ground, legend_of(sitrep, lang)) if ground else ""
        if not drawing:
            raise HttpProblem(404, "no_map", f"no place of SitRep {number} is in this service's gazetteer")
        name = f"map-{operation_id}-{number}.svg"
        return file_answer(drawing, SVG, name, exercise=sitrep.mode == "exercise")

    return router
