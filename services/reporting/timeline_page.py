"""The log of an operation as a page for a browser, searched by a form."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from pamwal.contracts.errors import AccessDenied
from pamwal.edge.access import FOR_ANY_TOKEN
from pamwal.edge.pages import response_of
from pamwal.edge.reads import page_access
from services.reporting import words
from services.reporting.claim_reads import PAGE_HEADERS
from services.reporting.page import denied_reply, timeline_page
from services.reporting.reads import Reads
from services.reporting.timeline.merging import key_of
from services.reporting.timeline_reads import KINDS, Search, TimelineReads, asked_of
from services.reporting.views.posts import posts_counted

FIELDS: Final = ("text", "venue", "post", "officer", "kind", "severity")
FIELD_MAX: Final = 200
ENTRIES: Final = 50


def timeline_page_routes(reads: Reads, timelines: TimelineReads) -> APIRouter:
    """One page."""
    router = APIRouter(include_in_schema=False)

    @router.get("/timeline", openapi_extra=FOR_ANY_TOKEN)
    async def page(request: Request, operation: str, after: str | None = None) -> Response:
        try:
            caller = await page_access(request, operation)
        except AccessDenied as error:
            if error.status != 401:
                raise
            return response_of(denied_reply(error))
        given = {name: request.query_params.get(name, "")[:FIELD_MAX].strip() for name in FIELDS}
        picture = reads.operation(operation, caller)
        name = picture.charter.name if picture.charter else operation
        search = Search(
            asked=asked_of(given),
            at=None,
            known=None,
            after=key_of(after or None),
            limit=ENTRIES,
        )
        found = await timelines.page(operation, caller, search)
        posts = words.posts_heard(*posts_counted(picture, found.at))
        shown = timeline_page(found, name=name, given=given, kinds=KINDS, posts=posts)
        return HTMLResponse(shown, headers=PAGE_HEADERS)

    return router
