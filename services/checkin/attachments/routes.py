"""HTTP: take a file in as it streams, and give it back to who may see an incident it belongs to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path as FilePath
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import StreamingResponse

from pamwal.contracts.errors import HttpProblem
from pamwal.contracts.field import MediaType, StoredFile
from pamwal.contracts.routes import FIELD
from pamwal.edge.access import for_roles
from pamwal.edge.app import Caller, Edge, Reader
from pamwal.edge.bodies import HeldBodies, HeldBody, release
from pamwal.edge.http import Message, Receive, require_plain, too_large
from pamwal.edge.shapes import answers, turned_away
from services.checkin.attachments.media import ALLOWED, ENDINGS, HEAD_BYTES, UNSAID, called, types_of
from services.checkin.attachments.metadata import Damaged, without_metadata
from services.checkin.attachments.quotas import Quotas
from services.checkin.attachments.spool import Spool, sweep
from services.checkin.attachments.stores import Store, file_key, unavailable
from services.checkin.incident_reads import whose
from services.checkin.reads import ROOT, FieldReads

SPOOLING_CALLERS: Final = 32
TOO_LARGE: Final = "a file has at most {} bytes; send a smaller picture, or the recording in parts"
NOT_UPLOADED: Final = (
    "an incident names this file; its bytes did not come yet, or they came with metadata, which is removed: "
    "then attach the reference that the upload answered"
)
HEADERS: Final = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "sandbox; default-src 'none'",
    "cache-control": "private, no-store",
}
UNKNOWN: Final = "application/octet-stream"
_BINARY: Final = {"schema": {"type": "string", "format": "binary"}}
_FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The file", "content": dict.fromkeys((*ALLOWED, UNKNOWN), _BINARY)},
    **turned_away(
        {
            404: "No incident that is known to you has such a file, or its bytes did not come yet",
            503: "The store cannot be used, or this is not folded here yet: ask again",
        }
    ),
}
_UPLOADED: Final[dict[int | str, dict[str, Any]]] = {
    200: {**answers(StoredFile)[200], "description": "The reference; these bytes were there already"},
    201: {**answers(StoredFile)[200], "description": "The reference to cite in attach_to_incident"},
    **turned_away(
        {
            400: "The body is empty",
            413: "The file is too large",
            415: "It is none of the files that are taken, or another than was said, or packed",
            422: "It is not whole, or damaged",
            429: "The quota of the token or of the operation is used up: keep the file, and send it later",
            503: "The store cannot be used: keep the file, and send it again later",
        }
    ),
}
Digest = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the bytes, lower-case hex")]


class Uploads:
    """Takes files in. `spools` is a folder from which a rename leads into the store, where that is one."""

    def __init__(
        self, store: Store, spools: FilePath, bytes_max: int, spooled_max: int, quotas: Quotas
    ) -> None:
        """`spooled_max`: bytes of one caller's uploads under way, on the disk; of all: 32 times that."""
        self.store, self.spools, self.bytes_max, self.quotas = store, spools, bytes_max, quotas
        caller_max = max(spooled_max, bytes_max)
        self._spooled_bytes = HeldBodies(SPOOLING_CALLERS * caller_max, caller_max)

    async def take(self, operation_id: str, caller: Caller, request: Request) -> Response:
        """Answers the reference of the file without its metadata; whatever goes wrong leaves nothing.

        A file that was erased is answered as one that is there already, and is not kept: it comes from a
        queue that does not know.
        HttpProblem 400, 413, 415, 422, 429, 503.
        """
        headers: dict[bytes, bytes] = dict(request.scope["headers"])
        require_plain(headers)
        said = called(headers.get(b"content-type", b"").decode("latin-1"))
        if said not in UNSAID and said not in ALLOWED:
            raise _not_taken(f"{said[:80]!r} is not taken")
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > self.bytes_max:
            raise too_large(self.bytes_max, TOO_LARGE)
        self.quotas.require_room(operation_id, caller.limit_key, int(length))

        async def receive() -> Message:
            """The next part; the one before is on the disk."""
            release(request.scope)
            return await request.receive()

        try:
            async with Spool(self.spools) as spool:
                with HeldBody(self._spooled_bytes, receive) as body:
                    body.belongs_to(caller.limit_key)
                    media = await self._spooled(spool, body, said)
                    if media is None:
                        return Response(status_code=400)  # nobody is there to read it
                    await _remove_metadata(spool, media)
                    self.quotas.require_room(operation_id, caller.limit_key, spool.size)
                    await spool.settle()
                    new = not _was_erased(request, operation_id, spool.sha256) and await self.store.keep(
                        operation_id, spool.sha256, spool.path
                    )
                    if new:
                        self.quotas.uploaded(operation_id, caller.limit_key, spool.sha256, spool.size)
        except OSError as error:
            raise unavailable(error.strerror) from error
        file = StoredFile(sha256=spool.sha256, size=spool.size, media_type=media)
        return Response(
            msgspec.json.encode(file),
            201 if new else 200,
            media_type="application/json",
            headers={"location": f"{ROOT.format(operation_id=operation_id)}/attachments/{spool.sha256}"},
        )

    async def sweep(self) -> None:
        """Removes what uploads left behind whose process was killed."""
        await asyncio.to_thread(sweep, self.spools)

    async def _spooled(self, spool: Spool, receive: Receive, said: str) -> MediaType | None:
        """What the file is, once all of it is spooled; None if its sender went away."""
        head, media = b"", None
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            part: bytes = message.get("body", b"")
            more = message.get("more_body", False)
            if spool.size + len(part) > self.bytes_max:
                raise too_large(self.bytes_max, TOO_LARGE)
            head += part[: HEAD_BYTES - len(head)]
            if media is None and (len(head) == HEAD_BYTES or not more):
                media = _judged(head, said)
            await spool.write(part)
        return media


