"""The fold of a partition's own decisions, as its decider and whoever keeps snapshots of it begin it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from pamwal.contracts.errors import CoreFailed, Halted, PamwalError
from pamwal.wire.book import Book
from pamwal.wire.core import Ruling
from pamwal.wire.judge import Judge
from pamwal.wire.log import Log, Record

S = TypeVar("S")


async def new_book(log: Log, core: Ruling[S], partition: int) -> Book:
    """An empty book for a partition. Halted if requests and decisions are not partitioned alike."""
    partitions = await log.partition_count(core.requests_topic)
    found = await log.partition_count(core.decisions_topic)
    if partitions != found:
        raise Halted(
            "partition_count",
            f"{core.requests_topic} has {partitions} partitions, {core.decisions_topic} has {found}",
        )
    return Book(
        await log.cluster_id(anew=True), core.requests_topic, core.decisions_topic, partition, partitions
    )


def fold_into(judge: Judge[Any], records: Iterable[Record]) -> None:
    """Folds stored decisions in order. Halted if one is not the next; CoreFailed says which one raised."""
    for record in records:
        try:
            judge.fold(record)
        except PamwalError:
            raise
        except Exception as error:
            raise CoreFailed(f"{record.topic}-{record.partition}-{record.offset}", repr(error)) from error
