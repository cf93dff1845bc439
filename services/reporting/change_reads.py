"""What changed in the situation since a moment or a vector, over HTTP."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query
from fastapi.responses import Response

from pamwal.contracts.changes import Changes, Since
from pamwal.contracts.reporting import BoardState, Sight, Situation
from pamwal.edge.app import Reader
from services.reporting.answering import json_answer, says
from services.reporting.earlier import KnownAsked, Look, MomentAsked
from services.reporting.reads import DayAsked, Reads
from services.reporting.views.changes import change_between, moment_of
from services.reporting.views.ledger import ledger_line
from services.reporting.views.situation import SIGHT_OF, situation_of
from services.reporting.words import name_of

_CHANGES: Final = "/reporting/v1/operations/{operation_id}/changes"
SinceAsked = Annotated[
    str,
    Query(
        max_length=4000,
        description="what was known when the reader last looked: a moment, or the vector of that answer",
    ),
]


def change_routes(reads: Reads) -> APIRouter:
    """What became known."""
    router = APIRouter(tags=["reads"])

    @router.get(_CHANGES, summary="What changed in the situation since then", responses=says(Changes))
    async def changes(
        operation_id: str,
        caller: Reader,
        since: SinceAsked,
        day: DayAsked = None,
        at: MomentAsked = None,
        known: KnownAsked = None,
    ) -> Response:
        sight, counted = SIGHT_OF[caller.claims.role], reads.day(day)
        then = reads.look(operation_id, caller, None, since)
        before = _seen(then, sight, counted)
        now = reads.look(operation_id, caller, at, known)
        ledger = ledger_line(reads.live.ledger, now.picture, caller.claims.mode)
        states = [BoardState(situation=each, ledger=ledger) for each in (before, _seen(now, sight, counted))]
        change = change_between(*states) or moment_of(states[1])
        found = Changes(
            operation_id=operation_id,
            since=Since(at=then.at, vector=then.vector),
            change=change,
            knowledge=now.knowledge(),
        )
        return json_answer(found)

    return router


def _seen(look: Look, sight: Sight, day: str | None) -> Situation:
    return situation_of(look.picture, look.at, sight=sight, name_of=name_of, day=day, vector=look.vector)
