"""GET: the situation, the ledger, the digest, and the board page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from msgspec.structs import replace

from pamwal.contracts.errors import AccessDenied, HttpProblem, WrongShape
from pamwal.contracts.ledger import Ledger, TurnedAway
from pamwal.contracts.persons import officer_key
from pamwal.contracts.posts_shown import OperationPolls
from pamwal.contracts.presences import OfficerPresences
from pamwal.contracts.reporting import Digest, Situation
from pamwal.contracts.routes import FIELD
from pamwal.contracts.scheduling import Day
from pamwal.contracts.wording import in_words
from pamwal.edge.access import FOR_ANY_TOKEN, PUBLIC, for_roles
from pamwal.edge.app import Caller, Edge, Reader
from pamwal.edge.moments import instant
from pamwal.edge.pages import response_of
from pamwal.edge.reads import page_access
from services.reporting.answering import json_answer as _json
from services.reporting.answering import says as _says
from services.reporting.boards import Boards
from services.reporting.earlier import Earlier, KnownAsked, Look, MomentAsked, unknown_operation
from services.reporting.families import Seen
from services.reporting.families_earlier import EarlierFamilies, T, Walked
from services.reporting.known_names import require_known
from services.reporting.live import LivePicture
from services.reporting.page import (
    HEADERS,
    STATIC,
    board_page,
    choice_page,
    denied_reply,
    static_file,
)
from services.reporting.picture import OperationPicture
from services.reporting.views.ledger import ledger_of
from services.reporting.views.polls import operation_polls
from services.reporting.views.presences import presences_of
from services.reporting.views.situation import SIGHT_OF, digest_of, situation_of
from services.reporting.words import name_of

_OPERATION: Final = "/reporting/v1/operations/{operation_id}"
NOT_KEPT: Final = TurnedAway(counted_by="nobody: it is not kept for earlier moments", by_post={})
ALL_WITHIN_S: Final = 2.0
"""So long a page that lists all operations waits for them."""
DayAsked = Annotated[
    str | None,
    Query(
        max_length=10, description="local day; default: that of `at`", json_schema_extra={"format": "date"}
    ),
]


class Reads:
    """What the routes answer with."""

    def __init__(self, live: LivePicture, boards: Boards) -> None:
        self.live, self.boards = live, boards
        self._earlier = Earlier(live)
        self._earlier_families = EarlierFamilies(live, self._earlier, boards.families)

    def operation(self, operation_id: str, caller: Caller) -> OperationPicture:
        """The picture for this caller. HttpProblem 404 while none spoke of it, 503 while it is not known."""
        found = self.live.operation(operation_id, caller.claims.mode)
        if found is None:
            raise unknown_operation(operation_id)
        return found

    def moment(self, operation: OperationPicture, asked: str | None) -> str:
        """The Instant to look at. HttpProblem 422 if what was asked for is no moment of 2000 to 2099."""
        return self.live.now(operation) if asked is None else instant("at", asked)

    def look(
        self, operation_id: str, caller: Caller, at: str | None, known: str | None, named: str = "known"
    ) -> Look:
        """The picture for this caller as `at` and `known` ask; to be looked at at once. HttpProblem.

        `named`: what the query calls `known`.
        """
        return self._earlier.look(operation_id, caller.claims.mode, at, known, named)

    def situation(self, look: Look, caller: Caller, day: str | None, *, wide: bool = False) -> Situation:
        """What this caller sees of a look, on the local day asked for. WrongShape if that is none."""
        return situation_of(
            look.picture,
            look.at,
            sight=SIGHT_OF[caller.claims.role],
            name_of=name_of,
            day=self.day(day),
            vector=look.vector,
            wide=wide,
        )

    async def wide(
        self, operation_id: str, caller: Caller, *, day: str | None, at: str | None, known: str | None
    ) -> Situation:
        """All that this caller sees of a moment, the family too."""
        look = self.look(operation_id, caller, at, known)
        found = self.situation(look, caller, day, wide=True)
        found = replace(found, knowledge=look.knowledge())
        earlier = (at, known, day) != (None, None, None)
        family = await self.family(
            operation_id, caller, day=day, at=look.at if earlier else None, known=known
        )
        return replace(found, children=family.children, rolled_up=family.rolled_up)

    async def family(
        self,
        operation_id: str,
        caller: Caller,
        *,
        day: str | None,
        at: str | None,
        known: str | None,
    ) -> Seen:
        """What lies below the operation, as the same query asks; `at` is None for the situation now."""
        mode, sight = caller.claims.mode, SIGHT_OF[caller.claims.role]
        if at is not None:
            return await self._earlier_families.look(
                operation_id, mode, sight, at=at, known=known, day=self.day(day)
            )
        await self.boards.families.freshen(operation_id, mode)
        return self.boards.families.look(operation_id, mode, sight)

    async def walk(
        self,
        operation_id: str,
        caller: Caller,
        at: str | None,
        known: str | None,
        take: Callable[[Look], T],
    ) -> Walked[T] | None:
        """What `take` makes of the operation and of each below it; None where nothing is below it."""
        return await self._earlier_families.walk(operation_id, caller.claims.mode, at, known, take)

    def day(self, asked: str | None, name: str = "day") -> str | None:
        """The local day that a parameter asks for. WrongShape if it is none."""
        try:
            return None if asked is None else msgspec.convert(asked, Day)
        except msgspec.ValidationError as error:
            raise WrongShape(f"{name}: {in_words(str(error), Day)}") from error

    def turned_away(self, edge: Edge, operation_id: str) -> TurnedAway:
        """What this process turned away; the other edges count their own."""
        by_post = {
            post: reasons
            for (operation, post), reasons in sorted(edge.turned_away().items())
            if operation == operation_id
        }
        return TurnedAway(counted_by=f"{edge.spec.service} edge, this process only", by_post=by_post)


def json_routes(reads: Reads) -> APIRouter:
    """The reads about one operation."""
    router = APIRouter(tags=["reads"])

    @router.get(
        f"{_OPERATION}/situation",
        summary="The picture at a moment",
        responses=_says(Situation),
        openapi_extra=FOR_ANY_TOKEN,
    )
    async def situation(
        operation_id: str,
        caller: Reader,
        day: DayAsked = None,
        at: MomentAsked = None,
        known: KnownAsked = None,
    ) -> Response:
        return _json(await reads.wide(operation_id, caller, day=day, at=at, known=known))

    @router.get(
        f"{_OPERATION}/officers/{{officer_id}}/presences",
        summary="An officer's stays with their witnesses, and how his duties stand",
        responses=_says(OfficerPresences),
        openapi_extra=for_roles(*FIELD),
    )
    async def presences(
        operation_id: str,
        officer_id: Annotated[str, Path(max_length=32)],
        caller: Reader,
        day: DayAsked = None,
        at: MomentAsked = None,
        known: KnownAsked = None,
    ) -> Response:
        own = officer_key(caller.claims.officer or "") == officer_key(officer_id)
        if caller.claims.role == "officer" and not own:
            raise AccessDenied("an officer reads his own presence", code="not_yours")
        look = reads.look(operation_id, caller, at, known)
        if not own:
            require_known(reads.live, look, caller, officer=officer_id)
        found = presences_of(
            look.picture,
            officer_id,
            look.at,
            sight="full" if own else SIGHT_OF[caller.claims.role],
            day=reads.day(day),
            vector=look.vector,
        )
        return _json(replace(found, knowledge=look.knowledge()))

    @router.get(
        f"{_OPERATION}/polls",
        summary="Accountability polls (PAR) of a day: who is asked, who has answered",
        responses=_says(OperationPolls),
        openapi_extra=FOR_ANY_TOKEN,
    )
    async def polls(
        operation_id: str,
        caller: Reader,
        day: DayAsked = None,
        at: MomentAsked = None,
        known: KnownAsked = None,
    ) -> Response:
        look = reads.look(operation_id, caller, at, known)
        found = operation_polls(
            look.picture,
            look.at,
            sight=SIGHT_OF[caller.claims.role],
            day=reads.day(day),
            vector=look.vector,
        )
        return _json(replace(found, knowledge=look.knowledge()))

    @router.get(
        f"{_OPERATION}/ledger",
        summary="What arrived, and what became of it",
        responses=_says(Ledger),
        openapi_extra=FOR_ANY_TOKEN,
    )
    async def ledger(
        operation_id: str,
        caller: Reader,
        request: Request,
        at: MomentAsked = None,
        known: KnownAsked = None,
    ) -> Response:
        look = reads.look(operation_id, caller, at, known)
        mode, live = caller.claims.mode, reads.live
        now = look.cut is None
        found = ledger_of(
            live.ledger if look.cut is None else live.history.ledger(operation_id, mode, look.cut),
            look.picture,
            look.at,
            mode=mode,
            vector=live.vector_of(operation_id, requests=True) if now else look.vector,
            turned_away=reads.turned_away(request.app.state.edge, operation_id) if now else NOT_KEPT,
            sight=SIGHT_OF[caller.claims.role],
            unread=live.unread(operation_id) if now else 0,
        )
        return _json(replace(found, knowledge=look.knowledge()))

    @router.get(
        f"{_OPERATION}/digest",
        summary="What replicas compare",
        responses=_says(Digest),
        openapi_extra=FOR_ANY_TOKEN,
    )
    async def digest(
        operation_id: str, caller: Reader, at: MomentAsked = None, known: KnownAsked = None
    ) -> Response:
        if at is None and known is None:
            at = reads.operation(operation_id, caller).latest
        look = reads.look(operation_id, caller, at, known)
        whole = situation_of(look.picture, look.at, sight="full", name_of=name_of, vector=look.vector)
        return _json(
            Digest(operation_id=operation_id, at=look.at, vector=look.vector, sha256=digest_of(whole))
        )

    return router


async def _shown(reads: Reads, request: Request, operation: str | None) -> Response:
    """The board of an operation, or the way to one. AccessDenied, HttpProblem."""
    caller = await page_access(request, operation)
    bound, mode = caller.claims.operation, caller.claims.mode
    if operation is None and bound != "*":
        return RedirectResponse(f"/?operation={bound}", 303)
    if operation is None:
        where = reads.live.where
        known = [
            (each.operation_id, _title(each), where.elsewhere(each.operation_id))
            for each in await reads.live.listed(mode, ALL_WITHIN_S)
        ]
        return HTMLResponse(choice_page(known), headers=HEADERS)
    await reads.boards.families.freshen(operation, mode)
    return HTMLResponse(board_page(reads.boards.state(operation, caller)), headers=HEADERS)


def page_routes(reads: Reads) -> APIRouter:
    """The board page and the few files it needs."""
    router = APIRouter(include_in_schema=False)

    @router.get("/", openapi_extra=FOR_ANY_TOKEN)
    async def board(request: Request, operation: str | None = None) -> Response:
        try:
            return await _shown(reads, request, operation)
        except AccessDenied as error:
            if error.status != 401:
                raise
            return response_of(denied_reply(error))

    @router.get("/reporting/static/{name}", openapi_extra=PUBLIC)
    async def static(name: str) -> Response:
        content = static_file(name)
        if content is None:
            raise HttpProblem(404, "not_found", f"no file {name[:60]!r} belongs to the board")
        headers = {"cache-control": "max-age=300", "x-content-type-options": "nosniff"}
        return Response(content, headers={**headers, "content-type": STATIC[name]})

    return router


def _title(operation: OperationPicture) -> str:
    return operation.charter.name if operation.charter else operation.operation_id
