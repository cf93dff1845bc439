"""The partition count is fixed for a cluster's life; here is how one that was changed is noticed.

With more partitions an operation's key leads elsewhere, to a partition that knows nothing of what was decided
before: the same request would be accepted twice. Each partition's first decision states the count it was
written for.
"""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

from pamwal.contracts.errors import TopicMismatch
from pamwal.wire.log import Log, TopicPartition

LOOKED_AT_ONCE: Final = 8


class _Data(msgspec.Struct):
    partitions: int | None = None


class _First(msgspec.Struct):
    data: _Data


_first = msgspec.json.Decoder(_First)


async def refuse_other_count(
    log: Log, requests_topic: str, decisions_topic: str, *, looked_at_most: int | None = None
) -> None:
    """TopicMismatch if the topics have another partition count than their first decisions were written for.

    Looks at every partition that has a decision, or at the lowest `looked_at_most` of them, a few at once.
    """
    count = await log.partition_count(decisions_topic)
    asked = await log.partition_count(requests_topic)
    if asked != count:
        raise TopicMismatch(f"{requests_topic} has {asked} partitions, {decisions_topic} has {count}")
    places = [TopicPartition(decisions_topic, number) for number in range(count)]
    begins, ends = await log.begin_offsets(places), await log.end_offsets(places, "committed")
    decided = [at for at in places if begins[at] == 0 < ends[at]][:looked_at_most]
    at_once = asyncio.Semaphore(LOOKED_AT_ONCE)

    async def stated(at: TopicPartition) -> int | None:
        async with at_once:
            record = await log.fetch(at, 0, "committed")
        try:
            return None if record is None else _first.decode(record.value).data.partitions
        except msgspec.DecodeError:  # whoever folds this partition says so
            return None

    found = await asyncio.gather(*map(stated, decided))
    for at, number in zip(decided, found, strict=True):
        if number is not None and number != count:
            raise TopicMismatch(
                f"{at.topic}-{at.partition} was written for {number} partitions; there are {count}, and "
                "requests would be decided twice. A count cannot be changed: make a new cluster"
            )
