"""`python -m benchmarks.edge`: check-ins a second over HTTP, with tokens and limits, acknowledged by Kafka.

The measured process is `python -m services.checkin --role edge`, served as always. 128 connections, each with
an operation and a token of its own, send one request after the other.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
import msgspec

from benchmarks.broker import empty_topics, flush_each_write, kafka_version, own_kafka, own_state
from benchmarks.load.posts import Load, Speaking, Told
from benchmarks.machine import Pinning, load_line, machine_line, pinning, running_on
from benchmarks.measured import Child
from benchmarks.report import Report, at_least
from pamwal.contracts.topics import FIELD_DECISIONS, FIELD_REQUESTS
from pamwal.edge.issuer import Issuer
from pamwal.local.readiness import free_port

CONNECTIONS: Final = 128
TARGET_PER_S: Final = 8_000.0
TARGET_OF_ECHO: Final = 0.2
WITHIN_S: Final = 220.0
READY_WITHIN_S: Final = 60.0
ID_DIGITS: Final = 8
UNLIMITED_PER_S: Final = "100000000"
"""The limit is asked for at each request, but never reached."""


class Kind(NamedTuple):
    """One way to post: what is answered, whether Kafka flushes first, whether a decider runs."""

    name: str
    words: str
    statuses: tuple[int, ...]
    on_disk: bool
    decides: bool


KINDS: Final = (
    Kind("acknowledged", "acknowledged", (202,), on_disk=False, decides=False),
    Kind("on_disk", "on disk", (202,), on_disk=True, decides=False),
    Kind("decided", "decided, on disk", (201, 202), on_disk=True, decides=True),
)


class Posted(NamedTuple):
    """What the generator told of a run, and what the edge took for it."""

    told: Told
    cpu_s: float
    peak_mb: float


class Served(NamedTuple):
    """A process that answers at a port."""

    child: Child
    port: int


class Bench(NamedTuple):
    """Where the runs take place."""

    bootstrap_servers: str
    folder: Path
    pins: Pinning

    @contextmanager
    def service(self, role: str, *, measured: bool) -> Iterator[Served]:
        """The checkin service in one role, ready."""
        port = free_port()
        environment = {
            "PAMWAL_BOOTSTRAP_SERVERS": self.bootstrap_servers,
            "PAMWAL_STATE": str(self.folder),
            "PAMWAL_PORT": str(port),
            "PAMWAL_REQUESTS_PER_S": UNLIMITED_PER_S,
            "PAMWAL_ROWS_PER_S": UNLIMITED_PER_S,
        }
        cores = self.pins.measured if measured else self.pins.others
        arguments = ("services.checkin", "--role", role)
        with Child(cores, *arguments, log_file=self.folder / f"{role}.log", environment=environment) as child:
            asyncio.run(until(child, f"http://127.0.0.1:{port}/readyz", 200))
            yield Served(child, port)

    @contextmanager
    def echo(self) -> Iterator[Served]:
        """The peer."""
        port = free_port()
        log_file = self.folder / "echo.log"
        with Child(self.pins.measured, "benchmarks.peers.echo", str(port), log_file=log_file) as child:
            asyncio.run(until(child, f"http://127.0.0.1:{port}/", 200))
            yield Served(child, port)

    def post(self, port: int, speaking: list[Speaking], seconds: float) -> Told:
        """Runs the load generator, on the other core."""
        file = self.folder / "load.json"
        file.write_bytes(msgspec.json.encode(Load(port=port, speaking=speaking, warm_s=2.0, seconds=seconds)))
        log_file = self.folder / "posts.log"
        with Child(self.pins.others, "benchmarks.load.posts", str(file), log_file=log_file) as child:
            return msgspec.convert(child.answer(), Told, str_keys=True, strict=False)


async def until(child: Child, address: str, status: int) -> None:
    """Waits until an address answers so. TimeoutError; RuntimeError if the process ends."""
    async with httpx.AsyncClient(trust_env=False) as http, asyncio.timeout(READY_WITHIN_S):
        while True:
            child.check()
            try:
                if (await http.get(address)).status_code == status:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.05)


def speaking(issuer: Issuer, run: str, *, respond_async: bool) -> list[Speaking]:
    """What each connection says; `run` keeps ids of one run apart from those of another."""
    return [_speaking(issuer, run, number, respond_async=respond_async) for number in range(CONNECTIONS)]


def _speaking(issuer: Issuer, run: str, number: int, *, respond_async: bool) -> Speaking:
    operation, prefix = f"bench-{number:03d}", f"{run}-"
    token = issuer.issue(
        role="command_post", operation=operation, mode="exercise", subject="bench", post="maulafa"
    )
    body: dict[str, Any] = {
        "source": "/posts/maulafa/devices/1",
        "time": "2024-10-03T01:15:00.000Z",
        "sentat": "2024-10-03T01:15:00.120Z",
        "channel": "app",
        "data": {
            "officer_id": f"O{number:05d}",
            "place": "rally/lapangan-1",
            "method": "gps",
            "position": {"latitude": -10.1652, "longitude": 123.5968},
        },
    }
    before, after = '{"id":"', '",' + msgspec.json.encode(body).decode()[1:]
    length = len(before) + len(prefix) + ID_DIGITS + len(after)
    lines = [
        f"POST /checkin/v1/operations/{operation}/check-ins HTTP/1.1",
        "host: 127.0.0.1",
        f"authorization: Bearer {token}",
        "content-type: application/json",
        f"content-length: {length}",
        *(["prefer: respond-async"] if respond_async else []),
    ]
    return Speaking(head="\r\n".join(lines) + "\r\n\r\n" + before, tail=after, prefix=prefix)


def posted(bench: Bench, kind: Kind, run: str, seconds: float) -> Posted:
    """One run of the product, on empty topics."""
    empty_topics(bench.bootstrap_servers, [FIELD_REQUESTS.name, FIELD_DECISIONS.name])
    flush_each_write(bench.bootstrap_servers, FIELD_REQUESTS, yes=kind.on_disk)
    issuer = Issuer(bench.folder / "issuer")
    with ExitStack() as stack:
        if kind.decides:
            stack.enter_context(bench.service("decider", measured=False))
        edge = stack.enter_context(bench.service("edge", measured=True))
        before = edge.child.usage()
        said = speaking(issuer, f"{kind.name}-{run}", respond_async=not kind.decides)
        told = bench.post(edge.port, said, seconds)
        expect(told, *kind.statuses)
        after = edge.child.usage()
    return Posted(told, after.cpu_s - before.cpu_s, after.peak_mb)


def echoed(bench: Bench, report: Report, run: str, seconds: float) -> float:
    """One run of the peer into the report; returns requests a second."""
    said = speaking(Issuer(bench.folder / "issuer"), f"echo-{run}", respond_async=True)
    with bench.echo() as echo:
        before = echo.child.usage()
        told = bench.post(echo.port, said, seconds)
        expect(told, 200)
        cpu_us = (echo.child.usage().cpu_s - before.cpu_s) / told.all * 1e6
    per_s = told.answered / told.seconds
    report.peer("echo_per_s", "bare uvicorn echo: requests/s", per_s)
    report.peer("echo_cpu_us_per_request", "bare uvicorn echo: CPU µs a request", cpu_us)
    report.peer("echo_generator_cpu_share", "bare uvicorn echo: load generator's CPU", told.cpu_share)
    return per_s


def add(report: Report, kind: Kind, found: Posted, echo_per_s: float) -> None:
    """One run of the product into the report."""
    name, told = kind.name, found.told
    counted = told.statuses[kind.statuses[0]]
    per_s, is_goal = counted / told.seconds, name == KINDS[0].name
    goal, share = (at_least(TARGET_PER_S), at_least(TARGET_OF_ECHO)) if is_goal else (None, None)
    report.figure(f"{name}_per_s", f"{kind.words}: requests/s", per_s, goal)
    report.figure(f"{name}_cpu_us_per_request", f"{kind.words}: CPU µs each", found.cpu_s / told.all * 1e6)
    report.figure(f"{name}_p50_ms", f"{kind.words}: p50 ms", told.p50_ms)
    report.figure(f"{name}_p99_ms", f"{kind.words}: p99 ms", told.p99_ms)
    report.figure(f"{name}_peak_memory_mb", f"{kind.words}: peak memory MB", found.peak_mb)
    report.figure(f"{name}_generator_cpu_share", f"{kind.words}: load generator's CPU", told.cpu_share)
    report.ratio(f"{name}_to_echo", f"{kind.words} / echo", per_s / echo_per_s, share)
    if counted < told.answered:
        report.say(f"{told.answered - counted} of {told.answered} were not decided within the edge's 2 s")


def expect(told: Told, *statuses: int) -> None:
    """RuntimeError if anything else came than what a figure may count."""
    if not told.statuses.get(statuses[0]) or set(told.statuses) - set(statuses):
        raise RuntimeError(f"expected {statuses}, got {told.statuses}")


def main() -> None:
    """Runs it all and prints the report."""
    parser = argparse.ArgumentParser(description="Check-ins a second over HTTP.")
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    pins, busy = pinning(), load_line()
    with running_on(pins.others), own_state() as folder, own_kafka(folder, pins.others) as kafka:
        report = Report("edge", [machine_line(kafka_version()), pins.describe(), busy])
        report.say(
            f"{CONNECTIONS} connections, each with its token and operation; limits on, out of reach. "
            "On disk: as shipped for one broker, each write is flushed before it is acknowledged, twelve "
            "partitions one after the other. Acknowledged: without that, as where there are three replicas"
        )
        report.say(
            "no decider runs while requests are only acknowledged; for the decided ones it shares a core "
            "with broker and load generator, which then are the bound on a small machine"
        )
        bench = Bench(kafka.bootstrap_servers, folder, pins)
        # a broker that has just started compiles its code for a while: its first run is not counted
        posted(bench, KINDS[1], "warm", asked.seconds)
        for run in report.rounds("posting", asked.runs, WITHIN_S):
            echo_per_s = echoed(bench, report, str(run), asked.seconds)
            for kind in KINDS if run % 2 == 0 else reversed(KINDS):
                add(report, kind, posted(bench, kind, str(run), asked.seconds), echo_per_s)
    report.show()


if __name__ == "__main__":
    main()
