"""What uvicorn calls: hot requests go straight to their handlers, everything else through FastAPI."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final
from weakref import WeakSet

import structlog

from pamwal.contracts.errors import AccessDenied, HttpProblem, PamwalError
from pamwal.edge.batch import Batch
from pamwal.edge.bodies import HeldBodies
from pamwal.edge.decode import Contract
from pamwal.edge.gate import Gate
from pamwal.edge.http import (
    FIELDS_HEADER,
    REQUEST_ID_HEADER,
    UNKNOWN_HEADER,
    VECTOR_HEADER,
    Asgi,
    Message,
    Receive,
    Reply,
    Scope,
    Send,
    Trace,
    read_body,
    send_reply,
    trace_of,
)
from pamwal.edge.limits import OpenStreams
from pamwal.edge.metrics import Metrics
from pamwal.edge.problems import reply_of
from pamwal.edge.reads import FIELDS_STATE, UNKNOWN_STATE, VECTOR_STATE
from pamwal.edge.sessions import ENTER, FORM_BYTES_MAX, Sessions
from pamwal.edge.spec import DeniedPage, EntryPage, StreamRoute
from pamwal.edge.sse import Board
from pamwal.edge.submit import Submit, unexpected

_WITHOUT_BODY: Final = ("GET", "HEAD")


class Front:
    """The ASGI application of one edge."""

    def __init__(
        self,
        service: str,
        api: Asgi,
        *,
        gate: Gate,
        bodies: HeldBodies,
        open_streams: OpenStreams,
        metrics: Metrics,
        sessions: Sessions,
        submit: Submit | None,
        batch: Batch | None,
        contracts: Mapping[str, Contract],
        streams: Sequence[StreamRoute],
        entry_page: EntryPage | None,
        denied_page: DeniedPage | None,
        on_start: Callable[[], Awaitable[None]],
        on_stop: Callable[[], Awaitable[None]],
    ) -> None:
        self._prefix = f"/{service}/v1/operations/"
        self._api, self._gate, self._metrics, self._sessions = api, gate, metrics, sessions
        self._submit, self._batch, self._contracts, self._bodies = submit, batch, contracts, bodies
        self._streams = {stream.path.removeprefix("/"): stream for stream in streams}
        self._entry_page, self._denied_page = entry_page, denied_page
        self._on_start, self._on_stop = on_start, on_stop
        self._open_streams = open_streams
        self._boards: WeakSet[Board] = WeakSet()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection's request, or the server's lifespan."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http" and scope["method"] not in _WITHOUT_BODY:
            with self._bodies.of(scope, receive) as body:
                await self._answer(scope, body, send)
        else:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(self._prefix):
            operation_id, _, rest = scope["path"][len(self._prefix) :].partition("/")
            if scope["method"] == "POST" and self._submit is not None:
                contract = self._contracts.get(rest)
                if contract is not None:
                    await self._submit(scope, receive, send, operation_id, contract)
                    return
                if rest == "batch" and self._batch is not None:
                    await self._batch(scope, receive, send, operation_id)
                    return
            stream = self._streams.get(rest)
            if stream is not None and scope["method"] == "GET":
                await self._stream(scope, receive, send, operation_id, stream)
                return
        await self._cold(scope, receive, send)

    def close_streams(self) -> None:
        """Ends every stream of server-sent events."""
        for board in self._boards:
            board.close()

    async def _stream(
        self, scope: Scope, receive: Receive, send: Send, operation_id: str, stream: StreamRoute
    ) -> None:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        trace = trace_of(headers)

        async def send_on(message: Message) -> None:
            """Ends the stream where the operation was opened in the other mode, or the device lost, since."""
            try:  # noqa: SIM105 - `suppress` takes longer than the question, once a change and reader
                self._gate.require(caller, operation_id, reading=True)
            except HttpProblem:
                pass
            try:  # noqa: SIM105
                self._gate.refuse_lost(caller)
            except HttpProblem:
                pass
            await send(message)

        try:
            caller = await self._gate.admit(headers, "GET", operation_id)
            caller.require_role(*stream.roles)
            board = stream.board_of(operation_id, caller)
            self._boards.add(board)
            more = [(REQUEST_ID_HEADER, trace.request_id)]
            with self._open_streams.one(caller.limit_key), self._metrics.streams.track_inprogress():
                await board.serve(scope, receive, send_on, expires_ms=caller.expires_ms, more_headers=more)
        except PamwalError as error:
            await send_reply(send, reply_of(error), trace)

    async def _cold(self, scope: Scope, receive: Receive, send: Send) -> None:
        trace = trace_of(dict(scope.get("headers", ())))
        started = False

        async def send_on(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message.get("headers", ()), *self._more_headers(scope, trace)]
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=trace.request_id.decode()):
            try:
                entered = await self._enter(scope, receive)
                if entered is not None:
                    await send_reply(send, entered, trace)
                    return
                await self._api(scope, receive, send_on)
            except PamwalError as error:
                await send_reply(send, reply_of(error), trace)
            except Exception as error:
                reply = unexpected(error, trace, scope)
                if not started:
                    await send_reply(send, reply, trace)

    async def _enter(self, scope: Scope, receive: Receive) -> Reply | None:
        """The page of a one-time link, or what its button leads to; None for everything else.

        A browser that is not let in is shown the service's page, if any.
        """
        method, headers = scope.get("method"), dict(scope.get("headers", ()))
        try:
            if method == "GET" and self._entry_page and b"ticket=" in scope.get("query_string", b""):
                entry = await self._sessions.asked(scope)
                return None if entry is None else self._entry_page(entry)
            if method == "POST" and scope.get("path") == ENTER:
                form = await read_body(headers, receive, FORM_BYTES_MAX)
                return await self._sessions.enter(scope, form or b"")
        except AccessDenied as error:
            if self._denied_page is None or b"text/html" not in headers.get(b"accept", b""):
                raise
            return self._denied_page(error)
        return None

    @staticmethod
    def _more_headers(scope: Scope, trace: Trace) -> list[tuple[bytes, bytes]]:
        headers = [(REQUEST_ID_HEADER, trace.request_id)]
        state: Any = scope.get("state", {})
        for name, key in (
            (VECTOR_HEADER, VECTOR_STATE),
            (UNKNOWN_HEADER, UNKNOWN_STATE),
            (FIELDS_HEADER, FIELDS_STATE),
        ):
            if state.get(key):
                headers.append((name, state[key].encode("ascii", "backslashreplace")))
        return headers

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                try:
                    await self._on_start()
                except PamwalError as error:
                    await send({"type": "lifespan.startup.failed", "message": str(error)})
                    return
                await send({"type": "lifespan.startup.complete"})
            else:
                await self._on_stop()
                await send({"type": "lifespan.shutdown.complete"})
                return


def check_path(path: str) -> bool:
    """Whether a route's path can be told from others: one slash, then letters, digits, `-`, `_`, `:`."""
    return re.fullmatch(r"/[a-z][a-z0-9:_-]*", path) is not None
