"""A busy process asks Kafka for news less often, and gets more of it at once.

A fetch costs its reader most of a millisecond of CPU, however little it brings, and the broker answers it as
soon as there is one record: of some hundred records a second each of a dozen readers fetched nearly each by
itself. Where a process has time that is what one wants. One that computes for more than a quarter of the time
waits a little between two fetches of a reader, the longer the busier it is.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

FREE_SHARE: Final = 0.25
"""Who computes for less of the time than this asks at once."""
MOST_S: Final = 0.05
"""Between two fetches of a reader in a process that does nothing but compute, or nearly."""
WINDOW_S: Final = 0.25
"""How long a process is looked at before what is known of it changes; each time by half."""
MUCH_BYTES: Final = 64 * 1024
"""Who gets so much at once reads a backlog, and asks on."""


class Busy:
    """For what part of the time this process computed of late, all its threads together."""

    def __init__(
        self, wall: Callable[[], float] = time.monotonic, cpu: Callable[[], float] = time.process_time
    ) -> None:
        self._wall, self._cpu = wall, cpu
        self._since = wall(), cpu()
        self._share = 0.0

    def share(self) -> float:
        """From 0; above 1 where several threads compute at once."""
        now_s, (then_s, cpu_then_s) = self._wall(), self._since
        if now_s - then_s >= WINDOW_S:
            cpu_s = self._cpu()
            self._share = (self._share + (cpu_s - cpu_then_s) / (now_s - then_s)) / 2
            self._since = now_s, cpu_s
        return self._share


def pause_s(share: float) -> float:
    """How far apart the fetches of a reader are in a process that computes for so much of the time."""
    return min(MOST_S, max(0.0, 2 * MOST_S * (share - FREE_SHARE)))


BUSY: Final = Busy()


class Pace:
    """Of one reader."""

    def __init__(self, rest_s: float = 0.0, busy: Busy = BUSY) -> None:
        """`rest_s`: at least so far apart are its fetches, however idle the process."""
        self._rest_s, self._busy = rest_s, busy
        self._asked_s = float("-inf")
        self._backlog = True

    async def turn(self) -> None:
        """Waits until it may ask; asks then."""
        wait_s = self.must_wait_s()
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        self._asked_s = asyncio.get_running_loop().time()

    def must_wait_s(self) -> float:
        """How long it has to wait before it may ask; 0 where it may at once."""
        if self._backlog:
            return 0.0
        since_s = asyncio.get_running_loop().time() - self._asked_s
        return max(0.0, max(self._rest_s, pause_s(self._busy.share())) - since_s)

    def brought(self, size_bytes: int) -> None:
        """The last fetch did, of all partitions."""
        self._backlog = size_bytes >= MUCH_BYTES
