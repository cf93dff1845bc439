"""Makes snapshots from the log alone, in a process of its own: no decider waits for it, or shares its memory.

It goes on from its last snapshot, so each time it reads only what came since.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final, Generic, NamedTuple, Protocol, TypeVar

from pamwal.contracts.errors import CoreFailed, Halted, SnapshotIgnored
from pamwal.snapshots.folder import SnapshotFolder
from pamwal.snapshots.marks import mark_of
from pamwal.snapshots.partition import DeciderSnapshots
from pamwal.wire.core import Ruling
from pamwal.wire.log import Log, Record, TopicPartition
from pamwal.wire.own_fold import fold_into, new_book
from pamwal.wire.replay import replay

S = TypeVar("S")
SHARE: Final = 20
"""A partition's is worth writing again behind a twentieth of itself: all of it is written."""
UNUSABLE: Final = (Halted, CoreFailed, SnapshotIgnored)
"""What keeps a partition from getting a snapshot, and no other one."""
_log = logging.getLogger(__name__)


class Stand(NamedTuple):
    """How the snapshots of one folder stand."""

    behind: int
    """How many records stand behind the newest one; all there are where there is none."""
    written_at: float
    """When that was written, in seconds since 1970; 0 if there is none."""
    worth: int = 0
    """Behind so many records at least it is worth writing all of it again."""
    among: int = 1
    """One process may have to take up so many such folds at once."""

    def is_due(self, behind: int) -> bool:
        """Whether to make another one, where no process is to read more than so many records behind all."""
        return self.behind >= max(behind // self.among, self.worth, 1)


class Keeper(Protocol):
    """Keeps the snapshots of one kind of fold."""

    async def stands(self, log: Log) -> Sequence[Stand]:
        """How each of its folders stands now. LogError, OSError."""
        ...

    async def keep(self, log: Log, behind: int) -> int:
        """Makes a snapshot wherever one is due; how many it made. LogError, OSError.

        Only one process may do so at a time: see `alone`.
        """
        ...


def stand_of(folder: SnapshotFolder, end: int, *, share: int, among: int = 1) -> Stand:
    """How one of so many folders stands to a log of so many records; a snapshot of more than it has is none.

    It is worth a new one behind so large a part (one in `share`) of what the newest holds.
    """
    newest = folder.newest()
    if newest is None or newest.head.offset > end:
        return Stand(end, 0.0, among=among)
    kept = newest.head.offset
    return Stand(end - kept, newest.written_at, kept // share, among)


class DeciderKeeper(Generic[S]):
    """Keeps those of every partition of a service, whoever owns it: it may be taken over here next."""

    def __init__(self, root: Path, core: Ruling[S]) -> None:
        self._core = core
        self._snapshots = DeciderSnapshots(root, core)

    async def stands(self, log: Log) -> Sequence[Stand]:
        """As every keeper."""
        return list((await self._stands(log)).values())

    async def keep(self, log: Log, behind: int) -> int:
        """As every keeper. A partition that cannot be folded is left out: its owner halts, and says why."""
        made = 0
        for at, stand in (await self._stands(log)).items():
            if not stand.is_due(behind):
                continue
            try:
                made += await self._keep(log, at)
            except UNUSABLE as error:
                _log.warning("no snapshot of %s: %s", at, error)
        return made

    async def _stands(self, log: Log) -> dict[TopicPartition, Stand]:
        topic = self._core.decisions_topic
        places = [TopicPartition(topic, number) for number in range(await log.partition_count(topic))]
        ends, cluster_id = await log.end_offsets(places, "committed"), await log.cluster_id()
        folders = {at: self._snapshots.folder(cluster_id, at.partition) for at in places}
        stand = partial(stand_of, share=SHARE, among=len(places))
        return {at: await asyncio.to_thread(stand, folders[at], ends[at]) for at in places}

    async def _keep(self, log: Log, at: TopicPartition) -> bool:
        judge = self._snapshots.states.new_judge(await new_book(log, self._core, at.partition))
        begin = await self._snapshots.load(log, judge, tidy=True)
        last: Record | None = None

        def fold(_: TopicPartition, records: list[Record]) -> None:
            nonlocal last
            fold_into(judge, records)
            last = records[-1]

        await replay(log, {at: begin}, fold, upto="committed")
        if last is None:
            return False
        snapshot = self._snapshots.pack(judge, mark_of(last))
        path = self._snapshots.folder(judge.book.cluster_id, at.partition).write(snapshot)
        _log.info("wrote %s, %d bytes", path, sum(map(len, snapshot.sections.values())))
        return True
