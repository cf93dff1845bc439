"""A few pieces of work at a time, a few that wait, and 503 for the others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pamwal.contracts.errors import HttpProblem


class BoundedQueue:
    """Places for work that costs much, in the order in which it was asked for."""

    def __init__(self, at_once: int, waiting_max: int, retry_after_s: int) -> None:
        self._at_once, self._waiting_max, self._retry_after_s = at_once, waiting_max, retry_after_s
        self._places = asyncio.Semaphore(at_once)
        self.taken = 0
        """Pieces of work that are being done, or wait."""

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Waits for a place and holds it. HttpProblem 503 with Retry-After while too many wait already."""
        if self.taken >= self._at_once + self._waiting_max:
            raise HttpProblem(
                503,
                "busy",
                f"{self._at_once} of these are being worked on here and {self._waiting_max} wait; try again"
                f" in {self._retry_after_s} s",
                headers=(("retry-after", str(self._retry_after_s)),),
            )
        self.taken += 1
        try:
            async with self._places:
                yield
        finally:
            self.taken -= 1
