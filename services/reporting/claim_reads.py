"""The claim check over HTTP: as JSON, and as a page with a form that works without JavaScript."""

from __future__ import annotations

import asyncio
from typing import Any, Final
from urllib.parse import parse_qs

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from pamwal.bounded_queue import BoundedQueue
from pamwal.contracts.claim_check import ClaimsChecked, ClaimsToCheck
from pamwal.contracts.errors import AccessDenied, PamwalError, TooLarge, WrongShape
from pamwal.edge.access import FOR_ANY_TOKEN
from pamwal.edge.app import Caller, Edge, Reader
from pamwal.edge.pages import response_of
from pamwal.edge.reads import body_as, page_access
from services.reporting import words
from services.reporting.answering import content_of, json_answer, says
from services.reporting.claims import check_claims, read_text
from services.reporting.page import FORM_CSP, HEADERS, claims_page, denied_reply
from services.reporting.picture import OperationPicture
from services.reporting.reads import Reads
from services.reporting.views.situation import SIGHT_OF
from services.reporting.words import name_of, place_names

LETTERS_PER_REQUEST: Final = 400
"""So many letters of a text cost as much CPU time as a request: 5 ms."""
BYTES_MAX: Final = 256 * 1024
"""A text of the longest allowed, each letter escaped; more is no bulletin."""
TOO_LARGE: Final = "claims take at most {} bytes; check a long text in parts"
EXAMPLE: Final = {
    "day": "2024-10-03",
    "stated": {"officers": 151, "rallies": 14, "kelurahan": 11, "kecamatan": 6},
    "text": "Kamis, 3 Oktober 2024. 151 (seratus lima puluh satu) personel di 14 lokasi pada 11 kelurahan"
    " dan 6 kecamatan; hadir 150, terlambat 3, tidak hadir 1 orang. Kejadian menonjol: nihil.",
}
"""What the police bulletin of that day states, as fields and as it was pasted."""
PAGE_HEADERS: Final = {**HEADERS, "content-security-policy": FORM_CSP}


def claim_routes(reads: Reads, checks: BoundedQueue) -> APIRouter:
    """The check as a question that is posted and changes nothing, and its page.

    `checks` has places for texts that are being read.
    """
    router = APIRouter(tags=["reads"])

    async def checked(
        request: Request, picture: OperationPicture, asked: ClaimsToCheck, caller: Caller
    ) -> ClaimsChecked:
        """HttpProblem 503 while too many texts wait to be read."""
        edge: Edge = request.app.state.edge
        edge.gate.charge(caller, len(asked.text or "") / LETTERS_PER_REQUEST)
        async with checks.place():
            return await _checked(reads, picture, asked, caller)

    @router.post(
        "/reporting/v1/operations/{operation_id}/claims:check",
        summary="Stated totals against the facts: given as fields, or read out of a bulletin in Indonesian",
        responses=says(ClaimsChecked),
        openapi_extra={
            **FOR_ANY_TOKEN,
            "requestBody": {"required": True, "content": content_of(ClaimsToCheck, EXAMPLE)},
        },
    )
    async def claims(operation_id: str, caller: Reader, request: Request) -> Response:
        picture = reads.operation(operation_id, caller)
        asked = _with_something(await body_as(request, ClaimsToCheck, BYTES_MAX, TOO_LARGE))
        return json_answer(await checked(request, picture, asked, caller))

    @router.api_route(
        "/claims", methods=["GET", "POST"], include_in_schema=False, openapi_extra=FOR_ANY_TOKEN
    )
    async def page(request: Request, operation: str) -> Response:
        try:
            # A session only reads, and so does this form: it is posted as a bulletin is too long for a GET.
            caller = await page_access(request, operation)
        except AccessDenied as error:
            if error.status != 401:
                raise
            return response_of(denied_reply(error))
        picture = reads.operation(operation, caller)
        given: dict[str, str] = {}
        found, refused, status = None, "", 200
        if request.method == "POST":
            try:
                given = _form(await _body(request))
                asked = msgspec.convert(
                    {name: value for name, value in given.items() if value}, ClaimsToCheck
                )
                found = await checked(request, picture, _with_something(asked), caller)
            except msgspec.ValidationError as error:
                refused, status = words.NO_DAY if "$.day" in str(error) else words.NO_BULLETIN, 422
            except TooLarge:
                refused, status = words.LONG_BULLETIN, 413
            except PamwalError:
                refused, status = words.NO_BULLETIN, 422
        charter = picture.charter
        return HTMLResponse(
            claims_page(
                operation_id=operation,
                name=charter.name if charter else operation,
                exercise=picture.mode == "exercise",
                given=given,
                found=found,
                refused=refused,
            ),
            status_code=status,
            headers=PAGE_HEADERS,
        )

    return router


async def _checked(
    reads: Reads, picture: OperationPicture, asked: ClaimsToCheck, caller: Caller
) -> ClaimsChecked:
    """Reads the text beside the loop, so that nobody waits for a long one; counts as the picture is then."""
    reading = await asyncio.to_thread(read_text, picture.charter, asked.text or "", place_names())
    return check_claims(
        picture,
        asked,
        reads.live.now(picture),
        sight=SIGHT_OF[caller.claims.role],
        name_of=name_of,
        vector=reads.live.vector_of(picture.operation_id),
        reading=reading,
        places=place_names(),
    )


async def _body(request: Request) -> bytes:
    """The body. TooLarge."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > BYTES_MAX:
            raise TooLarge(TOO_LARGE.format(BYTES_MAX))
    return body


def _with_something(asked: ClaimsToCheck) -> ClaimsToCheck:
    """The same. WrongShape if it states nothing."""
    if asked.stated is None and asked.text is None:
        raise WrongShape("claims: give `stated`, totals as fields, or `text`, a bulletin in Indonesian")
    return asked


def _form(body: bytes) -> dict[str, str]:
    """What the page's form was filled with. WrongShape if it is no form."""
    try:
        fields: dict[str, Any] = parse_qs(body.decode("ascii"), max_num_fields=8, errors="strict")
    except ValueError as error:
        raise WrongShape("the form is not readable; paste the text again") from error
    # A browser sends line ends as CRLF, of which one letter is enough.
    given: dict[str, str] = {
        name: fields[name][0].replace("\r\n", "\n") for name in ("text", "day") if name in fields
    }
    # A button with one of the days that the text names goes before the field.
    return {**given, "day": fields["on"][0]} if "on" in fields else given
