"""Fetching single records: a few consumers that do nothing else, lent to whoever asks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

from pamwal.contracts.errors import LogTruncated
from pamwal.wire.kafka_reader import stop_consumer

AT_ONCE: Final = 4


class Fetchers:
    """Consumers for single records, made when they are needed, at most `AT_ONCE`; who comes later waits."""

    def __init__(self, make: Callable[[], Awaitable[Any]]) -> None:
        self._make = make
        self._free = asyncio.Semaphore(AT_ONCE)
        self._idle: list[Any] = []
        self._ending: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[Any]:
        """One of them, for nobody else meanwhile. One that failed is not lent again."""
        async with self._free:
            consumer = self._idle.pop() if self._idle else await self._make()
            try:
                yield consumer
            except LogTruncated:
                self._idle.append(consumer)
                raise
            except BaseException:
                self._end(consumer)
                raise
            self._idle.append(consumer)

    def _end(self, consumer: Any) -> None:
        """Frees one behind the back of who had it: he need not wait for that."""
        task = asyncio.create_task(stop_consumer(consumer), name="fetcher")
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def close(self) -> None:
        """Frees those that are not lent."""
        idle, self._idle = self._idle, []
        await asyncio.gather(*(stop_consumer(consumer) for consumer in idle), *self._ending)
