"""Snapshots of what a watching decider has seen of a partition: the followed decisions, by operation.

Pictures are folded from them when an operation is judged or asked about, so they depend on no picture's code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from msgspec import Struct

from pamwal.contracts.errors import SnapshotIgnored
from pamwal.snapshots.arrivals import Frames
from pamwal.snapshots.files import Head, Mark, Snapshot, open_snapshot, read_snapshot
from pamwal.snapshots.folder import SnapshotFolder
from pamwal.snapshots.packing import Packing
from pamwal.snapshots.partition import OPERATION, operations_of
from pamwal.snapshots.usable import NOBODY, Search
from pamwal.snapshots.version import fold_version
from pamwal.wire.book import KeptStrand
from pamwal.wire.core import WatchingCore
from pamwal.wire.log import Log
from pamwal.wire.metrics import Observer
from pamwal.wire.watched import Followed, Watched

P = TypeVar("P")
STRANDS: Final = "strands"
READ_BY: Final = ("pamwal.wire.book", "pamwal.snapshots.arrivals", "pamwal.snapshots.files")
"""What shapes them: the contracts, and how they are chained and packed."""


class _Strands(Struct, array_like=True):
    each: list[KeptStrand]


_strands: Final[Packing[_Strands]] = Packing(_Strands)
frames: Final[Frames[Followed]] = Frames(Followed)


class SeenSnapshots(Generic[P]):
    """Those of all partitions of one watching service."""

    def __init__(self, root: Path, core: WatchingCore[Any, P]) -> None:
        """`root`: the folder of all snapshots of this machine."""
        self._root, self._topic = root, core.decisions_topic
        self.version = fold_version(*READ_BY)

    def folder(self, cluster_id: str, partition: int) -> SnapshotFolder:
        """Where those of a partition are."""
        return SnapshotFolder(self._root / cluster_id / f"{self._topic}-{partition}.seen", self.version)

    async def load(
        self,
        log: Log,
        watched: Watched[P],
        cluster_id: str,
        observer: Observer = NOBODY,
        *,
        tidy: bool = False,
    ) -> Snapshot | None:
        """Takes up the newest that is of this log; None, and nothing taken up, if there is none. LogError.

        With `tidy` those of no use are deleted, so all of one is read. Else of its operations nothing is read
        before it is asked for, and then it may be found damaged.
        """
        places, read = list(watched.next), read_snapshot if tidy else open_snapshot
        search = Search(log, self.folder(cluster_id, places[0].partition), cluster_id, places, read)
        return await search.newest(lambda each: self.take_up(watched, each), observer, tidy=tidy)

    def take_up(self, watched: Watched[P], snapshot: Snapshot) -> None:
        """What was seen until then is seen. SnapshotIgnored, and nothing taken up."""
        kept = _strands.unpack(snapshot.sections.get(STRANDS, b"")).each
        heads = {(mark.topic, mark.partition): mark for mark in snapshot.head.marks}
        for each in kept:
            mark = heads.pop((each.decisions_topic, each.partition), None)
            stands = (0, each.chain.hex()) if mark is None else (mark.offset + 1, mark.head)
            if (each.next, each.chain.hex()) != stands:
                raise SnapshotIgnored("damaged", f"a snapshot holds a strand that does not end at {mark}")
        operations = operations_of(snapshot)
        resting = {name: partial(_read, operations, name) for name in operations}
        try:
            watched.restore(kept, resting)
        except ValueError as error:
            raise SnapshotIgnored("not_this_place", str(error)) from error

    def pack(
        self, cluster_id: str, watched: Watched[P], marks: list[Mark], operations: dict[str, bytes]
    ) -> Snapshot:
        """What was seen: `operations` are the frames of each, up to these marks."""
        sections = {STRANDS: _strands.pack(_Strands(watched.kept()))}
        sections.update((f"{OPERATION}{name}", operations[name]) for name in sorted(operations))
        return Snapshot(Head(version=self.version, cluster_id=cluster_id, marks=marks), sections)


def _read(operations: Mapping[str, bytes], name: str) -> Iterator[Followed]:
    """What a snapshot has of an operation. SnapshotIgnored."""
    return frames.read(operations[name])
