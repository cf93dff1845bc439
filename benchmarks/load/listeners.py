"""Follows a stream of server-sent events over many raw sockets, and says how late each change came.

Each change carries when it was made, by the monotonic clock that all processes of a machine share.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import time
from array import array
from pathlib import Path
from typing import Any, Final

import msgspec
import uvloop
from msgspec import Struct

from benchmarks.measured import usage_of
from pamwal.edge.serve import allow_connections

CONNECTING: Final = 64
GRACE_S: Final = 60.0
MADE: Final = re.compile(rb'event: delta\ndata: {"made_ns":([0-9]+)')
_ENDS: Final = (b"\n\n\r\n", b"\n\n")
"""How what is sent ends where it was not cut: in chunks, or plain."""


class Listening(Struct, frozen=True, kw_only=True):
    """What to do: one connection a request, in the order given. `warm_s` is not counted."""

    port: int
    requests: list[str]
    warm_s: float
    seconds: float


class Heard(Struct, frozen=True, kw_only=True):
    """How it went. `changes` were made in the counted time and arrived, on all connections together;
    `made` is how many there were that at least one connection heard."""

    changes: int
    made: int
    p50_ms: float
    p99_ms: float
    most_ms: float
    cpu_share: float
    """Of one core, for this process, in the counted time and what came before."""


class Course:
    """What all connections share."""

    def __init__(self) -> None:
        self.from_ns = self.until_ns = 2**63
        self.took_ns = array("q")
        self.made_ns = set[int]()
        self.begun = 0
        self.failed: str | None = None

    def arrived(self, made_ns: int, now_ns: int) -> None:
        """A change arrived."""
        if self.from_ns <= made_ns < self.until_ns:
            self.took_ns.append(now_ns - made_ns)
            self.made_ns.add(made_ns)


class Connection(asyncio.Protocol):
    """One reader."""

    def __init__(self, request: bytes, course: Course) -> None:
        self._request, self._course, self._unread, self._begun = request, course, b"", False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.write(self._request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        now_ns = time.monotonic_ns()
        if not self._begun:
            self._begin(data)
            return
        if self._unread:
            data = self._unread + data
        self._unread = b"" if data.endswith(_ENDS) else data[data.rfind(b"\n\n") + 2 :]
        for found in MADE.finditer(data[: len(data) - len(self._unread)]):
            self._course.arrived(int(found[1]), now_ns)

    def _begin(self, data: bytes) -> None:
        data = self._unread + data
        self._unread = data
        if not data.startswith(b"HTTP/1.1 200"[: len(data)]):
            self._course.failed = data[:200].decode("latin-1")
        if b"event: snapshot" in data and data.endswith(_ENDS):
            self._begun, self._unread = True, b""
            self._course.begun += 1

    def connection_lost(self, exc: Exception | None) -> None:
        self._course.failed = self._course.failed or f"a stream ended: {exc}"


async def run(listening: Listening) -> Heard:
    """All connections at once, until the time is up."""
    loop, course, began_s = asyncio.get_running_loop(), Course(), time.perf_counter()
    connecting = asyncio.Semaphore(CONNECTING)
    transports: list[Any] = []

    async def connect(request: bytes) -> None:
        async with connecting:
            transport, _ = await loop.create_connection(
                lambda: Connection(request, course), "127.0.0.1", listening.port
            )
        transports.append(transport)

    async with asyncio.timeout(GRACE_S):
        await asyncio.gather(*(connect(each.encode()) for each in listening.requests))
        while course.begun < len(listening.requests):
            _check(course)
            await asyncio.sleep(0.05)
    await asyncio.sleep(listening.warm_s)
    print(json.dumps({"counting": True}), flush=True)
    course.from_ns = time.monotonic_ns()
    course.until_ns = course.from_ns + round(listening.seconds * 1e9)
    await asyncio.sleep(listening.seconds)
    cpu_share = usage_of(os.getpid()).cpu_s / (time.perf_counter() - began_s)
    print(json.dumps({"counted": True}), flush=True)
    await asyncio.sleep(2.0)  # what is late still counts
    _check(course)
    took_ms = [took / 1e6 for took in sorted(course.took_ns)]
    for transport in transports:
        transport.abort()
    return Heard(
        changes=len(took_ms),
        made=len(course.made_ns),
        p50_ms=took_ms[len(took_ms) // 2],
        p99_ms=took_ms[len(took_ms) * 99 // 100],
        most_ms=took_ms[-1],
        cpu_share=cpu_share,
    )


def _check(course: Course) -> None:
    if course.failed is not None:
        raise RuntimeError(f"not every stream goes on: {course.failed}")


def main() -> None:
    """`python -m benchmarks.load.listeners <file with a Listening as JSON>`: a line of JSON."""
    listening = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Listening)
    open_files(len(listening.requests) + 200)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(msgspec.to_builtins(runner.run(run(listening)))), flush=True)
    os._exit(0)


def open_files(needed: int) -> None:
    """Lets this process and those it starts have so many files open. RuntimeError says what to allow."""
    allowed = allow_connections(needed)
    if 0 <= allowed < needed:
        raise RuntimeError(f"{needed} files have to be open at once, {allowed} are allowed: see `ulimit -Hn`")


if __name__ == "__main__":
    main()
