"""The hot path: one request in, into the log, and its one decision out. Plain ASGI, in front of FastAPI."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import structlog

from pamwal.contracts.envelope import Reason
from pamwal.contracts.errors import LogError, LogUnavailable, PamwalError
from pamwal.edge.answers import NOTHING_TOLD, Decided, Told, decided_reply, pending_reply
from pamwal.edge.bodies import belongs_to
from pamwal.edge.decode import Contract, Posted
from pamwal.edge.firsts import FirstDecisions
from pamwal.edge.gate import Gate
from pamwal.edge.http import AT_HEADER, Receive, Reply, Scope, Send, Trace, read_body, send_reply, trace_of
from pamwal.edge.intake import Intake, Prepared, keep_personal
from pamwal.edge.metrics import Metrics
from pamwal.edge.problems import reply_of
from pamwal.edge.sender import Sender
from pamwal.edge.settings import EdgeSettings
from pamwal.edge.waiting import Decisions, Waiter
from pamwal.wire.log import Receipt

_log = structlog.get_logger(__name__)


class Submit:
    """Takes single requests. `caught_up` says whether the tail is near enough for waiting to make sense.

    `firsts` makes what a batch finds first decisions with.
    """

    def __init__(
        self,
        service: str,
        topic: str,
        settings: EdgeSettings,
        *,
        gate: Gate,
        intake: Intake,
        sender: Sender,
        decisions: Decisions,
        caught_up: Callable[[], bool],
        metrics: Metrics,
        firsts: Callable[[], FirstDecisions],
    ) -> None:
        self.service, self.topic, self.settings = service, topic, settings
        self.gate, self.intake, self.sender, self.decisions = gate, intake, sender, decisions
        self.caught_up, self.metrics, self.firsts = caught_up, metrics, firsts
        self.wait_s = settings.decision_wait_ms / 1000

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send, operation_id: str, contract: Contract
    ) -> None:
        """Answers one POST."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        trace = trace_of(headers)
        caller = posted = None
        unknown: list[Reason] = []
        try:
            self.require_clock()
            caller = await self.gate.identify(headers, "POST")
            self.gate.allow(caller, operation_id)
            belongs_to(scope, caller.limit_key)
            body = await read_body(headers, receive, self.settings.single_bytes_max)
            if body is None:
                return
            posted = contract.read(body)
            unknown = contract.unknown(body, posted)
            prepared = self.intake.prepare(posted, contract.type, operation_id, caller, trace.traceparent)
            prepared = prepared._replace(told=prepared.told._replace(unknown=unknown))
            waits = b"respond-async" not in headers.get(b"prefer", b"") and self.caught_up()
            reply = await self._decide(prepared, waits=waits)
        except PamwalError as error:
            self.gate.turn_away(error, caller, operation_id, _post_of(posted))
            reply = reply_of(error, unknown)
        except Exception as error:
            reply = unexpected(error, trace, scope)
        self.metrics.answered(reply.status)
        await send_reply(send, reply, trace)

    def require_clock(self) -> None:
        """HttpProblem 503 unless requests can be stamped now; asked before tokens, which have an end, too."""
        self.gate.require_open()
        self.sender.require_clock()

    async def _decide(self, prepared: Prepared, *, waits: bool) -> Reply:
        if prepared.personal:
            await keep_personal(self.sender, prepared.personal)
        waiter = self.decisions.expect(prepared.key, prepared.record.value) if waits else None
        try:
            receipt = await self.sender.send(self.topic, prepared.record)
        except LogUnavailable:
            return await self._rescue(prepared, waiter)
        finally:
            if waiter is not None:
                self.decisions.forget(waiter)
        if waiter is None:
            return pending_reply(receipt, self.service, prepared.told.unknown)
        self.decisions.bind(waiter, receipt, self.wait_s)
        begun_s = time.perf_counter()
        decided = await self.decisions.wait(waiter, receipt)
        if decided is None:
            return pending_reply(receipt, self.service, prepared.told.unknown)
        self.metrics.decision_seconds.observe(time.perf_counter() - begun_s)
        return await self.reply(decided, receipt, prepared.told)

    async def _rescue(self, prepared: Prepared, waiter: Waiter | None) -> Reply:
        """Unacknowledged, yet perhaps decided: then it is known to be kept after all."""
        decided = self.decisions.rescued(waiter) if waiter is not None else None
        if decided is None:
            raise LogUnavailable("not known to be kept: send again with the same id")
        return await self.reply(decided, place_of(decided, self.topic), prepared.told)

    async def reply(self, decided: Decided, receipt: Receipt, told: Told = NOTHING_TOLD) -> Reply:
        """The answer; `Pamwal-At` names this very record, also where the body is that of an earlier one."""
        try:
            first, first_receipt = await self.decisions.first_of(decided, receipt)
        except LogError as error:
            _log.warning("first decision not found", receipt=str(receipt), why=str(error))
            return pending_reply(receipt, self.service, told.unknown)
        return at(receipt, decided_reply(first, first_receipt, self.service, told))


def at(receipt: Receipt, reply: Reply) -> Reply:
    """The reply with the header that says where the log keeps the request."""
    return reply._replace(headers=(*reply.headers, (AT_HEADER, str(receipt).encode())))


def place_of(decided: Decided, topic: str) -> Receipt:
    """The receipt of the request a decision answers; its id ends in `/<partition>/<request offset>`."""
    _, partition, offset = decided.id.rsplit("/", 2)
    return Receipt(topic, int(partition), int(offset))


def unexpected(error: Exception, trace: Trace, scope: Scope) -> Reply:
    """500 for the sender, everything for the log."""
    _log.error("unexpected error", path=scope["path"], request_id=trace.request_id.decode(), exc_info=error)
    return reply_of(error)


def _post_of(posted: Posted[Any] | None) -> str | None:
    return posted.source.split("/", 3)[2] if posted is not None else None
