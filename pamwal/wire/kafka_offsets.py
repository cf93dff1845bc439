"""Where partitions begin and end: whoever asks in the same moment is answered by one request."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final

from pamwal.wire.log import TopicPartition

Found = Mapping[TopicPartition, int]
TOGETHER_S: Final = 0.001
"""So long a question waits for others: twelve deciders of a process ask what they follow at one moment."""


class Offsets:
    """Of one kind: ends, or beginnings, under one isolation."""

    def __init__(self, ask: Callable[[Collection[TopicPartition]], Awaitable[Found]]) -> None:
        """`ask` asks Kafka; whatever it raises, all who asked for anything of it get."""
        self._ask = ask
        self._wanted: set[TopicPartition] = set()
        self._next: asyncio.Task[Found] | None = None
        self._asking: set[asyncio.Task[Found]] = set()

    async def of(self, places: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        """Those of some partitions, as they are after this was called."""
        self._wanted.update(places)
        if self._next is None:
            self._next = asyncio.create_task(self._ask_soon(), name="offsets")
            self._asking.add(self._next)
            self._next.add_done_callback(self._over)
        found = await asyncio.shield(self._next)
        return {at: found[at] for at in places}

    async def close(self) -> None:
        """Asks no more; who waits is cancelled."""
        for task in self._asking:
            task.cancel()
        if self._asking:
            await asyncio.wait(self._asking)

    async def _ask_soon(self) -> Found:
        try:
            await asyncio.sleep(TOGETHER_S)
        finally:
            wanted, self._wanted, self._next = self._wanted, set(), None
        return await self._ask(sorted(wanted))

    def _over(self, task: asyncio.Task[Found]) -> None:
        self._asking.discard(task)
        _ = task.cancelled() or task.exception()  # those who asked may all be gone
