"""The logs of an operation and all below it over HTTP, as one: searched in memory, merged, then read out."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from msgspec.structs import replace

from pamwal.bounded_queue import BoundedQueue
from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.family_reads import FamilyTimeline, OperationEntry
from pamwal.contracts.parents import READS_BELOW
from pamwal.edge.access import for_roles
from pamwal.edge.app import Caller, Reader
from pamwal.tables import MEDIA_TYPES, Table, TableForm
from services.reporting.answering import json_answer, says
from services.reporting.earlier import Look
from services.reporting.exported import TableWriter, is_file
from services.reporting.family_reads import CHILDREN, name_of_look, require_reads_below, walk_family
from services.reporting.known_names import not_there
from services.reporting.reads import Reads
from services.reporting.timeline.merging import (
    PLACE,
    Looked,
    Place,
    after_in,
    mark_of_place,
    merged,
    place_of,
)
from services.reporting.timeline.page import LOOKED_AT_MAX
from services.reporting.timeline.rows import family_table_of
from services.reporting.timeline_reads import (
    PAGE_MAX,
    ROWS_MAX,
    Hits,
    Search,
    Searched,
    TimelineReads,
    read_out,
    require_at_most,
)
from services.reporting.views.named import unknown_in_all
from services.reporting.views.situation import SIGHT_OF
from services.reporting.views.window import zone_of

OPERATIONS_MAX: Final = 60
"""In one search: a province with all its cities. Each of them is searched for each page."""
LOOKED_AT_LEAST: Final = 500
"""In each of them."""
ROWS_AT_ONCE: Final = 1_000
"""Of a table: each page looks through all of them anew."""


class FamilyTimelines:
    """What the routes answer with."""

    def __init__(self, reads: Reads, timelines: TimelineReads) -> None:
        self._reads, self._timelines = reads, timelines

    async def page(
        self,
        operation_id: str,
        caller: Caller,
        search: Search,
        after: Place | None,
        most: int | None = None,
    ) -> FamilyTimeline:
        """A page; `most`: entries looked at in each operation, a share of one search's if left out.

        AccessDenied; HttpProblem, also 422 for too many operations and 503 without the log.
        """
        require_reads_below(caller)
        share = max(LOOKED_AT_LEAST, LOOKED_AT_MAX // self._members(operation_id, caller))
        most = most or share

        def take(look: Look) -> Hits:
            own = replace(search, after=after_in(look.picture.operation_id, after))
            return self._timelines.found_in(look, caller, own, most)

        moment, found, unseen, settled = await walk_family(
            self._reads, operation_id, caller, search.at, search.known, take
        )
        if not unseen and (nowhere := unknown_in_all([hits.unknown for hits in found.values()])):
            raise not_there(nowhere, "is known of none of these operations")
        looked = [
            Looked(name, [each.entry.key for each in hits.found], hits.next_after)
            for name, hits in found.items()
        ]
        page = merged(looked, search.limit)
        counted = [hits.counts for hits in found.values() if hits.counts is not None]
        return FamilyTimeline(
            operation_id=operation_id,
            mode=caller.claims.mode,
            at=moment,
            operations=len(found),
            sight=SIGHT_OF[caller.claims.role],
            entries=await self._entries(page.places, found),
            counts=dict(sorted(sum(map(Counter, counted), Counter()).items())) if counted else None,
            unseen=unseen,
            next_after=mark_of_place(page.next_after),
            settled=settled,
        )

    async def require_rows(self, operation_id: str, caller: Caller, search: Search) -> None:
        """HttpProblem 422 if more than `ROWS_MAX` entries fit of the newest that one search looks at in each.

        They are counted before their requests are read; of longer logs a table may be refused later.
        """
        self._members(operation_id, caller)
        search = replace(search, limit=ROWS_MAX + 1)

        def count(look: Look) -> int:
            return len(self._timelines.matches(look, caller, search).found)

        _, counts, _, _ = await walk_family(self._reads, operation_id, caller, search.at, search.known, count)
        require_at_most(sum(counts.values()))

    def _members(self, operation_id: str, caller: Caller) -> int:
        below = self._reads.boards.families.ever_below(operation_id, caller.claims.mode)
        if len(below) >= OPERATIONS_MAX:
            raise HttpProblem(
                422,
                "too_large",
                f"{len(below)} operations lie below {operation_id}, and the log of {OPERATIONS_MAX} is"
                " searched at once; ask for that of one below it",
            )
        return len(below) + 1

    async def _entries(self, places: list[Place], found: dict[str, Hits]) -> list[OperationEntry]:
        """Those of a page, with who asked, in its order."""
        wanted = set(places)
        on_page = {name: _only(name, hits, wanted) for name, hits in found.items()}
        with_any = {name: hits for name, hits in on_page.items() if hits.found}
        told = await asyncio.gather(*(self._timelines.told(hits) for hits in with_any.values()))
        entries: dict[Place, OperationEntry] = {}
        for (name, hits), own in zip(with_any.items(), told, strict=True):
            called, zone = name_of_look(hits.look), zone_of(hits.look.picture)
            for each, entry in zip(hits.found, own, strict=True):
                shown = OperationEntry(operation_id=name, name=called, zone=zone, entry=entry)
                entries[Place(each.entry.key, name)] = shown
        return [entries[place] for place in places]


def family_timeline_routes(
    reads: Reads, timelines: TimelineReads, writer: TableWriter, tables: BoundedQueue
) -> APIRouter:
    """The log of a family, a page at a time and as a table; `tables` has places for tables."""
    router, families = APIRouter(tags=["reads"]), FamilyTimelines(reads, timelines)

    @router.get(
        f"{CHILDREN}/timeline",
        summary="Who did what, in the operation and all below it; newest first",
        responses=says(FamilyTimeline),
        openapi_extra=for_roles(*sorted(READS_BELOW)),
    )
    async def timeline(
        operation_id: str,
        caller: Reader,
        search: Searched,
        *,
        after: Annotated[
            str | None,
            Query(
                max_length=110,
                description="`next_after` of the page before",
                json_schema_extra={"pattern": PLACE.pattern},
            ),
        ] = None,
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 50,
    ) -> Response:
        search = replace(search, limit=limit)
        return json_answer(await families.page(operation_id, caller, search, place_of(after)))

    def add_table(form: TableForm) -> None:
        @router.get(
            f"{CHILDREN}/timeline.{form}",
            summary="The same as a table, an entry a row",
            responses=is_file(MEDIA_TYPES[form], "every text is safe in a spreadsheet"),
            openapi_extra=for_roles("ops_head", "admin"),
        )
        async def table(operation_id: str, caller: Reader, search: Searched, request: Request) -> Response:
            search = replace(search, limit=ROWS_AT_ONCE)

            async def read() -> Table:
                await families.require_rows(operation_id, caller, search)
                found: list[OperationEntry] = []
                after: Place | None = None
                while True:
                    page = await families.page(operation_id, caller, search, after, LOOKED_AT_MAX)
                    found += page.entries
                    after = place_of(page.next_after)
                    if after is None:
                        return family_table_of(found, page.unseen)
                    require_at_most(len(found))

            table = await read_out(tables, request.receive, read)
            name = f"timeline-below-{operation_id}"
            exercise = caller.claims.mode == "exercise"
            return await writer.answer([table], form, name, request.receive, exercise=exercise)

    add_table("csv")
    add_table("xlsx")
    return router


def _only(name: str, hits: Hits, wanted: set[Place]) -> Hits:
    """Of what was found in one operation what stands at these places."""
    kept = [
        (entry, each)
        for entry, each in zip(hits.entries, hits.found, strict=True)
        if Place(each.entry.key, name) in wanted
    ]
    return hits._replace(entries=[entry for entry, _ in kept], found=[each for _, each in kept])
