"""Finding the decision of a request, and those of many: those sought mostly stand close to each other."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from typing import Final, NamedTuple

import msgspec

from pamwal.contracts.errors import PamwalError
from pamwal.contracts.topics import decisions_of
from pamwal.wire.log import Log, Reader, Receipt, Record, TopicPartition

FAR: Final = 500
"""So many requests ahead, and the next one sought is gone to instead of being read up to."""
_READ_WAIT_MS: Final = 200


NOTHING_SHA256: Final = hashlib.sha256(b"").hexdigest()
"""The digest in decisions of requests that were not in the log when they were decided."""


class AnsweredRequest(msgspec.Struct):
    """The request that a decision answers: where it stands, and the digest of its bytes."""

    offset: int
    sha256: str = ""


class _CausePart(msgspec.Struct):
    requests: int


class _DecisionPart(msgspec.Struct):
    request: AnsweredRequest | None
    cause: _CausePart | None = None


class _Decision(msgspec.Struct):
    data: _DecisionPart


_part_of = msgspec.json.Decoder(_Decision)


def request_offset(decision: Record) -> int | None:
    """The request a stored decision answers, by its offset; None if it answers none or cannot be read."""
    request = answered_request(decision)
    return None if request is None else request.offset


def answered_request(decision: Record) -> AnsweredRequest | None:
    """The request a stored decision answers; None if it answers none or cannot be read."""
    try:
        return _part_of.decode(decision.value).data.request
    except msgspec.DecodeError:
        return None


def _decided_through(decision: Record) -> int | None:
    """How many requests are decided with this decision, its own among them; None if it cannot be read."""
    try:
        part = _part_of.decode(decision.value).data
    except msgspec.DecodeError:
        return None
    if part.request is not None:
        return part.request.offset + 1
    return None if part.cause is None else part.cause.requests


async def find_decision(log: Log, receipt: Receipt) -> Record | None:
    """The committed decision of a request; None while it has none. KeyError if no decisions answer its topic.

    Two answers stand at least as far apart as their requests, and that far the lower bound can jump. Where
    many decisions answer no request that leads nowhere, so every other step halves what is left.
    """
    at = TopicPartition(decisions_of(receipt.topic).name, receipt.partition)
    low, high = receipt.offset, (await log.end_offsets([at], "committed"))[at]
    halving, readable = False, True
    while low < high:
        probe = (low + high) // 2 if halving and readable else low
        halving = not halving
        record = await log.fetch(at, probe, "committed")
        through = None if record is None else _decided_through(record)
        if record is None or record.offset >= high or (through or 0) > receipt.offset + 1:
            high = probe
        elif through == receipt.offset + 1 and request_offset(record) == receipt.offset:
            return record
        elif through == receipt.offset + 1:
            high = probe  # it was decided just before
        elif through is not None:
            low = record.offset + 1 + receipt.offset - through
        else:  # nobody can say on which side the one sought stands: no more halving
            readable = False
            low = record.offset + 1 if probe == low else low
    return None


class _Seen(NamedTuple):
    """A decision that was read: where it stands, and the request it answers."""

    request: int
    offset: int


class DecisionSearch:
    """One reader for each partition asked about, open until `close`: the next search goes on from there.

    It keeps nothing of what it reads. Whoever asks bounds the time, by `asyncio.timeout`.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._readers: dict[TopicPartition, Reader] = {}
        self._seen: dict[TopicPartition, _Seen] = {}

    async def find(self, receipts: Iterable[Receipt]) -> AsyncIterator[tuple[Receipt, Record]]:
        """Each request with its committed decision, in the log's order; one that has none is left out.

        LogError. KeyError if no decisions answer a topic.
        """
        sought: dict[tuple[str, int], set[int]] = {}
        for receipt in receipts:
            sought.setdefault((receipt.topic, receipt.partition), set()).add(receipt.offset)
        for (topic, partition), offsets in sought.items():
            at = TopicPartition(decisions_of(topic).name, partition)
            async for offset, record in self._walk(at, sorted(offsets)):
                yield Receipt(topic, partition, offset), record

    async def close(self) -> None:
        """Frees the readers."""
        for reader in self._readers.values():
            with suppress(PamwalError):
                await reader.close()
        self._readers.clear()

    async def _walk(self, at: TopicPartition, sought: list[int]) -> AsyncIterator[tuple[int, Record]]:
        end = (await self._log.end_offsets([at], "committed"))[at]
        reader = await self._stand(at, self._not_behind(at, sought[0]))
        due = 0
        while due < len(sought) and await reader.position(at) < end:
            found = await reader.read(max_records=FAR, wait_ms=_READ_WAIT_MS)
            for record in found.get(at, ()):
                number = request_offset(record)
                if number is None:
                    continue
                self._seen[at] = _Seen(number, record.offset)
                while due < len(sought) and sought[due] < number:
                    due += 1
                if due < len(sought) and sought[due] == number:
                    yield number, record
                    due += 1
                if due == len(sought):
                    return
                if sought[due] - number > FAR:
                    reader.seek(at, self._not_behind(at, sought[due]))
                    break

    async def _stand(self, at: TopicPartition, offset: int) -> Reader:
        reader = self._readers.get(at)
        if reader is None:
            reader = self._readers[at] = await self._log.reader({at: offset}, "committed")
        else:
            reader.seek(at, offset)
        return reader

    def _not_behind(self, at: TopicPartition, request: int) -> int:
        """An offset not behind that request's decision: decisions stand as far apart as requests, or more."""
        seen = self._seen.get(at)
        if seen is None or seen.request > request:
            return request
        return seen.offset + request - seen.request