def attachment_router(uploads: Uploads, reads: FieldReads) -> APIRouter:
    """Upload and download."""
    router = APIRouter(tags=["attachments"])
    path = f"{ROOT}/attachments"

    @router.post(
        path,
        status_code=201,
        summary="Upload a file; the answer is the reference that attach_to_incident cites",
        description="Positions and other metadata of pictures, films and M4A are removed, so the reference "
        "is of the file as it is kept; PDF, MP3 and Ogg are kept with theirs. The same bytes sent again have "
        "the same reference.",
        responses=_UPLOADED,
        openapi_extra={
            **for_roles(*FIELD),
            "requestBody": {"required": True, "content": dict.fromkeys(ALLOWED, _BINARY)},
        },
    )
    async def upload(operation_id: str, caller: Reader, request: Request) -> Response:
        return await uploads.take(operation_id, caller, request)

    @router.get(
        f"{path}/{{sha256}}",
        summary="A file of an incident that this token may see",
        response_class=Response,
        responses=_FILE,
        openapi_extra=for_roles(*FIELD),
    )
    async def download(operation_id: str, sha256: Digest, caller: Reader, request: Request) -> Response:
        said = reads.by(caller).journal.attachment(operation_id, sha256, whose(caller))
        if said is None:
            raise HttpProblem(404, "unknown_attachment", "no incident that is known to you has such a file")
        if _was_erased(request, operation_id, sha256):
            raise HttpProblem(404, "erased", "this file was erased")
        stored = await uploads.store.open(operation_id, sha256)
        if stored is None:
            raise HttpProblem(404, "not_uploaded", NOT_UPLOADED)
        head = await _head(stored.parts)
        found = types_of(head)
        media = said if said in found else next(iter(found), UNKNOWN)
        name = f"{sha256[:12]}.{ENDINGS.get(media, 'bin')}"
        return StreamingResponse(
            _from(head, stored.parts),
            media_type=media,
            headers={
                **HEADERS,
                "content-length": str(stored.size),
                "content-disposition": f'attachment; filename="{name}"',
            },
        )

    return router


def _was_erased(request: Request, operation_id: str, sha256: str) -> bool:
    """HttpProblem 503 while that is not known here."""
    edge: Edge = request.app.state.edge
    return edge.erased is not None and file_key(operation_id, sha256) in edge.erased


def _judged(head: bytes, said: str) -> MediaType:
    """What the file is. HttpProblem 400 if it is empty, 415 if it is not taken or not what was said."""
    if not head:
        raise HttpProblem(400, "malformed", "the body is empty: send the file itself as the body")
    found = types_of(head)
    if not found:
        raise _not_taken("this does not begin like a file that is taken")
    if said in UNSAID:
        return found[0]
    for media in found:
        if media == said:
            return media
    raise _not_taken(f"it was said to be {said}, and begins like {' or '.join(found)}")


def _not_taken(sentence: str) -> HttpProblem:
    return HttpProblem(415, "unsupported_type", f"{sentence}; there are {', '.join(ALLOWED)}")


async def _remove_metadata(spool: Spool, media: MediaType) -> None:
    """HttpProblem 422 if the file does not have the structure of its type; OSError."""
    try:
        await spool.rewrite(partial(without_metadata, media=media))
    except Damaged as why:
        sentence = f"this {media} is not whole, or damaged: {why}"
        raise HttpProblem(
            422, "damaged_file", f"{sentence}; save or export it once more, and send that"
        ) from why


async def _head(parts: AsyncIterator[bytes]) -> bytes:
    head = b""
    async for part in parts:
        head += part
        if len(head) >= HEAD_BYTES:
            break
    return head


async def _from(head: bytes, parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield head
    async for part in parts:
        yield part
