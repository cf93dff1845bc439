"""GET: a place's attendance on a day and a post's log; as JSON, as the data of ICS 211 and 214, as CSV.

A post reads what it said itself, the head of operations everything. Names are for who may read them;
who is on `intel` on that day is named to the head of operations alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Response
from msgspec import Struct
from msgspec.structs import replace

from pamwal.cells import csv_of, guarded
from pamwal.contracts.codec import Fact, decode_known, decode_request
from pamwal.contracts.envelope import Decision, Request
from pamwal.contracts.errors import AccessDenied, ContractError
from pamwal.contracts.field import CheckedIn, CheckedOut
from pamwal.contracts.field.clocks import happened_ms
from pamwal.contracts.field_reads import AttendanceSheet, Ics211, Ics214, PostLog
from pamwal.contracts.instants import to_ms
from pamwal.contracts.routes import COMMANDERS
from pamwal.contracts.topics import FIELD_DECISIONS, FIELD_REQUESTS
from pamwal.contracts.zones import Zone, midnight
from pamwal.edge.access import for_roles
from pamwal.edge.app import Reader
from pamwal.edge.attached import LATIHAN, attached
from pamwal.edge.moments import DayAsked, ZoneAsked
from pamwal.edge.names import Names, WordsOf
from pamwal.edge.shapes import answers, json_of
from pamwal.wire.log import Record, TopicPartition
from pamwal.wire.partitioning import partition_of
from pamwal.wire.records import records_at
from services.checkin.logbook import Place
from services.checkin.plans import Plans
from services.checkin.reads import ROOT, FieldReads, Heard, only_post
from services.checkin.then import NOW, Then, ThenAsked
from services.checkin.views import attendance, post_log

REPORTS_MAX: Final = 2_000
"""More reports of one place on one day than this are cut: a venue has some hundred officers."""
PAGE_MAX: Final = 500
HEADERS: Final = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
CSV: Final = "text/csv; charset=utf-8"
_CSV: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "RFC 4180, UTF-8",
        "content": {CSV: {"schema": {"type": "string"}}},
        "headers": {
            "Link": {
                "description": 'of a page that is not the last: `<?…>; rel="next"` (RFC 8288)',
                "schema": {"type": "string"},
            }
        },
    }
}
PlaceAsked = Annotated[
    str, Path(pattern=r"^(rally|site)/[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$", description="rally/ID or site/ID")
]


class CsvResponse(Response):
    """Says its media type to the description of the API as well."""

    media_type = CSV


class Sheets:
    """What the routes look up: where the log keeps it, who is on the roster, and what he is called."""

    def __init__(self, reads: FieldReads, plans: Plans, names: Names) -> None:
        self._reads, self._plans, self._names = reads, plans, names
        self.heard_by = reads.by

    async def attended(
        self, operation_id: str, place: str, day: date, zone: Zone | None, caller: Reader, then: Then = NOW
    ) -> AttendanceSheet:
        """Who was at the place, as of `then`; the day is one of the operation's zone, or of `zone`.

        AccessDenied, LogError; HttpProblem 503 while names are not read yet.
        """
        post, zone = only_post(caller), zone or self._plans.zone_of(operation_id)
        words_of = self._names.words_for(caller.claims.role, operation_id)
        first_ms, end_ms = _day_ms(day, zone)
        heard = self.heard_by(caller)
        near = heard.logbook.at_place(
            operation_id, place, first_ms - attendance.STAY_MS, end_ms + attendance.STAY_MS
        )
        found = await self._decisions(operation_id, near[:REPORTS_MAX])
        unnamed = self._plans.unnamed(caller, operation_id, first_ms, end_ms)
        seen = [
            each
            for decision in found
            if then.knew(decision.data.knownat)
            for each in _seen(heard, decision, place, post, then)
            if unnamed.text(each.fact.officer_id) == each.fact.officer_id
        ]

        def who(officer_id: str) -> attendance.Who:
            return self._who(operation_id, officer_id, words_of)

        sheet = AttendanceSheet(
            operation_id=operation_id,
            operation_name=self._plans.name_of(operation_id),
            place=place,
            day=day.isoformat(),
            zone=zone,
            rows=attendance.rows_of(seen, first_ms, end_ms, who),
            said_by=post,
            cut=len(near) > REPORTS_MAX,
            exercise=caller.claims.mode == "exercise",
            at=then.at,
            known=then.known,
        )
        return unnamed.answer(sheet)

    async def log(
        self,
        caller: Reader,
        operation_id: str,
        post: str,
        day: date,
        zone: Zone | None,
        after: int,
        limit: int,
        then: Then = NOW,
    ) -> PostLog:
        """What the post asked and was told, from behind the request `after` on, as of `then`.

        LogError, HttpProblem 503.
        """
        zone = zone or self._plans.zone_of(operation_id)
        unnamed = self._plans.unnamed(caller, operation_id, *_day_ms(day, zone))
        kept = self.heard_by(caller).logbook.of_post(operation_id, post, *_day_ms(day, zone))
        due = [each for each in kept if each.request > after]
        page = due[:limit]
        decisions, requests = await asyncio.gather(
            self._decisions(operation_id, page), self._requests(operation_id, page)
        )
        log = PostLog(
            operation_id=operation_id,
            operation_name=self._plans.name_of(operation_id),
            post=post,
            day=day.isoformat(),
            zone=zone,
            lines=[
                line
                for both in zip(decisions, requests, strict=True)
                if then.knew((line := post_log.line_of(*both)).known_at) and then.had(to_ms(line.at))
            ],
            next_after=page[-1].request if len(due) > len(page) else None,
            at=then.at,
            known=then.known,
        )
        return post_log.without(unnamed, log)

    def _who(self, operation_id: str, officer_id: str, words_of: WordsOf) -> attendance.Who:
        entry = self._plans.officer(operation_id, officer_id)
        if entry is None:
            return attendance.Who()
        words = words_of(entry.person_ref) if entry.person_ref is not None else None
        return attendance.Who(rank=entry.rank, unit=entry.unit, words=words)

    async def _decisions(self, operation_id: str, places: Sequence[Place]) -> list[Decision[Fact]]:
        offsets = [each.offset for each in places]
        records = await self._fetched(FIELD_DECISIONS.name, operation_id, offsets)
        return [decode_known(each.value)[0] for each in records]

    async def _requests(self, operation_id: str, places: Sequence[Place]) -> list[Request[Any] | None]:
        offsets = [each.request for each in places]
        records = await self._fetched(FIELD_REQUESTS.name, operation_id, offsets)
        return [_readable(each) for each in records]

    async def _fetched(self, topic: str, operation_id: str, offsets: Sequence[int]) -> list[Record]:
        """The records at these offsets, in their order."""
        log = self._reads.log
        at = TopicPartition(topic, partition_of(operation_id.encode(), await log.partition_count(topic)))
        return await records_at(log, at, offsets)


def sheet_router(sheets: Sheets) -> APIRouter:
    """The GET routes on places and posts."""
    router = APIRouter(tags=["sheets"])
    _add_attendance(router, sheets)
    _add_log(router, sheets)
    return router


def _add_attendance(router: APIRouter, sheets: Sheets) -> None:
    path = f"{ROOT}/places/{{place:path}}"

    def add(
        below: str, summary: str, shape: type[Struct] | None, draw: Callable[[AttendanceSheet], Response]
    ) -> None:
        async def attended(
            operation_id: str,
            place: PlaceAsked,
            day: DayAsked,
            caller: Reader,
            then: ThenAsked,
            zone: ZoneAsked = None,
        ) -> Response:
            return draw(await sheets.attended(operation_id, place, day, zone, caller, then))

        _add(router, path + below, summary, attended, shape)

    def table(sheet: AttendanceSheet) -> Response:
        name = f"attendance-{sheet.place.replace('/', '-')}-{sheet.day}"
        return _table(name, attendance.COLUMNS, attendance.cells_of(sheet), exercise=sheet.exercise)

    add("/attendance", "Who was at a rally or site on a local day", AttendanceSheet, json_of)
    add(
        "/ics-211", "The same as the data of a check-in list (ICS 211)", Ics211,
        lambda sheet: json_of(attendance.ics_211(sheet)),
    )  # fmt: skip
    add("/attendance.csv", "The same as a table", None, table)


def _add_log(router: APIRouter, sheets: Sheets) -> None:
    path = f"{ROOT}/posts/{{post}}"

    def add(
        below: str, summary: str, shape: type[Struct] | None, draw: Callable[[PostLog], Response]
    ) -> None:
        async def logged(
            operation_id: str,
            post: Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$", description="a post")],
            day: DayAsked,
            caller: Reader,
            then: ThenAsked,
            zone: ZoneAsked = None,
            after: Annotated[int, Query(ge=-1, le=2**62, description="`next_after` of the page before")] = -1,
            limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = PAGE_MAX,
        ) -> Response:
            if only_post(caller) not in {None, post}:
                raise AccessDenied("a post reads its own log", code="not_yours")
            log = await sheets.log(caller, operation_id, post, day, zone, after, limit, then)
            return draw(replace(log, exercise=caller.claims.mode == "exercise"))

        _add(router, path + below, summary, logged, shape)

    def table(log: PostLog) -> Response:
        name = f"log-{log.post}-{log.day}"
        answer = _table(name, post_log.COLUMNS, post_log.cells_of(log), exercise=log.exercise)
        if log.next_after is not None:
            then = {name: value for name, value in (("at", log.at), ("known", log.known)) if value}
            limit = PAGE_MAX if then else len(log.lines)  # of then a page may have fewer lines than it read
            asked = {"day": log.day, "zone": log.zone, "after": log.next_after, "limit": limit, **then}
            answer.headers["link"] = f'<?{urlencode(asked)}>; rel="next"'
        return answer

    add("/log", "Every request of a post on a local day, and its answer", PostLog, json_of)
    add(
        "/ics-214", "The same as the data of an activity log (ICS 214)", Ics214,
        lambda log: json_of(post_log.ics_214(log)),
    )  # fmt: skip
    add("/log.csv", "The same as a table", None, table)


def _add(
    router: APIRouter, path: str, summary: str, answer: Callable[..., Any], shape: type[Struct] | None
) -> None:
    """A route that answers with JSON of a shape, or without one with a table."""
    roles = for_roles(*COMMANDERS)
    if shape is None:
        router.get(path, summary=summary, response_class=CsvResponse, responses=_CSV, openapi_extra=roles)(
            answer
        )
    else:
        router.get(path, summary=summary, responses=answers(shape), openapi_extra=roles)(answer)


def _table(
    name: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, exercise: bool
) -> CsvResponse:
    """200 with a table that no spreadsheet runs; times are UTC. An exercise's has LATIHAN in every row."""
    mark = (LATIHAN,) if exercise else ()
    content = csv_of((*mark, *columns), ([*mark, *map(guarded, row)] for row in rows))
    headers = {**HEADERS, "content-disposition": attached(f"{name}.csv", exercise=exercise)}
    return CsvResponse(content, headers=headers)


def _seen(
    heard: Heard, decision: Decision[Fact], place: str, only: str | None, then: Then
) -> list[attendance.Seen]:
    asked = decision.data.request
    post = (asked.postid if asked is not None else None) or ""
    if only not in {None, post}:
        return []
    return [
        attendance.Seen(fact, post)
        for fact in decision.data.facts
        if isinstance(fact, CheckedIn | CheckedOut)
        and fact.place == place
        and then.had(happened_ms(fact)[0])
        and heard.journal.void_of(decision.operationid, post, fact.id, fact.officer_id, then.knew) is None
    ]


def _day_ms(day: date, zone: Zone) -> tuple[int, int]:
    """The half-open local day, milliseconds since 1970."""
    first_ms, end_ms = (to_ms(midnight(day.isoformat(), zone, days_later=n)) for n in (0, 1))
    return first_ms, end_ms


def _readable(record: Record) -> Request[Any] | None:
    try:
        return decode_request(record.value)
    except ContractError:
        return None
