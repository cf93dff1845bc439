"""Check-ins all over the country at a steady pace, and how old each operation's picture gets meanwhile.

Every operation's board is followed, as its centre follows it; some of what is said is read back besides.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from pamwal.edge.issuer import Issuer
from pamwal.simulation.boards import Address, BoardReader, Day
from pamwal.simulation.day import check_in, plan, token

PLANNED_AT_ONCE: Final = 4
OPENED_WITHIN_S: Final = 120.0
PATIENCE_S: Final = 60.0
SETTLE_S: Final = 2.0
READ_SHARE: Final = 0.02
SEED: Final = 6


class Country(Struct, frozen=True, kw_only=True):
    """How large a country, and how busy."""

    operations: int
    officers: int
    per_s: float
    """Check-ins a second, of all together."""
    seconds: float

    @property
    def officers_each(self) -> int:
        """Of one operation."""
        return self.officers // self.operations

    @property
    def rounds(self) -> int:
        """How many officers check in, of one operation, at the most."""
        return round(self.per_s * self.seconds / self.operations) + 1


class Nation(Struct, frozen=True, kw_only=True):
    """What to do. `bodies`: one a check-in, each of another officer, the same in every operation."""

    per_s: float
    seconds: float
    checkin: str
    """Its http address."""
    reporting: str
    operations: list[Day]
    bodies: list[str]


class Told(Struct, frozen=True, kw_only=True):
    """Milliseconds from the sending of each check-in to its answer, and to its operation's board showing it;
    for a few of them to a situation that was asked for with their receipt. `late_ms`: sent behind its time,
    by the load's own fault; `unseen`: not shown even a minute after the end; `cut`: boards whose connection
    ended before the day did, after which none of their officers could be shown."""

    answered_ms: list[float]
    shown_ms: list[float]
    read_ms: list[float]
    unseen: int
    late_ms: list[float]
    statuses: dict[str, int]
    cut: int = 0


class Centre:
    """One operation: its post that reports, its board, and who reads."""

    def __init__(self, nation: Nation, day: Day) -> None:
        self._checkin, self._reporting = Address.of(nation.checkin), Address.of(nation.reporting)
        self._bodies, self._day = nation.bodies, day
        self.board = BoardReader(2**31)
        self.sent: list[float] = []
        self._posting, self._reading = asyncio.Lock(), asyncio.Lock()
        self._post: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._read: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def follow(self) -> None:
        """Follows the board at the pace of a browser; ends only by being cancelled."""
        await self.board.follow(self._reporting, self._day, "")

    def close(self) -> None:
        """Ends its connections."""
        for streams in (self._post, self._read):
            if streams is not None:
                streams[1].close()

    async def report(self, told: Told, *, read_back: bool) -> None:
        """The next officer's check-in; if wanted, then the situation that knows of it."""
        async with self._posting:
            body = self._bodies[len(self.sent)]
            began = time.perf_counter()
            self.sent.append(began)
            if self._post is None:
                self._post = await self._checkin.open()
            path = f"POST {self._checkin.prefix}/checkin/v1/operations/{self._day.operation}/check-ins"
            size = len(body.encode())
            head = (
                f"host: {self._checkin.host}\r\ncontent-type: application/json\r\ncontent-length: {size}\r\n"
            )
            status, headers = await _ask(*self._post, path, self._day.post_token, head, body)
            told.answered_ms.append((time.perf_counter() - began) * 1000)
            told.statuses[status] = told.statuses.get(status, 0) + 1
        if read_back:
            await self._read_back(told, began, headers["pamwal-at"])

    async def _read_back(self, told: Told, began: float, receipt: str) -> None:
        async with self._reading:
            if self._read is None:
                self._read = await self._reporting.open()
            path = f"GET {self._reporting.prefix}/reporting/v1/operations/{self._day.operation}/situation"
            head = f"host: {self._reporting.host}\r\npamwal-at: {receipt}\r\n"
            status = "503"
            while status == "503" and time.perf_counter() - began < PATIENCE_S:
                status, _ = await _ask(*self._read, path, self._day.board_token, head, "")
            if status != "200":
                raise ConnectionError(f"a situation was answered with {status}")
            told.read_ms.append((time.perf_counter() - began) * 1000)


