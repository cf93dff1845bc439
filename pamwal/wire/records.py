"""Records of the log by their offsets. Those that lie close together are read in one go."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from pamwal.contracts.errors import LogUnavailable
from pamwal.wire.log import Log, Record, TopicPartition

GAP_MAX: Final = 100
"""Reading on over so many records of others costs less than asking anew."""
READ_MAX: Final = 1_000
WAIT_MS: Final = 50
WITHIN_S: Final = 10.0
"""How long one stretch may take."""


async def records_at(log: Log, at: TopicPartition, offsets: Sequence[int]) -> list[Record]:
    """The committed records at these offsets, in their order. LogError, also if one of them is not there."""
    found: dict[int, Record] = {}
    for first, last in stretches(offsets):
        if first == last:
            record = await log.fetch(at, first, "committed")
            read = [] if record is None else [record]
        else:
            read = await _stretch(log, at, first, last)
        found |= {record.offset: record for record in read}
    missing = next((offset for offset in offsets if offset not in found), None)
    if missing is not None:
        raise LogUnavailable(f"{at.topic}-{at.partition} does not give its record {missing}")
    return [found[offset] for offset in offsets]


def stretches(offsets: Sequence[int]) -> list[tuple[int, int]]:
    """The offsets as stretches, first and last, with no gap above `GAP_MAX` inside one."""
    found: list[tuple[int, int]] = []
    for offset in sorted(set(offsets)):
        if found and offset - found[-1][1] <= GAP_MAX:
            found[-1] = (found[-1][0], offset)
        else:
            found.append((offset, offset))
    return found


async def _stretch(log: Log, at: TopicPartition, first: int, last: int) -> list[Record]:
    found: list[Record] = []
    reader = await log.reader({at: first}, "committed")
    try:
        async with asyncio.timeout(WITHIN_S):
            while await reader.position(at) <= last:
                found += (await reader.read(max_records=READ_MAX, wait_ms=WAIT_MS)).get(at, [])
    except TimeoutError as error:
        raise LogUnavailable(
            f"{at.topic}-{at.partition} was not read up to {last} in {WITHIN_S:g} s"
        ) from error
    finally:
        await reader.close()
    return found
