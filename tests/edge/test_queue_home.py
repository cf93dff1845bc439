"""A durable queue and a real edge over a socket: lines cut at any byte, and decisions that come late."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from random import Random
from typing import Any

import httpx
import msgspec
import pytest

from pamwal.client.backoff import Backoff
from pamwal.client.courier import Courier
from pamwal.client.homecoming import Road
from pamwal.client.queue import ReportQueue
from pamwal.client.sent import Sent
from pamwal.contracts.envelope import Decision
from tests.edge.guard_core import GuardCore
from tests.edge.house import until
from tests.edge.mortal_post import report
from tests.edge.test_serve import Served, served
from tests.wire.witness import Worker, everything

REPORTS = 300
WITHIN_S = 60


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[ReportQueue]:
    with ReportQueue(tmp_path / "q") as opened:
        opened.add("op", *(report("op", number) for number in range(REPORTS)))
        yield opened


def courier(queue: ReportQueue, http: httpx.AsyncClient, edge: Served, url: str) -> Courier:
    token = edge.headers["authorization"].removeprefix("Bearer ")
    road = Road(http, lambda _service: f"{url}/guard/v1", lambda: "2024-10-03T01:20:00.000Z")
    return Courier(queue, road, lambda: token, backoff=Backoff(first_ms=1, most_ms=20))


async def outcomes(edge: Served) -> Counter[str]:
    """How often there is each outcome, and `facts`: the most that one report made."""
    found = [
        msgspec.json.decode(each.value, type=Decision[Any]).data
        for each in await everything(edge.log, GuardCore.decisions_topic)
    ]
    facts = Counter(fact["id"] for each in found for fact in each.facts)
    return Counter(each.outcome for each in found) + Counter(facts=max(facts.values()), reports=len(facts))


@contextlib.asynccontextmanager
async def a_bad_line(to: str, chance: Random, cuts: int) -> AsyncIterator[str]:
    """A way to the edge whose first connections break, each after as many bytes as chance has it."""
    port, left, running = int(to.rpartition(":")[2]), [cuts], set[asyncio.Task[None]]()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, most: int) -> None:
        while most > 0 and (part := await reader.read(min(most, 65_536))):
            writer.write(part)
            await writer.drain()
            most -= len(part)

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        left[0] -= 1
        most = (
            chance.choice((1, 200, 5_000, 60_000, 150_000)) + chance.randrange(5_000)
            if left[0] >= 0
            else 1 << 40
        )
        other_reader, other_writer = await asyncio.open_connection("127.0.0.1", port)
        ways = [
            asyncio.create_task(carry(reader, other_writer, most)),
            asyncio.create_task(carry(other_reader, writer, most)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            for each in (writer, other_writer):
                each.transport.abort()

    server = await asyncio.start_server(connect, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


@pytest.mark.parametrize("seed", range(6))
async def test_over_a_line_that_is_cut_at_any_byte_everything_comes_home_once(
    tmp_path: Path, queue: ReportQueue, seed: int
) -> None:
    async with served(tmp_path) as edge, Worker(edge.log, GuardCore(), 0), httpx.AsyncClient() as http:
        async with a_bad_line(edge.url, Random(seed), cuts=10) as url:
            sent = await courier(queue, http, edge, url).send(within_s=WITHIN_S)
        assert sent == Sent(accepted=REPORTS)
        found = await outcomes(edge)
    assert (found["accepted"], found["facts"], found["reports"]) == (REPORTS, 1, REPORTS)
    kept = [msgspec.json.decode(each.value) for each in await everything(edge.log, GuardCore.requests_topic)]
    assert {(each["id"], each["time"]) for each in kept} == {
        (each.id, each.submission.time) for each in queue.of()
    }


async def test_what_is_kept_is_not_said_again_while_nobody_decides(
    tmp_path: Path, queue: ReportQueue
) -> None:
    async with served(tmp_path) as edge, httpx.AsyncClient() as http:
        messenger = courier(queue, http, edge, edge.url)
        assert edge.edge.submit is not None
        edge.edge.submit.wait_s = 0.05
        sending = asyncio.create_task(messenger.send(within_s=WITHIN_S))
        await until(lambda: queue.counts() == {"kept": REPORTS})
        sending.cancel()
        await asyncio.wait([sending])
        assert await messenger.send(within_s=0.5) == Sent(undecided=REPORTS), (
            "it asks, and says nothing again"
        )
        async with Worker(edge.log, GuardCore(), 0):
            assert await messenger.send(within_s=WITHIN_S) == Sent(accepted=REPORTS)
        found = await outcomes(edge)
    assert found == Counter(accepted=REPORTS, facts=1, reports=REPORTS)