async def _ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: str, token: str, head: str, body: str
) -> tuple[str, dict[str, str]]:
    """Status and headers of one answer. OSError, also if the connection ends before it."""
    said = f"{line} HTTP/1.1\r\nauthorization: Bearer {token}\r\n{head}\r\n{body}"
    writer.write(said.encode())
    try:
        first, *rest = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (each.partition(": ") for each in rest)}
        await reader.readexactly(int(headers["content-length"]))
    except asyncio.IncompleteReadError as error:
        raise ConnectionError(f"{line} was cut off before its answer") from error
    return first.split()[1], headers


async def planned(scheduler: str, issuer: Issuer, country: Country, name: str) -> list[Day]:
    """Opens and plans every operation over HTTP: `<name>-000` and so on. SimulationFailed, Unreachable."""
    turn = asyncio.Semaphore(PLANNED_AT_ONCE)

    async def one(operation: str) -> Day:
        async with turn:
            await plan(f"{scheduler}/scheduler/v1", issuer, operation, country.officers_each)
        post, board = (token(issuer, operation, role) for role in ("command_post", "ops_head"))
        return Day(operation=operation, post_token=post, board_token=board)

    return await asyncio.gather(*(one(f"{name}-{number:03d}") for number in range(country.operations)))


def nation_of(country: Country, days: list[Day], checkin: str, reporting: str) -> Nation:
    """What to do in a country that is planned."""
    return Nation(
        per_s=country.per_s,
        seconds=country.seconds,
        checkin=checkin,
        reporting=reporting,
        operations=days,
        bodies=[check_in(number) for number in range(country.rounds)],
    )


async def run(nation: Nation, on_open: Callable[[], None] = lambda: None) -> Told:
    """All boards open first; then the load; then whatever is still to be shown, for a while. OSError.

    `on_open` is called between the first two.
    """
    told = Told(answered_ms=[], shown_ms=[], read_ms=[], unseen=0, late_ms=[], statuses={})
    centres = [Centre(nation, day) for day in nation.operations]
    following = [asyncio.ensure_future(centre.follow()) for centre in centres]
    try:
        await _all_open(centres, following)
        await asyncio.sleep(SETTLE_S)
        on_open()
        await _report(nation, centres, told)
        shown_by = time.perf_counter() + PATIENCE_S
        while _awaited(centres, following) and time.perf_counter() < shown_by:  # noqa: ASYNC110 - none announces it
            await asyncio.sleep(0.1)
    finally:
        for task in following:
            task.cancel()
        ended = await asyncio.gather(*following, return_exceptions=True)
        for centre in centres:
            centre.close()
    for centre in centres:
        pairs = zip(centre.sent, centre.board.shown_at, strict=False)
        told.shown_ms.extend((shown_at - sent_at) * 1000 for sent_at, shown_at in pairs)
    cut = sum(isinstance(each, OSError) for each in ended)
    return msgspec.structs.replace(told, unseen=sum(map(_unseen, centres)), cut=cut)


async def _all_open(centres: list[Centre], following: Sequence[asyncio.Future[None]]) -> None:
    """Returns when every board has shown something; raises what one of them was cut off by."""
    opening = asyncio.ensure_future(_opened(centres))
    try:
        async with asyncio.timeout(OPENED_WITHIN_S):
            done, _ = await asyncio.wait([opening, *following], return_when=asyncio.FIRST_COMPLETED)
    finally:
        opening.cancel()
    for task in done - {opening}:
        task.result()


async def _opened(centres: list[Centre]) -> None:
    for centre in centres:
        await centre.board.open.wait()


async def _report(nation: Nation, centres: list[Centre], told: Told) -> None:
    """Begins a check-in whenever one is due, whether or not those before are answered."""
    chance = random.Random(SEED)  # noqa: S311 - the same load in each run
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


def _unseen(centre: Centre) -> int:
    return len(centre.sent) - len(centre.board.shown_at)


def _awaited(centres: list[Centre], following: Sequence[asyncio.Future[None]]) -> bool:
    """Whether anything is still to be shown on a board that is not cut off."""
    return any(_unseen(centre) and not task.done() for centre, task in zip(centres, following, strict=True))
