"""The few HTTP words that plain ASGI handlers need: replies, bodies, headers, request ids."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from typing import Any, NamedTuple, TypeVar

from pamwal.contracts.errors import HttpProblem

T = TypeVar("T")
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]
RawHeaders = list[tuple[bytes, bytes]]

JSON = b"application/json"
PROBLEM_JSON = b"application/problem+json"
AT_HEADER = b"pamwal-at"
VECTOR_HEADER = b"pamwal-vector"
UNKNOWN_HEADER = b"pamwal-unknown-facts"
FIELDS_HEADER = b"pamwal-unknown-fields"
REQUEST_ID_HEADER = b"x-request-id"
_TRACEPARENT = re.compile(rb"^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$")
_chance = random.Random()  # noqa: S311 - trace ids are names, not secrets; a system call each costs 5 µs
_REQUEST_ID = re.compile(rb"^[A-Za-z0-9._:/+=-]{1,128}$")


class Reply(NamedTuple):
    """An answer that is ready to be sent."""

    status: int
    body: bytes
    content_type: bytes = JSON
    headers: tuple[tuple[bytes, bytes], ...] = ()


class Trace(NamedTuple):
    """What ties one HTTP request, its log lines and its record together."""

    traceparent: str
    request_id: bytes


def trace_of(headers: dict[bytes, bytes]) -> Trace:
    """The sender's `traceparent` and `X-Request-Id` if they are well formed, else new ones."""
    given = headers.get(b"traceparent", b"")
    if _TRACEPARENT.match(given):
        traceparent = given.decode()
    else:
        chance = f"{_chance.getrandbits(192):048x}"
        traceparent = f"00-{chance[:32]}-{chance[32:]}-00"
    request_id = headers.get(REQUEST_ID_HEADER, b"")
    return Trace(traceparent, request_id if _REQUEST_ID.match(request_id) else traceparent[3:35].encode())


async def send_reply(send: Send, reply: Reply, trace: Trace) -> None:
    """Sends a whole answer."""
    headers: RawHeaders = [
        (b"content-type", reply.content_type),
        (b"content-length", str(len(reply.body)).encode()),
        (REQUEST_ID_HEADER, trace.request_id),
        *reply.headers,
    ]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


ONE_TOO_LARGE = (
    "the body is over {} bytes; a request with many rows can be said as several, each with its own id"
)
MANY_TOO_LARGE = "the body is over {} bytes; send fewer rows at once"


def too_large(bytes_max: int, sentence: str) -> HttpProblem:
    """413. What follows the limit is not kept: the server reads past it, once this is answered.

    Were the connection closed at once, the sender would see a reset instead of this answer, and try again.
    """
    return HttpProblem(413, "too_large", sentence.format(bytes_max))


def require_plain(headers: dict[bytes, bytes]) -> None:
    """HttpProblem 415 for a body that was packed on its way: read as it stands, it would say nothing."""
    packed = headers.get(b"content-encoding", b"").strip().lower()
    if packed not in {b"", b"identity"}:
        how = packed.decode("latin-1")[:40]
        told = f"the body is packed ({how!r}), and nothing is unpacked here: send it without Content-Encoding"
        raise HttpProblem(415, "packed", told, headers=(("accept-encoding", "identity"),))


async def read_body(
    headers: dict[bytes, bytes], receive: Receive, bytes_max: int, sentence: str = ONE_TOO_LARGE
) -> bytes | None:
    """The whole body, None if the peer went away. HttpProblem 413 beyond `bytes_max`, 415 if it is packed."""
    require_plain(headers)
    length = headers.get(b"content-length", b"0")
    if not length.isdigit() or int(length) > bytes_max:
        raise too_large(bytes_max, sentence)
    message = await receive()
    if message["type"] == "http.disconnect":
        return None
    body: bytes | None = message.get("body", b"")
    if message.get("more_body"):
        return await _read_rest(message.get("body", b""), receive, bytes_max, sentence)
    if body is not None and len(body) > bytes_max:
        raise too_large(bytes_max, sentence)
    return body


async def _read_rest(first: bytes, receive: Receive, bytes_max: int, sentence: str) -> bytes | None:
    parts, size = [first], len(first)
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part: bytes = message.get("body", b"")
        parts.append(part)
        size += len(part)
        if size > bytes_max:
            raise too_large(bytes_max, sentence)
        if not message.get("more_body"):
            return b"".join(parts)


async def while_connected(receive: Receive, work: Coroutine[Any, Any, T]) -> T:
    """What `work` returns; it is cancelled when the client leaves. HttpProblem 499, which nobody reads.

    The request's body must have been read.
    """
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_left(receive))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise HttpProblem(499, "client_left", "the client closed the connection before it was answered")
        return working.result()
    finally:
        leaving.cancel()
        if not working.done():
            working.cancel()
            await asyncio.wait({working})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
