"""Requests that the reporting service makes by itself: it writes them into the log without an HTTP edge."""

from __future__ import annotations

from typing import Any, Final

from pamwal.contracts.claims import Claims, Mode
from pamwal.contracts.codec import TYPE_OF
from pamwal.contracts.envelope import OFFICE, RequestData
from pamwal.contracts.errors import LogError, LogUnavailable, PartitionStuck, TooLarge
from pamwal.contracts.topics import REPORTING_REQUESTS
from pamwal.edge.app import Caller, Clock
from pamwal.edge.decode import Posted
from pamwal.edge.intake import Intake, Seal, without_seal
from pamwal.edge.key_registry import KeyRegistry
from pamwal.wire.log import Log, Producer
from services.reporting.settings import NAME

ACTOR: Final = NAME
"""The actor of these requests, the device in their source, and the service in their claims."""


class OwnRequests:
    """Sends them, and opens a producer when the first is sent."""

    def __init__(
        self, log: Log, clock: Clock, seal: Seal = without_seal, keys: KeyRegistry | None = None
    ) -> None:
        """`keys`: those of the log; nothing is sent before they are known to be this process's."""
        self._log, self._clock, self._keys = log, clock, keys
        self._intake = Intake(clock, None, seal=seal)
        self._producer: Producer | None = None

    def trouble(self) -> str | None:
        """Why nothing is sent now, or None: the clock is not proven, or the keys are not compared."""
        unproven = self._clock.proof.trouble()
        if unproven is None and self._keys is not None and not self._keys.agreed.is_set():
            return "the keys of this process were not compared with those of the log"
        return unproven

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

        LogError if it is not known to be kept, also while `trouble` says why nothing is sent.
        """
        trouble = self.trouble()
        if trouble is not None:
            raise LogUnavailable(f"nothing is sent: {trouble}")
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
        except (PartitionStuck, TooLarge):
            raise  # the producer goes on with other partitions and records
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
