"""Who may judge, of all partitions that one process decides: one at a time, and behind takeovers.

A new owner judges all of its operations once, and folds each picture first: seconds of work in steps of some
50 ms. A takeover, and whoever waits for an answer since the owner before was lost, wait for Kafka dozens of
times; were all partitions judging then, they would wait each time for a step of every partition.

Requests are judged in turns, too, each of a hundred or so of one partition: what a processor keeps at hand of
its operations would make room for another partition's at every turn of the event loop, a fifth of the time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """Kept by the owners of one process. One event loop only."""

    def __init__(self) -> None:
        self.deciding = asyncio.Lock()
        """Held by the partition whose requests are being judged."""
        self._judging = False
        self._rests = False
        self._catching_up: set[object] = set()
        self._waiting: dict[asyncio.Event, None] = {}

    def may_judge(self, wake: asyncio.Event, *, beside_takeovers: bool) -> bool:
        """Whether somebody may; who may not is woken when that has changed, those first who asked first."""
        if self._judging or self._rests or (self._catching_up and not beside_takeovers):
            self._waiting[wake] = None
            return False
        return True

    @contextmanager
    def judging(self) -> Iterator[None]:
        """Somebody who may judge does."""
        self._judging = True
        try:
            yield
        finally:
            self._judging = False
            self._wake()

    def rest(self, for_s: float) -> None:
        """Nobody may for so long."""
        self._rests = True
        asyncio.get_running_loop().call_later(for_s, self._rested)

    def take_over(self, owner: object) -> None:
        """This owner takes its partition over, and then has to decide what was asked meanwhile."""
        self._catching_up.add(owner)

    def caught_up(self, owner: object) -> None:
        """It has done so, or given up."""
        if owner in self._catching_up:
            self._catching_up.discard(owner)
            self._wake()

    def _rested(self) -> None:
        self._rests = False
        self._wake()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for wake in waiting:
            wake.set()
