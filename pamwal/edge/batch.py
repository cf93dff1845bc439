"""An offline queue comes home: many requests in one POST, an answer a row, one bad row harms no other."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec import Struct

from pamwal.contracts.envelope import Reason
from pamwal.contracts.errors import LogError, LogUnavailable, PamwalError
from pamwal.edge.answers import Decided, status_of
from pamwal.edge.auth import Caller
from pamwal.edge.decode import Contract, read_any
from pamwal.edge.http import JSON, Receive, Scope, Send, Trace, send_reply, too_large, trace_of
from pamwal.edge.http import REQUEST_ID_HEADER as REQUEST_ID
from pamwal.edge.intake import Prepared, keep_personal
from pamwal.edge.problems import problem_of, reply_of
from pamwal.edge.rows import NDJSON, ROW_BYTES_MAX, chunks
from pamwal.edge.submit import Submit, place_of, unexpected
from pamwal.edge.waiting import Waiter
from pamwal.wire.log import Receipt

_encoder: Final = msgspec.json.Encoder()


class RowAnswer(Struct, kw_only=True, omit_defaults=True):
    """What became of one row. `status` is what the same request alone would have been answered with."""

    row: int
    """From 0, empty lines not counted."""
    status: int
    id: str | None = None
    receipt: str | None = None
    """Where the log keeps this very row."""
    outcome: str | None = None
    decision: str | None = None
    """Of a repeat: the first one's."""
    knownat: str | None = None
    facts: list[str] = []
    warnings: list[Reason] = []
    reason: Reason | None = None
    """Why it was refused or parked."""
    type: str | None = None
    """With `code`, `detail` and `path`: the problem that kept it out of the log."""
    code: str | None = None
    detail: str | None = None
    path: str | None = None


class Pending(Struct):
    """A row that the log has; `decided` once that is known."""

    answer: RowAnswer
    receipt: Receipt
    waiter: Waiter | None


class Run:
    """One batch on its way."""

    def __init__(
        self, submit: Submit, operation_id: str, caller: Caller, trace: Trace, *, waits: bool
    ) -> None:
        self._submit, self._operation_id, self._caller, self._trace = submit, operation_id, caller, trace
        self._waits = waits
        self.answers: list[RowAnswer] = []
        self._pending: list[Pending] = []

    def stop_at(self, error: PamwalError) -> None:
        """This row and those behind it were not read."""
        answer = RowAnswer(row=len(self.answers), status=0)
        self.answers.append(answer)
        self._refuse(answer, error)
        self._submit.gate.turn_away(error, self._caller, self._operation_id)

    async def take(self, chunk: list[bytes], contracts: dict[str, Contract]) -> None:
        """Reads and sends some rows; afterwards each is kept, or its answer says why it is not."""
        submit, ready = self._submit, []
        for raw in chunk:
            answer = RowAnswer(row=len(self.answers), status=0)
            self.answers.append(answer)
            try:
                prepared = self._read(raw, contracts, answer)
            except PamwalError as error:
                self._refuse(answer, error)
                submit.gate.turn_away(error, self._caller, self._operation_id)
            else:
                waiter = submit.decisions.expect(prepared.key) if self._waits else None
                ready.append((answer, prepared, waiter))
        try:
            await self._send(ready)
        finally:
            for _, _, waiter in ready:
                if waiter is not None:
                    submit.decisions.forget(waiter)

    def _read(self, raw: bytes, contracts: dict[str, Contract], answer: RowAnswer) -> Prepared:
        if len(raw) > ROW_BYTES_MAX:
            raise too_large(ROW_BYTES_MAX)
        contract, posted = read_any(contracts, raw)
        answer.id = posted.id
        return self._submit.intake.prepare(
            posted, contract.type, self._operation_id, self._caller, self._trace.traceparent
        )

    async def _send(self, ready: list[tuple[RowAnswer, Prepared, Waiter | None]]) -> None:
        submit = self._submit
        results: list[Receipt | LogError]
        try:
            personal = [record for _, prepared, _ in ready for record in prepared.personal]
            if personal:
                await keep_personal(submit.sender, personal)
            results = await submit.sender.send_all(
                submit.topic, [prepared.record for _, prepared, _ in ready]
            )
        except PamwalError as error:
            for answer, _, _ in ready:
                self._refuse(answer, error)
            return
        for (answer, prepared, waiter), result in zip(ready, results, strict=True):
            if isinstance(result, Receipt):
                self._kept(answer, result, waiter)
                continue
            decided = submit.decisions.rescued(waiter, prepared.record.value) if waiter is not None else None
            if decided is not None and waiter is not None and isinstance(result, LogUnavailable):
                self._kept(answer, place_of(decided, submit.topic), waiter)
            else:
                self._refuse(answer, result)

    def _kept(self, answer: RowAnswer, receipt: Receipt, waiter: Waiter | None) -> None:
        answer.receipt, answer.outcome, answer.status = str(receipt), "pending", 202
        if waiter is not None:
            self._submit.decisions.bind(waiter, receipt, self._submit.wait_s)
        self._pending.append(Pending(answer, receipt, waiter))

    def _refuse(self, answer: RowAnswer, error: PamwalError) -> None:
        found = problem_of(error)
        answer.status, answer.type, answer.code = found.status, found.type, found.code
        answer.detail, answer.path = found.detail, found.path

    async def finish(self) -> None:
        """Waits for the decisions, at most as long as a single request would."""
        for pending in self._pending:
            if pending.waiter is None:
                continue
            decided = await self._submit.decisions.wait(pending.waiter, pending.receipt)
            if decided is not None:
                await self._decided(pending, decided)
        for answer in self.answers:
            self._submit.metrics.row_answered(answer.status)

    async def _decided(self, pending: Pending, decided: Decided) -> None:
        try:
            first, _ = await self._submit.decisions.first_of(decided, pending.receipt)
        except LogError:
            return  # the row stays pending; its receipt answers later
        answer, data = pending.answer, first.data
        answer.status, answer.outcome, answer.decision = status_of(first), data.outcome, first.id
        answer.knownat, answer.warnings, answer.reason = data.knownat, data.warnings, data.reason
        answer.facts = [fact.id for fact in data.facts]


