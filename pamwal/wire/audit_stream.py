"""One partition read from its beginning to where it ended when it was opened, a record at a time."""

from __future__ import annotations

from collections import deque

from pamwal.contracts.errors import LogUnavailable
from pamwal.wire.log import Isolation, Log, Reader, Record, TopicPartition
from pamwal.wire.replay import READ_RECORDS

_WAIT_MS = 200
_PATIENCE = 50


class Stream:
    """Goes forward only; `at` may be asked for what has gone by, and then asks the log itself."""

    def __init__(self, log: Log, at: TopicPartition, reader: Reader, end: int) -> None:
        self.end = end
        self._log, self._at, self._reader = log, at, reader
        self._buffer: deque[Record] = deque()

    @staticmethod
    async def open(log: Log, at: TopicPartition, isolation: Isolation) -> Stream:
        """A stream over what is there now."""
        end = (await log.end_offsets([at], isolation))[at]
        begin = (await log.begin_offsets([at]))[at]
        return Stream(log, at, await log.reader({at: begin}, isolation), end)

    async def next(self) -> Record | None:
        """The next record, or None at the end."""
        return self._buffer.popleft() if await self._peek() is not None else None

    async def before(self, offset: int) -> Record | None:
        """The next record if it stands before `offset`, else None."""
        record = await self._peek()
        return self._buffer.popleft() if record is not None and record.offset < offset else None

    async def at(self, offset: int) -> Record | None:
        """The record at exactly this offset, or None; those before it are passed over."""
        while await self.before(offset) is not None:
            pass
        record = await self._peek()
        if record is not None and record.offset == offset:
            return self._buffer.popleft()
        return None

    def __aiter__(self) -> Stream:
        return self

    async def __anext__(self) -> Record:
        record = await self.next()
        if record is None:
            raise StopAsyncIteration
        return record

    async def close(self) -> None:
        """Frees the reader."""
        await self._reader.close()

    async def _peek(self) -> Record | None:
        idle = 0
        while not self._buffer:
            if await self._reader.position(self._at) >= self.end:
                return None
            found = await self._reader.read(max_records=READ_RECORDS, wait_ms=_WAIT_MS)
            self._buffer.extend(record for record in found.get(self._at, []) if record.offset < self.end)
            idle = 0 if found else idle + 1
            if idle > _PATIENCE:
                raise LogUnavailable(f"nothing more of {self._at} is to be had")
        return self._buffer[0]
