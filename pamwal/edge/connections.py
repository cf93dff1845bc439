"""HTTP/1.1 connections with limits, so that nobody without a token can fill an edge's memory.

uvicorn's parser bounds neither the size of a request's head (its first line and headers) nor the time it may
take. `LimitedHttp` adds both, and limits on trailers, on pipelining, on bodies that stop arriving and on
answers that nobody reads. `Connections` counts the connections of one edge, in all and per client address.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, Final

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from pamwal.contracts.errors import HttpProblem
from pamwal.edge.addresses import TrustedProxies, counted_as
from pamwal.edge.metrics import Metrics
from pamwal.edge.problems import reply_of
from pamwal.edge.settings import ConnectionLimits

PIECE_BYTES: Final = 16 * 1024
"""What the parser is given at once. An unfinished head is measured between two pieces."""
RETRY_AFTER_S: Final = 5


class Connections:
    """The open connections of one edge."""

    def __init__(
        self, limits: ConnectionLimits, open_max: int, proxies: TrustedProxies, metrics: Metrics
    ) -> None:
        """`open_max`: how many may be open in all."""
        self.limits, self._open_max, self._proxies, self._metrics = limits, open_max, proxies, metrics
        self._by_address: dict[str, int] = {}
        self._open = 0

    def protocol(self) -> type[LimitedHttp]:
        """The class of which uvicorn makes one for each connection."""
        return type("LimitedHttp", (LimitedHttp,), {"all_connections": self})

    def add(self, client: tuple[str, int] | None) -> Callable[[], None]:
        """Counts a new connection; call what is returned when it ends. HttpProblem 503 or 429."""
        if self._open >= self._open_max:
            raise _too_many(503, f"{self._open_max} connections are open here")
        key = None
        if client is not None and not self._proxies.trusts(client[0]):
            key, allowed = counted_as(client[0]), self.limits.per_address_max
            count = self._by_address.get(key, 0)
            if count >= allowed:
                raise _too_many(429, f"{allowed} connections are open from {key}: close some")
            self._by_address[key] = count + 1
        self._open += 1
        self._metrics.connections.set(self._open)
        return partial(self._remove, key)

    def count_closed(self, reason: str) -> None:
        """Counts a connection that was refused or closed for `reason`, a problem's code."""
        self._metrics.connection_closed(reason)

    def _remove(self, key: str | None) -> None:
        self._open -= 1
        self._metrics.connections.set(self._open)
        if key is not None:
            left = self._by_address[key] - 1
            if left:
                self._by_address[key] = left
            else:
                del self._by_address[key]


def _too_many(status: int, told: str) -> HttpProblem:
    return HttpProblem(
        status,
        "too_many_connections",
        f"{told}; try again in {RETRY_AFTER_S} s",
        headers=(("retry-after", str(RETRY_AFTER_S)),),
    )


