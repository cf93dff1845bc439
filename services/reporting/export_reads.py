"""The situation as files: CSV, a workbook, GeoJSON. A role sees of each what it sees of the situation."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from pamwal.contracts.errors import UnknownPlace
from pamwal.contracts.parents import READS_BELOW
from pamwal.contracts.places import Point
from pamwal.contracts.reporting import Situation
from pamwal.edge.access import FOR_ANY_TOKEN, for_roles
from pamwal.edge.app import Caller, Reader
from pamwal.places import known_places
from pamwal.tables import MEDIA_TYPES, TableForm
from services.reporting.earlier import KnownAsked, MomentAsked
from services.reporting.exported import TableWriter, file_answer, is_file
from services.reporting.exports.geojson import MEDIA_TYPE, collection_of
from services.reporting.exports.tables import FAMILY_SECTIONS, Section, family_table_of, table_of, tables_of
from services.reporting.family_reads import CHILDREN, require_reads_below
from services.reporting.picture import OperationPicture
from services.reporting.reads import DayAsked, Reads

_SITUATION: Final = "/reporting/v1/operations/{operation_id}/situation"
_FAMILY: Final = f"{CHILDREN}/situation"
SectionAsked = Annotated[
    Section,
    Query(
        description="which of its sections, `children` and `rolled_up` of an operation with others below it;"
        " a workbook has all of them"
    ),
]


def export_routes(reads: Reads, writer: TableWriter) -> APIRouter:
    """The situation in every form but JSON."""
    router = APIRouter(tags=["exports"])

    def looked_at(
        operation_id: str, caller: Caller, day: str | None, at: str | None, known: str | None
    ) -> tuple[OperationPicture, Situation]:
        look = reads.look(operation_id, caller, at, known)
        return look.picture, reads.situation(look, caller, day)

    @router.get(
        f"{_SITUATION}.csv",
        summary="A section of the situation as a table",
        responses=is_file(MEDIA_TYPES["csv"], "RFC 4180 in UTF-8, every text safe in a spreadsheet"),
        openapi_extra=FOR_ANY_TOKEN,
    )
    async def csv(
        operation_id: str,
        caller: Reader,
        request: Request,
        section: SectionAsked = "venues",
        day: DayAsked = None,
        at: MomentAsked = None,
        known: KnownAsked = None,
    ) -> Response:
        if section in FAMILY_SECTIONS:
            situation = await reads.wide(operation_id, caller, day=day, at=at, known=known)
        else:
            _, situation = looked_at(operation_id, caller, day, at, known)
        tables, name = [table_of(situation, section)], _name(situation, section)
        return await writer.answer(tables, "csv", name, request.receive, exercise=_exercise(situation))

    @router.get(
        f"{_SITUATION}.xlsx",
        summary="The situation as a workbook with a sheet for each section",
        responses=is_file(MEDIA_TYPES["xlsx"], "every text is safe in a spreadsheet"),
        openapi_extra=FOR_ANY_TOKEN,
    )
    async def xlsx(
        operation_id: str,
        caller: Reader,
        request: Request,
        day: DayAsked = None,
        at: MomentAsked = None,
        known: KnownAsked = None,
    ) -> Response:
        situation = await reads.wide(operation_id, caller, day=day, at=at, known=known)
        tables, name = tables_of(situation), _name(situation, "situation")
        return await writer.answer(tables, "xlsx", name, request.receive, exercise=_exercise(situation))

    def add_family(form: TableForm) -> None:
        @router.get(
            f"{_FAMILY}.{form}",
            summary="A row for each operation below, with all below that; last the sum, each officer once",
            responses=is_file(MEDIA_TYPES[form], "every text is safe in a spreadsheet"),
            openapi_extra=for_roles(*sorted(READS_BELOW)),
        )
        async def family(
            operation_id: str,
            caller: Reader,
            request: Request,
            day: DayAsked = None,
            at: MomentAsked = None,
            known: KnownAsked = None,
        ) -> Response:
            require_reads_below(caller)
            situation = await reads.wide(operation_id, caller, day=day, at=at, known=known)
            tables, name = [family_table_of(situation)], _name(situation, "family")
            return await writer.answer(tables, form, name, request.receive, exercise=_exercise(situation))

    add_family("csv")
    add_family("xlsx")

    @router.get(
        f"{_SITUATION}.geojson",
        summary="Venues, sites and incidents on a map (RFC 7946)",
        responses=is_file(MEDIA_TYPE, "a FeatureCollection"),
        openapi_extra=FOR_ANY_TOKEN,
    )
    async def geojson(
        operation_id: str,
        caller: Reader,
        day: DayAsked = None,
        at: MomentAsked = None,
        known: KnownAsked = None,
    ) -> Response:
        picture, situation = looked_at(operation_id, caller, day, at, known)
        content = msgspec.json.encode(collection_of(situation, picture, _point_of))
        name = f"{_name(situation, 'situation')}.geojson"
        return file_answer(content, MEDIA_TYPE, name, exercise=_exercise(situation))

    return router


def _name(situation: Situation, what: str) -> str:
    return f"{what}-{situation.operation_id}-{situation.day}"


def _exercise(situation: Situation) -> bool:
    return situation.mode == "exercise"


def _point_of(kelurahan: str) -> Point | None:
    try:
        return known_places().place(kelurahan).point
    except UnknownPlace:
        return None
