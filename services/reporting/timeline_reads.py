"""The log of an operation over HTTP: searched in memory; a page's requests are read from the log itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from itertools import islice
from typing import Annotated, Any, Final, NamedTuple, TypeVar, get_args

from fastapi import APIRouter, Depends, Query
from fastapi import Request as HttpRequest
from fastapi.responses import Response
from msgspec import Struct
from msgspec.structs import replace

from pamwal.bounded_queue import BoundedQueue
from pamwal.contracts.codec import decode_request
from pamwal.contracts.envelope import Request
from pamwal.contracts.errors import AccessDenied, ContractError, HttpProblem, LogError
from pamwal.contracts.field import Severity
from pamwal.contracts.instants import to_ms
from pamwal.contracts.routes import PLACE_READERS
from pamwal.contracts.timeline import Timeline, TimelineEntry
from pamwal.contracts.topics import requests_of
from pamwal.edge.access import FOR_ANY_TOKEN, for_roles
from pamwal.edge.app import Caller, Reader
from pamwal.edge.http import Receive, while_connected
from pamwal.edge.moments import IS_MOMENT, instant
from pamwal.edge.names import MAY_NAME, Names
from pamwal.tables import MEDIA_TYPES, TableForm
from pamwal.wire.log import Log, Record, TopicPartition
from pamwal.wire.records import records_at
from pamwal.withheld import NOBODY, Withheld
from services.reporting.answering import json_answer, says
from services.reporting.earlier import KnownAsked, Look, MomentAsked, unknown_operation
from services.reporting.exported import TableWriter, is_file
from services.reporting.fact_words import FACTS, in_words
from services.reporting.known_names import known_at, not_there, require_kinds, unknown_names
from services.reporting.picture import OperationPicture
from services.reporting.picture.history import DECISIONS
from services.reporting.reads import Reads
from services.reporting.timeline.index import Entry, Key
from services.reporting.timeline.index import Timeline as Entries
from services.reporting.timeline.matching import Asked, Matcher, WordsOf
from services.reporting.timeline.merging import MARK, key_of, mark_of
from services.reporting.timeline.page import (
    LOOKED_AT_MAX,
    Found,
    Page,
    counts_of,
    page_of,
    shown,
    told_to,
    with_request,
)
from services.reporting.timeline.rows import table_of
from services.reporting.timeline.sight import Reader as Sighted
from services.reporting.timelines import Timelines
from services.reporting.views.named import Unknown
from services.reporting.views.situation import SIGHT_OF
from services.reporting.views.window import zone_of

PAGE_MAX: Final = 200
ROWS_MAX: Final = 5_000
"""Of a table; each has its request read from the log."""
_TIMELINE: Final = "/reporting/v1/operations/{operation_id}/timeline"
KINDS: Final = {kind: said for kind, said in FACTS.items() if kind != "heartbeat_heard"}
"""Types of facts that the log tells → their words; heartbeats are on the board, and would hide all else."""
_SEVERITIES: Final = dict.fromkeys(get_args(Severity), "")


T = TypeVar("T")


class Hits(NamedTuple):
    """What was found at once, before anything else is folded: entries without their requests."""

    look: Look
    entries: list[TimelineEntry]
    found: list[Found]
    next_after: Key | None
    counts: dict[str, int] | None
    unnamed: Withheld = NOBODY
    unknown: Sequence[Unknown] = ()
    """What was asked for and is not known there."""


class Search(Struct, frozen=True, kw_only=True):
    """What a query asks."""

    asked: Asked
    at: str | None
    known: str | None
    after: Key | None
    limit: int


class TimelineReads:
    """What the route answers with."""

    def __init__(self, reads: Reads, names: Names, log: Log) -> None:
        self._reads, self._names, self._log = reads, names, log
        self._timelines = Timelines(reads.live)

    async def page(self, operation_id: str, caller: Caller, search: Search) -> Timeline:
        """A page. AccessDenied; HttpProblem, 404 for a name nobody knows, 503 without the log."""
        look = self._reads.look(operation_id, caller, search.at, search.known)
        found = self.found_in(look, caller, search)
        if found.unknown:
            raise not_there(found.unknown[0])
        entries = await self.told(found)
        picture = found.look.picture
        return Timeline(
            operation_id=operation_id,
            exercise=picture.mode == "exercise",
            zone=zone_of(picture),
            at=found.look.at,
            vector=found.look.vector,
            knowledge=found.look.knowledge(),
            sight=SIGHT_OF[caller.claims.role],
            entries=entries,
            counts=found.counts,
            next_after=mark_of(found.next_after),
        )

    async def require_rows(self, operation_id: str, caller: Caller, search: Search) -> None:
        """HttpProblem 422 if more than `ROWS_MAX` entries fit: counted before their requests are read."""
        count, after = 0, search.after
        while True:
            look = self._reads.look(operation_id, caller, search.at, search.known)
            page = self.matches(look, caller, replace(search, after=after, limit=ROWS_MAX + 1 - count))
            count, after = count + len(page.found), page.next_after
            require_at_most(count)
            if after is None:
                return
            await asyncio.sleep(0)

    def matches(self, look: Look, caller: Caller, search: Search, most: int = LOOKED_AT_MAX) -> Page:
        """What fits of a look's log, `most` entries looked at, as far as the caller may see. HttpProblem."""
        return self._matches(look, caller, search, most)[0]

    def _matches(self, look: Look, caller: Caller, search: Search, most: int) -> tuple[Page, Sighted]:
        timeline, now = self._opened(look, caller)
        claims = caller.claims
        entries = timeline.back_from(search.after, known_at(look), to_ms(look.at))
        own = claims.officer if claims.role == "officer" else None
        sighted = Sighted([look.picture, now], SIGHT_OF[claims.role], only=own)
        words_of = self._words_of(caller, look.picture.operation_id)
        matcher = Matcher(look.picture, sighted, search.asked, words_of, in_words)
        return page_of(entries, matcher, search.limit, most), sighted

    async def told(self, found: Hits) -> list[TimelineEntry]:
        """The entries with who asked, as the log says. HttpProblem 503 where it does not answer."""
        operation_id = found.look.picture.operation_id
        requests = await self._requests(operation_id, [each.entry for each in found.found])
        asked = zip(found.entries, found.found, requests, strict=True)
        return [told_to(found.unnamed, with_request(*each)) for each in asked]

    def entries(self, look: Look, caller: Caller, most: int) -> Iterator[list[Entry]]:
        """Yield all entries of a look's log, newest first, in lists of at most `most`.

        The log may grow between two lists: what was not known at the look's moment is in none of them.
        Raises HttpProblem.
        """
        timeline, _ = self._opened(look, caller)
        known, at_ms = known_at(look), to_ms(look.at)
        after: Key | None = None
        while some := list(islice(timeline.back_from(after, known, at_ms), most)):
            yield some
            after = some[-1].key

    def _opened(self, look: Look, caller: Caller) -> tuple[Entries, OperationPicture]:
        """The log of what is looked at, and the picture of now. HttpProblem."""
        mode, operation_id = caller.claims.mode, look.picture.operation_id
        arrivals = self._reads.live.history.arrivals(operation_id, mode)
        if arrivals is None:
            raise unknown_operation(operation_id)
        return self._timelines.of(operation_id, mode, arrivals), arrivals.picture

    def found_in(self, look: Look, caller: Caller, search: Search, most: int = LOOKED_AT_MAX) -> Hits:
        """What fits of a look's log, as far as the caller may see, `most` entries looked at. AccessDenied;
        HttpProblem."""
        claims, asked = caller.claims, search.asked
        if SIGHT_OF[claims.role] == "counts" and (claims.role != "officer" or claims.officer is None):
            timeline, now = self._opened(look, caller)
            entries = timeline.back_from(search.after, known_at(look), to_ms(look.at))
            _require_counts_only(asked)
            return Hits(look, [], [], None, counts_of(now, entries, asked))
        page, sighted = self._matches(look, caller, search, most)
        words_of = self._words_of(caller, look.picture.operation_id)
        shown_ = [shown(look.picture, each, words_of) for each in page.found]
        unknown = () if page.found else self._unknown(look, caller, asked)
        return Hits(look, shown_, page.found, page.next_after, None, sighted.unnamed, unknown)

    def _unknown(self, look: Look, caller: Caller, asked: Asked) -> Sequence[Unknown]:
        return unknown_names(
            self._reads.live, look, caller, venue=asked.venue, post=asked.post, officer=asked.officer
        )

    def _words_of(self, caller: Caller, operation_id: str) -> WordsOf | None:
        role = caller.claims.role
        return self._names.words_for(role, operation_id) if role in MAY_NAME else None

    async def _requests(self, operation_id: str, entries: Sequence[Entry]) -> list[Request[Any] | None]:
        """The requests of these entries, in their order; None where one cannot be read any more."""
        partition = self._reads.live.where.partition_of(operation_id)
        topics = [TopicPartition(requests_of(name).name, partition) for name in DECISIONS]
        asked: list[set[int]] = [set() for _ in topics]
        for each in entries:
            if each.asked is not None:
                asked[each.key.context].add(each.asked.offset)
        try:
            read = await asyncio.gather(
                *(records_at(self._log, at, sorted(some)) for at, some in zip(topics, asked, strict=True))
            )
        except LogError as error:
            raise HttpProblem(503, "log_away", str(error), headers=(("retry-after", "1"),)) from error
        requests = {
            (context, record.offset): _readable(record)
            for context, records in enumerate(read)
            for record in records
        }
        return [
            None if each.asked is None else requests[each.key.context, each.asked.offset] for each in entries
        ]