class Batch:
    """`POST …/batch`: a JSON array of up to 1,000 requests, or up to 10,000 lines."""

    def __init__(self, submit: Submit, contracts: dict[str, Contract]) -> None:
        self._submit, self._contracts = submit, contracts

    async def __call__(self, scope: Scope, receive: Receive, send: Send, operation_id: str) -> None:
        """Answers one POST: 200 and an answer a row (an array; lines if asked for), else a problem."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        trace, caller = trace_of(headers), None
        submit = self._submit
        try:
            caller = await submit.gate.identify(headers, "POST")
            submit.gate.allow(caller, operation_id)
            submit.gate.rows.take(caller.limit_key)
            waits = b"respond-async" not in headers.get(b"prefer", b"") and submit.caught_up()
            run = Run(submit, operation_id, caller, trace, waits=waits)
            await self._take_all(run, headers, receive)
            submit.gate.rows.charge(caller.limit_key, len(run.answers))
            await run.finish()
        except PamwalError as error:
            submit.gate.turn_away(error, caller, operation_id)
            await send_reply(send, reply_of(error), trace)
        except Exception as error:
            await send_reply(send, unexpected(error, trace, scope), trace)
        else:
            lines = NDJSON in headers.get(b"accept", b"")
            await _send_answers(send, run.answers, trace, lines=lines)

    async def _take_all(self, run: Run, headers: dict[bytes, bytes], receive: Receive) -> None:
        try:
            async for chunk in chunks(headers, receive, self._submit.settings.batch_bytes_max):
                await run.take(chunk, self._contracts)
        except PamwalError as error:
            if not run.answers:
                raise
            run.stop_at(error)


async def _send_answers(send: Send, answers: list[RowAnswer], trace: Trace, *, lines: bool) -> None:
    body = _encoder.encode_lines(answers) if lines else _encoder.encode(answers)
    headers: list[Any] = [
        (b"content-type", NDJSON if lines else JSON),
        (b"content-length", str(len(body)).encode()),
        (REQUEST_ID, trace.request_id),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