class LimitedHttp(HttpToolsProtocol):
    """One connection. What exceeds a limit is answered with problem+json where it can be, and closed."""

    all_connections: ClassVar[Connections]

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._limits = self.all_connections.limits
        self._check_s = min(self._limits.head_s, self._limits.body_pause_s)
        self._remove: Callable[[], None] | None = None
        self.headers = []
        self._in_head, self._in_body = True, False
        self._head_since_s: float | None = None
        """When the head began that is being received, or the connection."""
        self._received_s: float | None = None
        """When bytes last came of a request that they did not complete."""
        self._parsed, self._unparsed_bytes = False, 0
        """Whether the last piece began or ended something, and the bytes since one did."""
        self._refusal: HttpProblem | None = None
        self._receiving: asyncio.TimerHandle | None = None
        self._sending: asyncio.TimerHandle | None = None
        self._unsent_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Counts the connection, or refuses it at once."""
        super().connection_made(transport)
        try:
            self._remove = self.all_connections.add(self.client)
        except HttpProblem as refusal:
            self._refuse(refusal)
            return
        self._head_since_s = self.loop.time()
        self._check_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Frees what the connection had."""
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        for timer in (self._receiving, self._sending):
            if timer is not None:
                timer.cancel()
        self.pipeline.clear()
        if self._remove is not None:
            self._remove()
            self._remove = None

    def data_received(self, data: bytes) -> None:
        """Parses what came, in pieces, in place of uvicorn's method, which has no limits."""
        if len(data) <= PIECE_BYTES:
            self._parse(data)
        else:
            view = memoryview(data)
            for start in range(0, len(data), PIECE_BYTES):
                if self.transport.is_closing():
                    break
                self._parse(view[start : start + PIECE_BYTES])
        if self._in_head or self._in_body:
            self._received_s = self.loop.time()
            if self._in_head and self._head_since_s is None:
                self._head_since_s = self._received_s
            if self._receiving is None:
                self._check_received()

    def _parse(self, piece: bytes | memoryview) -> None:
        self._parsed = False
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade:
            return  # another protocol is not offered: the request is answered as if it had not been asked for
        except httptools.HttpParserError:
            self._refuse(_unreadable() if self._refusal is None else self._refusal)
            return
        self._unparsed_bytes = 0 if self._parsed else self._unparsed_bytes + len(piece)
        if self._unparsed_bytes > self._limits.head_bytes_max or len(self.headers) > self._limits.headers_max:
            self._refuse(self._head_too_large())

    # What the parser calls, in this order.

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._unset_keepalive_if_required()
        self._parsed = self._in_head = True

    def on_headers_complete(self) -> None:
        """The head is whole: the request is handed on, if it is within the limits."""
        size = len(self.url)
        for name, value in self.headers:
            size += len(name) + len(value)
        if size > self._limits.head_bytes_max or len(self.headers) > self._limits.headers_max:
            self._end_parsing(self._head_too_large())
        if len(self.pipeline) >= self._limits.pipelined_max:
            self._end_parsing(
                HttpProblem(
                    429,
                    "too_many_pipelined",
                    f"over {self._limits.pipelined_max} requests wait on one connection; "
                    "send the next one when one was answered",
                )
            )
        super().on_headers_complete()
        self._unset_keepalive_if_required()
        self.headers = []  # for trailers, which are dropped: the request has its own list
        self._parsed = self._in_body = True
        self._in_head, self._head_since_s = False, None

    def on_body(self, body: bytes) -> None:
        """A part of a body."""
        self._parsed = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """A request is whole."""
        self._parsed, self._in_body = True, False
        super().on_message_complete()

    def _end_parsing(self, refusal: HttpProblem) -> None:
        """Ends a callback of the parser, which then raises an error of its own."""
        self._refusal = refusal
        raise refusal

    def _head_too_large(self) -> HttpProblem:
        return HttpProblem(
            431,
            "headers_too_large",
            f"a request has {self._limits.headers_max} headers at most, and its first line and headers "
            f"{self._limits.head_bytes_max} bytes together: send fewer and shorter ones",
        )

    # Time.

    def _check_received(self) -> None:
        """Ends a connection whose request does not go on; else looks again when it would have to."""
        self._receiving, now_s = None, self.loop.time()
        if self.transport.is_closing():
            return
        if self._in_head and self._head_since_s is not None:
            since_s, allowed_s, what = self._head_since_s, self._limits.head_s, "headers"
        elif self._in_body and self._received_s is not None and not self.cycle.response_complete:
            since_s, allowed_s, what = self._received_s, self._limits.body_pause_s, "body"
        else:
            return  # nothing is awaited, or nobody waits for it: uvicorn closes what is idle
        if self.flow.read_paused:
            since_s = now_s
        left_s = since_s + allowed_s - now_s
        if left_s > 0:
            self._receiving = self.loop.call_later(min(left_s, self._check_s), self._check_received)
        elif self._received_s is None:
            self.all_connections.count_closed("unused")
            self.transport.close()
        else:
            self._refuse(
                HttpProblem(
                    408,
                    "request_timeout",
                    f"the request's {what} did not come within {allowed_s:g} s; send the request again",
                )
            )

    def pause_writing(self) -> None:
        """The client takes less than it is sent."""
        super().pause_writing()
        self._unsent_bytes = self.transport.get_write_buffer_size()
        self._sending = self.loop.call_later(self._limits.unread_s, self._check_sent)

    def resume_writing(self) -> None:
        """The client took what it was sent."""
        super().resume_writing()
        if self._sending is not None:
            self._sending.cancel()
            self._sending = None

    def _check_sent(self) -> None:
        """Ends a connection whose client took nothing meanwhile."""
        unsent_bytes = self.transport.get_write_buffer_size()
        if unsent_bytes < self._unsent_bytes:
            self._unsent_bytes = unsent_bytes
            self._sending = self.loop.call_later(self._limits.unread_s, self._check_sent)
            return
        self.all_connections.count_closed("unread")
        self.transport.abort()

    # The end.

    def _refuse(self, refusal: HttpProblem) -> None:
        """Answers the request that is being received, if it has no answer and none is due before it."""
        self.all_connections.count_closed(refusal.code)
        cycle = self.cycle
        none_yet: bool = cycle is None  # before the first request, although uvicorn's types do not say so
        if none_yet or (cycle.response_complete and not self._in_body):
            self.transport.write(_answer(refusal))
        elif self._in_body and not cycle.response_started and not self.pipeline:
            cycle.disconnected = True
            cycle.message_event.set()
            self.transport.write(_answer(refusal))
        self.transport.close()


def _unreadable() -> HttpProblem:
    return HttpProblem(400, "malformed", "this is no HTTP/1.1 request")


def _answer(refusal: HttpProblem) -> bytes:
    """A whole HTTP response; the connection ends with it."""
    reply = reply_of(refusal)
    headers = [
        (b"content-type", reply.content_type),
        (b"content-length", b"%d" % len(reply.body)),
        (b"connection", b"close"),
        *reply.headers,
    ]
    lines = [STATUS_LINE[reply.status], *(b"%b: %b\r\n" % header for header in headers), b"\r\n", reply.body]
    return b"".join(lines)
