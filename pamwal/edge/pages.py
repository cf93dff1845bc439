"""The routes every service has: health, docs, answers by receipt; and errors as problems."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import msgspec
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from pamwal.contracts.errors import HttpProblem, PamwalError
from pamwal.edge.access import FOR_ANY_TOKEN, PUBLIC
from pamwal.edge.docs import ANSWERED, HEALTH, READY
from pamwal.edge.docs_page import page
from pamwal.edge.http import Reply
from pamwal.edge.lookup import Lookup
from pamwal.edge.problems import reply_of, told_by, validation_reply
from pamwal.edge.reads import page_access
from pamwal.edge.spec import ProblemPage

if TYPE_CHECKING:
    from pamwal.edge.app import Edge

_METHODS: Final = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")


def response_of(reply: Reply) -> Response:
    """A reply as FastAPI sends it."""
    response = Response(reply.body, reply.status)
    response.headers["content-type"] = reply.content_type.decode()
    for name, value in reply.headers:
        response.headers[name.decode()] = value.decode("latin-1")
    return response


def shared_routes(edge: Edge, api: FastAPI, lookup: Lookup | None) -> APIRouter:
    """Health, docs, and the answer to a request by its receipt if this service takes requests."""
    router = APIRouter()

    @router.head("/healthz", include_in_schema=False, openapi_extra=PUBLIC)
    @router.get(
        "/healthz",
        summary="This process is alive, or has to be restarted",
        tags=["process"],
        responses=HEALTH,
        openapi_extra=PUBLIC,
    )
    async def healthz() -> Response:
        return response_of(edge.health.alive_reply())

    @router.head("/readyz", include_in_schema=False, openapi_extra=PUBLIC)
    @router.get(
        "/readyz", summary="Ready, by named checks", tags=["process"], responses=READY, openapi_extra=PUBLIC
    )
    async def readyz() -> Response:
        return response_of(edge.health.reply())

    @router.head("/readyz/writes", include_in_schema=False, openapi_extra=PUBLIC)
    @router.get(
        "/readyz/writes",
        summary="Ready to take requests, also while reads are stale",
        tags=["process"],
        responses=READY,
        openapi_extra=PUBLIC,
    )
    async def readyz_writes() -> Response:
        return response_of(edge.health.reply(writes=True))

    _add_description(router, api)
    if lookup is not None:

        @router.get(
            f"/{edge.spec.service}/v1/requests/{{receipt}}",
            summary="The answer to a request, by where the log keeps it",
            tags=["requests"],
            responses=ANSWERED,
            openapi_extra=FOR_ANY_TOKEN,
        )
        async def answer(receipt: str, request: Request) -> Response:
            caller = await page_access(request, None)
            return response_of(await lookup(receipt, caller))

    return router


def _add_description(router: APIRouter, api: FastAPI) -> None:
    """The description as JSON and as a page. Each is written once: neither needs a token."""

    @cache
    def description() -> bytes:
        return msgspec.json.encode(api.openapi())

    @cache
    def written() -> bytes:
        return page(api.openapi()).encode()

    @router.get("/openapi.json", include_in_schema=False, openapi_extra=PUBLIC)
    async def openapi() -> Response:
        return Response(description(), media_type="application/json")

    @router.get("/docs", include_in_schema=False, openapi_extra=PUBLIC)
    async def docs() -> Response:
        return Response(written(), media_type="text/html; charset=utf-8")


def answer_problems(api: FastAPI, problem_page: ProblemPage | None = None) -> None:
    """Every error FastAPI meets becomes problem+json, or a page where a browser asks and there is one."""

    def page_of(request: Request, error: Exception) -> Reply | None:
        wants_page = "text/html" in request.headers.get("accept", "")
        return problem_page(error) if problem_page is not None and wants_page else None

    async def ours(request: Request, error: Exception) -> Response:
        return response_of(page_of(request, error) or reply_of(error))

    async def framework(request: Request, error: Exception) -> Response:
        return await ours(request, _translated(error, request))

    async def validation(request: Request, error: Exception) -> Response:
        reply = validation_reply(error.errors() if isinstance(error, RequestValidationError) else [])
        told = HttpProblem(reply.status, "malformed", told_by(reply))
        return response_of(page_of(request, told) or reply)

    api.add_exception_handler(PamwalError, ours)
    # Starlette answers with this one and raises on, so that the front can log what happened.
    api.add_exception_handler(Exception, ours)
    api.add_exception_handler(HTTPException, framework)
    api.add_exception_handler(RequestValidationError, validation)


def _translated(error: Exception, request: Request) -> Exception:
    if not isinstance(error, HTTPException):
        return error
    headers = tuple((error.headers or {}).items())
    match error.status_code:
        case 404:
            return HttpProblem(404, "not_found", "nothing is at this address; /docs lists what there is")
        case 405:
            allowed = ", ".join(_allowed(request)) or "none"
            return HttpProblem(
                405, "method_not_allowed", f"this address takes {allowed}", headers=(("allow", allowed),)
            )
        case status:
            return HttpProblem(status, "http", str(error.detail), headers=headers)


def _allowed(request: Request) -> list[str]:
    """The methods of all routes at this address; the one that refused knows only its own."""
    routes = request.app.routes
    return [
        method
        for method in _METHODS
        if any(route.matches({**request.scope, "method": method})[0] == Match.FULL for route in routes)
    ]
