"""An offline queue comes home: many requests in one POST, an answer a row, one bad row harms no other."""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

from pamwal.contracts.errors import PamwalError
from pamwal.edge.batch_run import RowAnswer, Run
from pamwal.edge.bodies import belongs_to
from pamwal.edge.decode import Contract
from pamwal.edge.http import JSON, Message, RawHeaders, Receive, Scope, Send, Trace, send_reply, trace_of
from pamwal.edge.http import REQUEST_ID_HEADER as REQUEST_ID
from pamwal.edge.problems import reply_of
from pamwal.edge.rows import NDJSON, chunks
from pamwal.edge.submit import Submit, unexpected

_encoder: Final = msgspec.json.Encoder()


class Batch:
    """`POST …/batch`: a JSON array of up to 1,000 requests, or up to 10,000 lines."""

    def __init__(self, submit: Submit, contracts: dict[str, Contract]) -> None:
        self._submit, self._contracts = submit, contracts

    async def __call__(self, scope: Scope, receive: Receive, send: Send, operation_id: str) -> None:
        """Answers one POST: 200 and an answer a row (an array; lines if asked for), else a problem."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        trace, caller = trace_of(headers), None
        submit = self._submit
        answers = _Answers(send, trace, lines=NDJSON in headers.get(b"accept", b""))
        try:
            submit.require_clock()
            caller = await submit.gate.identify(headers, "POST")
            submit.gate.allow(caller, operation_id)
            submit.gate.rows.take(caller.limit_key, 0)
            belongs_to(scope, caller.limit_key)
            waits = b"respond-async" not in headers.get(b"prefer", b"") and submit.caught_up()
            run = Run(submit, operation_id, caller, trace, waits=waits)
            try:
                await self._answer(run, headers, _Peer(receive), answers)
            finally:
                await run.close()
        except PamwalError as error:
            submit.gate.turn_away(error, caller, operation_id)
            await send_reply(send, reply_of(error), trace)
        except Exception as error:
            reply = unexpected(error, trace, scope)
            if not answers.begun:  # else the connection ends in the middle, and what is missing is said again
                await send_reply(send, reply, trace)

    async def _answer(self, run: Run, headers: dict[bytes, bytes], peer: _Peer, answers: _Answers) -> None:
        """Takes rows and finishes them meanwhile. Once all are kept it goes on only for a peer that stays."""
        finishing = asyncio.create_task(run.finish(answers.add), name="batch answers")
        leaving: asyncio.Task[None] | None = None
        try:
            await self._take_all(run, headers, peer)
            run.all_taken()
            leaving = asyncio.create_task(peer.leave(), name="batch peer")
            await asyncio.wait({finishing, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if finishing.done():
                finishing.result()
                await answers.end()
        finally:
            tasks = [task for task in (finishing, leaving) if task is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _take_all(self, run: Run, headers: dict[bytes, bytes], receive: Receive) -> None:
        limit, key = self._submit.gate.rows, run.caller.limit_key
        try:
            async for chunk in chunks(headers, receive, self._submit.settings.batch_bytes_max):
                if run.rows:
                    limit.charge(key, len(chunk))
                else:  # asked once: a batch passes whole, but of many that are sent at once only the first
                    limit.take(key, len(chunk))
                await run.take(chunk, self._contracts)
        except PamwalError as error:
            if not run.rows:
                raise
            run.stop_at(error)


class _Peer:
    """Whoever sent the batch: what is received from it, and whether it went away."""

    def __init__(self, receive: Receive) -> None:
        self._receive, self._gone = receive, False

    async def __call__(self) -> Message:
        message = await self._receive()
        self._gone = self._gone or message["type"] == "http.disconnect"
        return message

    async def leave(self) -> None:
        """Returns once it is gone; what it still sends of a body that is over its limit is not kept."""
        while not self._gone:
            await self()


class _Answers:
    """The response: lines go out as chunks finish, an array when all are there."""

    def __init__(self, send: Send, trace: Trace, *, lines: bool) -> None:
        self._send, self._trace, self._lines = send, trace, lines
        self._kept: list[RowAnswer] = []
        self.begun = False

    async def add(self, answers: list[RowAnswer]) -> None:
        """The answers of some rows."""
        if not self._lines:
            self._kept += answers
            return
        await self._begin((b"content-type", NDJSON))
        body = _encoder.encode_lines(answers)
        await self._send({"type": "http.response.body", "body": body, "more_body": True})

    async def end(self) -> None:
        """There are no more."""
        body = b"" if self._lines else _encoder.encode(self._kept)
        kind = (b"content-type", NDJSON if self._lines else JSON)
        await self._begin(*([kind] if self._lines else [kind, (b"content-length", b"%d" % len(body))]))
        await self._send({"type": "http.response.body", "body": body})

    async def _begin(self, *headers: tuple[bytes, bytes]) -> None:
        if self.begun:
            return
        self.begun = True
        given: RawHeaders = [*headers, (REQUEST_ID, self._trace.request_id)]
        await self._send({"type": "http.response.start", "status": 200, "headers": given})
