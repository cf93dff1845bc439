"""A scripted server for the real board page, and a browser that tells what the page shows."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from pamwal.contracts.ledger import LedgerLine
from pamwal.contracts.reporting import BoardState
from services.reporting.page import STATIC, board_page, static_file
from services.reporting.views.changes import change_between
from services.reporting.views.ledger import balance_of
from services.reporting.views.rolled_up import children_of, rolled_up
from tests.unit.reporting.telling import Teller
from tests.unit.reporting.test_rolled_up import counts, family_of

DEADLINE_S = 90
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WATCH = """
"use strict";
let telling = false;
function tell() {
  telling = false;
  const text = (found) => document.querySelector(found)?.textContent || "";
  fetch("/shown", {method: "POST", body: JSON.stringify({
    rows: document.querySelectorAll(".listed tbody tr").length,
    at_place: Number(text(".totals dd[data-n=at_place]")),
    below: text('[data-row="rolled:"] dd[data-n=at_place]') + "/"
      + text('[data-row="children:kupang"] [data-c=heard]'),
    columns: [...document.querySelector(".claims table tr")?.cells || []].map((cell) => cell.offsetWidth),
    incidents: document.querySelectorAll(".incidents li").length,
    link: text("#link-text"),
    stale: text("#stale:not([hidden])"),
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    width: document.documentElement.clientWidth,
    headed: [...document.querySelectorAll("table.strength:not(.brief)")].map((table) => {
      const shown = (row, name) => [...row.querySelectorAll(`[data-${name}]`)]
        .filter((cell) => cell.matches("th,td") && cell.offsetWidth)
        .map((cell) => cell.dataset[name]).join(" ");
      return [shown(table.tHead, "h"), shown(table.tBodies[0].rows[0], "n")];
    }),
  })});
}
new MutationObserver(() => { if (!telling) { telling = true; setTimeout(tell, 20); } })
  .observe(document.documentElement, {subtree: true, childList: true, characterData: true, attributes: true});
tell();
"""
FRAME = '<!doctype html><iframe src="{}" width="{}" height="700"></iframe>'


class Shown(Struct):
    """What the page shows."""

    rows: int
    """Of a list."""
    at_place: int
    below: str
    """At their places in all operations, and the posts heard in the child `kupang`: `1/2`."""
    columns: list[int]
    """How wide those of a page's table are, in pixels."""
    incidents: int
    link: str
    stale: str
    overflow: int
    """By how many pixels the page is wider than its window."""
    width: int
    headed: list[tuple[str, str]]
    """Of each table of strengths the names of the columns that have a heading, and of those of its rows."""


