"""`python -m benchmarks.sse`: many readers of one board, each change to each of them; one that takes nothing.

The measured process is an edge of the product on a core for itself; beside it, in the same run, a bare ASGI
stream with a queue for each reader, as one would write it first. Needs no Kafka.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import httpx
import msgspec

from benchmarks.broker import own_state
from benchmarks.load.listeners import Heard, Listening, open_files
from benchmarks.machine import Pinning, load_line, machine_line, pinning, running_on
from benchmarks.measured import Child
from benchmarks.report import Report, at_least, at_most
from benchmarks.streaming import DELTA_BYTES, FLOOD_PER_S, SERVICE, STEADY_PER_S
from pamwal.edge.issuer import Issuer
from pamwal.local.readiness import free_port

CLIENTS: Final = 5_000
WITHIN_S: Final = 240.0
READY_WITHIN_S: Final = 30.0
STALLED_S: Final = 6.0
SETTLED_S: Final = 2.0
PRODUCT, QUEUES = "benchmarks.streaming", "benchmarks.peers.queues"


class Bench(NamedTuple):
    """Where the runs take place."""

    folder: Path
    pins: Pinning
    clients: int
    seconds: float

    @contextmanager
    def served(self, module: str) -> Iterator[tuple[Child, int]]:
        """The measured process, ready, and its port."""
        port, log_file = free_port(), self.folder / "served.log"
        arguments = (str(port), str(self.folder), str(self.clients))
        with Child(self.pins.measured, module, *arguments, log_file=log_file) as child:
            asyncio.run(_until_answers(child, port))
            yield child, port

    def request(self, issuer: Issuer, operation: str, number: int) -> str:
        """A GET of one reader, who has a token of his own."""
        token = issuer.issue(role="viewer", operation=operation, mode="exercise", subject=f"reader {number}")
        path = f"/{SERVICE}/v1/operations/{operation}/stream?tick_ms=0"
        return f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {token}\r\n\r\n"

    def listen(self, port: int) -> Child:
        """The load generator, started on the other cores."""
        issuer = Issuer(self.folder / "issuer")
        listening = Listening(
            port=port,
            requests=[self.request(issuer, "steady", number) for number in range(self.clients)],
            warm_s=3.0,
            seconds=self.seconds,
        )
        file = self.folder / "listening.json"
        file.write_bytes(msgspec.json.encode(listening))
        log_file = self.folder / "listeners.log"
        return Child(self.pins.others, "benchmarks.load.listeners", str(file), log_file=log_file)


async def _until_answers(child: Child, port: int) -> None:
    async with httpx.AsyncClient(trust_env=False) as http, asyncio.timeout(READY_WITHIN_S):
        while True:
            child.check()
            try:
                await http.get(f"http://127.0.0.1:{port}/healthz")
            except httpx.TransportError:
                await asyncio.sleep(0.05)
            else:
                return


class Steady(NamedTuple):
    """One run with all readers: what they heard, and what the measured process took for it."""

    heard: Heard
    cpu_us: float
    """CPU for one change to one reader."""
    kb_a_client: float


def steady(bench: Bench, module: str) -> Steady:
    """All readers at once, each told each change."""
    with bench.served(module) as (served, port):
        time.sleep(SETTLED_S)
        alone = served.usage()
        with bench.listen(port) as listeners:
            listeners.line()  # all are connected, and it begins to count
            before = served.usage()
            listeners.line()  # it has counted, and all are still connected
            after = served.usage()
            heard = msgspec.convert(listeners.answer(), Heard)
        kb = (after.peak_mb - alone.rss_mb) * 1024 / bench.clients
        return Steady(heard, (after.cpu_s - before.cpu_s) / heard.changes * 1e6, kb)


def stalled(bench: Bench) -> tuple[float, float]:
    """One reader that takes nothing while much is told: how memory grew, and what was told it, in MB."""
    issuer = Issuer(bench.folder / "issuer")
    with bench.served(PRODUCT) as (served, port), socket.socket() as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect(("127.0.0.1", port))
        reader.sendall(bench.request(issuer, "flood", 0).encode())
        reader.recv(1)
        time.sleep(SETTLED_S)  # the ring is full, and so is what the kernel keeps
        before = served.usage().rss_mb
        time.sleep(STALLED_S)
        return served.usage().rss_mb - before, STALLED_S * FLOOD_PER_S * DELTA_BYTES / 2**20


def add(report: Report, bench: Bench, found: Steady) -> None:
    """One run of the product into the report."""
    heard = found.heard
    delivered = heard.changes / (bench.clients * heard.made)
    report.figure("delivered_share", "changes delivered, of all made", delivered, at_least(0.999))
    report.figure("made_per_s", "changes made a second", heard.made / bench.seconds, at_least(9.5))
    report.figure("delta_p50_ms", "from made to read: p50 ms", heard.p50_ms)
    report.figure("delta_p99_ms", "from made to read: p99 ms", heard.p99_ms, at_most(250.0))
    report.figure("delta_most_ms", "from made to read: longest ms", heard.most_ms)
    report.figure("client_kb", "peak memory a reader, kB", found.kb_a_client, at_most(16.0))
    report.figure("delta_cpu_us", "CPU µs a change and reader", found.cpu_us)
    report.figure("generator_cpu_share", "readers' CPU, of one core", heard.cpu_share)


def add_peer(report: Report, bench: Bench, found: Steady) -> None:
    """One run of the peer."""
    heard = found.heard
    report.peer("queues_made_per_s", "a queue a reader: changes made a second", heard.made / bench.seconds)
    report.peer("queues_p50_ms", "a queue a reader: p50 ms", heard.p50_ms)
    report.peer("queues_p99_ms", "a queue a reader: p99 ms", heard.p99_ms)
    report.peer("queues_client_kb", "a queue a reader: peak memory a reader, kB", found.kb_a_client)
    report.peer("queues_cpu_us", "a queue a reader: CPU µs a change and reader", found.cpu_us)


def main() -> None:
    """Runs it all and prints the report."""
    parser = argparse.ArgumentParser(description="Readers of one board.")
    parser.add_argument("--clients", type=int, default=CLIENTS)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    open_files(asked.clients + 200)
    pins, busy = pinning(), load_line()
    with running_on(pins.others), own_state() as folder:
        report = Report("sse", [machine_line(), pins.describe(), busy])
        report.say(
            f"{asked.clients:,} readers of one board, each with a token of its own and tick_ms=0; "
            f"{STEADY_PER_S} changes a second of {DELTA_BYTES} bytes, so "
            f"{asked.clients * STEADY_PER_S:,} writes a second; one reader takes nothing of "
            f"{FLOOD_PER_S:,} changes a second"
        )
        bench = Bench(folder, pins, asked.clients, asked.seconds)
        for run in report.rounds("readers", asked.runs, WITHIN_S):
            found = {}
            for module in (PRODUCT, QUEUES) if run % 2 == 0 else (QUEUES, PRODUCT):
                found[module] = steady(bench, module)
            add(report, bench, found[PRODUCT])
            add_peer(report, bench, found[QUEUES])
            grew, told = stalled(bench)
            report.figure(
                "stalled_grew_mb",
                f"a reader that takes nothing of {told:.0f} MB: memory grew by MB",
                grew,
                at_most(1.0),
            )
            report.ratio(
                "cpu_to_queues",
                "CPU a change and reader / a queue a reader",
                found[PRODUCT].cpu_us / found[QUEUES].cpu_us,
            )
    report.show()


if __name__ == "__main__":
    main()
