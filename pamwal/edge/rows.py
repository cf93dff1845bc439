"""The rows of a batch body: a JSON array, or lines of JSON that are handed on while more arrive."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

import msgspec

from pamwal.contracts.errors import HttpProblem, Undecodable
from pamwal.edge.http import MANY_TOO_LARGE, Receive, read_body, too_large

ARRAY_ROWS_MAX: Final = 1000
LINES_MAX: Final = 10_000
ROW_BYTES_MAX: Final = 1024 * 1024
CHUNK_ROWS: Final = 500
ROW_TOO_LARGE: Final = (
    "the row is over {} bytes; a request with many rows can be said as several, each with its own id"
)
NDJSON: Final = b"application/x-ndjson"
_LINES_TYPES: Final = (NDJSON, b"application/ndjson", b"application/jsonl", b"application/jsonlines")
_BOM: Final = b"\xef\xbb\xbf"
_array: Final = msgspec.json.Decoder(list[msgspec.Raw])


def is_lines(headers: dict[bytes, bytes]) -> bool:
    """Whether the body is one JSON value a line."""
    return headers.get(b"content-type", b"").split(b";")[0].strip().lower() in _LINES_TYPES


def _too_many(rows_max: int) -> HttpProblem:
    return HttpProblem(413, "too_large", f"more than {rows_max} rows in one batch; send the rest in another")


async def chunks(headers: dict[bytes, bytes], receive: Receive, bytes_max: int) -> AsyncIterator[list[bytes]]:
    """Rows in order, up to 500 at once. HttpProblem 413, Undecodable; ends early if the peer goes away.

    Lines before one that goes over a limit have been handed on by then; an array is whole or nothing.
    Empty lines are no rows; a byte order mark and carriage returns are dropped.
    """
    if is_lines(headers):
        async for chunk in _line_chunks(headers, receive, bytes_max):
            yield chunk
        return
    body = await read_body(headers, receive, bytes_max, MANY_TOO_LARGE)
    if body is None:
        return
    try:
        rows = _array.decode(body.removeprefix(_BOM))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Undecodable(f"the body is no JSON array of requests: {error}") from error
    if len(rows) > ARRAY_ROWS_MAX:
        raise _too_many(ARRAY_ROWS_MAX)
    for start in range(0, len(rows), CHUNK_ROWS):
        yield [bytes(row) for row in rows[start : start + CHUNK_ROWS]]


async def _line_chunks(
    headers: dict[bytes, bytes], receive: Receive, bytes_max: int
) -> AsyncIterator[list[bytes]]:
    length = headers.get(b"content-length", b"0")
    if not length.isdigit() or int(length) > bytes_max:
        raise too_large(bytes_max, MANY_TOO_LARGE)
    left, size, count, ended = b"", 0, 0, False
    ready: list[bytes] = []
    while not ended:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        part: bytes = message.get("body", b"")
        ended = not message.get("more_body")
        left = part.removeprefix(_BOM) if size == 0 else left + part
        size += len(part)
        if size > bytes_max:
            raise too_large(bytes_max, MANY_TOO_LARGE)
        *lines, left = left.split(b"\n") if not ended else (left + b"\n").split(b"\n")
        if len(left) > ROW_BYTES_MAX:
            raise too_large(ROW_BYTES_MAX, ROW_TOO_LARGE)
        ready += [line for line in map(bytes.strip, lines) if line]
        while len(ready) >= CHUNK_ROWS or (ended and ready):
            chunk, ready = ready[:CHUNK_ROWS], ready[CHUNK_ROWS:]
            count += len(chunk)
            if count > LINES_MAX:
                raise _too_many(LINES_MAX)
            yield chunk
