"""Snapshots of what a decider knows of a partition: its book, with all first answers, and its states.

States rest packed until somebody speaks of their operation, so that a takeover costs what it needs of them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Generic, NamedTuple, TypeVar

from pamwal.contracts.errors import SnapshotIgnored
from pamwal.snapshots.files import Head, Mark, Snapshot
from pamwal.snapshots.folder import SnapshotFolder
from pamwal.snapshots.packing import Packing
from pamwal.snapshots.usable import NOBODY, Search
from pamwal.snapshots.version import fold_version
from pamwal.wire.book import KeptBook
from pamwal.wire.core import KeptCore
from pamwal.wire.judge import Judge
from pamwal.wire.log import Log, TopicPartition
from pamwal.wire.metrics import Observer

S = TypeVar("S")
BOOK: Final = "book"
OPERATION: Final = "operation/"
FOLDED_BY: Final = ("pamwal.wire.judge", "pamwal.snapshots.packing", "pamwal.snapshots.files")
"""What shapes a snapshot beside the core."""
_books: Final[Packing[KeptBook]] = Packing(KeptBook)


class Resting(NamedTuple, Generic[S]):
    """A packed state; calling it unpacks it. SnapshotIgnored."""

    packing: Packing[S]
    packed: bytes

    def __call__(self) -> S:
        return self.packing.unpack(self.packed)


class DeciderSnapshots(Generic[S]):
    """The snapshots of all partitions of one service, by this code."""

    def __init__(self, root: Path, core: KeptCore[S]) -> None:
        """`root`: the folder of all snapshots of this machine."""
        self._root, self._topic = root, core.decisions_topic
        self._packing: Packing[S] = Packing(core.state_type)
        self.version = fold_version(type(core).__module__, *FOLDED_BY)

    def folder(self, cluster_id: str, partition: int) -> SnapshotFolder:
        """Where those of a partition are."""
        return SnapshotFolder(self._root / cluster_id / f"{self._topic}-{partition}", self.version)

    async def load(
        self, log: Log, judge: Judge[S], observer: Observer = NOBODY, *, tidy: bool = False
    ) -> int:
        """Takes up the newest snapshot that is of this code and this log; the offset to go on folding from.

        0, and nothing taken up, if there is none. With `tidy` those of no use are deleted. LogError.
        """
        book = judge.book
        place = TopicPartition(book.decisions_topic, book.partition)
        search = Search(log, self.folder(book.cluster_id, book.partition), book.cluster_id, [place])
        found = await search.newest(lambda each: self.take_up(judge, each), observer, tidy=tidy)
        return 0 if found is None else found.head.marks[0].offset + 1

    def take_up(self, judge: Judge[S], snapshot: Snapshot) -> None:
        """This judge goes on where the one was that was packed. SnapshotIgnored, and nothing taken up."""
        kept, (mark,) = _books.unpack(snapshot.sections.get(BOOK, b"")), snapshot.head.marks
        if kept.chain.hex() != mark.head:
            raise SnapshotIgnored("damaged", f"a snapshot holds a book that does not end at {mark}")
        packed: dict[str, Any] = {
            name.removeprefix(OPERATION): Resting(self._packing, found)
            for name, found in snapshot.sections.items()
            if name.startswith(OPERATION)
        }
        try:
            judge.restore(kept, packed)
        except ValueError as error:
            raise SnapshotIgnored("not_this_place", str(error)) from error

    def pack(self, judge: Judge[S], mark: Mark) -> Snapshot:
        """What this judge knows, having folded everything up to the record of this mark."""
        operations = {name: self._packing.pack(state) for name, state in judge.operations.items()}
        for name, resting in judge.packed.items():
            operations[name] = (
                resting.packed if isinstance(resting, Resting) else self._packing.pack(resting())
            )
        sections = {BOOK: _books.pack(judge.book.kept())}
        sections.update((f"{OPERATION}{name}", operations[name]) for name in sorted(operations))
        return Snapshot(Head(version=self.version, cluster_id=judge.book.cluster_id, marks=[mark]), sections)
