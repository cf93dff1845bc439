"""The rows of a batch body: a JSON array, or lines of JSON that are handed on while more arrive."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

import msgspec

from pamwal.contracts.errors import HttpProblem, Undecodable
from pamwal.contracts.wording import why_unreadable
from pamwal.edge.http import MANY_TOO_LARGE, Receive, read_body, require_plain, too_large

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
    """Rows in order, up to 500 at once. HttpProblem 413, 415; Undecodable. Ends early if the peer goes away.

    Lines are handed on as they come, so those before a limit or a cut stand; one that is cut in the middle is
    none. An array is whole or nothing.
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
        raise Undecodable(f"the body is no JSON array of requests: {why_unreadable(error)}") from error
    if len(rows) > ARRAY_ROWS_MAX:
        raise _too_many(ARRAY_ROWS_MAX)
    for start in range(0, len(rows), CHUNK_ROWS):
        yield [bytes(row) for row in rows[start : start + CHUNK_ROWS]]


class LineCutter:
    """Cuts bytes into lines, the same ones whatever pieces they come in.

    Empty lines are left out; a byte order mark and carriage returns are dropped. Of a line that is too long
    so much is kept that it still is: its row is refused, and the next line is read.
    """

    def __init__(self, line_bytes_max: int = ROW_BYTES_MAX) -> None:
        self._kept_max = line_bytes_max + 1
        self._left = bytearray()
        self._first = True

    def feed(self, part: bytes) -> list[bytes]:
        """The lines that end in this part."""
        first, *rest = part.split(b"\n")
        self._hold(first)
        if not rest:
            return []
        lines = [
            self._taken(),
            *(line if len(line) < self._kept_max else line[: self._kept_max] for line in rest[:-1]),
        ]
        self._hold(rest[-1])
        return self._rows(lines)

    def end(self) -> list[bytes]:
        """What stands behind the last line's end; only for a body that is whole."""
        return self._rows([self._taken()])

    def _hold(self, part: bytes) -> None:
        self._left += part[: self._kept_max - len(self._left)]

    def _taken(self) -> bytes:
        line = bytes(self._left)
        self._left.clear()
        if self._first:
            self._first, line = False, line.removeprefix(_BOM)
        return line

    def _rows(self, lines: list[bytes]) -> list[bytes]:
        return [row for line in lines if (row := line if len(line) == self._kept_max else line.strip())]


async def _line_chunks(
    headers: dict[bytes, bytes], receive: Receive, bytes_max: int
) -> AsyncIterator[list[bytes]]:
    require_plain(headers)
    length = headers.get(b"content-length", b"0")
    if not length.isdigit() or int(length) > bytes_max:
        raise too_large(bytes_max, MANY_TOO_LARGE)
    cutter, size, count, ended = LineCutter(), 0, 0, False
    while not ended:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        part: bytes = message.get("body", b"")
        ended = not message.get("more_body")
        rows = cutter.feed(part[: bytes_max - size])
        size += len(part)
        if ended and size <= bytes_max:
            rows += cutter.end()
        for start in range(0, min(len(rows), LINES_MAX - count), CHUNK_ROWS):
            yield rows[start : min(start + CHUNK_ROWS, LINES_MAX - count)]
        count += len(rows)
        if count > LINES_MAX:
            raise _too_many(LINES_MAX)
        if size > bytes_max:
            raise too_large(bytes_max, MANY_TOO_LARGE)
