"""Makes snapshots of what watching deciders have seen: followed decisions by operation, folded by nobody."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

from pamwal.snapshots.files import Mark
from pamwal.snapshots.keeper import SHARE, UNUSABLE, Stand, stand_of
from pamwal.snapshots.marks import mark_of
from pamwal.snapshots.partition import operations_of
from pamwal.snapshots.seen import SeenSnapshots, frames
from pamwal.wire.book import Strand
from pamwal.wire.core import WatchingCore
from pamwal.wire.log import Log, Record, TopicPartition
from pamwal.wire.partitioning import partition_of
from pamwal.wire.replay import replay
from pamwal.wire.watched import Followed, Watched

P = TypeVar("P")
_log = logging.getLogger(__name__)


class SeenKeeper(Generic[P]):
    """Keeps those of every partition of a watching service."""

    def __init__(self, root: Path, core: WatchingCore[Any, P]) -> None:
        self._core = core
        self._snapshots = SeenSnapshots(root, core)

    async def stands(self, log: Log) -> Sequence[Stand]:
        """As every keeper."""
        return list((await self._stands(log)).values())

    async def keep(self, log: Log, behind: int) -> int:
        """As every keeper."""
        made = 0
        for partition, stand in (await self._stands(log)).items():
            if not stand.is_due(behind):
                continue
            try:
                made += await self._keep(log, partition)
            except UNUSABLE as error:
                _log.warning("no snapshot of what %d sees: %s", partition, error)
        return made

    async def _stands(self, log: Log) -> dict[int, Stand]:
        count, cluster_id = await log.partition_count(self._core.follows[0]), await log.cluster_id()
        found: dict[int, Stand] = {}
        stand = partial(stand_of, share=SHARE, among=count)
        for number in range(count):
            ends = await log.end_offsets(self._followed(number), "committed")
            folder = self._snapshots.folder(cluster_id, number)
            found[number] = await asyncio.to_thread(stand, folder, sum(ends.values()))
        return found

    def _followed(self, partition: int) -> list[TopicPartition]:
        return [TopicPartition(topic, partition) for topic in self._core.follows]

    async def _keep(self, log: Log, partition: int) -> bool:
        cluster_id, places = await log.cluster_id(anew=True), self._followed(partition)
        count = await log.partition_count(self._core.follows[0])
        watched = Watched(self._core, [Strand(cluster_id, *at, count) for at in places], partition_of)
        before = await self._snapshots.load(log, watched, cluster_id, tidy=True)
        marks: dict[TopicPartition, Mark] = {}
        heard: defaultdict[str, list[Followed]] = defaultdict(list)

        def sort(at: TopicPartition, records: list[Record]) -> None:
            for record in records:
                decision = watched.read(record)
                if decision is None:
                    continue
                if watched.lives_here(decision.operationid, record):
                    heard[decision.operationid].append(decision.data)
                watched.step(decision, record)
            marks[at] = mark_of(records[-1])

        await replay(log, dict(watched.next), sort, upto="committed")
        if not marks:
            return False
        if before is not None:
            marks = {TopicPartition(mark.topic, mark.partition): mark for mark in before.head.marks} | marks
        operations = dict(operations_of(before))
        for name, decisions in heard.items():
            operations[name] = operations.get(name, b"") + frames.frame(decisions)
        ordered = [marks[at] for at in places if at in marks]
        snapshot = self._snapshots.pack(cluster_id, watched, ordered, operations)
        path = self._snapshots.folder(cluster_id, partition).write(snapshot)
        _log.info("wrote %s, %d bytes", path, sum(map(len, snapshot.sections.values())))
        return True
