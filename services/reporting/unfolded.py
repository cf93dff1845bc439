"""Decisions of one operation that were read and are not folded: of a snapshot, and as the log has them."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from pamwal.wire.log import TopicPartition
from services.reporting.kept import frames
from services.reporting.picture.decided import Decided
from services.reporting.picture.history import DECISIONS


class Told(NamedTuple):
    """A decision, or the bytes of one, and where it stands."""

    at: TopicPartition
    offset: int
    decision: Decided | bytes


class Values:
    """Decisions of one partition, in the order of the log; each is let go as it is taken."""

    __slots__ = ("add_offset", "add_value", "offsets", "taken", "values")

    def __init__(self) -> None:
        self.offsets, self.values, self.taken = array("q"), deque[bytes](), 0
        self.add_offset, self.add_value = self.offsets.append, self.values.append

    def take(self) -> Iterator[tuple[int, bytes]]:
        """Those that are left, one by one."""
        while self.values:
            self.taken += 1
            yield self.offsets[self.taken - 1], self.values.popleft()


class Unfolded:
    """What rests of one operation. Topic by topic, each in the order of the log."""

    def __init__(self, key: bytes) -> None:
        self.key, self.name = key, key.decode("utf-8", "backslashreplace")
        self.partition = 0
        """Where what a snapshot has of it was decided."""
        self._section: Callable[[], bytes] | None = None
        self._kept: Iterator[Told] = iter(())
        self._values: dict[TopicPartition, Values] = {}
        self._left = self._all()

    def keep(self, partition: int, section: Callable[[], bytes]) -> None:
        """A snapshot has some of it, which `section` reads."""
        self.partition, self._section = partition, section

    def values(self, at: TopicPartition) -> Values:
        """Where its decisions in a partition are put, behind all else that rests of them."""
        found = self._values.get(at)
        if found is None:
            found = self._values[at] = Values()
        return found

    def open(self) -> None:
        """Reads what a snapshot has of it. SnapshotIgnored if that is not as it was written."""
        if self._section is not None:
            found = self._section()
            self._section, self._kept = None, self._arrived(found)

    def mend(self, told: Iterable[Told]) -> None:
        """That is of no use: this was read from the log in its place."""
        self._section, self._kept = None, iter(told)

    def take(self, most: int | None) -> list[Told]:
        """So many decisions, or all that are left, once it is open. SnapshotIgnored."""
        return list(islice(self._left, most))

    def _all(self) -> Iterator[Told]:
        yield from self._kept
        while left := [at for at, values in self._values.items() if values.values]:
            for at in sorted(left, key=lambda at: DECISIONS.index(at.topic)):
                for offset, value in self._values[at].take():
                    yield Told(at, offset, value)

    def _arrived(self, found: bytes) -> Iterator[Told]:
        for arrived in frames.read(found):
            at = TopicPartition(DECISIONS[arrived.topic], self.partition)
            yield Told(at, arrived.offset, Decided(self.name, arrived.data))
