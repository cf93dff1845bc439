"""Who waits for a number to be passed, such as an offset."""

from __future__ import annotations

import asyncio
import heapq
from itertools import count
from typing import Final

SWEPT: Final = 4_096


class Waiters:
    """Who waits for a number to be passed; woken in order."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, asyncio.Future[bool]]] = []
        self._order = count()
        self._sweep_above = SWEPT

    def add(self, number: int) -> asyncio.Future[bool]:
        """Who awaits this waits for that number."""
        if len(self._heap) > self._sweep_above:
            self._heap = [entry for entry in self._heap if not entry[2].done()]
            heapq.heapify(self._heap)
            # twice what is alive: a sweep costs as much as all who come until the next one
            self._sweep_above = max(SWEPT, 2 * len(self._heap))
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._heap, (number, next(self._order), future))
        return future

    def passed(self, upto: int) -> None:
        """All numbers below are passed."""
        while self._heap and self._heap[0][0] < upto:
            future = heapq.heappop(self._heap)[2]
            if not future.done():
                future.set_result(True)


async def within(waiting: asyncio.Future[bool], within_ms: int) -> bool:
    """Whether a future is done within that time; it is cancelled if not."""
    await asyncio.wait([waiting], timeout=within_ms / 1000)
    return waiting.done() or not waiting.cancel()
