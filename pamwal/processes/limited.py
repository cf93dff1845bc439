"""Functions called in child processes: a few at a time, with limits, and only while somebody waits."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Final

from msgspec import Struct

from pamwal.bounded_queue import BoundedQueue
from pamwal.contracts.errors import ProcessFailed
from pamwal.processes.child import LENGTH_BYTES, OUT_OF_MEMORY

CHILD: Final = str(Path(__file__).with_name("child.py"))
MB: Final = 1024 * 1024
ENVIRONMENT: Final = {"MALLOC_ARENA_MAX": "2", "OPENBLAS_NUM_THREADS": "1"}
"""glibc reserves 64 MB of address space for each thread that allocates, and numpy starts a thread for each
core: with many cores they would take all that the process may have."""
_COMPLAINT_BYTES: Final = 4000
_PART_BYTES: Final = 64 * 1024


class ProcessLimits(Struct, frozen=True, kw_only=True):
    """What child processes for one purpose may take."""

    at_once: int
    waiting_max: int
    """Calls that wait for a place; beyond it 503."""
    memory_bytes: int
    """Address space of one process (RLIMIT_AS), about 160 MB of which Python and our code take."""
    cpu_s: int
    wall_s: float
    output_bytes_max: int
    retry_after_s: int = 5


class LimitedProcesses:
    """Runs functions of `bytes`, a few at a time."""

    def __init__(self, limits: ProcessLimits) -> None:
        self.limits = limits
        self.running: set[int] = set()
        """Process ids."""
        self._queue = BoundedQueue(limits.at_once, limits.waiting_max, limits.retry_after_s)

    async def call(self, function: str, given: bytes, *arguments: str) -> bytes:
        """What `function`, named `module:name`, returns for `given` and `arguments`.

        HttpProblem 503 while too many wait already. ProcessFailed says which limit was exceeded. When the
        call is cancelled, its process is killed.
        """
        async with self._queue.place():
            return await self._call(function, given, arguments)

    async def _call(self, function: str, given: bytes, arguments: tuple[str, ...]) -> bytes:
        limits = self.limits
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", CHILD, str(limits.memory_bytes), str(limits.cpu_s), function, *arguments,
            stdin=PIPE, stdout=PIPE, stderr=PIPE, env={**os.environ, **ENVIRONMENT},
        )  # fmt: skip
        self.running.add(process.pid)
        complaining = asyncio.ensure_future(_last_of(process.stderr))
        try:
            async with asyncio.timeout(limits.wall_s):
                answer = await self._exchange(process, given)
                code = await process.wait()
        except TimeoutError as error:
            raise ProcessFailed("time", f"it takes over {limits.wall_s:g} s") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
            self.running.discard(process.pid)
            complaint = await complaining
        if code == 0:
            return answer
        raise self._failed(code, complaint)

    async def _exchange(self, process: Process, given: bytes) -> bytes:
        """Stdin stays open until the answer is there: a child whose stdin ends knows that nobody waits."""
        assert process.stdin is not None  # noqa: S101 -- it was asked for
        assert process.stdout is not None  # noqa: S101
        with contextlib.suppress(ConnectionError):
            process.stdin.write(len(given).to_bytes(LENGTH_BYTES, "big"))
            process.stdin.write(given)
            await process.stdin.drain()
        parts, size = [], 0
        while part := await process.stdout.read(_PART_BYTES):
            size += len(part)
            if size > self.limits.output_bytes_max:
                raise ProcessFailed("output", f"it makes over {self.limits.output_bytes_max:,} bytes")
            parts.append(part)
        return b"".join(parts)

    def _failed(self, code: int, complaint: str) -> ProcessFailed:
        if code == OUT_OF_MEMORY:
            return ProcessFailed("memory", f"it needs over {self.limits.memory_bytes // MB} MB of memory")
        if code == -signal.SIGXCPU:
            return ProcessFailed("time", f"it takes over {self.limits.cpu_s} s of CPU time")
        return ProcessFailed("ended", f"its process ended ({code}): {complaint}")


async def _last_of(stream: asyncio.StreamReader | None) -> str:
    assert stream is not None  # noqa: S101 -- it was asked for
    last = b""
    while part := await stream.read(_PART_BYTES):
        last = (last + part)[-_COMPLAINT_BYTES:]
    return last.decode(errors="replace").strip()
