"""The measured process of `benchmarks.sse`: an edge of the product with one stream, changed by a timer.

`python -m benchmarks.streaming <port> <state folder> <readers>`. It is served as a service is, tokens and
all; only what it tells is made up, for a real picture's changes have no fixed size. Two boards, by the
operation's name: `steady` changes ten times a second once all readers are there, `flood` `FLOOD_PER_S` times.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import uvloop

from pamwal.contracts.claims import ROLES
from pamwal.edge.app import Authority, Board, Caller, Clock, EdgeSettings, EdgeSpec, StreamRoute, build_edge
from pamwal.edge.clock import system_ms
from pamwal.edge.logs import configure_logging
from pamwal.edge.serve import serve
from pamwal.edge.settings import ConnectionLimits
from pamwal.service import COLLECT_AFTER
from pamwal.wire.memory import MemoryLog

SERVICE: Final = "reporting"
STEADY_PER_S: Final = 10
FLOOD_PER_S: Final = 4_000
DELTA_BYTES: Final = 300
SNAPSHOT_BYTES: Final = 20_000
"""About what a board of a campaign day begins with."""
FLOOD_TICK_S: Final = 0.005


def said(size: int) -> bytes:
    """So many bytes of JSON that say when they were made, by the clock all processes share."""
    head = b'{"made_ns":%d,"pad":"' % time.monotonic_ns()
    return head + b"x" * (size - len(head) - 2) + b'"}'


def every(seconds: float, act: Callable[[], None]) -> None:
    """Acts on a grid of time, as far as this process keeps up."""
    loop = asyncio.get_running_loop()
    next_s = loop.time() + seconds

    def run() -> None:
        nonlocal next_s
        act()
        next_s = max(next_s + seconds, loop.time())
        loop.call_at(next_s, run)

    loop.call_at(next_s, run)


class Boards:
    """The two boards and what changes them."""

    def __init__(self, readers: int) -> None:
        self._readers = readers
        self._boards = {
            name: Board(lambda: said(SNAPSHOT_BYTES), followers_max=20_000) for name in ("steady", "flood")
        }

    def board_of(self, operation_id: str, _: Caller) -> Board:
        """For a `StreamRoute`."""
        return self._boards[operation_id]

    async def start(self) -> None:
        """Begins to change them."""
        every(1 / STEADY_PER_S, self._steady)
        every(FLOOD_TICK_S, self._flood)

    def _steady(self) -> None:
        if self._boards["steady"].followers >= self._readers:
            self._publish("steady", 1)

    def _flood(self) -> None:
        if self._boards["flood"].followers:
            self._publish("flood", round(FLOOD_PER_S * FLOOD_TICK_S))

    def _publish(self, name: str, times: int) -> None:
        for _ in range(times):
            self._boards[name].publish(said(DELTA_BYTES))


async def run(port: int, state: Path, readers: int) -> None:
    """Serves until SIGTERM."""
    log = MemoryLog(partitions=1, clock_ms=system_ms)
    log.create_topics()
    boards, clock = Boards(readers), Clock()
    limits = ConnectionLimits(per_address_max=2 * readers + 1000)
    settings = EdgeSettings(port=port, state=state, connections=limits)
    stream = StreamRoute(path="/stream", roles=ROLES, summary="Made-up changes", board_of=boards.board_of)
    spec = EdgeSpec(service=SERVICE, streams=(stream,), on_start=(boards.start,))
    await serve(build_edge(spec, log, clock, Authority.from_settings(settings, clock), settings))


def main() -> None:
    """With the loop and the garbage collection of a service."""
    configure_logging(SERVICE)
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))


if __name__ == "__main__":
    main()
