"""Whether a snapshot is of this log: its last records must stand where they stood, and chain as they did."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Final

from pamwal.contracts.envelope import CHAIN_HEADER
from pamwal.contracts.errors import LogTruncated, LogUnavailable, SnapshotIgnored
from pamwal.snapshots.files import Mark
from pamwal.wire.log import Log, Reader, Record, TopicPartition
from pamwal.wire.replay import READ_RECORDS

FEW: Final = 4
READ_WITHIN_S: Final = 10.0
_READ_WAIT_MS: Final = 200


def mark_of(record: Record) -> Mark:
    """The mark that this record was the last one folded of its partition."""
    return Mark(record.topic, record.partition, record.offset, _head(record))


async def refuse_unless_in_log(log: Log, marks: Sequence[Mark]) -> None:
    """SnapshotIgnored (`not_in_log`) unless every marked record stands in the log. LogError.

    A few are asked for one by one, as a decider's questions wait for nobody; many by one reader, in one go.
    """
    if len(marks) <= FEW:
        await asyncio.gather(*(_refuse_unless_there(log, mark) for mark in marks))
        return
    wanted = {TopicPartition(mark.topic, mark.partition): mark for mark in marks}
    ends = await log.end_offsets(list(wanted), "committed")
    for at, mark in wanted.items():
        if mark.offset >= ends[at]:
            raise _not_there(mark)
    reader = await log.reader({at: mark.offset for at, mark in wanted.items()}, "committed")
    try:
        await _refuse_unless_read(reader, wanted)
    finally:
        await reader.close()


async def _refuse_unless_there(log: Log, mark: Mark) -> None:
    at = TopicPartition(mark.topic, mark.partition)
    try:
        record = await log.fetch(at, mark.offset, "committed", urgent=True)
    except LogTruncated:
        record = None
    if record is None or mark_of(record) != mark:
        raise _not_there(mark)


async def _refuse_unless_read(reader: Reader, wanted: dict[TopicPartition, Mark]) -> None:
    """Reads on until the first record of each place was seen."""
    clock = asyncio.get_running_loop().time
    by_s = clock() + READ_WITHIN_S
    while wanted:
        try:
            found = await reader.read(max_records=READ_RECORDS, wait_ms=_READ_WAIT_MS)
        except LogTruncated as error:
            raise _not_there(next(iter(wanted.values()))) from error
        for at, records in found.items():
            mark = wanted.pop(at, None)
            if mark is not None and mark_of(records[0]) != mark:
                raise _not_there(mark)
        if wanted and clock() > by_s:
            raise LogUnavailable(
                f"{len(wanted)} records that are there are not read in {READ_WITHIN_S:.0f} s"
            )


def _not_there(mark: Mark) -> SnapshotIgnored:
    place = f"{mark.topic}-{mark.partition}-{mark.offset}"
    return SnapshotIgnored("not_in_log", f"{place} is not the record the snapshot ends with")


def _head(record: Record) -> str:
    chain = record.header(CHAIN_HEADER)
    return hashlib.sha256(record.value).hexdigest() if chain is None else chain.decode("ascii", "replace")
