"""The snapshots of replicas: finding one to begin with, and making the next."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from pamwal.contracts.errors import ContractError, Halted
from pamwal.snapshots.files import Snapshot, open_snapshot, read_snapshot
from pamwal.snapshots.folder import SnapshotFolder
from pamwal.snapshots.keeper import Stand, stand_of
from pamwal.snapshots.usable import Search
from pamwal.wire.log import Log, Record, TopicPartition
from pamwal.wire.metrics import Observer, Unobserved
from pamwal.wire.replay import replay, whole
from pamwal.wire.shard import WHOLE, Shard
from services.reporting.kept import REQUESTS, Sorting, TakenUp, is_followed, kept_version, taken_up
from services.reporting.picture.history import DECISIONS

SHARE: Final = 20
"""Worth writing again behind a twentieth of itself: it holds every decision, so it is large."""
NAME: Final = "replica"
_log = logging.getLogger(__name__)


class ReplicaSnapshots:
    """Those of this machine's replicas of one shard: all of them know the same."""

    def __init__(self, root: Path, observer: Observer | None = None, shard: Shard = WHOLE) -> None:
        """`root`: the folder of all snapshots of this machine. The observer is told of one partition."""
        self._root, self._observer, self._shard = root, observer or Unobserved(), shard

    def folder(self, cluster_id: str) -> SnapshotFolder:
        """Where they are: those of each shard apart."""
        name = NAME if self._shard.whole else f"{NAME}-{self._shard.number}-of-{self._shard.of}"
        return SnapshotFolder(self._root / cluster_id / name, kept_version(self._shard))

    async def places(self, log: Log) -> dict[TopicPartition, int]:
        """What its replicas read, from the beginning. LogError."""
        every = await whole(log, [*REQUESTS, *DECISIONS])
        return {at: start for at, start in every.items() if is_followed(self._shard, at)}

    async def load(self, log: Log) -> TakenUp | None:
        """What the newest one that is of this log holds; None if there is none. LogError.

        Of its operations nothing is read before it is asked for, and then it may be found damaged.
        """
        _, found = await self.search(log, open_snapshot)
        return found

    async def search(
        self, log: Log, read: Callable[[Path], Snapshot] = read_snapshot, *, tidy: bool = False
    ) -> tuple[Snapshot | None, TakenUp | None]:
        """The same with the snapshot itself, read by `read`; with `tidy` those of no use are deleted."""
        cluster_id, places = await log.cluster_id(anew=True), await self.places(log)
        found: list[TakenUp] = []
        search = Search(log, self.folder(cluster_id), cluster_id, places, read)
        snapshot = await search.newest(lambda each: found.append(taken_up(each)), self._observer, tidy=tidy)
        return snapshot, found[-1] if found else None


class ReplicaKeeper:
    """Keeps them."""

    def __init__(self, root: Path, shard: Shard = WHOLE) -> None:
        self._snapshots, self._shard = ReplicaSnapshots(root, shard=shard), shard

    async def stands(self, log: Log) -> Sequence[Stand]:
        """As every keeper."""
        places = list(await self._snapshots.places(log))
        ends = await log.end_offsets(places, "committed")
        folder = self._snapshots.folder(await log.cluster_id())
        return [await asyncio.to_thread(stand_of, folder, sum(ends.values()), share=SHARE)]

    async def keep(self, log: Log, behind: int) -> int:
        """As every keeper. Where a decision cannot be read there is none; the replica says what is wrong."""
        if not any(stand.is_due(behind) for stand in await self.stands(log)):
            return 0
        snapshot, before = await self._snapshots.search(log, tidy=True)
        sorting = Sorting(before, () if snapshot is None else snapshot.head.marks, self._shard)
        starts = await self._snapshots.places(log)
        if before is not None:
            starts |= {place.at: place.next for place in before.places}
        read = 0

        def take(at: TopicPartition, records: list[Record]) -> None:
            nonlocal read
            read += len(records)
            sorting.take(at, records)

        try:
            await replay(log, starts, take, upto="committed")
        except (ContractError, Halted) as error:
            _log.warning("no snapshot of a replica: %s", error)
            return 0
        if not read:
            return 0
        cluster_id = await log.cluster_id()
        packed = sorting.packed(cluster_id)
        path = self._snapshots.folder(cluster_id).write(packed)
        _log.info("wrote %s, %d bytes", path, sum(map(len, packed.sections.values())))
        return 1
