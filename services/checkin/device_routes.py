"""Devices over HTTP: codes for a post to hand out, and where a device exchanges its code for a token."""

from __future__ import annotations

from operator import itemgetter
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from pamwal.contracts.claims import Mode
from pamwal.contracts.envelope import DecisionData, Reason
from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.field import EnrolDevice, InviteDevices
from pamwal.contracts.instants import to_ms
from pamwal.contracts.routes import KEEPERS
from pamwal.edge.access import PUBLIC, for_roles
from pamwal.edge.addresses import counted_as
from pamwal.edge.app import Caller, Edge, EdgeSettings, Reader
from pamwal.edge.asking import Asking
from pamwal.edge.follow import not_folded
from pamwal.edge.issuer import Issuer, shared_secret
from pamwal.edge.reads import body_as
from pamwal.edge.shapes import answers, json_of, turned_away
from pamwal.printing.paper import paper_of
from pamwal.wire.log import Receipt
from services.checkin.code_reads import PDF, HtmlResponse, PdfResponse, page_of, pdf_answer
from services.checkin.enrolment import (
    TOKEN_S,
    CodesAsked,
    Enrol,
    Enrolled,
    codes_for,
    digest_of,
    request_id_of,
    speaker,
    token_of,
)
from services.checkin.planned.devices import Invited
from services.checkin.plans import Plans
from services.checkin.reads import FieldReads
from services.checkin.sheets.device_codes import device_cards, device_press

ROOT: Final = "/checkin/v1/operations/{operation_id}"
ENROL: Final = "/checkin/v1/enrol"
BODY_MAX: Final = 256 * 1024


