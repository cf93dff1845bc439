"""Erasing a person over HTTP: what would be erased, and erasing it."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path, Request, Response

from pamwal.contracts.envelope import OFFICE
from pamwal.contracts.errors import HttpProblem, LogError
from pamwal.contracts.field import EraseAsked, ErasePerson, Erasure
from pamwal.contracts.routes import ERASERS
from pamwal.edge.access import for_roles
from pamwal.edge.app import Caller, Edge, Reader
from pamwal.edge.asking import Asking
from pamwal.edge.decode import Posted
from pamwal.edge.follow import not_folded
from pamwal.edge.reads import body_as
from pamwal.edge.shapes import answers, json_of, turned_away
from services.checkin.device_routes import BODY_MAX, body_of, require_accepted
from services.checkin.erasing import Belongings, Eraser, keys_of
from services.checkin.plans import Plans

PATH: Final = "/checkin/v1/operations/{operation_id}/officers/{officer_id}/erasure"
OfficerAsked = Annotated[str, Path(max_length=32)]
_REFUSED: Final = turned_away(
    {
        404: "The operation was not opened, or nothing is known of such an officer",
        503: "The log or the store of files does not answer, or is not read to its end: erase once more",
    }
)


class Erasures:
    """What the routes work with."""

    def __init__(self, plans: Plans, eraser: Eraser) -> None:
        self._plans, self._eraser = plans, eraser
        self._recording: set[str] = set()
        """Ids of requests by which this edge records an erasure now."""

    async def look(self, edge: Edge, operation_id: str, officer_id: str) -> tuple[Erasure, Belongings]:
        """What there is. HttpProblem 404 if nothing is known of the person, 503."""
        plan = self._plans.opened(operation_id)
        if edge.erased is None or not self._eraser.pins.follower.level_once:
            raise not_folded()
        written = plan.written(officer_id)
        try:
            found = await self._eraser.find(operation_id, written)
        except LogError as error:
            raise HttpProblem(503, "log_away", str(error), headers=(("retry-after", "1"),)) from error
        on_roster = plan.is_on_roster(written)
        erasure = Erasure(
            officer_id=written,
            names=len(found.names),
            texts=len(found.texts),
            files=len(found.files),
            pin=self._eraser.pins.kept_of(operation_id, written) is not None,
            on_roster=on_roster,
            erased_before=sum(key in edge.erased for key in keys_of(operation_id, found)),
        )
        if not (on_roster or erasure.pin or found.names or found.texts or found.files):
            raise HttpProblem(404, "unknown_officer", f"nothing is known of an officer {officer_id[:32]}")
        return erasure, found

    async def erase(
        self, edge: Edge, caller: Caller, operation_id: str, officer_id: str, asked: EraseAsked
    ) -> Erasure:
        """Erases what there is, then records it. Asked again after any error, it erases the rest."""
        erasure, found = await self.look(edge, operation_id, officer_id)
        await self._eraser.erase(edge, operation_id, erasure.officer_id, found)
        data = ErasePerson(
            officer_id=erasure.officer_id,
            words=erasure.names + erasure.texts,
            files=erasure.files,
            cause=asked.cause,
        )
        asking = Asking(edge, caller, operation_id, post=OFFICE, device="web", channel="web")
        self._recording.add(asked.id)
        try:
            decision = await asking.ask(asked.id, data, time=asked.time)
        finally:
            self._recording.discard(asked.id)
        require_accepted(decision.data)
        return erasure

    def examine(self, posted: Posted[object]) -> None:
        """HttpProblem 409 for who says that a person was erased without erasing anything."""
        if isinstance(posted.data, ErasePerson) and posted.id not in self._recording:
            path = PATH.format(operation_id="{operation_id}", officer_id=posted.data.officer_id)
            raise HttpProblem(409, "not_erased", f"an edge says this once it has erased: post to {path}")


def erase_router(erasures: Erasures) -> APIRouter:
    """A preview and the erasure itself, for the head of operations and admins."""
    router = APIRouter(tags=["persons"])

    @router.get(
        PATH,
        summary="What stands of an officer outside the log: names, texts, files, a PIN",
        responses={**answers(Erasure), **_REFUSED},
        openapi_extra=for_roles(*ERASERS),
    )
    async def look(operation_id: str, officer_id: OfficerAsked, caller: Reader, request: Request) -> Response:  # noqa: ARG001
        return json_of((await erasures.look(request.app.state.edge, operation_id, officer_id))[0])

    @router.post(
        PATH,
        summary="Erase an officer's names, texts, files and PIN, for ever; the log itself does not change",
        responses={**answers(Erasure), **_REFUSED},
        openapi_extra={
            **for_roles(*ERASERS),
            **body_of(EraseAsked, {"id": "019250", "time": "2024-12-01T02:00:00.000Z", "cause": "diminta"}),
        },
    )
    async def erase(
        operation_id: str, officer_id: OfficerAsked, caller: Reader, request: Request
    ) -> Response:
        asked = await body_as(request, EraseAsked, BODY_MAX)
        return json_of(await erasures.erase(request.app.state.edge, caller, operation_id, officer_id, asked))

    return router
