"""A copy of a log in memory, offset by offset, to look at it, or to harm it and see what an audit finds."""

from __future__ import annotations

from collections.abc import Iterable

from pamwal.contracts.topics import BY_NAME, MIB
from pamwal.wire.log import Isolation, Log, Outgoing, Record, TopicPartition
from pamwal.wire.memory import MemoryLog
from pamwal.wire.replay import replay


async def copy_of(log: Log, topics: Iterable[str], isolation: Isolation = "committed") -> MemoryLog:
    """The records of these topics under their own offsets, in a log of the same cluster id."""
    copied = MemoryLog(cluster=await log.cluster_id())
    for topic in topics:
        partitions = await log.partition_count(topic)
        limits = BY_NAME.get(topic)
        copied.create_topic(topic, partitions, max_bytes=limits.max_bytes if limits else 8 * MIB)
        starts = {TopicPartition(topic, number): 0 for number in range(partitions)}

        def fold(at: TopicPartition, records: list[Record]) -> None:
            partition = copied.partition(at)
            for record in records:
                partition.fill_to(record.offset)
                partition.append(
                    Outgoing(record.key or b"", record.value, record.headers), record.timestamp_ms
                )

        ends = await replay(log, starts, fold, isolation=isolation)
        for at, end in ends.items():
            copied.partition(at).fill_to(end)
    return copied
