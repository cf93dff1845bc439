"""Whether a snapshot is of this log: its last records must stand where they stood, and chain as they did."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable

from pamwal.contracts.envelope import CHAIN_HEADER
from pamwal.contracts.errors import LogTruncated, SnapshotIgnored
from pamwal.snapshots.files import Mark
from pamwal.wire.log import Log, Record, TopicPartition


def mark_of(record: Record) -> Mark:
    """The mark that this record was the last one folded of its partition."""
    return Mark(record.topic, record.partition, record.offset, _head(record))


async def refuse_unless_in_log(log: Log, marks: Iterable[Mark]) -> None:
    """SnapshotIgnored (`not_in_log`) unless every marked record stands in the log. LogError."""
    await asyncio.gather(*(_refuse_unless_there(log, mark) for mark in marks))


async def _refuse_unless_there(log: Log, mark: Mark) -> None:
    at = TopicPartition(mark.topic, mark.partition)
    try:
        record = await log.fetch(at, mark.offset, "committed", urgent=True)
    except LogTruncated:
        record = None
    if record is None or record.offset != mark.offset or _head(record) != mark.head:
        raise SnapshotIgnored("not_in_log", f"{at}-{mark.offset} is not the record the snapshot ends with")


def _head(record: Record) -> str:
    chain = record.header(CHAIN_HEADER)
    return hashlib.sha256(record.value).hexdigest() if chain is None else chain.decode("ascii", "replace")
