"""Some partitions of a log in one file, offset by offset, to be looked at on another machine.

A line of JSON each: first where they are from, then every committed record, base64 where it is bytes. Chains
are held to the cluster's own id, so a copy proves what its log proves; it is no more to be trusted than that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from pamwal.contracts.errors import UnreadableFile
from pamwal.contracts.topics import BY_NAME, MIB
from pamwal.private_files import write_private
from pamwal.wire.log import Log, Outgoing, Record, TopicPartition
from pamwal.wire.memory import MemoryLog
from pamwal.wire.replay import replay

FORMAT: Final = "pamwal.log.v1"


class From(Struct, frozen=True, kw_only=True):
    """The first line: the cluster, the partition count of each topic, and where each copied one ends."""

    format: str
    cluster: str
    partitions: dict[str, int]
    ends: list[tuple[str, int, int]]
    """Topic, partition, the offset behind its last record."""


class Copied(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Each further line: a record as it stands in the log."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    value: bytes
    key: bytes | None = None
    headers: list[tuple[str, bytes]] = []


_encode: Final = msgspec.json.Encoder().encode
_from: Final = msgspec.json.Decoder(From)
_copied: Final = msgspec.json.Decoder(Copied)


async def write_log_file(log: Log, places: Iterable[TopicPartition], path: Path) -> int:
    """Writes these partitions as they stand now; returns how many records. LogError, OSError."""
    starts = dict.fromkeys(places, 0)
    lines: list[bytes] = []

    def keep(_: TopicPartition, records: list[Record]) -> None:
        lines.extend(_encode(_line(record)) for record in records)

    ends = await replay(log, starts, keep, isolation="committed")
    counts = {at.topic: await log.partition_count(at.topic) for at in starts}
    head = From(
        format=FORMAT,
        cluster=await log.cluster_id(),
        partitions=dict(sorted(counts.items())),
        ends=sorted((at.topic, at.partition, end) for at, end in ends.items()),
    )
    await asyncio.to_thread(write_private, path, b"\n".join([_encode(head), *lines, b""]))
    return len(lines)


def read_log_file(path: Path) -> MemoryLog:
    """The copied partitions as a log; those that were not copied are empty. UnreadableFile, OSError."""
    lines = path.read_bytes().splitlines()
    try:
        head = _from.decode(lines[0] if lines else b"")
        records = [_copied.decode(line) for line in lines[1:]]
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableFile("wrong_form", f"{path.name} is no copy of a log: {error}") from error
    if head.format != FORMAT:
        raise UnreadableFile("wrong_form", f"{path.name} says it is {head.format!r}, not {FORMAT}")
    log = MemoryLog(cluster=head.cluster)
    for topic, count in head.partitions.items():
        limits = BY_NAME.get(topic)
        log.create_topic(topic, count, max_bytes=limits.max_bytes if limits else 8 * MIB)
    try:
        for each in records:
            partition = log.partition(TopicPartition(each.topic, each.partition))
            if each.offset < partition.end:
                raise UnreadableFile("wrong_rows", f"{path.name}: offset {each.offset} stands out of order")
            partition.fill_to(each.offset)
            partition.append(Outgoing(each.key or b"", each.value, tuple(each.headers)), each.timestamp_ms)
        for topic, number, end in head.ends:
            log.partition(TopicPartition(topic, number)).fill_to(end)
    except (LookupError, MemoryError) as error:
        raise UnreadableFile("wrong_rows", f"{path.name} names a partition it has not: {error}") from error
    return log


def _line(record: Record) -> Copied:
    return Copied(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        timestamp_ms=record.timestamp_ms,
        key=record.key,
        value=record.value,
        headers=list(record.headers),
    )
