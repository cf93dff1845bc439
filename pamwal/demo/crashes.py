"""What breaks on the way: the checkin decider is killed once, and reporting three times."""

from __future__ import annotations

import asyncio
from typing import Final

from pamwal.demo.day import clock_of, local_ms
from pamwal.demo.narrator import Narrator
from pamwal.demo.player import SimulatedClock
from pamwal.stack.stack import Part, Stack

DECIDER: Final = "checkin-decider"
REPORTING: Final = ("reporting", "reporting-2", "reporting-3")
EXTRA: Final = tuple(
    Part(name=name, service="reporting", role="all", own_port=False) for name in REPORTING[1:]
)


class Crashes:
    """Kills and restarts processes at moments of the day, and counts what came back."""

    def __init__(self, stack: Stack, clock: SimulatedClock, narrator: Narrator) -> None:
        self._stack, self._clock, self._narrator = stack, clock, narrator
        self.decider_restarts = 0
        self.reporting_kills = 0

    async def happen(self) -> None:
        """All of them in order; returns when every process is ready again. ServiceNotReady."""
        await self._at("09:00")
        await self._kill(DECIDER)
        self.decider_restarts += 1
        await self._at("10:30")
        self._tell("reporting grows from one instance to three")
        for part in EXTRA:
            self._stack.launch(part)
        await self._stack.until_ready(*REPORTING)
        for clock, name in zip(("13:00", "15:00", "17:00"), REPORTING, strict=True):
            await self._at(clock)
            await self._kill(name)
            self.reporting_kills += 1

    async def shrink(self) -> None:
        """Back to one reporting instance."""
        await self._stack.end(*REPORTING[1:])

    async def _at(self, clock: str) -> None:
        await asyncio.sleep(self._clock.real_s(local_ms(clock) - self._clock.now_ms()))

    async def _kill(self, name: str) -> None:
        process = self._stack.process(name)
        pid = process.pid
        process.kill()
        process.start()
        self._tell(f"kill -9 of {name} (process {pid}); its successor is process {process.pid}")
        await self._stack.until_ready(name)

    def _tell(self, what: str) -> None:
        self._narrator.step(clock_of(self._clock.now_ms()), what)
