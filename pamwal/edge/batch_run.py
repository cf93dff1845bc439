"""One batch on its way: rows are taken into the log chunk by chunk, and each chunk's answers follow it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from msgspec import Struct

from pamwal.contracts.envelope import Reason
from pamwal.contracts.errors import LogError, LogUnavailable, PamwalError
from pamwal.edge.answers import Decided, Told, status_of
from pamwal.edge.auth import Caller
from pamwal.edge.decode import Contract, read_any
from pamwal.edge.http import Trace, too_large
from pamwal.edge.intake import Prepared, keep_personal
from pamwal.edge.problems import problem_of
from pamwal.edge.rows import ROW_BYTES_MAX, ROW_TOO_LARGE
from pamwal.edge.submit import Submit, place_of
from pamwal.edge.waiting import Waiter
from pamwal.wire.log import Receipt


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
    advice: list[Reason] = []
    """What the edge noticed by all it knows now, and fields that it left out; it stands in no log."""
    local_time: str | None = None
    """When it happened as the row says it, on the operation's clock."""
    reason: Reason | None = None
    """Why it was refused or parked."""
    type: str | None = None
    """With `code`, `detail` and `path`: the problem that kept it out of the log."""
    code: str | None = None
    detail: str | None = None
    path: str | None = None


class Pending(Struct):
    """A row that the log has, and who waits for its decision."""

    answer: RowAnswer
    receipt: Receipt
    waiter: Waiter | None
    told: Told


class Chunk(Struct):
    """Rows that were taken together."""

    answers: list[RowAnswer] = []
    pending: list[Pending] = []


class Run:
    """Takes chunks and finishes them at the same time, in their order. `close` it, whatever happened."""

    def __init__(
        self, submit: Submit, operation_id: str, caller: Caller, trace: Trace, *, waits: bool
    ) -> None:
        self._submit, self._operation_id, self._trace = submit, operation_id, trace
        self.caller, self._waits = caller, waits
        self.rows = 0
        """How many were taken, also those that are not kept."""
        self._taken: deque[Chunk] = deque()
        """Kept, and not answered yet."""
        self._more, self._ended = asyncio.Event(), False
        self._firsts = submit.firsts()

    def stop_at(self, error: PamwalError) -> None:
        """This row and those behind it were not read."""
        chunk = Chunk()
        self._refuse(self._next_row(chunk), error)
        self._submit.gate.turn_away(error, self.caller, self._operation_id)
        self._add(chunk)

    async def take(self, rows: list[bytes], contracts: dict[str, Contract]) -> None:
        """Reads and sends some rows; afterwards each is kept, or its answer says why it is not."""
        submit, ready, chunk = self._submit, [], Chunk()
        for raw in rows:
            answer = self._next_row(chunk)
            try:
                prepared = self._read(raw, contracts, answer)
            except PamwalError as error:
                self._refuse(answer, error)
                submit.gate.turn_away(error, self.caller, self._operation_id)
            else:
                waiter = submit.decisions.expect(prepared.key, prepared.record.value) if self._waits else None
                ready.append((answer, prepared, waiter))
        try:
            await self._send(chunk, ready)
        finally:
            for _, _, waiter in ready:
                if waiter is not None:
                    submit.decisions.forget(waiter)
        self._add(chunk)

    def all_taken(self) -> None:
        """No chunk follows: `finish` ends with the last one."""
        self._ended = True
        self._more.set()

    async def finish(self, tell: Callable[[list[RowAnswer]], Awaitable[None]]) -> None:
        """Tells the answers of each chunk as soon as it has them; waits as long as a single request would."""
        while self._taken or not self._ended:
            if not self._taken:
                self._more.clear()
                await self._more.wait()
                continue
            chunk = self._taken[0]
            await self._decide(chunk)
            self._taken.popleft()
            for answer in chunk.answers:
                self._submit.metrics.row_answered(answer.status)
            await tell(chunk.answers)

    async def close(self) -> None:
        """Nobody waits for what is not finished; the log keeps it, and it is decided all the same."""
        for chunk in self._taken:
            for pending in chunk.pending:
                if pending.waiter is not None:
                    self._submit.decisions.drop(pending.waiter, pending.receipt)
        await self._firsts.close()

    def _add(self, chunk: Chunk) -> None:
        self._taken.append(chunk)
        self._more.set()

    def _next_row(self, chunk: Chunk) -> RowAnswer:
        answer = RowAnswer(row=self.rows, status=0)
        self.rows += 1
        chunk.answers.append(answer)
        return answer

    def _read(self, raw: bytes, contracts: dict[str, Contract], answer: RowAnswer) -> Prepared:
        if len(raw) > ROW_BYTES_MAX:
            raise too_large(ROW_BYTES_MAX, ROW_TOO_LARGE)
        contract, posted = read_any(contracts, raw)
        answer.id, answer.advice = posted.id, contract.unknown(raw, posted)
        return self._submit.intake.prepare(
            posted, contract.type, self._operation_id, self.caller, self._trace.traceparent
        )

    async def _send(self, chunk: Chunk, ready: list[tuple[RowAnswer, Prepared, Waiter | None]]) -> None:
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
                self._kept(chunk, Pending(answer, result, waiter, prepared.told))
                continue
            decided = submit.decisions.rescued(waiter) if waiter is not None else None
            if decided is not None and waiter is not None and isinstance(result, LogUnavailable):
                place = place_of(decided, submit.topic)
                self._kept(chunk, Pending(answer, place, waiter, prepared.told))
            else:
                self._refuse(answer, result)

    def _kept(self, chunk: Chunk, row: Pending) -> None:
        row.answer.receipt, row.answer.outcome, row.answer.status = str(row.receipt), "pending", 202
        row.answer.local_time = row.told.local_time
        if row.waiter is not None:
            self._submit.decisions.bind(row.waiter, row.receipt, self._submit.wait_s)
        chunk.pending.append(row)

    def _refuse(self, answer: RowAnswer, error: PamwalError) -> None:
        found = problem_of(error)
        answer.status, answer.type, answer.code = found.status, found.type, found.code
        answer.detail, answer.path = found.detail, found.path

    async def _decide(self, chunk: Chunk) -> None:
        """A row whose decision, or what that repeats, is not known in time stays pending."""
        decided: list[tuple[Decided, Receipt]] = []
        rows: list[Pending] = []
        for pending in chunk.pending:
            if pending.waiter is None:
                continue
            found = await self._submit.decisions.wait(pending.waiter, pending.receipt)
            if found is not None:
                decided.append((found, pending.receipt))
                rows.append(pending)
        for row, first in zip(rows, await self._firsts.of(decided), strict=True):
            if first is not None:
                _say(row, first)


def _say(row: Pending, decided: Decided) -> None:
    answer, data = row.answer, decided.data
    answer.status, answer.outcome, answer.decision = status_of(decided), data.outcome, decided.id
    answer.knownat, answer.warnings, answer.reason = data.knownat, data.warnings, data.reason
    answer.facts = [fact.id for fact in data.facts]
    if answer.status == 201:
        answer.advice += row.told.advice
