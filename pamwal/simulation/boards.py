"""A board as a simulated centre follows it: a stream, and when it first showed how many officers present."""

from __future__ import annotations

import asyncio
import time
from typing import Final, NamedTuple, Self

import httpx
import msgspec
from msgspec import Struct

_LINE_MAX: Final = 2**24


class Address(NamedTuple):
    """Where a service listens."""

    host: str
    port: int
    tls: bool = False
    prefix: str = ""
    """In front of every path."""

    @classmethod
    def of(cls, url: str) -> Self:
        """That of an http address."""
        found = httpx.URL(url)
        tls = found.scheme == "https"
        return cls(found.host, found.port or (443 if tls else 80), tls, found.path.rstrip("/"))

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """One connection. OSError."""
        return await asyncio.open_connection(self.host, self.port, limit=_LINE_MAX, ssl=self.tls or None)


class Day(Struct, frozen=True, kw_only=True):
    """One planned operation, and who speaks and looks."""

    operation: str
    post_token: str
    board_token: str


class _Total(Struct):
    present: int


class _Situation(Struct):
    total: _Total | None = None


class _Event(Struct):
    situation: _Situation | None = None
    total: _Total | None = None


_decode: Final = msgspec.json.Decoder(_Event).decode


class BoardReader:
    """Follows one stream and notes when it first showed so many officers present."""

    def __init__(self, goal: int) -> None:
        self.shown_at: list[float] = []
        self.open, self.done = asyncio.Event(), asyncio.Event()
        self._goal = goal

    async def follow(self, reporting: Address, day: Day, query: str) -> None:
        """Reads until the goal is shown. OSError if the stream ends before."""
        reader, writer = await reporting.open()
        path = f"{reporting.prefix}/reporting/v1/operations/{day.operation}/stream{query}"
        who = f"host: {reporting.host}\r\nauthorization: Bearer {day.board_token}"
        head = f"GET {path} HTTP/1.1\r\n{who}\r\n\r\n"
        try:
            writer.write(head.encode())
            status = await reader.readline()
            if b" 200 " not in status:
                raise ConnectionError(f"{path}: {status!r}")
            while len(self.shown_at) < self._goal:
                line = await reader.readline()
                if not line:
                    raise ConnectionError(f"{path} ended")
                if line.startswith(b"data: "):
                    self._note(line[6:], time.perf_counter())
            self.done.set()
        finally:
            writer.close()

    def _note(self, data: bytes, now: float) -> None:
        event = _decode(data)
        total = event.situation.total if event.situation is not None else event.total
        if total is not None:
            self.shown_at.extend([now] * (total.present - len(self.shown_at)))
        self.open.set()