async def searched(
    *,
    venue: Annotated[
        str | None, Query(max_length=80, description="a venue's id, or a place: rally/ID or site/ID")
    ] = None,
    post: Annotated[str | None, Query(max_length=64, description="what this post said")] = None,
    officer: Annotated[str | None, Query(max_length=32, description="what names this officer")] = None,
    kind: Annotated[
        str | None,
        Query(
            max_length=400,
            description="types of facts, comma between: checked_in,incident_reported",
            examples=["checked_in"],
            json_schema_extra={"pattern": rf"^({'|'.join(KINDS)})(,({'|'.join(KINDS)}))*$"},
        ),
    ] = None,
    severity: Annotated[
        str | None,
        Query(max_length=40, description="of incidents", json_schema_extra={"enum": list(_SEVERITIES)}),
    ] = None,
    first: Annotated[
        str | None,
        Query(
            alias="from",
            max_length=40,
            description="happened at this moment or later",
            json_schema_extra=IS_MOMENT,
            examples=["2024-10-03T09:15:00+08:00"],
        ),
    ] = None,
    before: Annotated[
        str | None,
        Query(
            alias="to",
            max_length=40,
            description="happened before this moment",
            json_schema_extra=IS_MOMENT,
            examples=["2024-10-03T18:00:00+08:00"],
        ),
    ] = None,
    text: Annotated[
        str | None, Query(max_length=200, description="words that all stand in an entry, in any case")
    ] = None,
    at: MomentAsked = None,
    known: KnownAsked = None,
) -> Search:
    """What a query asks, from the newest entry on. HttpProblem 422 for what can never be found."""
    asked = asked_of(
        {"venue": venue, "post": post, "officer": officer, "kind": kind, "severity": severity, "text": text},
        from_ms=None if first is None else to_ms(instant("from", first)),
        before_ms=None if before is None else to_ms(instant("to", before)),
    )
    return Search(asked=asked, at=at, known=known, after=None, limit=PAGE_MAX)


