"""Hours over HTTP: worked against ordered as JSON, and as a table for allowances."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from msgspec import Struct
from msgspec.structs import replace

from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.hours import HoursWorked
from pamwal.contracts.routes import PLACE_READERS
from pamwal.contracts.zones import local_day
from pamwal.edge.access import FOR_ANY_TOKEN, for_roles
from pamwal.edge.app import Caller, Reader
from pamwal.edge.names import Names, nobody
from pamwal.tables import MEDIA_TYPES, TableForm
from services.reporting.answering import json_answer, says
from services.reporting.days import FromAsked, ToAsked, days_asked
from services.reporting.earlier import KnownAsked, MomentAsked
from services.reporting.exported import TableWriter, is_file
from services.reporting.hours.account import HoursAsked, account_of
from services.reporting.hours.rows import table_of
from services.reporting.known_names import require_known
from services.reporting.reads import Reads
from services.reporting.views.situation import SIGHT_OF
from services.reporting.views.window import zone_of

PAGE_MAX: Final = 500
ROWS_MAX: Final = 100_000
_HOURS: Final = "/reporting/v1/operations/{operation_id}/hours"
OfficerAsked = Annotated[str | None, Query(max_length=32, description="only this officer")]
UnitAsked = Annotated[str | None, Query(max_length=200, description="only officers of this unit")]


class _Asked(Struct, frozen=True, kw_only=True):
    first: str | None
    last: str | None
    officer: str | None
    unit: str | None
    at: str | None
    known: str | None
    after: str = ""
    limit: int


def hours_routes(reads: Reads, names: Names, writer: TableWriter) -> APIRouter:
    """The account of hours, and its rows."""
    router = APIRouter(tags=["reads"])

    def account(operation_id: str, caller: Caller, asked: _Asked) -> HoursWorked:
        look = reads.look(operation_id, caller, asked.at, asked.known)
        picture, now = look.picture, look.at
        today = local_day(now, zone_of(picture))
        days = days_asked(
            picture, reads.day(asked.first, "from"), reads.day(asked.last, "to"), today, whole=False
        )
        claims = caller.claims
        sight = SIGHT_OF[claims.role]
        written = picture.ids.written
        own = written(claims.officer) if claims.role == "officer" and claims.officer else None
        officer = None if asked.officer is None else written(asked.officer)
        require_known(reads.live, look, caller, officer=officer, unit=asked.unit)
        words_of = names.words_for(claims.role, operation_id) if sight != "counts" else nobody
        found = account_of(
            picture,
            HoursAsked(
                days=days, at=now, sight=sight, own=own, officer=officer, unit=asked.unit,
                after=asked.after, limit=asked.limit,
            ),
            words_of,
            look.vector,
            reads.operation(operation_id, caller),
        )  # fmt: skip
        return replace(found, knowledge=look.knowledge())

    @router.get(
        _HOURS,
        summary="Hours worked against ordered per officer, unit and day; relief due, rest owed, overrides",
        responses=says(HoursWorked),
        openapi_extra=FOR_ANY_TOKEN,
    )
    async def hours(
        operation_id: str,
        caller: Reader,
        *,
        first: FromAsked = None,
        last: ToAsked = None,
        officer: OfficerAsked = None,
        unit: UnitAsked = None,
        at: MomentAsked = None,
        known: KnownAsked = None,
        after: Annotated[str, Query(max_length=32, description="`next_after` of the page before")] = "",
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX, description="officers of a page")] = PAGE_MAX,
    ) -> Response:
        asked = _Asked(
            first=first, last=last, officer=officer, unit=unit, at=at, known=known, after=after, limit=limit
        )
        return json_answer(account(operation_id, caller, asked))

    def add_table(form: TableForm) -> None:
        @router.get(
            f"{_HOURS}.{form}",
            summary="The same for allowances, one officer and day a row",
            responses=is_file(MEDIA_TYPES[form], "every text is safe in a spreadsheet"),
            openapi_extra=for_roles(*PLACE_READERS),
        )
        async def rows(
            operation_id: str,
            caller: Reader,
            request: Request,
            *,
            first: FromAsked = None,
            last: ToAsked = None,
            officer: OfficerAsked = None,
            unit: UnitAsked = None,
            at: MomentAsked = None,
            known: KnownAsked = None,
        ) -> Response:
            asked = _Asked(
                first=first, last=last, officer=officer, unit=unit, at=at, known=known, limit=ROWS_MAX
            )
            found = account(operation_id, caller, asked)
            count = sum(len(each.days) for each in found.officers)
            if count > ROWS_MAX:
                raise HttpProblem(
                    422,
                    "too_large",
                    f"{count:,} rows are more than {ROWS_MAX:,}; ask for fewer days or one unit",
                )
            name = f"hours-{found.first_day}-{found.last_day}"
            return await writer.answer(
                [table_of(found)], form, name, request.receive, exercise=found.exercise
            )

    add_table("csv")
    add_table("xlsx")
    return router
