"""Snapshots of what a decider knows of a partition: its book, with all first answers, and its states.

States rest packed until somebody speaks of their operation, so that a takeover costs what it needs of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from pamwal.contracts.errors import SnapshotIgnored
from pamwal.snapshots.files import Head, Mark, Snapshot, open_snapshot, read_snapshot
from pamwal.snapshots.folder import SnapshotFolder
from pamwal.snapshots.packing import Packing
from pamwal.snapshots.states import Resting, states_of
from pamwal.snapshots.usable import NOBODY, Search
from pamwal.snapshots.version import fold_version
from pamwal.wire.book import KeptBook
from pamwal.wire.core import Ruling
from pamwal.wire.judge import Judge
from pamwal.wire.log import Log, TopicPartition
from pamwal.wire.metrics import Observer

S = TypeVar("S")
BOOK: Final = "book"
OPERATION: Final = "operation/"
FOLDED_BY: Final = ("pamwal.wire.judge", "pamwal.snapshots.files")
"""What shapes a snapshot beside its states."""
_books: Final[Packing[KeptBook]] = Packing(KeptBook)


class DeciderSnapshots(Generic[S]):
    """The snapshots of all partitions of one service, by this code."""

    def __init__(self, root: Path, core: Ruling[S]) -> None:
        """`root`: the folder of all snapshots of this machine."""
        self._root, self._topic = root, core.decisions_topic
        self.states = states_of(core)
        self.version = fold_version(*FOLDED_BY, *self.states.folded_by, takes=core.evolves)

    def folder(self, cluster_id: str, partition: int) -> SnapshotFolder:
        """Where those of a partition are."""
        return SnapshotFolder(self._root / cluster_id / f"{self._topic}-{partition}", self.version)

    async def load(
        self, log: Log, judge: Judge[S], observer: Observer = NOBODY, *, tidy: bool = False
    ) -> int:
        """Takes up the newest snapshot that is of this code and this log; the offset to go on folding from.

        0, and nothing taken up, if there is none. LogError. With `tidy` those of no use are deleted, so all
        of one is read. Else of its operations nothing is read before it is asked for, and then it may be
        found damaged.
        """
        book = judge.book
        place = TopicPartition(book.decisions_topic, book.partition)
        read = read_snapshot if tidy else open_snapshot
        search = Search(log, self.folder(book.cluster_id, book.partition), book.cluster_id, [place], read)
        found = await search.newest(lambda each: self.take_up(judge, each), observer, tidy=tidy)
        return 0 if found is None else found.head.marks[0].offset + 1

    def take_up(self, judge: Judge[S], snapshot: Snapshot) -> None:
        """This judge goes on where the one was that was packed. SnapshotIgnored, and nothing taken up."""
        kept, (mark,) = _books.unpack(snapshot.sections.get(BOOK, b"")), snapshot.head.marks
        if kept.chain.hex() != mark.head:
            raise SnapshotIgnored("damaged", f"a snapshot holds a book that does not end at {mark}")
        operations = operations_of(snapshot)
        packed: dict[str, Any] = {name: Resting(self.states.unpack, name, operations) for name in operations}
        try:
            judge.restore(kept, packed)
        except ValueError as error:
            raise SnapshotIgnored("not_this_place", str(error)) from error

    def pack(self, judge: Judge[S], mark: Mark) -> Snapshot:
        """What a judge of `states.new_judge` knows, having folded all up to the record of this mark."""
        operations = self.states.packed(judge)
        sections = {BOOK: _books.pack(judge.book.kept())}
        sections.update((f"{OPERATION}{name}", operations[name]) for name in sorted(operations))
        return Snapshot(Head(version=self.version, cluster_id=judge.book.cluster_id, marks=[mark]), sections)


class _Operations(Mapping[str, bytes]):
    """The sections of operations, by operation."""

    def __init__(self, sections: Mapping[str, bytes]) -> None:
        self._sections = sections
        self._names = [name.removeprefix(OPERATION) for name in sections if name.startswith(OPERATION)]

    def __getitem__(self, name: str) -> bytes:
        return self._sections[f"{OPERATION}{name}"]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def operations_of(snapshot: Snapshot | None) -> Mapping[str, bytes]:
    """Each operation in a snapshot with its section, which is read no earlier than the snapshot's are."""
    return _Operations({} if snapshot is None else snapshot.sections)
