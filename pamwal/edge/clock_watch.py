"""Proves a process's clock by probes: records that the broker stamps with its own time."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import structlog

from pamwal.contracts.errors import ClockError, LogError
from pamwal.contracts.topics import PROBES
from pamwal.edge.clock import Clock, allow_clock
from pamwal.wire.log import Log, Outgoing, Producer

PROBE_EVERY_S: Final = 1.0
PROBE_WITHIN_S: Final = 5.0
_HOST: Final = socket.gethostname().encode()
_log = structlog.get_logger(__name__)


@asynccontextmanager
async def proving(clock: Clock, log: Log) -> AsyncIterator[None]:
    """Keeps a clock proven meanwhile. ClockUnproven at the start if it may not be used there, or is off."""
    watch = ClockWatch(clock, log)
    try:
        await watch.probe()
        clock.proof.require()
        watch.start()
        yield
    finally:
        await watch.stop()


class ClockWatch:
    """Keeps `clock.proof` up to date, in the background, from `start` to `stop`."""

    def __init__(
        self, clock: Clock, log: Log, on_allowed: Callable[[str | None], None] = lambda _trouble: None
    ) -> None:
        """`on_allowed` is told why a simulated clock may not run on this cluster, or None if it may."""
        self._clock, self._log, self._on_allowed = clock, log, on_allowed
        self._allowed = False
        self._producer: Producer | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins; returns at once."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name="clock probes")

    async def stop(self) -> None:
        """Proves nothing more; what was proven holds for a while."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._drop()

    async def probe(self) -> None:
        """Compares the clock once. What comes of it, `clock.proof` says."""
        proof = self._clock.proof
        try:
            async with asyncio.timeout(PROBE_WITHIN_S):
                await self._allow()
                if self._producer is None:
                    self._producer = await self._log.producer()
                before = proof.read()
                stamp_ms = await self._producer.stamp(PROBES.name, Outgoing(_HOST, b"{}"), partition=0)
            proof.take(before, stamp_ms, proof.read())
        except ClockError as error:
            proof.doubt(str(error))
            self._on_allowed(str(error))
        except (LogError, TimeoutError) as error:
            proof.no_probe(str(error) or f"no answer in {PROBE_WITHIN_S:g} s")
            await self._drop()

    async def _allow(self) -> None:
        if not self._allowed:
            await allow_clock(self._clock, self._log)
            self._allowed = True
            self._on_allowed(None)

    async def _run(self) -> None:
        before = self._clock.proof.trouble()
        while True:
            await self.probe()
            trouble = self._clock.proof.trouble()
            if (trouble is None) != (before is None):
                _log.info("clock compared", trouble=trouble)
            before = trouble
            await asyncio.sleep(PROBE_EVERY_S)

    async def _drop(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.close(flush=False)
