"""A real server on a real socket: streams, slow peers, and an orderly end."""

from __future__ import annotations

import asyncio
import resource
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from pamwal.edge.app import (
    Authority,
    Board,
    Caller,
    Clock,
    Edge,
    EdgeSettings,
    EdgeSpec,
    StreamRoute,
    build_edge,
)
from pamwal.edge.clock import system_ms
from pamwal.edge.issuer import Issuer
from pamwal.edge.serve import SEND_BUFFER_BYTES, allow_connections, listening_socket, serve
from pamwal.wire.memory import Faults, MemoryLog
from tests.edge.guard_core import GuardCore
from tests.edge.house import DEADLINE_S, ROUTES, check_in, until
from tests.wire.witness import Worker


class Served(NamedTuple):
    edge: Edge
    board: Board
    url: str
    headers: dict[str, str]
    log: MemoryLog
    stop: asyncio.Event
    serving: asyncio.Task[None]
    folder: Path


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[Served]:
    log = MemoryLog(partitions=1, clock_ms=system_ms)
    log.create_topics()
    board = Board(lambda: b'{"whole":true}')

    def board_of(operation_id: str, caller: Caller) -> Board:
        assert operation_id == "op"
        return board

    spec = EdgeSpec(
        service="guard",
        requests_topic=GuardCore.requests_topic,
        decisions_topic=GuardCore.decisions_topic,
        routes=ROUTES,
        streams=(StreamRoute(path="/stream", roles=("command_post",), summary="Live", board_of=board_of),),
    )
    settings, clock, stop = EdgeSettings(state=folder), Clock(), asyncio.Event()
    edge = build_edge(spec, log, clock, Authority.from_settings(settings, clock), settings)
    token = Issuer(settings.issuer_path).issue(
        role="command_post", operation="op", mode="exercise", subject="a", post="posko"
    )
    listener = listening_socket("127.0.0.1", 0)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    serving = asyncio.ensure_future(serve(edge, stop=stop, listener=listener))
    try:
        await until(lambda: edge.health.readiness().ready)
        yield Served(edge, board, url, {"authorization": f"Bearer {token}"}, log, stop, serving, folder)
    finally:
        stop.set()
        async with asyncio.timeout(DEADLINE_S):
            await serving


async def test_a_stream_over_a_socket_and_the_end_of_the_process(tmp_path: Path) -> None:
    async with served(tmp_path) as here, httpx.AsyncClient(headers=here.headers) as client:
        url = f"{here.url}/guard/v1/operations/op/stream?tick_ms=0"
        async with client.stream("GET", url) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            assert "x-request-id" in stream.headers
            lines = stream.aiter_lines()
            async with asyncio.timeout(DEADLINE_S):
                while await anext(lines) != 'data: {"whole":true}':
                    pass
                here.board.publish(b'{"n":1}')
                while await anext(lines) != 'data: {"n":1}':
                    pass
                begun = asyncio.get_running_loop().time()
                here.stop.set()
                assert [line async for line in lines] == [""]
                await here.serving
        assert asyncio.get_running_loop().time() - begun < 3, "no stream holds the process up"


async def test_a_stream_needs_a_token_of_its_operation_and_roles(tmp_path: Path) -> None:
    async with served(tmp_path) as here, httpx.AsyncClient() as client:
        url = f"{here.url}/guard/v1/operations/op/stream"
        assert (await client.get(url)).status_code == 401
        other = url.replace("/op/", "/other/")
        assert (await client.get(other, headers=here.headers)).status_code == 403
        viewer = Issuer(here.edge.settings.issuer_path).issue(
            role="viewer", operation="op", mode="exercise", subject="a"
        )
        refused = await client.get(url, headers={"authorization": f"Bearer {viewer}"})
        assert (refused.status_code, refused.json()["code"]) == (403, "wrong_role")
        assert here.board.followers == 0


async def test_what_runs_when_the_end_comes_is_finished(tmp_path: Path) -> None:
    """Acknowledged by the log, and told so, although the process was asked to end in between."""
    async with served(tmp_path) as here, httpx.AsyncClient(headers=here.headers) as client:
        url = f"{here.url}/guard/v1/operations/op/check-ins"
        posting = asyncio.ensure_future(client.post(url, json=check_in("a")))
        await until(lambda: here.edge.decisions is not None and here.edge.decisions.waiting == 1)
        here.stop.set()
        async with Worker(here.log, GuardCore(), 0):
            assert (await posting).status_code == 201
        await here.serving
        with pytest.raises(httpx.ConnectError):
            await client.post(url, json=check_in("b"))


async def test_what_the_log_does_not_acknowledge_by_the_end_is_503_and_may_be_sent_again(
    tmp_path: Path,
) -> None:
    # given a log that does not answer, and posts that wait for it
    async with (
        served(tmp_path) as here,
        httpx.AsyncClient(headers=here.headers, timeout=DEADLINE_S) as client,
    ):
        url = f"{here.url}/guard/v1/operations/op/check-ins"
        here.log.faults = Faults(send_stalled=1.0)
        posting = [asyncio.ensure_future(client.post(url, json=check_in(name))) for name in ("a", "b")]
        batch = asyncio.ensure_future(
            client.post(f"{here.url}/guard/v1/operations/op/batch", json=[check_in("c")])
        )
        await until(lambda: here.edge.sender.unacked == 3)

        # when the process is told to end
        here.stop.set()

        # then each hears that nothing is known of it, before the server would cut it off
        for answer in await asyncio.gather(*posting):
            assert (answer.status_code, answer.json()["code"]) == (503, "not_kept")
        assert (await batch).json()[0]["status"] == 503
        await here.serving


async def test_a_peer_that_leaves_is_forgotten(tmp_path: Path) -> None:
    async with served(tmp_path) as here, httpx.AsyncClient(headers=here.headers) as client:
        async with client.stream("GET", f"{here.url}/guard/v1/operations/op/stream"):
            await until(lambda: here.board.followers == 1)
        await until(lambda: here.board.followers == 0)


def test_the_kernel_keeps_little_for_a_slow_reader() -> None:
    with listening_socket("127.0.0.1", 0) as listener:
        size = listener.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
        assert size <= 2 * SEND_BUFFER_BYTES, "Linux doubles what it is told"
        with pytest.raises(OSError, match="in use"):
            listening_socket("127.0.0.1", listener.getsockname()[1])


def test_a_process_lets_itself_have_as_many_connections_as_the_system_allows() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    few = max(open_now(), 300)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (few, hard))
        assert allow_connections(few + 1) == few + 1
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (few + 1, hard)
        assert allow_connections(few) == few + 1, "it never takes any away"
        if hard != resource.RLIM_INFINITY:
            assert allow_connections(hard + 1) == hard
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def open_now() -> int:
    with socket.socket() as newest:
        return newest.fileno() + 1
