"""The parity audit over HTTP: as JSON, and its rows as CSV."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import Response

from pamwal.bounded_queue import BoundedQueue
from pamwal.cells import csv_of, guarded
from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.parity import ParityAudit
from pamwal.contracts.routes import PLACE_READERS
from pamwal.contracts.zones import local_day
from pamwal.edge.access import FOR_ANY_TOKEN, for_roles
from pamwal.edge.app import Caller, Reader
from pamwal.edge.attached import LATIHAN
from pamwal.tables import MEDIA_TYPES
from services.reporting.answering import json_answer, says
from services.reporting.days import FromAsked, ToAsked, days_asked
from services.reporting.earlier import MomentAsked
from services.reporting.exported import file_answer
from services.reporting.known_names import not_there
from services.reporting.parity.rally_days import RallyDays, rally_days_of
from services.reporting.parity.rows import COLUMNS, cells_of
from services.reporting.parity.scope import SEED_MAX, Scope
from services.reporting.reads import Reads
from services.reporting.views.named import Unknown, elections_of
from services.reporting.views.situation import SIGHT_OF
from services.reporting.views.window import zone_of

RALLY_DAYS_MAX: Final = 5_000
"""The test's cost grows with them: so many take about 2 s of one core."""
_PARITY: Final = "/reporting/v1/operations/{operation_id}/parity"
ElectionAsked = Annotated[
    str,
    Query(
        max_length=64,
        pattern="^[a-z][a-z0-9_-]*$",
        description="the election whose candidate pairs are compared",
        examples=["walikota"],
    ),
]
SeedAsked = Annotated[
    int | None,
    Query(
        ge=0, le=SEED_MAX, description="seed of the permutations; default: derived from the answer's vector"
    ),
]


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One audit: what it is about, and the table it compares."""

    scope: Scope
    table: RallyDays


def parity_routes(reads: Reads, audits: BoundedQueue) -> APIRouter:
    """The audit and its rows; `audits` holds the places for audits that are computed."""
    router = APIRouter(tags=["reads"])

    def table_of(
        operation_id: str, caller: Caller, election: str, first: str | None, last: str | None, at: str | None
    ) -> _Asked:
        picture = reads.operation(operation_id, caller)
        elections = elections_of(picture)
        if election not in elections:
            raise not_there(Unknown(parameter="election", asked=election, there=elections))
        now, sight = reads.moment(picture, at), SIGHT_OF[caller.claims.role]
        days = days_asked(
            picture,
            reads.day(first, "from"),
            reads.day(last, "to"),
            local_day(now, zone_of(picture)),
            whole=True,
        )
        table = rally_days_of(picture, election, days, now, sight)
        if len(table.rows) > RALLY_DAYS_MAX:
            raise HttpProblem(
                422,
                "too_large",
                f"{len(table.rows)} rally-days are more than {RALLY_DAYS_MAX}; ask for fewer days",
            )
        vector = reads.live.vector_of(operation_id)
        scope = Scope(
            operation_id=operation_id,
            election=election,
            first_day=days[0],
            last_day=days[-1],
            at=now,
            vector=vector,
            sight=sight,
        )
        return _Asked(scope=scope, table=table)

    @router.get(
        _PARITY,
        summary="Are the candidate pairs of an election secured alike? Means, tests and their limits",
        responses=says(ParityAudit),
        openapi_extra=FOR_ANY_TOKEN,
    )
    async def parity(
        operation_id: str,
        caller: Reader,
        election: ElectionAsked,
        first: FromAsked = None,
        last: ToAsked = None,
        at: MomentAsked = None,
        seed: SeedAsked = None,
    ) -> Response:
        # numpy is loaded by who audits, not by every replica when it starts.
        from services.reporting.parity.audit import audit_of

        asked = table_of(operation_id, caller, election, first, last, at)
        async with audits.place():
            audit = await asyncio.to_thread(audit_of, asked.table, asked.scope, seed=seed)
        return json_answer(audit)

    @router.get(
        f"{_PARITY}.csv",
        summary="The rally-days that the audit compares, one a row, so that anyone can compute it again",
        responses={200: {"description": "RFC 4180 in UTF-8", "content": {"text/csv": {}}}},
        openapi_extra=for_roles(*PLACE_READERS),
    )
    async def table(
        operation_id: str,
        caller: Reader,
        election: ElectionAsked,
        first: FromAsked = None,
        last: ToAsked = None,
        at: MomentAsked = None,
    ) -> Response:
        asked = table_of(operation_id, caller, election, first, last, at)
        exercise = caller.claims.mode == "exercise"
        mark = (LATIHAN,) if exercise else ()
        rows = ([*mark, *map(guarded, row)] for row in cells_of(asked.table.rows))
        content = csv_of((*mark, *COLUMNS), rows)
        name = f"parity-{election}-{asked.scope.first_day}-{asked.scope.last_day}.csv"
        return file_answer(content, MEDIA_TYPES["csv"], name, exercise=exercise)

    return router
