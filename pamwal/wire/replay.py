"""Reading a log from a place to its end, fast and all of it."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from pamwal.contracts.errors import LogUnavailable
from pamwal.wire.log import Isolation, Log, Reader, Record, TopicPartition

READ_RECORDS = 2_000
STALLED_AFTER_MS = 10_000
_READ_WAIT_MS = 200
_asleep: set[CollectorNap] = set()


class CollectorNap:
    """No garbage collection for a while: a fold makes millions of objects that live on, nothing to collect.

    Folds may overlap; the last one to end wakes the collector again.
    """

    def begin(self) -> None:
        """It sleeps from now on, if it did not before."""
        if self not in _asleep:
            self._was_enabled = gc.isenabled() or bool(_asleep)
            _asleep.add(self)
            gc.disable()

    def end(self) -> None:
        """This one needs no sleep any more, if it did before."""
        if self in _asleep:
            _asleep.discard(self)
            if self._was_enabled and not _asleep:
                gc.freeze()
                gc.enable()


@contextmanager
def collector_asleep() -> Iterator[None]:
    """No garbage collection inside."""
    nap = CollectorNap()
    nap.begin()
    try:
        yield
    finally:
        nap.end()


async def whole(log: Log, topics: Iterable[str]) -> dict[TopicPartition, int]:
    """Where a replay of whole topics starts: offset 0 of each of their partitions."""
    return {
        TopicPartition(topic, number): 0
        for topic in topics
        for number in range(await log.partition_count(topic))
    }


async def replay(
    log: Log,
    starts: Mapping[TopicPartition, int],
    fold: Callable[[TopicPartition, list[Record]], None],
    *,
    isolation: Isolation = "committed",
    upto: Isolation = "uncommitted",
    stalled_after_ms: int = STALLED_AFTER_MS,
) -> dict[TopicPartition, int]:
    """Folds every record from `starts` to where the log ends now, and returns the positions behind the last.

    The end is that of an uncommitted reader and positions count control records, so nothing committed is
    missed. A transaction that hangs open holds this up; with `upto` "committed" it ends where that one began.
    LogUnavailable if nothing moves for
    `stalled_after_ms`; what the fold raises comes through.
    """
    ends = await log.end_offsets(list(starts), upto)
    waiting = {at: end for at, end in ends.items() if starts[at] < end}
    positions = dict(starts)
    if not waiting:
        return positions
    reader = await log.reader({at: starts[at] for at in waiting}, isolation)
    try:
        with collector_asleep():
            await _read_to_ends(reader, waiting, positions, fold, stalled_after_ms)
    finally:
        await reader.close()
    return positions


async def _read_to_ends(
    reader: Reader,
    waiting: dict[TopicPartition, int],
    positions: dict[TopicPartition, int],
    fold: Callable[[TopicPartition, list[Record]], None],
    stalled_after_ms: int,
) -> None:
    clock = asyncio.get_running_loop().time
    moved_at = clock()
    while waiting:
        found = await reader.read(max_records=READ_RECORDS, wait_ms=_READ_WAIT_MS)
        for at, records in found.items():
            fold(at, records)
        for at in list(waiting):
            position = await reader.position(at)
            if position != positions[at]:
                positions[at], moved_at = position, clock()
            if position >= waiting[at]:
                del waiting[at]
        if clock() - moved_at > stalled_after_ms / 1000:
            raise LogUnavailable(f"no progress towards {waiting} since {stalled_after_ms} ms")
        await asyncio.sleep(0)
