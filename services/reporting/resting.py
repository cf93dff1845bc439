"""Operations that a snapshot knows: folded when somebody looks, and meanwhile bit by bit."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from itertools import islice
from typing import Final

from pamwal.contracts.errors import SnapshotIgnored
from pamwal.wire.log import TopicPartition
from pamwal.wire.partitioning import partition_of
from pamwal.wire.replay import collector_asleep
from services.reporting.kept import Arrived, frames
from services.reporting.picture import Pictures
from services.reporting.picture.decided import Decided
from services.reporting.picture.history import DECISIONS, History

AT_ONCE: Final = 500
"""So many decisions are folded before whatever else waits comes again."""
Failed = Callable[[TopicPartition, int, BaseException], None]


class RestingOperations:
    """Puts operations to rest in the pictures, and folds them."""

    def __init__(self, pictures: Pictures, history: History, failed: Failed) -> None:
        """`failed` is told of what was raised by the decision at an offset of a partition."""
        self._pictures, self._history, self._failed = pictures, history, failed
        self._resting: dict[str, _Resting] = {}

    def rest(self, operations: dict[str, bytes], partitions: int) -> None:
        """These operations rest from now on: frames of what arrived, by operation."""
        for name, found in operations.items():
            partition = partition_of(name.encode(), partitions)
            resting = self._resting[name] = _Resting(self, name, found, partition)
            self._lay(name, resting)

    async def wake(self) -> None:
        """Folds all of them, with at most half of the time, and what is asked for first."""
        with collector_asleep():
            while self._resting:
                began_s = time.perf_counter()
                name, resting = next(iter(self._resting.items()))
                self._take(name)
                if resting.fold(AT_ONCE):
                    self._resting[name] = resting
                    self._lay(name, resting)
                await asyncio.sleep(time.perf_counter() - began_s)

    def finish(self, name: str, resting: _Resting) -> None:
        """Folds all that is left of one: somebody looks at it."""
        self._take(name)
        resting.fold(None)

    def fold(self, arrived: Arrived, name: str, partition: int) -> bool:
        """Takes one decision up as if it had just been read; whether that went well."""
        at = TopicPartition(DECISIONS[arrived.topic], partition)
        decision = Decided(name, arrived.data)
        request = arrived.data.request
        try:
            self._pictures.folds[None if request is None else request.mode](decision)
            self._history.partition(at).arrive(arrived.offset, decision)
        except Exception as error:  # bad code stops its partition, loudly, as it does when it is read
            self._failed(at, arrived.offset, error)
            return False
        return True

    def unreadable(self, partition: int, error: SnapshotIgnored) -> None:
        """A snapshot holds what it cannot have written: its operations' partition is of no use."""
        for topic in DECISIONS:
            self._failed(TopicPartition(topic, partition), 0, error)

    def _lay(self, name: str, resting: _Resting) -> None:
        for picture in self._pictures.of.values():
            picture.operations.resting[name] = resting.finish

    def _take(self, name: str) -> None:
        del self._resting[name]
        for picture in self._pictures.of.values():
            picture.operations.resting.pop(name)


class _Resting:
    """One of them, and how far it is folded."""

    def __init__(self, operations: RestingOperations, name: str, found: bytes, partition: int) -> None:
        self._operations, self._name, self._partition = operations, name, partition
        self._left = frames.read(found)

    def fold(self, most: int | None) -> bool:
        """Folds so many decisions, or all; whether any are left."""
        try:
            some = list(islice(self._left, most))
        except SnapshotIgnored as error:
            self._operations.unreadable(self._partition, error)
            return False
        for arrived in some:
            if not self._operations.fold(arrived, self._name, self._partition):
                return False
        return len(some) == most

    def finish(self) -> None:
        """Folds all that are left."""
        self._operations.finish(self._name, self)
