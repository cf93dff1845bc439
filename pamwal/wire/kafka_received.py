"""aiokafka's connections, made to put an answer together once.

Asyncio's reader adds what the socket gives to one buffer, cuts an answer of many megabytes out of it and
moves the rest; and it stops the socket after each 128 KiB, though somebody waits for more. Here pieces are
kept as they come, and joined when an answer is whole: half the CPU of receiving a log.
`tests/wire/test_aiokafka_canary.py` pins what this leans on.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from aiokafka import conn as their_conn


class Received(asyncio.StreamReader):
    """What came of a connection. It is read by `readexactly` alone."""

    _eof: bool
    _exception: BaseException | None
    _limit: int
    _paused: bool
    _transport: asyncio.ReadTransport | None

    def begin(self) -> None:
        """Before anything came."""
        self._pieces: deque[bytes | memoryview] = deque()
        self._size = 0
        self._wanted = 0
        """So much somebody waits for."""

    def feed_data(self, data: bytes) -> None:  # type: ignore[override]  # of a socket it is bytes
        """The next piece. More than is waited for comes in when it is read."""
        if not data:
            return
        self._pieces.append(data)
        self._size += len(data)
        if self._size >= self._wanted:
            self._wakeup_waiter()  # type: ignore[attr-defined]  # asyncio's own
        if self._size > self._wanted + 2 * self._limit and not self._paused and self._transport is not None:
            self._transport.pause_reading()
            self._paused = True

    def at_eof(self) -> bool:
        """Whether no more comes and all was read."""
        return self._eof and not self._size

    async def readexactly(self, n: int) -> bytes:
        """The next `n` bytes. IncompleteReadError with what there is where no more comes."""
        if self._exception is not None:
            raise self._exception
        self._wanted = n
        while self._size < n:
            if self._eof:
                raise asyncio.IncompleteReadError(self._take(self._size), n)
            await self._wait_for_data("readexactly")  # type: ignore[attr-defined]  # asyncio's own
        self._wanted = 0
        found = self._take(n)
        if self._paused and self._size <= self._limit and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()
        return found

    def _take(self, size: int) -> bytes:
        self._size -= size
        found: list[bytes | memoryview] = []
        while size > 0:
            piece = self._pieces.popleft()
            if len(piece) > size:
                view = memoryview(piece)
                piece = view[:size]
                self._pieces.appendleft(view[size:])
            size -= len(piece)
            found.append(piece)
        return b"".join(found)


class OurProtocol(their_conn.AIOKafkaProtocol):  # type: ignore[misc]  # aiokafka is not typed
    """Its own, with our reader."""

    def __init__(self, closed: Any, reader: Any, *, loop: Any) -> None:
        reader.__class__ = Received
        reader.begin()
        super().__init__(closed, reader, loop=loop)


def put_answers_together_once() -> None:
    """All connections that are opened from now on do."""
    their_conn.AIOKafkaProtocol = OurProtocol
