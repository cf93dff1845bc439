"""What changed in the situation since a moment or a vector, over HTTP."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query
from fastapi.responses import Response
from msgspec.structs import replace

from pamwal.contracts.changes import Changes, Since
from pamwal.contracts.reporting import BoardState, Situation
from pamwal.edge.access import FOR_ANY_TOKEN
from pamwal.edge.app import Reader
from services.reporting.answering import json_answer, says
from services.reporting.earlier import IS_KNOWN, KnownAsked, MomentAsked
from services.reporting.families import Seen
from services.reporting.reads import DayAsked, Reads
from services.reporting.views.changes import change_between, moment_of
from services.reporting.views.ledger import ledger_line

_CHANGES: Final = "/reporting/v1/operations/{operation_id}/changes"
SinceAsked = Annotated[
    str,
    Query(
        max_length=4000,
        description="what was known when the reader last looked: a moment, or the vector of that answer",
        json_schema_extra=IS_KNOWN,
    ),
]


def with_family(situation: Situation, family: Seen) -> Situation:
    """The situation and what lies below it; whether that is settled is no change of it."""
    whole = family.rolled_up
    whole = None if whole is None else replace(whole, settled=None)
    return replace(situation, children=family.children, rolled_up=whole)


def change_routes(reads: Reads) -> APIRouter:
    """What became known."""
    router = APIRouter(tags=["reads"])

    @router.get(
        _CHANGES,
        summary="What changed in the situation since then",
        responses=says(Changes),
        openapi_extra=FOR_ANY_TOKEN,
    )
    async def changes(
        operation_id: str,
        caller: Reader,
        since: SinceAsked,
        day: DayAsked = None,
        at: MomentAsked = None,
        known: KnownAsked = None,
    ) -> Response:
        then = reads.look(operation_id, caller, None, since, named="since")
        before = reads.situation(then, caller, day)
        below = await reads.family(operation_id, caller, day=day, at=then.at, known=since)
        now = reads.look(operation_id, caller, at, known)
        after = reads.situation(now, caller, day)
        live = reads.live
        ledger = ledger_line(live.ledger, now.picture, caller.claims.mode, live.unread(operation_id))
        earlier = (at, known, day) != (None, None, None)
        knowledge = now.knowledge()
        since_then = await reads.family(
            operation_id, caller, day=day, at=now.at if earlier else None, known=known
        )
        before, after = with_family(before, below), with_family(after, since_then)
        states = [BoardState(situation=each, ledger=ledger) for each in (before, after)]
        change = change_between(*states) or moment_of(states[1])
        found = Changes(
            operation_id=operation_id,
            since=Since(at=then.at, vector=then.vector),
            change=change,
            knowledge=knowledge,
        )
        return json_answer(found)

    return router
