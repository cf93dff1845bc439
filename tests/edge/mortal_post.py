"""`python -m tests.edge.mortal_post FOLDER URL TOKEN`: a post that adds and sends, and dies when it is told.

Each line on standard input is `<name> <job> <step> <µs>`: a fork does the job (`add+send` or `go-on`) for the
operation and queue of that name. It is killed with SIGKILL before its step of that number, or by a timer
after so many microseconds; 0 is never. The answer is a line: how it ended and how many steps it made. A step
is a statement of SQLite, a part of an HTTP exchange, or a moment between two calls. `<name>.noted` has what
was promised.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import httpx

from pamwal.client.backoff import Backoff
from pamwal.client.courier import Courier
from pamwal.client.homecoming import Road
from pamwal.client.queue import ReportQueue
from pamwal.client.receipts import ReceiptBook
from pamwal.contracts.codec import TYPE_OF
from pamwal.contracts.envelope import Submission
from pamwal.contracts.field import CheckIn
from pamwal.contracts.instants import from_ms

SPEAKERS: Final = ("/posts/posko/devices/1", "/posts/posko/devices/2")
SEND_WITHIN_S: Final = 60.0


class Steps:
    """Counts steps, and ends this process for good before the one it is told."""

    def __init__(self, deadly: int, told: int) -> None:
        self.made, self._deadly, self._told = 0, deadly, told

    def __call__(self, *_: object) -> None:
        self.made += 1
        if self.made == self._deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        os.pwrite(self._told, f"{self.made:6}".encode(), 0)


class Parts(httpx.AsyncByteStream):
    """The body of an answer; a step before each part."""

    def __init__(self, stream: Any, step: Steps) -> None:
        self._stream, self._step = stream, step

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            self._step()
            yield part
        self._step()

    async def aclose(self) -> None:
        await self._stream.aclose()


class SteppingTransport(httpx.AsyncHTTPTransport):
    """Steps before it asks, once it is answered, and at each part."""

    def __init__(self, step: Steps) -> None:
        super().__init__()
        self._step = step

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._step()
        response = await super().handle_async_request(request)
        self._step()
        return httpx.Response(
            response.status_code, headers=response.headers, stream=Parts(response.stream, self._step)
        )


def report(name: str, number: int) -> Submission[Any]:
    """Report `number` of the operation `name`."""
    return Submission(
        id=f"{name}-{number}",
        source=SPEAKERS[number % 2],
        type=TYPE_OF[CheckIn],
        time=f"2024-10-03T01:00:{number % 60:02}.000Z",
        channel="app",
        data=CheckIn(officer_id=f"NTT-{number:04}", place="rally/r-1", method="manual"),
    )


def work(folder: Path, name: str, job: str, url: str, token: str, step: Steps) -> None:
    """Adds seven reports, or two that show whether a number was lost, notes what is promised, and sends."""
    connect = sqlite3.connect

    def stepping(*arguments: Any, **more: Any) -> sqlite3.Connection:
        connection = connect(*arguments, **more)
        connection.set_trace_callback(step)
        return connection

    sqlite3.connect = stepping  # type: ignore[assignment,misc]
    noted = os.open(folder / f"{name}.noted", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    with ReportQueue(folder / f"{name}.queue") as queue, ReceiptBook(folder / f"{name}.receipts") as book:
        for numbers in ((0,), (1, 2, 3), (4,), (5, 6)) if job == "add+send" else ((7, 8),):
            added = queue.add(name, *(report(name, number) for number in numbers))
            step()
            os.write(noted, "".join(f"{each.id}\n" for each in added).encode())
            step()
        asyncio.run(bring_home(queue, book, url, token, step))


async def bring_home(queue: ReportQueue, book: ReceiptBook, url: str, token: str, step: Steps) -> None:
    async with httpx.AsyncClient(transport=SteppingTransport(step)) as http:
        road = Road(http, lambda _service: url, lambda: from_ms(time.time_ns() // 1_000_000))
        courier = Courier(queue, road, lambda: token, backoff=Backoff(first_ms=5, most_ms=50), receipts=book)
        await courier.send(within_s=SEND_WITHIN_S)


def main() -> None:
    folder, url, token = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    for line in sys.stdin:
        name, job, deadly, kill_us = line.split()
        told = os.open(folder / f"{name}.steps", os.O_RDWR | os.O_CREAT)
        child = os.fork()
        if child == 0:
            # by default this signal ends a process at once, wherever it is
            signal.setitimer(signal.ITIMER_REAL, int(kill_us) / 1e6)
            work(folder, name, job, url, token, Steps(int(deadly), told))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        made = int(os.pread(told, 6, 0) or b"0")
        os.close(told)
        print(os.waitstatus_to_exitcode(status), made, flush=True)


if __name__ == "__main__":
    main()
