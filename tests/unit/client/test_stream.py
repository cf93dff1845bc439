"""A stream is read by the standard's rules, and taken up again where it broke."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from pamwal.client.backoff import Backoff
from pamwal.client.stream import Message, follow, messages
from pamwal.contracts.errors import AccessDenied, HttpProblem, Unanswered, Unreachable

QUICK = Backoff(first_ms=1, most_ms=2)


def test_messages_are_parted_by_empty_lines_and_comments_are_not_shown() -> None:
    text = [
        ": hello",
        "event: snapshot",
        "id: e.1",
        "data: {",
        "data: }",
        "",
        ":",
        "",
        "data:x",
        "",
        "data: cut",
    ]
    assert messages(text) == [
        Message(event="snapshot", data="{\n}", id="e.1"),
        Message(event="message", data="x", id="e.1"),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
async def test_what_unicode_calls_a_line_separator_parts_no_lines(end: str) -> None:
    data = '{"name":"Lapangan\u2028Oebobo\x85\x0b\x0c\x1d\u2029"}'
    text = f"event: snapshot{end}data: {data}{end}{end}:{end}"
    for cut in range(len(text)):
        script = Script(stream(text[:cut], text[cut:]))
        message = await anext(follow(script.http(), "http://here/stream", "t", backoff=QUICK))
        assert message == Message(event="snapshot", data=data, id="")


def stream(*parts: str | Exception) -> httpx.Response:
    async def body() -> AsyncIterator[bytes]:
        for part in parts:
            if isinstance(part, Exception):
                raise part
            yield part.encode()

    return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=body())


class Script:
    def __init__(self, *turns: httpx.Response | Exception) -> None:
        self._turns = iter(turns)
        self.heard: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.heard.append(request)
        turn = next(self._turns)
        if isinstance(turn, Exception):
            raise turn
        return turn

    def http(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(self))


async def test_a_broken_stream_is_taken_up_from_the_last_whole_message() -> None:
    script = Script(
        stream("id: e.1\ndata: one\n\nid: e.2\ndata: tw", httpx.ReadError("cut")),
        httpx.ConnectError("refused"),
        httpx.Response(503, text="starting"),
        stream("id: e.2\ndata: two\n\n"),
    )
    seen = []
    async for message in follow(script.http(), "http://here/stream", "t", backoff=QUICK):
        seen.append(message.data)
        if len(seen) == 2:
            break
    assert seen == ["one", "two"]
    assert "last-event-id" not in script.heard[0].headers
    assert script.heard[-1].headers["last-event-id"] == "e.1"
    assert script.heard[-1].headers["authorization"] == "Bearer t"


@pytest.mark.parametrize(("status", "error"), [(401, AccessDenied), (403, AccessDenied), (404, HttpProblem)])
async def test_a_stream_that_is_refused_is_not_asked_for_again(status: int, error: type[Exception]) -> None:
    script = Script(httpx.Response(status, text="no"))
    with pytest.raises(error):
        await anext(follow(script.http(), "http://here/stream", "t", backoff=QUICK))
    assert len(script.heard) == 1


async def test_a_stream_that_stays_away_is_given_up() -> None:
    script = Script(*[httpx.ConnectError("refused")] * 10_000)
    with pytest.raises(Unanswered, match="has not answered"):
        await anext(follow(script.http(), "http://here/stream", "t", give_up_s=0.05, backoff=QUICK))


async def test_where_nobody_listens_from_the_beginning_that_is_said_soon_and_what_to_do() -> None:
    script = Script(*[httpx.ConnectError("refused")] * 10_000)
    with pytest.raises(Unreachable, match=r"nobody listens at http://here/ \(refused\); start the services"):
        await anext(follow(script.http(), "http://here/stream", "t", refused_s=0.05, backoff=QUICK))


async def test_a_stream_that_was_heard_once_may_stay_away_longer() -> None:
    refused = [httpx.ConnectError("refused")] * 20
    script = Script(stream("data: one\n\n"), *refused, stream("data: two\n\n"))
    seen = []
    async for message in follow(script.http(), "http://here/stream", "t", refused_s=0, backoff=QUICK):
        seen.append(message.data)
        if len(seen) == 2:
            break
    assert seen == ["one", "two"]
