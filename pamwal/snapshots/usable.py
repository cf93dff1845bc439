"""Finding the newest snapshot that can be used: what costs little is asked of each first."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final

from pamwal.contracts.errors import SnapshotIgnored
from pamwal.snapshots.files import Snapshot, read_snapshot
from pamwal.snapshots.folder import SnapshotFolder
from pamwal.snapshots.marks import refuse_unless_in_log
from pamwal.wire.log import Log, TopicPartition
from pamwal.wire.metrics import Observer, Unobserved

_log = logging.getLogger(__name__)
NOBODY: Final = Unobserved()


class Search:
    """A search in one folder, for a snapshot of these places of this cluster's log."""

    def __init__(
        self,
        log: Log,
        folder: SnapshotFolder,
        cluster_id: str,
        places: Collection[TopicPartition],
        read: Callable[[Path], Snapshot] = read_snapshot,
    ) -> None:
        """The first place's partition is what the observer is told of; `read` reads one, or opens it."""
        self._log, self._folder, self._cluster_id = log, folder, cluster_id
        self._places, self._read_file = places, read
        self._partition = next(iter(places)).partition

    async def newest(
        self, take_up: Callable[[Snapshot], None], observer: Observer = NOBODY, *, tidy: bool = False
    ) -> Snapshot | None:
        """The newest that can be used, and was taken up; None if there is none.

        `take_up` may raise SnapshotIgnored, and has then taken nothing up. With `tidy` those of no use are
        deleted. LogError.
        """
        for path in await asyncio.to_thread(self._folder.newest_first):
            began = time.perf_counter()
            try:
                found = await self._read(path)
                take_up(found)
            except SnapshotIgnored as error:
                _log.warning("a snapshot is ignored (%s): %s", error.reason, error)
                observer.snapshot_ignored(self._partition, error.reason)
                if tidy:
                    self._folder.drop(path)
            else:
                _log.info("goes on from %s, of %d records", path, found.head.offset)
                observer.snapshot_loaded(self._partition, time.perf_counter() - began)
                return found
        return None

    async def _read(self, path: Path) -> Snapshot:
        head = await asyncio.to_thread(self._folder.head, path, self._cluster_id)
        marked = [TopicPartition(mark.topic, mark.partition) for mark in head.marks]
        if not marked or len(set(marked)) < len(marked) or not set(marked) <= set(self._places):
            raise SnapshotIgnored("not_this_place", f"{path} is of {marked}, not of {list(self._places)}")
        await refuse_unless_in_log(self._log, head.marks)
        return await asyncio.to_thread(self._read_file, path)