class Desk:
    """What the routes work with."""

    def __init__(self, settings: EdgeSettings, plans: Plans, reads: FieldReads) -> None:
        self.settings, self.plans = settings, plans
        self._reads, self._follower = reads, reads.follower
        self._issuer = Issuer(settings.issuer_path, name=settings.trusted_issuer, audience=settings.audience)
        self.secret = shared_secret(settings.secret_path)
        self.press = device_press()

    @property
    def issuer(self) -> Issuer:
        """Signs tokens. HttpProblem 501 where another issuer's tokens are the ones that count."""
        if self.settings.jwks_url is not None:
            raise HttpProblem(
                501,
                "not_served_here",
                "tokens come from the issuer behind PAMWAL_JWKS_URL, so nobody enrols or signs on here: "
                "get a token there",
            )
        return self._issuer

    async def invite(
        self, request: Request, caller: Caller, operation_id: str, asked: CodesAsked
    ) -> Response:
        """Asks for the invitations, and prints the codes once they stand."""
        edge: Edge = request.app.state.edge
        plan = self.plans.opened(operation_id)
        post = asked.post or caller.claims.post
        if post is None:
            raise HttpProblem(422, "malformed", "say for which post, in `post`")
        unit = plan.unit(asked.unit) if asked.unit is not None else []
        if asked.unit is not None and not unit:
            raise HttpProblem(404, "unknown_unit", f"nobody of the roster is of unit {asked.unit!r}")
        named = [plan.written(each) for each in asked.officers]
        own = plan.of_post(post) if asked.roster else []
        codes = codes_for(asked, operation_id, post, [*named, *unit, *own], self.secret)
        data = InviteDevices(invitations=[each.invitation for each in codes])
        asking = Asking(edge, caller, operation_id, post=post, device="web", channel="web")
        decision = await asking.ask(asked.id, data, time=asked.time)
        require_accepted(decision.data)
        topic, partition, offset = decision.id.rsplit("/", 2)
        receipt = Receipt(topic, int(partition), int(offset))
        await self._follower.wait_folded(receipt, self.settings.read_wait_ms)  # or a code were unknown here
        paper = paper_of(
            plan.name, plan.zone, decision.id, edge.clock.now(), exercise=plan.mode == "exercise"
        )
        address = f"{self.settings.public_address}{ENROL}"
        pdf = await self.press.pdf_of(device_cards(paper, plan, post, codes, address), request.receive)
        return pdf_answer(pdf, "kode-perangkat", exercise=plan.mode == "exercise")

    async def enrol(self, edge: Edge, asked: Enrol) -> Enrolled:
        """A device's token, also for the same request again. HttpProblem says why there is none."""
        issuer, digest = self.issuer, digest_of(asked.code)
        invited, mode = self._invited_by(digest)
        now_ms = to_ms(edge.clock.now())
        caller = speaker(invited, mode, edge.gate.authority, now_ms // 1000 + TOKEN_S)
        asking = Asking(
            edge,
            caller,
            invited.operation_id,
            post=invited.postid,
            device=invited.device_id,
            channel="app",
        )
        data = EnrolDevice(device_id=invited.device_id, code_sha256=digest)
        decision = await asking.ask(request_id_of(asked, self.secret), data, time=asked.time)
        require_accepted(decision.data)
        if self._reads.lost(caller.claims):
            raise HttpProblem(409, "device_revoked", "this device was revoked: ask the post for a new code")
        return token_of(caller, issuer, to_ms(decision.data.knownat), to_ms(edge.clock.now()))

    def _invited_by(self, digest: str) -> tuple[Invited, Mode]:
        """Whom a code invites, and the mode of his operation. HttpProblem 404, 503.

        A code counts if it was asked for by a token of that mode: one of an exercise, used before the
        operation was opened, must not lead to a token of a real one. The first invitation counts.
        """
        by_mode = [(mode, heard.devices.invited_by(digest)) for mode, heard in self._reads.heard.items()]
        found = [(invited.invited_at, mode, invited) for mode, invited in by_mode if invited is not None]
        for _, mode, invited in sorted(found, key=itemgetter(0, 1)):
            opened_as = self.plans.mode_of(invited.operation_id)
            if opened_as is None:
                raise HttpProblem(404, "unknown_operation", "this code's operation was not opened")
            if opened_as == mode:
                return invited, mode
        if not self._follower.level_once:
            raise not_folded()
        raise HttpProblem(404, "code_unknown", "this code invites nobody: ask the post for a new one")


def device_router(desk: Desk) -> APIRouter:
    """Codes for posts and the head of operations; to enrol needs no token, for a code is one."""
    router = APIRouter(tags=["devices"])

    @router.post(
        f"{ROOT}/devices:codes",
        summary="Invite devices, and print their one-time codes",
        responses={**PDF, **turned_away({409: "An invitation is refused; the detail says which, and why"})},
        response_class=PdfResponse,
        openapi_extra={
            **for_roles(*KEEPERS),
            **body_of(CodesAsked, {"id": "019250", "time": _TIME, "officers": ["KPG-0001"]}),
        },
    )
    async def codes(operation_id: str, caller: Reader, request: Request) -> Response:
        asked = await body_as(request, CodesAsked, BODY_MAX)
        return await desk.invite(request, caller, operation_id, asked)

    @router.post(
        ENROL,
        summary="A device exchanges its one-time code for a token; needs none itself",
        responses={**answers(Enrolled), **turned_away(_ENROL_REFUSED)},
        openapi_extra={
            **PUBLIC,
            **body_of(Enrol, {"code": "k7qm42pxk7qm42pxk7qm42pxk7qm42px", "id": _RANDOM_ID, "time": _TIME}),
        },
    )
    async def enrol(request: Request) -> Response:
        edge: Edge = request.app.state.edge
        client = counted_as(edge.settings.trusted_proxies.client_of(request.scope))
        edge.gate.knock(f"enrol {client}")
        answer = json_of(await desk.enrol(edge, await body_as(request, Enrol, BODY_MAX)))
        answer.headers["cache-control"] = "no-store"
        return answer

    @router.get(
        ENROL,
        summary="What whoever scans a device's code with a camera is shown; needs no token",
        response_class=HtmlResponse,
        openapi_extra=PUBLIC,
    )
    async def page() -> Response:
        return page_of("enrol.html")

    return router


NOT_SERVED: Final = "Tokens come from another issuer (PAMWAL_JWKS_URL): get one there"
_ENROL_REFUSED: Final = {
    400: "The body is not JSON",
    404: "The code invites nobody, or its operation was not opened",
    409: "The code was used or expired, or the device was revoked",
    413: "Too large",
    415: "The body is packed (Content-Encoding); nothing is unpacked here",
    422: "The body does not fit, or the id was used for something else",
    429: "Too many tries from one address",
    501: NOT_SERVED,
    503: "Not known to be kept, or not read to the end yet: send it again with the same id and time",
}
_RANDOM_ID: Final = "0192505b-0102-7c3e-9a41-5b6f2d8e0102"
_TIME: Final = "2024-10-03T01:15:00.000Z"


def body_of(shape: type[Any], example: dict[str, Any]) -> dict[str, Any]:
    """`openapi_extra` of a route whose body is such a struct."""
    schema = answers(shape)[200]["content"]["application/json"]["schema"]
    content = {"application/json": {"schema": schema, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


def require_accepted(data: DecisionData[Any]) -> None:
    """HttpProblem 409 with the reason it was refused for, 422 if the id was another request's."""
    if data.outcome == "accepted":
        return
    reason = data.reason or Reason(code="parked", message="nobody could decide this; it is kept and parked")
    raise HttpProblem(422 if reason.code in {"key_reused", "parked"} else 409, reason.code, reason.message)
