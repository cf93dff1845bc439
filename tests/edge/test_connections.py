"""What clients may send before they have shown a token, how slowly, and how many of them may be connected."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from pamwal.contracts.errors import SettingsError
from pamwal.edge.addresses import TrustedProxies, counted_as
from pamwal.edge.app import Authority, Clock, Edge, EdgeSettings, EdgeSpec, build_edge
from pamwal.edge.clock import system_ms
from pamwal.edge.http import Receive, Scope, Send
from pamwal.edge.serve import listening_socket, serve
from pamwal.edge.settings import ConnectionLimits
from pamwal.wire.memory import MemoryLog
from tests.edge.house import DEADLINE_S, until

MB = 1024 * 1024
HEALTH = b"GET /healthz HTTP/1.1\r\nhost: x\r\n"
NEVER_S = 3600.0
PATIENT = {"head_s": NEVER_S, "body_pause_s": NEVER_S, "unread_s": NEVER_S, "idle_s": 3600}
"""For tests of anything but time."""


class Answered(NamedTuple):
    """The first answer of a connection."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        assert self.headers["content-type"] == "application/problem+json"
        code: str = msgspec.json.decode(self.body)["code"]
        return code


class Client:
    """One TCP connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, data: bytes) -> None:
        async with asyncio.timeout(DEADLINE_S):
            self.writer.write(data)
            await self.writer.drain()

    async def answer(self) -> Answered:
        async with asyncio.timeout(DEADLINE_S):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = dict(line.split(": ", 1) for line in head[1:] if line)
            body = await self.reader.readexactly(int(headers.get("content-length", 0)))
            return Answered(int(head[0].split()[1]), headers, body)

    async def ended(self) -> bytes:
        """What still came until the server ended the connection."""
        async with asyncio.timeout(DEADLINE_S):
            try:
                return await self.reader.read()
            except ConnectionError:
                return b""

    async def send_until_ended(self, part: bytes, most: int) -> int:
        """How many bytes could be sent before the server ended the connection, of `most`."""
        sent = 0
        try:
            while sent < most:
                await self.send(part)
                sent += len(part)
        except ConnectionError:
            pass
        return sent


class Served:
    """An edge at a port."""

    def __init__(self, edge: Edge, port: int) -> None:
        self.edge, self.port = edge, port
        self.clients: list[Client] = []

    async def client(self) -> Client:
        self.clients.append(Client(*await asyncio.open_connection("127.0.0.1", self.port)))
        return self.clients[-1]

    def closed(self, reason: str) -> float:
        """How many connections were closed for that reason."""
        found = self.edge.metrics.registry.get_sample_value(
            "pamwal_edge_connections_closed_total", {"reason": reason}
        )
        return found or 0.0

    def open(self) -> float | None:
        return self.edge.metrics.registry.get_sample_value("pamwal_edge_connections")


@asynccontextmanager
async def served(folder: Path, *, proxies: str = "", **limits: float) -> AsyncIterator[Served]:
    log = MemoryLog(partitions=1, clock_ms=system_ms)
    log.create_topics()
    settings = EdgeSettings(
        state=folder,
        connections=ConnectionLimits(**{**PATIENT, **limits}),  # type: ignore[arg-type]
        trusted_proxies=TrustedProxies.parse(proxies),
    )
    clock, stop = Clock(), asyncio.Event()
    spec = EdgeSpec(service="guard")
    edge = build_edge(spec, log, clock, Authority.from_settings(settings, clock), settings)
    plain = edge.app

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        """The edge, and beside it a handler that says what it received, and one that says much."""
        if scope["type"] == "http" and scope["path"] == "/received":
            size, trailers = 0, list(scope["headers"])
            while (message := await receive())["type"] == "http.request":
                size += len(message["body"])
                if not message["more_body"]:
                    break
            text = b"%d %d" % (size, len(scope["headers"]) - len(trailers))
            await send(
                {
                    "type": "http.response.start",
                    "status": 200,
                    "headers": [(b"content-length", b"%d" % len(text))],
                }
            )
            await send({"type": "http.response.body", "body": text})
        elif scope["type"] == "http" and scope["path"] == "/much":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            for _ in range(64):
                await send({"type": "http.response.body", "body": bytes(MB), "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        else:
            await plain(scope, receive, send)

    edge.app = app
    listener = listening_socket("127.0.0.1", 0)
    port = listener.getsockname()[1]
    serving = asyncio.ensure_future(serve(edge, stop=stop, listener=listener))
    here = Served(edge, port)
    try:
        await until(lambda: edge.health.readiness().ready)
        yield here
    finally:
        for client in here.clients:
            client.writer.transport.abort()
        stop.set()
        async with asyncio.timeout(DEADLINE_S):
            await serving


async def test_a_header_without_end_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    async with served(tmp_path) as here:
        client = await here.client()
        await client.send(HEALTH + b"x-long: ")
        sent = await client.send_until_ended(b"a" * MB, 100 * MB)
        assert sent < 20 * MB, "no more than sockets buffer"
        await until(lambda: here.closed("headers_too_large") == 1)
        await until(lambda: here.open() == 0)


@pytest.mark.parametrize(
    "head",
    [
        HEALTH + b"x-long: " + b"a" * 40_000 + b"\r\n\r\n",
        HEALTH + b"".join(b"x-%d: a\r\n" % number for number in range(200)) + b"\r\n",
        b"GET /healthz?" + b"a" * 40_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n",
        HEALTH + b"x-long: " + b"a" * 60_000,
        HEALTH + b"".join(b"x-%d: a\r\n" % number for number in range(200)),
    ],
    ids=["one header", "many headers", "a long address", "without end", "many without end"],
)
async def test_a_head_that_is_too_large_is_answered_431(tmp_path: Path, head: bytes) -> None:
    async with served(tmp_path) as here:
        client = await here.client()
        await client.send(head)
        answer = await client.answer()
        assert (answer.status, answer.code, answer.headers["connection"]) == (
            431,
            "headers_too_large",
            "close",
        )
        assert await client.ended() == b""


async def test_a_head_within_the_limits_is_taken_whatever_pieces_it_comes_in(tmp_path: Path) -> None:
    head = HEALTH + b"x-long: " + b"a" * 32_000 + b"\r\n"
    head += b"".join(b"x-%d: a\r\n" % number for number in range(90)) + b"\r\n"
    async with served(tmp_path, head_bytes_max=33_000) as here:
        client = await here.client()
        for size in (len(head), 16 * 1024, 4096, 17):
            for start in range(0, len(head), size):
                await client.send(head[start : start + size])
                await asyncio.sleep(0)
            assert (await client.answer()).status == 200


async def test_requests_one_behind_the_other_are_answered_in_order(tmp_path: Path) -> None:
    async with served(tmp_path) as here:
        client = await here.client()
        body = bytes(200_000)
        posted = b"POST /received HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body)
        await client.send(posted + body + HEALTH + b"\r\n" + posted + body)
        assert [(await client.answer()).body[:8] for _ in range(3)] == [b"200000 0", b'{"status', b"200000 0"]


async def test_requests_that_pile_up_end_the_connection(tmp_path: Path) -> None:
    async with served(tmp_path) as here:
        client = await here.client()
        waits = b"POST /received HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\n\r\n"
        await client.send(waits)
        await client.send(b"a" + (HEALTH + b"\r\n") * 5000)
        await client.ended()
        assert here.closed("too_many_pipelined") == 1


async def test_headers_have_to_come_in_time(tmp_path: Path) -> None:
    async with served(tmp_path, head_s=1.0) as here:
        client, silent = await here.client(), await here.client()
        await client.send(HEALTH)
        answer = await client.answer()
        assert (answer.status, answer.code) == (408, "request_timeout")
        assert await client.ended() == b""
        assert await silent.ended() == b"", "nothing is said to who said nothing"
        assert (here.closed("request_timeout"), here.closed("unused")) == (1, 1)


async def test_headers_of_a_later_request_have_to_come_in_time(tmp_path: Path) -> None:
    async with served(tmp_path, head_s=1.0) as here:
        client = await here.client()
        await client.send(HEALTH + b"\r\n" + b"GET")
        assert (await client.answer()).status == 200
        assert (await client.answer()).code == "request_timeout"


async def test_one_byte_now_and_then_does_not_extend_the_time_for_headers(tmp_path: Path) -> None:
    async with served(tmp_path, head_s=1.0) as here:
        client = await here.client()
        await client.send(HEALTH + b"x: ")
        answering = asyncio.ensure_future(client.answer())
        while not answering.done():
            await client.send(b"a")
            await asyncio.sleep(0.001)
        assert answering.result().code == "request_timeout"


async def test_a_body_has_to_go_on(tmp_path: Path) -> None:
    async with served(tmp_path, body_pause_s=0.05) as here:
        client = await here.client()
        await client.send(b"POST /received HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc")
        answer = await client.answer()
        assert (answer.status, answer.code) == (408, "request_timeout")


async def test_an_idle_connection_is_closed(tmp_path: Path) -> None:
    async with served(tmp_path, idle_s=0) as here:
        client = await here.client()
        await client.send(HEALTH + b"\r\n")
        assert (await client.answer()).status == 200
        assert await client.ended() == b""


async def test_the_rest_of_a_body_that_was_answered_is_read_past_for_a_while_only(tmp_path: Path) -> None:
    async with served(tmp_path, idle_s=1) as here:
        client = await here.client()
        await client.send(b"POST /nothing HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000000\r\n\r\n")
        assert (await client.answer()).status == 404
        sent = await client.send_until_ended(b"a" * 10_000, 900 * MB)
        assert sent > 0
        await until(lambda: here.open() == 0)


async def test_trailers_are_no_headers_and_have_a_limit(tmp_path: Path) -> None:
    async with served(tmp_path) as here:
        chunked = b"POST /received HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
        client = await here.client()
        await client.send(chunked)
        await client.send(b"3\r\nabc\r\n0\r\nx-forwarded-for: 10.1.1.1\r\n\r\n")
        assert (await client.answer()).body == b"3 0"

        await client.send(chunked + b"3\r\nabc\r\n0\r\nx-long: ")
        sent = await client.send_until_ended(b"a" * MB, 100 * MB)
        assert sent < 20 * MB
        await until(lambda: here.closed("headers_too_large") == 1)


async def test_chunk_extensions_have_a_limit(tmp_path: Path) -> None:
    async with served(tmp_path) as here:
        client = await here.client()
        await client.send(b"POST /received HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3;")
        assert await client.send_until_ended(b"a" * MB, 100 * MB) < 20 * MB


async def test_who_takes_nothing_of_an_answer_is_cut(tmp_path: Path) -> None:
    async with served(tmp_path, unread_s=0.05) as here:
        client = await here.client()
        await client.send(b"GET /much HTTP/1.1\r\nhost: x\r\n\r\n")
        await until(lambda: here.closed("unread") == 1)
        await until(lambda: here.open() == 0)


async def test_who_takes_an_answer_gets_all_of_it(tmp_path: Path) -> None:
    async with served(tmp_path) as here:
        client = await here.client()
        await client.send(b"GET /much HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        assert len(await client.ended()) > 64 * MB
        assert here.closed("unread") == 0


async def test_an_address_has_so_many_connections(tmp_path: Path) -> None:
    async with served(tmp_path, per_address_max=2) as here:
        first, second = await here.client(), await here.client()
        await until(lambda: here.open() == 2)
        answer = await (await here.client()).answer()
        assert (answer.status, answer.code, answer.headers["retry-after"]) == (
            429,
            "too_many_connections",
            "5",
        )
        first.writer.close()
        await until(lambda: here.open() == 1)
        third = await here.client()
        for client in (second, third):
            await client.send(HEALTH + b"\r\n")
            assert (await client.answer()).status == 200


async def test_a_trusted_proxy_has_any_number_up_to_the_limit_of_all(tmp_path: Path) -> None:
    async with served(tmp_path, proxies="127.0.0.0/8", per_address_max=1, open_max=3) as here:
        clients = [await here.client() for _ in range(3)]
        await until(lambda: here.open() == 3)
        answer = await (await here.client()).answer()
        assert (answer.status, answer.code) == (503, "too_many_connections")
        for client in clients:
            await client.send(HEALTH + b"\r\n")
            assert (await client.answer()).status == 200


@pytest.mark.parametrize("sent", [b"\x16\x03\x01\x02\x00\x01\x00", b"GET / HTTP/1.1\r\nno colon\r\n\r\n"])
async def test_what_is_no_http_is_a_problem(tmp_path: Path, sent: bytes) -> None:
    async with served(tmp_path) as here:
        client = await here.client()
        await client.send(sent + b"\r\n")
        answer = await client.answer()
        assert (answer.status, answer.code) == (400, "malformed")
        assert await client.ended() == b""


async def test_another_protocol_is_not_offered(tmp_path: Path) -> None:
    async with served(tmp_path) as here:
        client = await here.client()
        await client.send(
            HEALTH + b"connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: a\r\n\r\n"
        )
        assert (await client.answer()).status == 200


PROXIES = TrustedProxies.parse("10.0.0.0/8, 192.0.2.7 fd00::/8")


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("10.1.1.1", [], "10.1.1.1"),
        ("10.1.1.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.1.1.1", ["127.0.0.1, 198.51.100.1"], "198.51.100.1"),
        ("10.1.1.1", ["127.0.0.1", "198.51.100.1, 192.0.2.7"], "198.51.100.1"),
        ("10.1.1.1", ["198.51.100.1:4711"], "198.51.100.1"),
        ("fd00::1", ["[2001:db8::1]:80"], "2001:db8::1"),
        ("::ffff:10.1.1.1", ["2001:db8::1"], "2001:db8::1"),
        ("10.1.1.1", ["unknown"], "10.1.1.1"),
        ("10.1.1.1", ["198.51.100.1, unknown, 10.2.2.2"], "10.2.2.2"),
        ("10.1.1.1", ["10.3.3.3"], "10.3.3.3"),
    ],
)
def test_only_a_trusted_proxy_says_who_the_client_is(peer: str, forwarded: list[str], client: str) -> None:
    headers = [(b"x-forwarded-for", text.encode()) for text in forwarded]
    assert PROXIES.client_of({"client": (peer, 1), "headers": headers}) == client
    assert TrustedProxies().client_of({"client": (peer, 1), "headers": headers}) == peer


def test_one_subscriber_is_one_address() -> None:
    assert (
        counted_as("2001:db8:1:2::3") == counted_as("2001:db8:1:2:ffff::9") != counted_as("2001:db8:1:3::3")
    )
    assert counted_as("::ffff:192.0.2.1") == counted_as("192.0.2.1")


def test_what_is_no_network_is_said() -> None:
    with pytest.raises(SettingsError, match="'proxy'"):
        EdgeSettings.from_environment(1, {"PAMWAL_TRUSTED_PROXIES": "10.0.0.0/8 proxy"})
