"""Requests that the reporting service makes by itself: it writes them into the log without an HTTP edge."""

from __future__ import annotations

from typing import Any, Final

from pamwal.contracts.claims import Claims, Mode
from pamwal.contracts.codec import TYPE_OF
from pamwal.contracts.envelope import OFFICE, RequestData
from pamwal.contracts.errors import LogError, LogUnavailable
from pamwal.contracts.topics import REPORTING_REQUESTS
from pamwal.edge.app import Caller, Clock
from pamwal.edge.decode import Posted
from pamwal.edge.intake import Intake, Seal, without_seal
from pamwal.wire.log import Log, Producer
from services.reporting.settings import NAME

ACTOR: Final = NAME
"""The actor of these requests, the device in their source, and the service in their claims."""


class OwnRequests:
    """Sends them, and opens a producer when the first is sent."""

    def __init__(self, log: Log, clock: Clock, seal: Seal = without_seal) -> None:
        self._log, self._clock = log, clock
        self._intake = Intake(clock, None, seal=seal)
        self._producer: Producer | None = None

    async def send(
        self,
        operation_id: str,
        mode: Mode,
        request_id: str,
        data: RequestData,
        *,
        time: str,
        post: str = OFFICE,
    ) -> None:
        """Keeps one request in the log; `time` is its occurred_at.

        LogError if it is not known to be kept, also while the clock that stamps it is not proven.
        """
        unproven = self._clock.proof.trouble()
        if unproven is not None:
            raise LogUnavailable(f"nothing is sent until the clock is proven: {unproven}")
        posted: Posted[Any] = Posted(
            id=request_id,
            source=f"/posts/{post}/devices/{ACTOR}",
            type=TYPE_OF[type(data)],
            time=time,
            channel="api",
            data=data,
        )
        caller = self._caller(operation_id, mode)
        prepared = self._intake.prepare(posted, posted.type, operation_id, caller, None)
        try:
            if self._producer is None:
                self._producer = await self._log.producer()
            await self._producer.send(REPORTING_REQUESTS.name, prepared.record)
        except LogError:
            await self.close()
            raise

    async def close(self) -> None:
        """Frees the producer; the next `send` opens another."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.close(flush=False)

    def _caller(self, operation_id: str, mode: Mode) -> Caller:
        claims = Claims(
            role="ops_head",
            operation=operation_id,
            mode=mode,
            clock="simulated" if self._clock.simulated else "system",
            service=ACTOR,
        )
        return Caller(claims, ACTOR, claims.to_text(), 0, ACTOR)
