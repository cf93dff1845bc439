"""Ending clients that may be dying already."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

_log = logging.getLogger(__name__)


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
