"""Starting clients that may be given up on the way, and ending those that may be dying already."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Coroutine
from typing import Any, Final, Protocol

LET_START_S: Final = 1.0
"""How long a start that nobody waits for any more may still take: some milliseconds where Kafka answers."""
_log = logging.getLogger(__name__)


class EndedForGood(str):
    """Why a process is not ready, where only a restart can change that: it is then not healthy either."""

    __slots__ = ()


class Client(Protocol):
    """One of aiokafka's."""

    async def start(self) -> object:
        """Connects and asks for metadata."""
        ...


async def start_within(seconds: float, client: Client) -> None:
    """Starts a client; TimeoutError. However it ends, the start is over then, and the client can be ended.

    A start that is cancelled at the wrong moment leaves a connection open that no client knows of any more,
    the one over which aiokafka asks for its first metadata. So it may go on for a while.
    """
    starting = asyncio.ensure_future(client.start())
    try:
        async with asyncio.timeout(seconds):
            await asyncio.shield(starting)
    except BaseException:
        await at_most(LET_START_S, _over(starting))
        raise


async def _over(task: asyncio.Future[object]) -> None:
    await task


async def at_most(seconds: float, ending: Coroutine[Any, Any, object]) -> None:
    """Lets something end for so long, come what may.

    A client that dies raises anything on its way, even the CancelledError of one of its own tasks, and that
    would cancel whoever waits for it.
    """
    task = asyncio.create_task(ending)
    await asyncio.wait([task], timeout=seconds)
    if not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=seconds)
    if task.done() and not task.cancelled() and task.exception() is not None:
        _log.debug("on the way out: %r", task.exception())


async def first_of(*awaitables: Awaitable[object]) -> None:
    """Waits until one of these is over, and cancels the others. An error of one is logged, not raised."""
    waiting = [asyncio.ensure_future(one) for one in awaitables]
    try:
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waiting:
            one.cancel()
    for one in done:
        if not one.cancelled() and one.exception() is not None:
            _log.warning("the first that ended failed: %r", one.exception())
