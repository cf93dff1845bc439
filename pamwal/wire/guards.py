"""What a decider makes sure of before it decides: its log is whole, and not dated in the future."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Final

from pamwal.contracts.codec import decode_decision
from pamwal.contracts.errors import Halted, LogTruncated
from pamwal.wire.book import Book
from pamwal.wire.clock_proof import DecidingClock, in_words
from pamwal.wire.log import Log, TopicPartition

CLOCK_AHEAD: Final = "clock_ahead"
TRUNCATED: Final = "log_truncated"


async def refuse_truncated(log: Log, requests: TopicPartition, book: Book) -> bool:
    """Halted (`log_truncated`) unless the requests topic still holds what was decided.

    A broker that lost the end of its log would use the same offsets again. False if nothing readable was
    decided yet that could tell.
    """
    last, decided = book.last, book.next_offset
    begins, ends = await asyncio.gather(log.begin_offsets([requests]), log.end_offsets([requests]))
    begin, end = begins[requests], ends[requests]
    if end < decided:
        raise Halted(TRUNCATED, f"{requests} ends at {end}; {decided} were decided")
    if last is None:
        return False
    if begin > last.offset:
        raise Halted(TRUNCATED, f"{requests} begins at {begin}, behind what was decided last")
    try:
        record = await log.fetch(requests, last.offset, urgent=True)
    except LogTruncated as error:
        raise Halted(TRUNCATED, str(error)) from error
    found = None if record is None or record.offset != last.offset else record
    if found is None or hashlib.sha256(found.value).hexdigest() != last.sha256:
        raise Halted(TRUNCATED, f"{requests}-{last.offset} is not the request that was decided there")
    return True


async def refuse_future(log: Log, decisions: TopicPartition, knownat: str, clock: DecidingClock) -> None:
    """Halted (`clock_ahead`) if the last decision, known at `knownat`, is in the future.

    All that follows it would have to be known as late: `knownat` never goes back. The message says how far,
    since which offset, and what to do.
    """
    ahead_ms = clock.ahead_ms(knownat)
    if not ahead_ms:
        return
    first = await _first_ahead(log, decisions, clock)
    raise Halted(
        CLOCK_AHEAD,
        f"from offset {first} on, the decisions of {decisions} are in the future by the broker's clock; the "
        f"last one, of {knownat}, by {in_words(ahead_ms)}. A wrong clock, or one simulated for an exercise, "
        "made them. Set the broker's clock if it is the wrong one. Otherwise this partition goes on by "
        "itself at that time; until then plan its operations again under other ids, which live in other "
        "partitions",
    )


async def _first_ahead(log: Log, decisions: TopicPartition, clock: DecidingClock) -> int:
    """The offset of the first decision in the future, by bisection: `knownat` never goes back."""
    low, high = 0, (await log.end_offsets([decisions], "committed"))[decisions]
    found = high
    while low < high:
        middle = (low + high) // 2
        record = await log.fetch(decisions, middle, "committed")
        if record is None or record.offset >= high:
            high = middle
        elif clock.ahead_ms(decode_decision(record.value).data.knownat):
            high, found = middle, record.offset
        else:
            low = record.offset + 1
    return found
