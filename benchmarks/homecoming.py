"""`python -m benchmarks.homecoming`: an offline queue of 10,000 reports comes home; and how fast batches go.

The measured process is `python -m services.checkin --role edge`, served as always. A homecoming is one POST
of 10,000 lines, from its first byte to the last decision read; and the same out of a durable queue, each
answer written down. Batches are of several operations at once, acknowledged by Kafka, beside single posts.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections import Counter
from contextlib import ExitStack
from typing import Any, Final, NamedTuple

import httpx
import msgspec

from benchmarks.broker import empty_topics, flush_each_write, kafka_version, own_kafka, own_state
from benchmarks.edge import KINDS, Bench, expect, posted
from benchmarks.machine import load_line, machine_line, pinning, running_on
from benchmarks.report import Report, at_least, at_most
from pamwal.client.answers import RowAnswer
from pamwal.client.courier import Courier
from pamwal.client.homecoming import Road
from pamwal.client.queue import ReportQueue
from pamwal.client.responses import rows_in
from pamwal.client.service import NDJSON
from pamwal.contracts.codec import TYPE_OF, encode
from pamwal.contracts.envelope import Submission
from pamwal.contracts.field import CheckIn
from pamwal.contracts.instants import from_ms
from pamwal.contracts.places import Point
from pamwal.contracts.topics import FIELD_DECISIONS, FIELD_REQUESTS
from pamwal.edge.issuer import Issuer

LINES: Final = 10_000
WARM_LINES: Final = 2_000
SENDERS: Final = 4
"""Queues that come home at once, each an operation of its own."""
HOME_S: Final = 3.0
TARGET_PER_S: Final = 20_000.0
WITHIN_S: Final = 220.0


class Taken(NamedTuple):
    """What some POSTs came to: from their first byte to their last answer."""

    seconds: float
    cpu_us: float
    """Of the edge, per row."""
    statuses: Counter[int]


def reports(run: str, count: int) -> list[Submission[Any]]:
    """A day of one post's device."""
    return [
        Submission(
            id=f"{run}-{number}",
            source="/posts/maulafa/devices/1",
            type=TYPE_OF[CheckIn],
            time=from_ms(1_727_917_200_000 + number * 2_000),
            channel="app",
            data=CheckIn(
                officer_id=f"O{number % 4_000:05d}",
                place=f"rally/lapangan-{number % 14}",
                method="gps",
                position=Point(latitude=-10.1652, longitude=123.5968),
            ),
            sourceseq=number + 1,
        )
        for number in range(count)
    ]


