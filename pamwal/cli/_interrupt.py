"""Runs a coroutine until it is done, or until Ctrl-C or SIGTERM asks it to end in order."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run_until_interrupted(program: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """What the program returns. A signal cancels it once; it frees what it holds and may still return.

    Further signals meanwhile are heard and change nothing: what was started is ended, whoever is impatient.
    If it does not return, the process ends with 128 + the signal's number, as a shell expects.
    """
    return asyncio.run(_run(program))


async def _run(program: Callable[[], Coroutine[Any, Any, T]]) -> T:
    loop = asyncio.get_running_loop()
    task = loop.create_task(program())
    heard: list[int] = []

    def hear(number: int) -> None:
        if not heard:
            task.cancel()
        heard.append(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, hear, number)
    try:
        return await task
    except asyncio.CancelledError:
        if heard:
            raise SystemExit(128 + heard[0]) from None
        raise
