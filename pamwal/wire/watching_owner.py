"""Who owns a partition of a watching service: between batches of requests it judges what has to be judged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

from pamwal.wire.core import Core, WatchingCore
from pamwal.wire.decider import PROVED_FOR_MS, PartitionDecider
from pamwal.wire.log import Log
from pamwal.wire.metrics import Observer
from pamwal.wire.owner import PartitionOwner
from pamwal.wire.watching import WatchingDecider

S = TypeVar("S")
P = TypeVar("P")
JUDGE_EVERY_S: Final = 0.15
"""What is heard within this time is judged together; a deadline is noticed as late as this."""


class WatchingOwner(PartitionOwner[S], Generic[S, P]):
    """A `PartitionOwner` of a `WatchingDecider`."""

    def __init__(self, decider: WatchingDecider[S, P], **more: Any) -> None:
        """`more` as a `PartitionOwner` takes it."""
        super().__init__(decider, **more)
        self._watching = decider
        self._due = False
        self._following: asyncio.Task[None] | None = None

    async def _drain(self) -> None:
        self._due = self._watching.gather()
        self._following = following = asyncio.create_task(self._watching.follow())
        following.add_done_callback(lambda _: self._wake.set())
        ticking = asyncio.create_task(self._tick())
        try:
            await super()._drain()
        finally:
            self._following = None
            following.cancel()
            ticking.cancel()
            await asyncio.wait([following, ticking])
            _ = following.cancelled() or following.exception()

    async def _tick(self) -> None:
        """The clock may be a simulated one, so deadlines are looked at, not slept for."""
        while True:
            await asyncio.sleep(JUDGE_EVERY_S)
            if self._watching.gather():
                self._due = True
                self._wake.set()

    async def _work(self) -> None:
        if self._following is not None and self._following.done():
            await self._following
        if self._due:
            trouble = await self._watching.judge_causes()
            if trouble is not None:
                await self._settle()
                await self._watching.commit()
                raise trouble
            self._due = self._watching.waiting
            if self._due and not self._queue and not self._watching.unwritten:
                return  # there is more to be judged, and nothing else to do
        await super()._work()


def new_owner(
    core: Core[S] | WatchingCore[S, Any],
    log: Log,
    partition: int,
    *,
    now: Callable[[], str],
    observer: Observer,
    proved_for_ms: int = PROVED_FOR_MS,
    simulated: bool = False,
    **more: Any,
) -> PartitionOwner[S]:
    """The owner of a partition, by what its core is; `more` as a `PartitionOwner` takes it."""
    if isinstance(core, WatchingCore):
        return WatchingOwner(
            WatchingDecider(
                core, log, partition, now=now, observer=observer,
                proved_for_ms=proved_for_ms, simulated=simulated,
            ),
            observer=observer,
            **more,
        )  # fmt: skip
    decider = PartitionDecider(
        core, log, partition, now=now, observer=observer, proved_for_ms=proved_for_ms, simulated=simulated
    )
    return PartitionOwner(decider, observer=observer, **more)
