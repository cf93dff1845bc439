"""Signing on at a shared PC: a post's token and a PIN become a short token whose actor is that person."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request, Response
from msgspec import Meta, Struct

from pamwal.contracts.claims import BOUND_TO_OFFICER, Mode, Role
from pamwal.contracts.errors import AccessDenied, LogUnavailable
from pamwal.contracts.instants import from_ms, to_ms
from pamwal.contracts.persons import OfficerId, officer_key
from pamwal.contracts.routes import PLAN_READERS
from pamwal.edge.access import for_roles
from pamwal.edge.app import Caller, Edge, Reader
from pamwal.edge.clock import system_ms
from pamwal.edge.follow import not_folded
from pamwal.edge.intake import keep_personal
from pamwal.edge.reads import body_as
from pamwal.edge.shapes import answers, json_of, turned_away
from pamwal.wire.log import Outgoing
from services.checkin.device_routes import BODY_MAX, NOT_SERVED, Desk, body_of
from services.checkin.pins import Pins, fits, hashed
from services.checkin.tries import Who

ROOT: Final = "/checkin/v1/operations/{operation_id}"
SIGNED_ON_S: Final = 8 * 3600
"""How long a person stays signed on at the most: a watch."""
OfficerAsked = Annotated[str, Path(max_length=32)]
Pin = Annotated[
    str, Meta(pattern=r"^[0-9]{6,12}(?!\n)$", description="6 to 12 digits; it is kept as a salted hash alone")
]


class PinAsked(Struct, frozen=True, kw_only=True):
    """A new PIN."""

    pin: Pin


class SignOn(Struct, frozen=True, kw_only=True):
    """Who sits down at the post's PC, and the PIN."""

    officer_id: OfficerId
    pin: Pin