def now() -> str:
    """The system clock, as an Instant."""
    return from_ms(time.time_ns() // 1_000_000)


async def come_home(
    http: httpx.AsyncClient, url: str, headers: dict[str, str], body: bytes, *, respond_async: bool
) -> Counter[int]:
    """One POST of lines; how many rows were answered with which status."""
    prefer = {"prefer": "respond-async"} if respond_async else {}
    found: Counter[int] = Counter()
    async with http.stream("POST", url, content=body, headers={**headers, **NDJSON, **prefer}) as response:
        async for part in rows_in(response):
            found.update(_status(row) for row in part)
    return found


def _status(row: RowAnswer) -> int:
    return row.status


class Homecomings(NamedTuple):
    """Drives one edge."""

    bench: Bench
    run: str

    def _headers(self, operation: str) -> dict[str, str]:
        token = Issuer(self.bench.folder / "issuer").issue(
            role="command_post", operation=operation, mode="exercise", subject="bench", post="maulafa"
        )
        return {"authorization": f"Bearer {token}"}

    def taken(self, *, posts: int, decides: bool) -> Taken:
        """`posts` queues at once, on empty topics; with a decider until all is decided."""
        self._prepare(on_disk=decides)
        with ExitStack() as stack:
            if decides:
                stack.enter_context(self.bench.service("decider", measured=False))
            edge = stack.enter_context(self.bench.service("edge", measured=True))
            asyncio.run(self._post(edge.port, "warm", posts, WARM_LINES, respond_async=not decides))
            cpu_s = edge.child.usage().cpu_s
            seconds, statuses = asyncio.run(
                self._post(edge.port, "home", posts, LINES, respond_async=not decides)
            )
            cpu_us = (edge.child.usage().cpu_s - cpu_s) / (posts * LINES) * 1e6
        if sum(statuses.values()) != posts * LINES or set(statuses) - {201, 202}:
            raise RuntimeError(f"expected {posts * LINES} rows kept, got {dict(statuses)}")
        return Taken(seconds, cpu_us, statuses)

    async def _post(
        self, port: int, what: str, posts: int, lines: int, *, respond_async: bool
    ) -> tuple[float, Counter[int]]:
        body = b"\n".join(map(encode, reports(f"{what}-{self.run}", lines)))
        operations = [f"bench-{number}" for number in range(posts)]
        headers = [self._headers(operation) for operation in operations]
        async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
            began_s = time.perf_counter()
            found = await asyncio.gather(
                *(
                    come_home(http, _url(port, operation), given, body, respond_async=respond_async)
                    for operation, given in zip(operations, headers, strict=True)
                )
            )
            seconds = time.perf_counter() - began_s
        return seconds, sum(found, Counter())

    def queued(self) -> tuple[float, float]:
        """Seconds that it takes to keep 10,000 reports, one by one, and to send them."""
        self._prepare(on_disk=True)
        file = self.bench.folder / f"{self.run}.queue"
        with (
            self.bench.service("decider", measured=False),
            self.bench.service("edge", measured=True) as edge,
            ReportQueue(file) as queue,
        ):
            began_s = time.perf_counter()
            for each in reports(self.run, LINES):
                queue.add("bench-0", each)
            added_s = time.perf_counter() - began_s
            seconds = asyncio.run(self._send(edge.port, queue))
        return added_s, seconds

    async def _send(self, port: int, queue: ReportQueue) -> float:
        token = self._headers("bench-0")["authorization"].removeprefix("Bearer ")
        async with httpx.AsyncClient(trust_env=False) as http:
            courier = Courier(
                queue, Road(http, lambda _: f"http://127.0.0.1:{port}/checkin/v1", now), lambda: token
            )
            began_s = time.perf_counter()
            sent = await courier.send(within_s=60)
            seconds = time.perf_counter() - began_s
        if sent.accepted != LINES:
            raise RuntimeError(f"expected {LINES} accepted, got {msgspec.to_builtins(sent)}")
        return seconds

    def _prepare(self, *, on_disk: bool) -> None:
        empty_topics(self.bench.bootstrap_servers, [FIELD_REQUESTS.name, FIELD_DECISIONS.name])
        flush_each_write(self.bench.bootstrap_servers, FIELD_REQUESTS, yes=on_disk)


def _url(port: int, operation: str) -> str:
    return f"http://127.0.0.1:{port}/checkin/v1/operations/{operation}/batch"


def add(report: Report, bench: Bench, run: str, seconds: float) -> None:
    """One round into the report."""
    homecomings = Homecomings(bench, run)
    home = homecomings.taken(posts=1, decides=True)
    report.figure(
        "home_s", "10,000 lines until the last decision is read, on disk: s", home.seconds, at_most(HOME_S)
    )
    report.figure("home_cpu_us_per_row", "10,000 lines decided: edge's CPU µs a row", home.cpu_us)
    report.figure(
        "home_decided_share", "10,000 lines: answered with their decision", home.statuses[201] / LINES
    )
    added_s, queue_s = homecomings.queued()
    report.figure(
        "queue_add_ms", "kept in a durable queue, each on disk: ms a report", added_s / LINES * 1000
    )
    report.figure("queue_home_s", "the same out of the queue, each answer written: s", queue_s)
    batches = homecomings.taken(posts=SENDERS, decides=False)
    rows_per_s = SENDERS * LINES / batches.seconds
    report.figure("batch_per_s", "batches, acknowledged: rows/s", rows_per_s, at_least(TARGET_PER_S))
    report.figure("batch_cpu_us_per_row", "batches, acknowledged: edge's CPU µs a row", batches.cpu_us)
    report.figure("batch_one_core_per_s", "rows that one core's CPU is enough for", 1e6 / batches.cpu_us)
    single = posted(bench, KINDS[0], run, seconds)
    expect(single.told, *KINDS[0].statuses)
    single_per_s = single.told.answered / single.told.seconds
    single_us = single.cpu_s / single.told.all * 1e6
    report.peer("single_per_s", "single posts, acknowledged: requests/s", single_per_s)
    report.peer("single_cpu_us_per_request", "single posts: edge's CPU µs each", single_us)
    report.ratio("batch_to_single", "batch rows / single posts", rows_per_s / single_per_s)
    report.ratio("batch_cpu_to_single", "CPU of a row / of a single post", batches.cpu_us / single_us)


def main() -> None:
    """Runs it all and prints the report."""
    parser = argparse.ArgumentParser(description="An offline queue comes home.")
    parser.add_argument("--seconds", type=float, default=6.0, help="for the single posts")
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    pins, busy = pinning(), load_line()
    with running_on(pins.others), own_state() as folder, own_kafka(folder, pins.others) as kafka:
        report = Report("homecoming", [machine_line(kafka_version()), pins.describe(), busy])
        report.say(
            f"one POST of {LINES:,} lines; batches: {SENDERS} of them at once, an operation each. On disk: "
            "each write is flushed. Acknowledged: without that, and nothing is decided"
        )
        bench = Bench(kafka.bootstrap_servers, folder, pins)
        Homecomings(bench, "warm").taken(posts=SENDERS, decides=False)
        for run in report.rounds("coming home", asked.runs, WITHIN_S):
            add(report, bench, str(run), asked.seconds)
    report.show()


if __name__ == "__main__":
    main()
