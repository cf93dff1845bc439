"""Who signs SitReps: an edge, with the key it has anyway; the decider has none and needs none (decision 15).

It signs what the log says was published and is not signed by its key. Its request is named by number and key,
so that edges that share a key, or one that died after asking, say the same thing twice and it counts once.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, Final

import structlog

from pamwal.contracts.claims import Claims
from pamwal.contracts.codec import TYPE_OF
from pamwal.contracts.errors import LogError
from pamwal.contracts.sitreps import SignSitRep
from pamwal.contracts.topics import REPORTING_REQUESTS
from pamwal.edge.app import Caller, Clock
from pamwal.edge.decode import Posted
from pamwal.edge.intake import Intake
from pamwal.edge.issuer import Issuer
from pamwal.wire.log import Log, Producer
from services.reporting.sitreps import SitReps, Standing

ACTOR: Final = "reporting"
"""The named service that signs."""
LOOK_S: Final = 0.2
AGAIN_S: Final = 5.0
"""So long the log may take to show a signature before it is said again."""
_log = structlog.get_logger(__name__)


class Signer:
    """Signs in the background, once the log is read to its end."""

    def __init__(self, log: Log, clock: Clock, issuer: Issuer, sitreps: SitReps) -> None:
        self._log, self._clock, self._sitreps = log, clock, sitreps
        self.issuer = issuer
        self._intake = Intake(clock, None)
        self._said: dict[tuple[str, str, int], float] = {}
        """Mode, operation and number → when it was last asked for, by the loop's clock."""
        self._signing: asyncio.Task[None] | None = None
        self._producer: Producer | None = None

    async def start(self) -> None:
        """Begins to sign; returns at once."""
        self._signing = asyncio.get_running_loop().create_task(self._run(), name="signer")

    async def stop(self) -> None:
        """Signs no longer."""
        if self._signing is not None:
            self._signing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._signing
        await self._drop()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            if not self._sitreps.follower.level_once:
                continue
            try:
                await self._sign_all()
            except LogError as error:
                _log.warning("SitReps are signed later", why=str(error))
                await self._drop()

    async def _sign_all(self) -> None:
        now_s = asyncio.get_running_loop().time()
        waiting = self._sitreps.unsigned
        self._said = {name: at_s for name, at_s in self._said.items() if name in waiting}
        for name, standing in list(waiting.items()):
            if now_s - self._said.get(name, float("-inf")) >= AGAIN_S and self._may(standing):
                await self._ask(standing)
                self._said[name] = now_s

    def _may(self, standing: Standing) -> bool:
        """A simulated clock says nothing in a real operation."""
        return standing.mode == "exercise" or not self._clock.simulated

    async def _ask(self, of: Standing) -> None:
        shown = await self._sitreps.read(of)
        kid = self.issuer.kid
        jws = self.issuer.seal(shown.document.encode())
        data = SignSitRep(number=of.number, sha256=of.line.sha256, kid=kid, jws=jws)
        posted: Posted[Any] = Posted(
            id=f"sitrep-{of.number}-{kid}",
            source=f"/posts/{of.post}/devices/{ACTOR}",
            type=TYPE_OF[SignSitRep],
            time=of.line.published_at,
            channel="api",
            data=data,
        )
        prepared = self._intake.prepare(posted, posted.type, of.operation_id, self._caller(of), None)
        if self._producer is None:
            self._producer = await self._log.producer()
        await self._producer.send(REPORTING_REQUESTS.name, prepared.record)

    def _caller(self, of: Standing) -> Caller:
        """The service itself, where the operation's head could speak."""
        claims = Claims(
            role="ops_head",
            operation=of.operation_id,
            mode=of.mode,
            clock="simulated" if self._clock.simulated else "system",
        )
        return Caller(claims, ACTOR, claims.to_text(), 0, ACTOR)

    async def _drop(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.close(flush=False)