class SignedOn(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A token with what the post may; what is said with it has that person as its actor."""

    token: str
    actor: str
    role: Role
    operation: str
    mode: Mode
    post: str
    expires_at: str


class PinKept(Struct, frozen=True, kw_only=True):
    """Whether the officer has a PIN now."""

    officer_id: str
    has_pin: bool


def pin_router(desk: Desk, pins: Pins) -> APIRouter:
    """Setting, removing and using PINs."""
    router = APIRouter(tags=["sign-on"])

    @router.put(
        f"{ROOT}/officers/{{officer_id}}/pin",
        summary="Set or change an officer's PIN: his home post, the head of operations, an admin, or himself",
        responses=answers(PinKept),
        openapi_extra={
            **for_roles(*PLAN_READERS),
            **body_of(PinAsked, {"pin": "482913"}),
        },
    )
    async def set_pin(
        operation_id: str, officer_id: OfficerAsked, caller: Reader, request: Request
    ) -> Response:
        asked = await body_as(request, PinAsked, BODY_MAX)
        officer_id = desk.plans.written(operation_id, officer_id)
        _require_may_set(desk, caller, operation_id, officer_id)
        async with pins.hashing.place():
            kept = await asyncio.to_thread(hashed, asked.pin)
        await _keep(request.app.state.edge, pins, operation_id, officer_id, kept)
        return json_of(PinKept(officer_id=officer_id, has_pin=True))

    @router.delete(
        f"{ROOT}/officers/{{officer_id}}/pin",
        summary="Take an officer's PIN away",
        responses=answers(PinKept),
        openapi_extra=for_roles(*PLAN_READERS),
    )
    async def remove_pin(
        operation_id: str, officer_id: OfficerAsked, caller: Reader, request: Request
    ) -> Response:
        officer_id = desk.plans.written(operation_id, officer_id)
        _require_may_set(desk, caller, operation_id, officer_id)
        await _keep(request.app.state.edge, pins, operation_id, officer_id, None)
        return json_of(PinKept(officer_id=officer_id, has_pin=False))

    @router.post(
        f"{ROOT}/sign-on",
        summary="A person signs on at a post's PC",
        responses={**answers(SignedOn), **turned_away({501: NOT_SERVED})},
        openapi_extra={
            **for_roles("command_post"),
            **body_of(SignOn, {"officer_id": "KPG-0001", "pin": "482913"}),
        },
    )
    async def sign_on(operation_id: str, caller: Reader, request: Request) -> Response:
        asked = await body_as(request, SignOn, BODY_MAX)
        post = caller.claims.post
        if post is None:
            raise AccessDenied("people sign on with the token of a post", code="not_yours")
        _ = desk.issuer  # or nobody signs on here at all
        officer_id = desk.plans.written(operation_id, asked.officer_id)
        _require_may_sign_on(desk, caller, operation_id, officer_id)
        if not pins.follower.level_once:
            raise not_folded()
        edge: Edge = request.app.state.edge
        await _try(edge, pins, Who(operation_id, post, officer_id), asked.pin)
        now_ms = to_ms(edge.clock.now())
        answer = json_of(_signed_on(desk, caller, officer_id, now_ms))
        answer.headers["cache-control"] = "no-store"
        return answer

    return router


async def _try(edge: Edge, pins: Pins, who: Who, pin: str) -> None:
    """AccessDenied 403 if there is no PIN or this is not it, HttpProblem 429 while it is locked; LogError.

    HttpProblem 503 while too many PINs wait to be hashed; that is no try.

    Who has no PIN is counted nowhere: names that are made up would push out the counts of those that matter.
    """
    kept = pins.kept_of(who.operation_id, who.officer_id)
    if kept is None:
        raise AccessDenied(f"{who.officer_id} has no PIN: set one first", code="no_pin")
    async with pins.hashing.place():
        pins.tries.begin(who)
        right = await asyncio.to_thread(fits, pin, kept)
    if not right:
        await _write(edge, pins.tries.told(who, edge.clock.now()))
        raise pins.tries.wrong(who)
    forgotten = pins.tries.right(who)
    if forgotten is not None:
        await _write(edge, forgotten)


def _signed_on(desk: Desk, caller: Caller, officer_id: str, now_ms: int) -> SignedOn:
    """The person's token, which ends with the post's own at the latest."""
    claims = caller.claims
    lifetime_s = min(SIGNED_ON_S, (caller.expires_ms - system_ms()) // 1000)
    token = desk.issuer.issue(
        role=claims.role,
        operation=claims.operation,
        mode=claims.mode,
        subject=officer_id,
        post=claims.post,
        device=claims.device,
        signed_on=True,
        lifetime_s=lifetime_s,
    )
    return SignedOn(
        token=token,
        actor=officer_id,
        role=claims.role,
        operation=claims.operation,
        mode=claims.mode,
        post=claims.post or "",
        expires_at=from_ms(now_ms + lifetime_s * 1000),
    )


def _require_may_set(desk: Desk, caller: Caller, operation_id: str, officer_id: str) -> None:
    """AccessDenied 403; HttpProblem 404 for who is not on the roster."""
    claims = caller.claims
    if claims.role in BOUND_TO_OFFICER and officer_key(claims.officer or "") != officer_key(officer_id):
        raise AccessDenied("a PIN is set by a post, the ops_head, an admin or its owner", code="not_yours")
    listed = desk.plans.on_roster(operation_id, officer_id)
    if claims.role == "command_post" and claims.post != listed.home_post:
        raise AccessDenied(
            f"{officer_id} is of post {listed.home_post}: it, or an admin, sets his PIN", code="not_yours"
        )


def _require_may_sign_on(desk: Desk, caller: Caller, operation_id: str, officer_id: str) -> None:
    """AccessDenied 403: a person's token or a foreign officer. HttpProblem 404: not on the roster."""
    if caller.signed_on:
        raise AccessDenied(
            f"{caller.actor} signed on with this token: sign on with the post's own", code="not_yours"
        )
    listed = desk.plans.on_roster(operation_id, officer_id)
    if listed.home_post != caller.claims.post:
        raise AccessDenied(
            f"{officer_id} is of post {listed.home_post} and signs on there: the head of operations "
            "registers who moves with the new home post",
            code="not_yours",
        )


async def _keep(edge: Edge, pins: Pins, operation_id: str, officer_id: str, kept: str | None) -> None:
    """LogError if it is not known to be kept."""
    record = pins.record_of(operation_id, officer_id, kept, edge.clock.now())
    await _write(edge, record)
    pins.kept(record)


async def _write(edge: Edge, record: Outgoing) -> None:
    """LogError if it is not known to be kept."""
    if edge.submit is None:
        raise LogUnavailable("this edge writes nothing")
    await keep_personal(edge.submit.sender, [record])