def asked_of(
    given: Mapping[str, str | None], *, from_ms: int | None = None, before_ms: int | None = None
) -> Asked:
    """What is asked for, by the names of a query. HttpProblem 422 for what can never be found."""
    kinds = frozenset((given["kind"] or "").replace(",", " ").split())
    require_kinds("kind", kinds, KINDS, "type of fact in the log")
    require_kinds("severity", [each] if (each := given["severity"]) else [], _SEVERITIES, "severity")
    if from_ms is not None and before_ms is not None and before_ms <= from_ms:
        raise HttpProblem(422, "malformed", "to: it is not behind from; give the later moment as `to`")
    return Asked(
        venue=given["venue"] or None,
        post=given["post"] or None,
        officer=given["officer"] or None,
        kinds=kinds,
        severity=given["severity"] or None,
        from_ms=from_ms,
        before_ms=before_ms,
        text=tuple((given["text"] or "").casefold().split()),
    )


Searched = Annotated[Search, Depends(searched)]


async def read_out(tables: BoundedQueue, receive: Receive, read: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """What `read` returns, once a place is free; it ends when the client leaves. HttpProblem 499, 503."""

    async def in_a_place() -> T:
        async with tables.place():
            return await read()

    return await while_connected(receive, in_a_place())


def require_at_most(rows: int) -> None:
    """HttpProblem 422 if these are more than a table may have."""
    if rows > ROWS_MAX:
        message = f"over {ROWS_MAX:,} entries; ask for fewer hours with from and to"
        raise HttpProblem(422, "too_large", message)


def timeline_routes(timelines: TimelineReads, writer: TableWriter, tables: BoundedQueue) -> APIRouter:
    """The log of an operation, a page at a time and as a table; `tables` has places for tables."""
    router = APIRouter(tags=["reads"])

    @router.get(
        _TIMELINE,
        summary="Who did what, when it happened and when we knew; newest first",
        responses=says(Timeline),
        openapi_extra=FOR_ANY_TOKEN,
    )
    async def timeline(
        operation_id: str,
        caller: Reader,
        search: Searched,
        *,
        after: Annotated[
            str | None,
            Query(
                max_length=40,
                description="`next_after` of the page before",
                json_schema_extra={"pattern": MARK.pattern},
            ),
        ] = None,
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 50,
    ) -> Response:
        page = replace(search, after=key_of(after), limit=limit)
        return json_answer(await timelines.page(operation_id, caller, page))

    def add_table(form: TableForm) -> None:
        @router.get(
            f"{_TIMELINE}.{form}",
            summary="The same as a table, an entry a row",
            responses=is_file(MEDIA_TYPES[form], "every text is safe in a spreadsheet"),
            openapi_extra=for_roles(*PLACE_READERS),
        )
        async def table(
            operation_id: str, caller: Reader, search: Searched, request: HttpRequest
        ) -> Response:
            async def read() -> tuple[list[TimelineEntry], bool]:
                await timelines.require_rows(operation_id, caller, search)
                found: list[TimelineEntry] = []
                after: Key | None = None
                while True:
                    page = await timelines.page(operation_id, caller, replace(search, after=after))
                    found += page.entries
                    after = key_of(page.next_after)
                    if after is None:
                        return found, page.exercise
                    require_at_most(len(found))

            found, exercise = await read_out(tables, request.receive, read)
            name = f"timeline-{operation_id}"
            return await writer.answer([table_of(found)], form, name, request.receive, exercise=exercise)

    add_table("csv")
    add_table("xlsx")
    return router


def _require_counts_only(asked: Asked) -> None:
    """A count of one officer, one place or one word tells more than a count."""
    if asked.venue or asked.post or asked.officer or asked.severity or asked.text:
        raise AccessDenied(
            "this role is told counts only: leave out venue, post, officer, severity and text",
            code="wrong_role",
        )


def _readable(record: Record) -> Request[Any] | None:
    try:
        return decode_request(record.value)
    except ContractError:
        return None
