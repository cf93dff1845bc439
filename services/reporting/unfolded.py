"""Decisions of one operation that were read and are not folded: of a snapshot, and as the log has them."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, islice
from typing import Final, NamedTuple

from pamwal.wire.log import Bare, TopicPartition
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


class Block:
    """Decisions of one partition as they came, of many operations: one joined value, and where each stands.

    What is joined takes no more memory than it has bytes, and the next are read into what these were read in:
    new memory takes long to get. A block goes back to the system once all in it were taken.
    """

    __slots__ = ("_ends", "_offsets", "_values")

    def __init__(self, records: Sequence[Bare]) -> None:
        values = [value for _, _, value in records]
        self._offsets = array("q", [offset for offset, _, _ in records])
        self._values, self._ends = b"".join(values), array("q", accumulate(map(len, values)))

    def __iter__(self) -> Iterator[Bare]:
        """All of them, without their keys."""
        for number in range(len(self._offsets)):
            offset, value = self[number]
            yield offset, None, value

    def offset(self, number: int) -> int:
        """Where that one stands, counted from 0."""
        return self._offsets[number]

    def __getitem__(self, number: int) -> tuple[int, bytes]:
        """The offset and value of that one, counted from 0."""
        begin = self._ends[number - 1] if number else 0
        return self._offsets[number], self._values[begin : self._ends[number]]


class Values:
    """Decisions of one operation in one partition, in the order of the log, by their numbers in blocks."""

    __slots__ = ("_blocks", "_taken")

    def __init__(self) -> None:
        self._blocks: deque[tuple[Block, array[int]]] = deque()
        self._taken = 0
        """How many of the first block."""

    def __len__(self) -> int:
        """How many are left."""
        return sum(len(numbers) for _, numbers in self._blocks) - self._taken

    def begin(self, block: Block) -> Callable[[int], None]:
        """What adds its next decision, which stands in that block, by its number there."""
        numbers = array("I")
        self._blocks.append((block, numbers))
        return numbers.append

    def take(self) -> Iterator[tuple[int, bytes]]:
        """Offset and value of those that are left, one by one; also of what is added meanwhile."""
        while self._blocks:
            block, numbers = self._blocks[0]
            while self._taken < len(numbers):
                self._taken += 1
                yield block[numbers[self._taken - 1]]
            self._blocks.popleft()
            self._taken = 0


class Unfolded:
    """What rests of one operation. Topic by topic, each in the order of the log."""

    def __init__(self, key: bytes) -> None:
        self.key, self.name = key, key.decode("utf-8", "backslashreplace")
        self.partition = 0
        """Where it was decided."""
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
            self.partition, found = at.partition, Values()
            self._values[at] = found
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
