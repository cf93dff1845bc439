"""Stops a process where it is, and knows when it really is stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

LOOK_S = 0.02
STOPS_WITHIN_S = 90


async def until(holds: Callable[[], Awaitable[bool]], within_s: float, what: str) -> None:
    """Returns once it holds. AssertionError with `what` if it does not in time."""
    try:
        async with asyncio.timeout(within_s):
            while not await holds():
                await asyncio.sleep(LOOK_S)
    except TimeoutError:
        raise AssertionError(f"not within {within_s} s: {what}") from None


async def freeze(pid: int) -> None:
    """SIGSTOP, and returns once nothing of the process runs; SIGCONT is the caller's.

    The signal takes a while to reach a process of many threads: on a busy machine a broker answers meanwhile.
    """

    async def stopped() -> bool:
        return set(_states(pid)) == {"T"}

    os.kill(pid, signal.SIGSTOP)
    await until(stopped, STOPS_WITHIN_S, f"process {pid} is stopped")


def _states(pid: int) -> list[str]:
    """The state of each thread where there is /proc, else that of the whole process."""
    threads = Path("/proc", str(pid), "task")
    if threads.exists():
        stats = [(each / "stat").read_text(errors="replace") for each in threads.iterdir()]
        # The second field is the program's name in brackets and may itself hold brackets and spaces.
        return [stat.rpartition(")")[2].split()[0] for stat in stats]
    said = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=True)
    return [said.stdout.strip()[:1]]
