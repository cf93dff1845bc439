"""One decision made again from the log, with every decision before it held to its chain."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import Decision
from pamwal.contracts.errors import Halted
from pamwal.contracts.topics import decisions_of, requests_of
from pamwal.wire.audit_again import Again
from pamwal.wire.audit_stream import Stream
from pamwal.wire.book import Book
from pamwal.wire.core import WatchingCore
from pamwal.wire.log import Log, TopicPartition
from pamwal.wire.partitioning import partition_of


class Remade(Struct, frozen=True, kw_only=True):
    """A stored decision, and what the code at hand decides of its request."""

    at: TopicPartition
    offset: int
    stored: Decision[Fact]
    heads: dict[str, str]
    """Place → chain head behind what it had seen; empty if that does not hold together."""
    broken: str | None = None
    """Why the decisions before it, or what it had seen, do not hold together; then nothing was made again."""
    again: Decision[Fact] | None = None
    failed: str | None = None
    """What the code raised in place of an answer."""


async def remade(
    core: WatchingCore[Any, Any], log: Log, operation_id: str, is_it: Callable[[Decision[Fact]], bool]
) -> Remade | None:
    """The first decision of the operation for which `is_it` says so, and its like; None if there is none.

    LogError if the log cannot be read, Halted if it breaks before that decision is found.
    """
    requests, decisions = core.requests_topic, decisions_of(core.requests_topic).name
    partitions = await log.partition_count(decisions)
    at = TopicPartition(decisions, partition_of(operation_id.encode(), partitions))
    again = Again(core, Book(await log.cluster_id(), requests, decisions, at.partition, partitions))
    await again.open(log)
    own = await Stream.open(log, at, "committed")
    try:
        async for record in own:
            decision = again.next(record)
            if decision.operationid == operation_id and is_it(decision):
                found = Remade(at=at, offset=record.offset, stored=decision, heads={})
                return await _again(again, log, found)
            again.pass_by(decision, record)
    finally:
        await own.close()
        await again.close()
    return None


async def _again(again: Again, log: Log, found: Remade) -> Remade:
    asked = found.stored.data.request
    if asked is None:
        return replace(found, broken="no request led to it")
    at = TopicPartition(requests_of(found.at.topic).name, found.at.partition)
    request = await log.fetch(at, asked.offset)
    if request is None or request.offset != asked.offset:
        return replace(found, broken=f"its request, {at}-{asked.offset}, is not there")
    if hashlib.sha256(request.value).hexdigest() != asked.sha256:
        return replace(found, broken=f"its request, {at}-{asked.offset}, is not as it was decided")
    try:
        await again.see_as(found.stored)
    except Halted as error:
        return replace(found, broken=str(error))
    except Exception as error:  # facts that no core can fold were not written by one
        return replace(found, broken=repr(error))
    found = replace(found, heads=again.heads())
    try:
        return replace(found, again=again.made_again(request, found.stored))
    except Exception as error:  # whatever the core raises is what was to be found out
        return replace(found, failed=repr(error))
