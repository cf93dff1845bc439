"""Posts check-ins over raw sockets, each connection one request at a time, and says how that went.

Everything but the id is rendered beforehand, so that this process costs as little as it can.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from array import array
from collections import Counter
from pathlib import Path
from typing import Any, Final

import msgspec
import uvloop
from msgspec import Struct

from benchmarks.measured import usage_of

GRACE_S: Final = 10.0


class Speaking(Struct, frozen=True, kw_only=True):
    """One connection: what stands before the id of each request and what behind it, and how ids begin."""

    head: str
    tail: str
    prefix: str


class Load(Struct, frozen=True, kw_only=True):
    """What to do. `warm_s` is not counted."""

    port: int
    speaking: list[Speaking]
    warm_s: float
    seconds: float


class Told(Struct, frozen=True, kw_only=True):
    """How it went in the counted time. `all` counts warm-up and rest too."""

    statuses: dict[int, int]
    seconds: float
    all: int
    p50_ms: float
    p99_ms: float
    cpu_share: float
    """Of one core, for this process, over the whole run."""

    @property
    def answered(self) -> int:
        """Answers in the counted time."""
        return sum(self.statuses.values())


class Course:
    """What all connections share: the clock, the counts, and whether it is over."""

    def __init__(self, load: Load) -> None:
        now = time.perf_counter()
        self.counts_from = now + load.warm_s
        self.counts_until = self.counts_from + load.seconds
        self.statuses: Counter[bytes] = Counter()
        self.took_ms = array("d")
        self.all = 0
        self.open = 0
        self.failed: Exception | None = None
        self.over = asyncio.Event()

    def answered(self, status: bytes, sent_at: float) -> bool:
        """Counts an answer; whether to go on."""
        now = time.perf_counter()
        self.all += 1
        if self.counts_from <= now < self.counts_until:
            self.statuses[status] += 1
            self.took_ms.append((now - sent_at) * 1000)
        return now < self.counts_until

    def left(self, error: Exception | None) -> None:
        """A connection ended."""
        self.failed = self.failed or error
        self.open -= 1
        if not self.open:
            self.over.set()


class Connection(asyncio.Protocol):
    """Sends one request, waits for its answer, sends the next."""

    def __init__(self, speaking: Speaking, course: Course) -> None:
        self._head, self._tail = (speaking.head + speaking.prefix).encode(), speaking.tail.encode()
        self._course, self._number = course, 0
        self._sent_at, self._unread, self._over = 0.0, b"", False
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._course.open += 1
        self._speak()

    def data_received(self, data: bytes) -> None:
        if self._unread:
            data = self._unread + data
        end = data.find(b"\r\n\r\n")
        at = data.find(b"content-length: ")
        if end < 0 or at < 0 or len(data) < end + 4 + int(data[at + 16 : data.find(b"\r", at)]):
            self._unread = data
            return
        self._unread = b""
        if self._course.answered(data[9:12], self._sent_at):
            self._speak()
        else:
            self._over = True
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._course.left(None if self._over else exc or ConnectionError("the edge closed a connection"))

    def _speak(self) -> None:
        self._number += 1
        self._sent_at = time.perf_counter()
        self._transport.write(b"%b%08d%b" % (self._head, self._number, self._tail))


async def run(load: Load) -> Told:
    """All connections at once, until the time is up and each has its last answer."""
    loop, course, began = asyncio.get_running_loop(), Course(load), time.perf_counter()
    for speaking in load.speaking:
        await loop.create_connection(lambda one=speaking: Connection(one, course), "127.0.0.1", load.port)  # type: ignore[misc]
    await asyncio.wait_for(course.over.wait(), load.warm_s + load.seconds + GRACE_S)
    if course.failed is not None:
        raise course.failed
    took_ms = sorted(course.took_ms)
    return Told(
        statuses={int(status): count for status, count in course.statuses.items()},
        seconds=load.seconds,
        all=course.all,
        p50_ms=took_ms[len(took_ms) // 2],
        p99_ms=took_ms[len(took_ms) * 99 // 100],
        cpu_share=usage_of(os.getpid()).cpu_s / (time.perf_counter() - began),
    )


def main() -> None:
    """`python -m benchmarks.load.posts <file with a Load as JSON>`: a line of JSON."""
    load = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Load)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(msgspec.to_builtins(runner.run(run(load)), str_keys=True)), flush=True)


if __name__ == "__main__":
    main()
