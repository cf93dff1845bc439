"""Check-ins all over the country at a steady pace, and how old each operation's picture gets meanwhile.

Every operation's board is followed, as its centre follows it; some of what is said is read back besides.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from pathlib import Path
from typing import Any, Final

import msgspec
import uvloop
from msgspec import Struct

from benchmarks.load.steady import BoardReader, Day
from pamwal.edge.serve import allow_connections

OPENED_WITHIN_S: Final = 120.0
PATIENCE_S: Final = 60.0
SETTLE_S: Final = 2.0
READ_SHARE: Final = 0.02
SEED: Final = 6


class Nation(Struct, frozen=True, kw_only=True):
    """What to do. `bodies`: one a check-in, each of another officer, the same in every operation."""

    per_s: float
    seconds: float
    checkin_port: int
    reporting_port: int
    operations: list[Day]
    bodies: list[str]


class Told(Struct, frozen=True, kw_only=True):
    """Milliseconds from the sending of each check-in to its answer, and to its operation's board showing it;
    for a few of them to a situation that was asked for with their receipt. `late_ms`: sent behind its time,
    by the load's own fault; `unseen`: not shown even a minute after the end."""

    answered_ms: list[float]
    shown_ms: list[float]
    read_ms: list[float]
    unseen: int
    late_ms: list[float]
    statuses: dict[str, int]


class Centre:
    """One operation: its post that reports, its board, and who reads."""

    def __init__(self, nation: Nation, day: Day) -> None:
        self._nation, self._day = nation, day
        self.board = BoardReader(2**31)
        self.sent: list[float] = []
        self._posting, self._reading = asyncio.Lock(), asyncio.Lock()
        self._post: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._read: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def follow(self) -> None:
        """Follows the board at the pace of a browser; ends only by being cancelled."""
        await self.board.follow(self._nation.reporting_port, self._day, "")

    async def report(self, told: Told, *, read_back: bool) -> None:
        """The next officer's check-in; if wanted, then the situation that knows of it."""
        async with self._posting:
            body = self._nation.bodies[len(self.sent)]
            began = time.perf_counter()
            self.sent.append(began)
            if self._post is None:
                self._post = await asyncio.open_connection("127.0.0.1", self._nation.checkin_port)
            path = f"POST /checkin/v1/operations/{self._day.operation}/check-ins"
            head = f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
            status, headers = await _ask(*self._post, path, self._day.post_token, head, body)
            told.answered_ms.append((time.perf_counter() - began) * 1000)
            told.statuses[status] = told.statuses.get(status, 0) + 1
        if read_back:
            await self._read_back(told, began, headers["pamwal-at"])

    async def _read_back(self, told: Told, began: float, receipt: str) -> None:
        async with self._reading:
            if self._read is None:
                self._read = await asyncio.open_connection("127.0.0.1", self._nation.reporting_port)
            path = f"GET /reporting/v1/operations/{self._day.operation}/situation"
            status, _ = await _ask(*self._read, path, self._day.board_token, f"pamwal-at: {receipt}\r\n", "")
            if status != "200":
                raise ConnectionError(f"a situation was answered with {status}")
            told.read_ms.append((time.perf_counter() - began) * 1000)


async def _ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: str, token: str, head: str, body: str
) -> tuple[str, dict[str, str]]:
    """Status and headers of one answer."""
    said = f"{line} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {token}\r\n{head}\r\n{body}"
    writer.write(said.encode())
    first, *rest = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (each.partition(": ") for each in rest)}
    await reader.readexactly(int(headers["content-length"]))
    return first.split()[1], headers


async def run(nation: Nation) -> Told:
    """All boards open first; then the load; then whatever is still to be shown, for a while."""
    chance = random.Random(SEED)
    told = Told(answered_ms=[], shown_ms=[], read_ms=[], unseen=0, late_ms=[], statuses={})
    centres = [Centre(nation, day) for day in nation.operations]
    following = [asyncio.ensure_future(centre.follow()) for centre in centres]
    async with asyncio.timeout(OPENED_WITHIN_S):
        await asyncio.gather(*(centre.board.open.wait() for centre in centres))
    await asyncio.sleep(SETTLE_S)
    order: list[Centre] = []
    began, tasks = time.perf_counter(), []
    for number in range(round(nation.per_s * nation.seconds)):
        if not order:
            order = chance.sample(centres, len(centres))
        due = began + number / nation.per_s
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        told.late_ms.append((time.perf_counter() - due) * 1000)
        read_back = chance.random() < READ_SHARE
        tasks.append(asyncio.ensure_future(order.pop().report(told, read_back=read_back)))
    await asyncio.wait_for(asyncio.gather(*tasks), PATIENCE_S)
    shown_by = time.perf_counter() + PATIENCE_S
    while _unseen(centres) and time.perf_counter() < shown_by:  # noqa: ASYNC110 - boards note, none announces
        await asyncio.sleep(0.1)
    for centre in centres:
        pairs = zip(centre.sent, centre.board.shown_at, strict=False)
        told.shown_ms.extend((shown_at - sent_at) * 1000 for sent_at, shown_at in pairs)
    for task in following:
        task.cancel()
    return msgspec.structs.replace(told, unseen=_unseen(centres))


def _unseen(centres: list[Centre]) -> int:
    return sum(len(centre.sent) - len(centre.board.shown_at) for centre in centres)


def main() -> None:
    """`python -m benchmarks.load.nation <file with a Nation as JSON>`: a line of JSON."""
    nation = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Nation)
    allow_connections()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        told: Any = msgspec.to_builtins(runner.run(run(nation)))
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
