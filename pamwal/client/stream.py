"""A live board's stream of server-sent events, taken up again where it broke."""

from __future__ import annotations

import asyncio
import math
import random
import re
from collections.abc import AsyncIterator, Iterable
from typing import Final

import httpx
from msgspec import Struct

from pamwal.client.answers import answer_of
from pamwal.client.backoff import Backoff
from pamwal.contracts.errors import AccessDenied, HttpProblem, Unanswered, Unreachable

SILENCE_S = 45.0
"""A healthy stream says something every 15 s; after three such silences the connection counts as broken."""

_LINE_END: Final = re.compile(r"\r\n|\n|\r(?!\Z)")
"""A CR at the very end waits: the LF that belongs to it may come with the next bytes."""
GENTLE = Backoff(first_ms=200, most_ms=5_000)


class Message(Struct, frozen=True, kw_only=True):
    """One event of the stream; comments (heartbeats) are not shown."""

    event: str
    data: str
    id: str


class LineReader:
    """Lines of the stream in, messages out, by the rules of the HTML standard for text/event-stream."""

    def __init__(self, last_id: str = "", retry_ms: int | None = None) -> None:
        self.last_id = last_id
        """Of the last whole message: where a new connection goes on."""
        self.retry_ms = retry_ms
        self._event, self._data, self._id = "", list[str](), last_id

    def take(self, line: str) -> Message | None:
        """A message once its empty line has come."""
        if line == "":
            return self._complete()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value
        elif name == "id" and "\0" not in value:
            self._id = value
        elif name == "retry" and value.isdecimal():
            self.retry_ms = int(value)
        return None

    def _complete(self) -> Message | None:
        event, data = self._event or "message", self._data
        self._event, self._data = "", []
        self.last_id = self._id
        return Message(event=event, data="\n".join(data), id=self.last_id) if data else None


def messages(lines: Iterable[str]) -> list[Message]:
    """The messages of a whole text."""
    reader = LineReader()
    return [message for line in lines if (message := reader.take(line)) is not None]


async def lines_of(text: AsyncIterator[str]) -> AsyncIterator[str]:
    """Lines end at CR, LF or both, and nowhere else: a name may hold what Unicode calls a line separator."""
    left: list[str] = []
    async for part in text:
        left.append(part)
        if _LINE_END.search(part) is None and not left[0].endswith("\r"):
            continue
        *lines, rest = _LINE_END.split("".join(left))
        left = [rest]
        for line in lines:
            yield line


async def follow(
    http: httpx.AsyncClient,
    url: str,
    token: str,
    *,
    give_up_s: float = 60.0,
    refused_s: float = math.inf,
    backoff: Backoff = GENTLE,
) -> AsyncIterator[Message]:
    """The messages of a stream, for ever. A broken connection is made again, from the last id on.

    AccessDenied or HttpProblem if the service will not; Unanswered if it stays away for `give_up_s`;
    Unreachable if nobody has listened there from the beginning, for `refused_s`.
    """
    reader, heard = LineReader(), False
    waits = backoff.waits_ms(random.random)
    away_since: float | None = None
    loop = asyncio.get_running_loop()
    while True:
        headers = {"authorization": f"Bearer {token}", "accept": "text/event-stream"}
        if reader.last_id:
            headers["last-event-id"] = reader.last_id
        try:
            timeout = httpx.Timeout(10.0, read=SILENCE_S)
            async with http.stream("GET", url, headers=headers, timeout=timeout) as response:
                await _require_stream(response)
                heard, away_since, waits = True, None, backoff.waits_ms(random.random)
                async for line in lines_of(response.aiter_text()):
                    if (message := reader.take(line)) is not None:
                        yield message
        except httpx.ConnectError as error:
            if not heard and loop.time() - (away_since or loop.time()) >= refused_s:
                raise Unreachable(nobody_listens(url, str(error))) from error
        except httpx.TransportError:
            pass
        reader = LineReader(reader.last_id, reader.retry_ms)
        away_since = away_since or loop.time()
        if loop.time() - away_since > give_up_s:
            raise Unanswered(f"{url} has not answered for {give_up_s:.0f} s")
        await asyncio.sleep(max(next(waits), reader.retry_ms or 0) / 1000)


def nobody_listens(url: str, why: str) -> str:
    """A sentence for people, with what to do."""
    origin = httpx.URL(url).copy_with(raw_path=b"/")
    return (
        f"nobody listens at {origin} ({why}); start the services with 'pamwal up', or give the address where "
        "they are"
    )


async def _require_stream(response: httpx.Response) -> None:
    if response.status_code == 200:
        return
    await response.aread()
    said = answer_of(response.status_code, response.content, None)
    sentence = said.detail or f"{response.url.path} answered {response.status_code}"
    if response.status_code in {401, 403}:
        raise AccessDenied(sentence, status=response.status_code)
    if response.status_code < 500 and response.status_code != 429:
        raise HttpProblem(response.status_code, "no_stream", sentence)
    raise httpx.RemoteProtocolError(sentence)
