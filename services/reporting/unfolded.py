"""Decisions of one operation that were read and are not folded: of a snapshot, and as the log has them."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

from pamwal.wire.log import TopicPartition
from services.reporting.kept import frames
from services.reporting.picture.decided import Decided
from services.reporting.picture.history import DECISIONS

KEPT_BYTES: Final = 400
"""A decision takes about so many in a snapshot."""


class Told(NamedTuple):
    """A decision, or the bytes of one, and where it stands."""

    at: TopicPartition
    offset: int
    decision: Decided | bytes


class Values:
    """Decisions of one partition, in the order of the log, where they stand in blocks.

    A block is let go once all that stand in it are taken, those of other operations too.
    """

    __slots__ = (
        "_begins", "_blocks", "_ends", "_offsets", "_taken", "add_begin", "add_end", "add_offset", "block"
    )  # fmt: skip

    def __init__(self) -> None:
        self._offsets, self._begins, self._ends = array("q"), array("q"), array("q")
        self._taken = 0
        self._blocks: deque[tuple[int, bytes]] = deque()
        """Each with the number of the first that stands in it."""
        self.block: bytes | None = None
        """Where the next stands unless it is said."""
        self.add_offset, self.add_begin, self.add_end = (
            self._offsets.append,
            self._begins.append,
            self._ends.append,
        )

    def __bool__(self) -> bool:
        """Whether any are left."""
        return self._taken < len(self._offsets)

    def __len__(self) -> int:
        """How many."""
        return len(self._offsets) - self._taken

    def go_on_in(self, block: bytes) -> None:
        """What is added from now on stands in that one."""
        self._blocks.append((len(self._offsets), block))
        self.block = block

    def take(self) -> Iterator[tuple[int, bytes]]:
        """Those that are left, one by one; also what is added meanwhile."""
        block = b""
        while self:
            number = self._taken
            while self._blocks and self._blocks[0][0] <= number:
                block = self._blocks.popleft()[1]
            self._taken += 1
            yield self._offsets[number], block[self._begins[number] : self._ends[number]]
        self.block = None


class Unfolded:
    """What rests of one operation. Topic by topic, each in the order of the log."""

    def __init__(self, key: bytes) -> None:
        self.key, self.name = key, key.decode("utf-8", "backslashreplace")
        self.partition = 0
        """Where what a snapshot has of it was decided."""
        self.taken = 0
        """How many of its decisions were taken."""
        self._section: Callable[[], bytes] | None = None
        self._kept: Iterator[Told] = iter(())
        self._kept_left = 0
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
            self._kept_left = len(found) // KEPT_BYTES

    def mend(self, told: Sequence[Told]) -> None:
        """That is of no use: this was read from the log in its place."""
        self._section, self._kept, self._kept_left = None, iter(told), len(told)

    def left(self) -> int:
        """How many decisions are, once it is open; of what a snapshot has only about so many."""
        return self._kept_left + sum(map(len, self._values.values()))

    def take(self, most: int | None) -> list[Told]:
        """So many decisions, or all that are left, once it is open. SnapshotIgnored."""
        some = list(islice(self._left, most))
        self.taken += len(some)
        return some

    def _all(self) -> Iterator[Told]:
        for told in self._kept:
            self._kept_left = max(1, self._kept_left - 1)
            yield told
        self._kept_left = 0
        while left := [at for at, values in self._values.items() if values]:
            for at in sorted(left, key=lambda at: DECISIONS.index(at.topic)):
                for offset, value in self._values[at].take():
                    yield Told(at, offset, value)

    def _arrived(self, found: bytes) -> Iterator[Told]:
        for arrived in frames.read(found):
            at = TopicPartition(DECISIONS[arrived.topic], self.partition)
            yield Told(at, arrived.offset, Decided(self.name, arrived.data))
