"""Bytes of request bodies that an edge holds, of one caller and of all, over HTTP and TCP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pamwal.edge.app import EdgeSpec
from pamwal.service import Process
from tests.edge.guard_core import GuardCore
from tests.edge.house import ROOT, ROUTES, check_in, until
from tests.edge.test_connections import Answered, Client
from tests.unit.edges import Running, a_served_edge

PART = 100_000


def guard(_: Process) -> EdgeSpec:
    return EdgeSpec(
        service="guard",
        requests_topic=GuardCore.requests_topic,
        decisions_topic=GuardCore.decisions_topic,
        routes=ROUTES,
    )


class Guarded:
    """An edge at a port, and the connections a test has to it."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.clients: list[Client] = []

    async def send(self, path: str, post: str, length: int, body: bytes) -> Client:
        """A connection that sends the beginning of a body of `length` bytes, as one of a post."""
        port = self.running.client.base_url.port
        client = Client(*await asyncio.open_connection("127.0.0.1", port))
        self.clients.append(client)
        token = self.running.issuer.issue(
            role="command_post", operation="op", mode="exercise", subject=f"person-{post}", post=post
        )
        head = f"POST {ROOT}{path} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n"
        await client.send(f"{head}authorization: Bearer {token}\r\n\r\n".encode() + body)
        return client

    async def report(self, post: str) -> Answered:
        """A whole request, answered."""
        body = msgspec.json.encode(check_in("one", post=post))
        return await (await self.send("/check-ins", post, len(body), body)).answer()

    def held(self) -> float | None:
        return self.running.edge.metrics.registry.get_sample_value("pamwal_edge_held_bytes")

    async def leave(self) -> None:
        """Closes all connections."""
        for client in self.clients:
            client.writer.close()
        await asyncio.gather(*(each.writer.wait_closed() for each in self.clients), return_exceptions=True)
        self.clients.clear()


@asynccontextmanager
async def guarded(folder: Path, **settings: Any) -> AsyncIterator[Guarded]:
    async with a_served_edge(folder, guard, GuardCore(), **settings) as running:
        found = Guarded(running)
        try:
            yield found
        finally:
            await found.leave()


@pytest.mark.parametrize("path", ["/batch", "/check-ins"])
async def test_what_all_callers_together_send_is_bounded(tmp_path: Path, path: str) -> None:
    async with guarded(tmp_path, held_bytes_max=3 * PART) as edge:
        for number in range(3):
            await edge.send(path, f"p{number}", 2 * PART, b"[" + b" " * (PART - 1))
        await until(lambda: edge.held() == 3 * PART)

        refused = await (await edge.send(path, "p9", 2 * PART, b"[" + b" " * (PART - 1))).answer()

        assert (refused.status, refused.code) == (503, "busy")
        assert refused.headers["retry-after"] == "2"
        assert b"300,000 bytes" in refused.body
        await edge.leave()
        await until(lambda: edge.held() == 0)
        assert (await edge.report("p9")).status == 201


async def test_one_caller_is_refused_before_all_are(tmp_path: Path) -> None:
    async with guarded(tmp_path, underway_bytes_max=2 * PART) as edge:
        for _ in range(2):
            await edge.send("/batch", "p1", 2 * PART, b"[" + b" " * (PART - 1))
        await until(lambda: edge.held() == 2 * PART)

        refused = await (await edge.send("/batch", "p1", 2 * PART, b"[" + b" " * (PART - 1))).answer()

        assert (refused.status, refused.code) == (429, "rate_limited")
        assert (await edge.report("p2")).status == 201


async def test_nothing_counts_once_it_is_answered(tmp_path: Path) -> None:
    async with guarded(tmp_path) as edge:
        assert (await edge.report("p1")).status == 201
        await until(lambda: edge.held() == 0)
        assert edge.running.edge.bodies.by_caller == {}
