"""Finding the decisions of many requests together: those sought mostly stand close to each other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from typing import Final, NamedTuple

from pamwal.contracts.errors import PamwalError
from pamwal.contracts.topics import decisions_of
from pamwal.wire.log import Log, Reader, Receipt, Record, TopicPartition
from pamwal.wire.tail import request_offset

FAR: Final = 500
"""So many requests ahead, and the next one sought is gone to instead of being read up to."""
_READ_WAIT_MS: Final = 200


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