class Center:
    """What tests script: the board's state, how a stream is answered, and how long a page takes."""

    def __init__(self, teller: Teller, clock: str) -> None:
        self.teller, self.clock = teller, clock
        self.child: Teller | None = None
        """The operation `kupang` below this one."""
        self.status = 200
        self.drawn: BoardState | None = None
        """What pages show; None: what is true when they are asked for."""
        self.page_open = asyncio.Event()
        """Pages are drawn when asked for and sent once this is set."""
        self.page_open.set()
        self.lists: dict[str, str] = {}
        """Other pages, by their paths; `/narrow/<path>` shows one as a phone of 390 pixels does."""
        self.pages = self.streams = self.turned_away = 0
        self.shown: list[Shown] = []
        self._followers: set[asyncio.Queue[bytes | None]] = set()
        self._told = self.state()

    def state(self) -> BoardState:
        """What is true now; the vector counts what was told."""
        situation = self.teller.situation(self.clock)
        if self.child is not None:
            family = family_of({self.teller.operation_id: None, "kupang": self.teller.operation_id})
            counted = counts(self.clock, self.teller, self.child)
            situation = msgspec.structs.replace(
                situation,
                children=children_of(self.teller.operation_id, family, counted),
                rolled_up=rolled_up(self.teller.operation_id, family, counted, [], "full"),
            )
        vector = {"pamwal.test.v1-0": len(self.teller.told)}
        return BoardState(
            situation=msgspec.structs.replace(situation, vector=vector),
            ledger=LedgerLine(balance=balance_of([], "exercise"), missing=0),
        )

    def publish(self) -> None:
        """Tells the streams what changed."""
        state = self.state()
        change = change_between(self._told, state)
        self._told = state
        for follower in self._followers:
            follower.put_nowait(b"event: delta\ndata: %s\n\n" % msgspec.json.encode(change))

    def cut(self) -> None:
        """Ends every stream."""
        for follower in self._followers:
            follower.put_nowait(None)

    async def until(self, holds: Callable[[Shown], bool]) -> Shown:
        """Waits until the page shows it; AssertionError says what it showed last."""
        try:
            async with asyncio.timeout(DEADLINE_S):
                while not (self.shown and holds(self.shown[-1])):
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"the page shows {self.shown[-1] if self.shown else 'nothing'}") from None
        return self.shown[-1]

    async def until_asked(self, holds: Callable[[], bool]) -> None:
        """Waits until something was asked of the server."""
        async with asyncio.timeout(DEADLINE_S):
            while not holds():
                await asyncio.sleep(0.02)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request, and the connection's end."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            path = head.split()[1]
            if path == "/shown":
                length = int(head.lower().split("content-length:")[1].split()[0])
                self.shown.append(msgspec.json.decode(await reader.readexactly(length), type=Shown))
                await _send(writer, "text/plain", b"")
            elif path.endswith("/stream"):
                await self._stream(writer)
            else:
                await _send(writer, *await self._file(path))
        writer.close()

    async def _file(self, path: str) -> tuple[str, bytes]:
        if path == "/watch.js":
            return "text/javascript", WATCH.encode()
        if path == "/narrow":
            return "text/html", FRAME.format("/?operation=turangga", 320).encode()
        if path.startswith("/narrow/"):
            return "text/html", FRAME.format(path.removeprefix("/narrow"), 390).encode()
        if path.startswith("/reporting/static/"):
            name = path.rsplit("/", 1)[1]
            return STATIC[name], static_file(name) or b""
        if path in self.lists:
            return _watched(self.lists[path])
        if not path.startswith("/?"):
            return "text/plain", b""
        self.pages += 1
        page = board_page(self.drawn or self.state())
        await self.page_open.wait()
        return _watched(page)

    async def _stream(self, writer: asyncio.StreamWriter) -> None:
        if self.status != 200:
            self.turned_away += 1
            await _send(writer, "application/problem+json", b"{}", status=self.status)
            return
        self.streams += 1
        queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._followers.add(queue)
        self._told = self.state()
        snapshot = b"retry: 100\n\nevent: snapshot\ndata: %s\n\n" % msgspec.json.encode(self._told)
        await _send(writer, "text/event-stream", snapshot)
        while (event := await queue.get()) is not None:
            writer.write(event)
            await writer.drain()
        self._followers.discard(queue)


def _watched(page: str) -> tuple[str, bytes]:
    """A page that tells what it shows."""
    told = page.replace("</head>", '<script src="/watch.js" defer></script></head>')
    return "text/html; charset=utf-8", told.encode()


async def _send(writer: asyncio.StreamWriter, media_type: str, body: bytes, *, status: int = 200) -> None:
    head = f"HTTP/1.1 {status} Told\r\ncontent-type: {media_type}\r\nconnection: close\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()


def browser() -> str | None:
    """A browser of the Chromium family on this machine, or None."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


@asynccontextmanager
async def opened(center: Center, folder: Path, path: str = "/?operation=turangga") -> AsyncIterator[None]:
    """The page in a browser without a window, until the end of the block."""
    server = await asyncio.start_server(center.answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        browser() or BROWSERS[0], "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        f"--user-data-dir={folder}", "--remote-debugging-port=0", f"http://127.0.0.1:{port}{path}",
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        yield
    finally:
        center.page_open.set()
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        center.cut()
        server.close()
