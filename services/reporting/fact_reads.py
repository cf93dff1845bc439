"""GET: an operation's facts as a Parquet file, for analysts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import islice
from typing import Final

from fastapi import APIRouter
from fastapi.responses import Response

from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.instants import to_ms
from pamwal.contracts.routes import PLACE_READERS
from pamwal.contracts.zones import DAY_MS, local_day, midnight
from pamwal.edge.access import for_roles
from pamwal.edge.app import Caller, Reader
from services.reporting.days import FromAsked, ToAsked, days_asked
from services.reporting.earlier import KnownAsked, Look, MomentAsked
from services.reporting.exported import file_answer, is_file
from services.reporting.exports.facts import Row, rows_of
from services.reporting.parquet import MEDIA_TYPE, FactsFile
from services.reporting.reads import Reads
from services.reporting.timeline.index import Entry
from services.reporting.timeline.matching import Asked, Matcher
from services.reporting.timeline.sight import Reader as Sighted
from services.reporting.timeline_reads import TimelineReads
from services.reporting.views.situation import SIGHT_OF
from services.reporting.views.window import zone_of

AT_ONCE: Final = 2_000
"""Entries listed, or rows made, before other requests have their turn: rows take about 20 ms."""
ENTRIES_MAX: Final = 1_000_000
"""Of one file; about 100 bytes each in it, ten times that while it is written."""


def fact_routes(reads: Reads, timelines: TimelineReads) -> APIRouter:
    """One route."""
    router = APIRouter(tags=["exports"])

    def rows(
        operation_id: str, caller: Caller, look: Look, entries: list[Entry], asked: Asked
    ) -> Iterator[Row]:
        sight = SIGHT_OF[caller.claims.role]
        now = reads.live.operation(operation_id, caller.claims.mode) or look.picture
        matcher = Matcher(look.picture, Sighted([look.picture, now], sight), asked, None)
        return rows_of(look.picture, entries, matcher, sight)

    @router.get(
        "/reporting/v1/operations/{operation_id}/facts.parquet",
        summary="Facts with both times for analysts, one a row, without names and free text",
        responses=is_file(MEDIA_TYPE, "Apache Parquet; 501 where the service cannot write it"),
        openapi_extra=for_roles(*PLACE_READERS),
    )
    async def facts(
        operation_id: str,
        caller: Reader,
        *,
        first: FromAsked = None,
        last: ToAsked = None,
        at: MomentAsked = None,
        known: KnownAsked = None,
    ) -> Response:
        look = reads.look(operation_id, caller, at, known)
        zone = zone_of(look.picture)
        days = days_asked(
            look.picture,
            reads.day(first, "from"),
            reads.day(last, "to"),
            local_day(look.at, zone),
            whole=True,
        )
        from_ms = to_ms(midnight(days[0], zone))
        asked = Asked(from_ms=from_ms, before_ms=from_ms + len(days) * DAY_MS)
        found: list[Entry] = []
        for some in timelines.entries(look, caller, AT_ONCE):
            found += (each for each in some if asked.holds(each.key.at_ms))
            if len(found) > ENTRIES_MAX:
                raise HttpProblem(
                    422, "too_large", f"there are over {ENTRIES_MAX:,} entries; ask for fewer days"
                )
            await asyncio.sleep(0)
        exercise = caller.claims.mode == "exercise"
        about = {
            "operation_id": operation_id,
            "mode": "LATIHAN (exercise)" if exercise else "real",
            "at": look.at,
            "vector": ",".join(f"{place}-{offset}" for place, offset in sorted(look.vector.items())),
        }
        file = FactsFile(about)
        made = rows(operation_id, caller, look, found[::-1], asked)
        while some_rows := list(islice(made, AT_ONCE)):
            file.add(some_rows)
            await asyncio.sleep(0)
        content = await asyncio.to_thread(file.written)
        name = f"facts-{operation_id}-{days[0]}-{days[-1]}.parquet"
        return file_answer(content, MEDIA_TYPE, name, exercise=exercise)

    return router
