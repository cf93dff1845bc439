"""`python -m benchmarks.decider`: decisions a second from a backlog, by the worker shell as it is served.

The measured process is `python -m services.<service> --role decider`; the backlog stands in the log before it
starts. What it decides is read back committed, and the time runs from the first records seen to the last.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.backlog import Stretch, fill, follow, record_keys
from benchmarks.broker import empty_topics, kafka_version, own_kafka, own_state
from benchmarks.machine import Pinning, load_line, machine_line, pinning, running_on
from benchmarks.measured import Child
from benchmarks.report import Report, at_least
from benchmarks.workload import Field, Plan, Speaker, requests, sealing
from pamwal.contracts.topics import FIELD_REQUESTS, SCHEDULING_REQUESTS, decisions_of
from pamwal.local.readiness import free_port

TARGET_PER_S: Final = 15_000.0
SHAPE_WITHIN_S: Final = 110.0
STREAM_WITHIN_S: Final = 40.0
STREAM_RECORDS: Final = 10_000
"""Faust's own stream is so slow that more would only take longer."""
SPEAKERS: Final[dict[str, tuple[str, Callable[[], Speaker]]]] = {
    "checkin": (FIELD_REQUESTS.name, Field),
    "scheduler": (SCHEDULING_REQUESTS.name, Plan),
}
PEERS: Final = {
    "plain": "bare aiokafka loop, same deciders",
    "echo": "bare loop, nothing decided, bytes back",
    "stream": "Faust's own stream, same deciders",
}


class Bench(NamedTuple):
    """Where one run takes place."""

    bootstrap_servers: str
    folder: Path
    pins: Pinning
    service: str

    @property
    def requests_topic(self) -> str:
        """Where the backlog stands."""
        return SPEAKERS[self.service][0]

    @property
    def decisions_topic(self) -> str:
        """What is written."""
        return decisions_of(self.requests_topic).name

    @contextmanager
    def running(self, what: str) -> Iterator[Child]:
        """The product, or one of the peers, on the measured core."""
        log_file = self.folder / f"{what}.log"
        if what != "product":
            module = "benchmarks.peers.decider_loops"
            arguments: tuple[str, ...] = (what, self.service, self.bootstrap_servers)
            environment = {}
        else:
            module, arguments = f"services.{self.service}", ("--role", "decider")
            environment = {
                "PAMWAL_BOOTSTRAP_SERVERS": self.bootstrap_servers,
                "PAMWAL_STATE": str(self.folder),
                "PAMWAL_PORT": str(free_port()),
            }
        child = Child(self.pins.measured, module, *arguments, log_file=log_file, environment=environment)
        with child:
            yield child

    def measure(self, what: str, total: int) -> Stretch:
        """One run over a backlog whose decisions topic was emptied."""
        empty_topics(self.bootstrap_servers, [self.decisions_topic])
        with self.running(what) as child:
            return asyncio.run(follow(self.bootstrap_servers, self.decisions_topic, total, child.usage))


def measure(bench: Bench, report: Report, *, requests_n: int, operations: int, runs: int) -> None:
    """One shape of backlog, product and peers by turns."""
    asyncio.run(record_keys(bench.bootstrap_servers, bench.folder, bench.requests_topic))
    sealed = sealing(bench.folder, bench.requests_topic)
    records = map(sealed, requests(SPEAKERS[bench.service][1](), requests_n, operations))
    empty_topics(bench.bootstrap_servers, [bench.requests_topic])
    asyncio.run(fill(bench.bootstrap_servers, bench.requests_topic, records))
    end = f"{bench.service}_{operations}_operation{'s' if operations > 1 else ''}"
    words = f"{bench.service}, {operations} operation{'s' if operations > 1 else ''}"
    for run in report.rounds(words, runs, SHAPE_WITHIN_S):
        order = ("product", "plain", "echo") if run % 2 == 0 else ("echo", "plain", "product")
        found = {what: bench.measure(what, requests_n) for what in order}
        product = found.pop("product")
        report.figure(
            f"decisions_per_s_{end}", f"{words}: decisions/s", product.per_s, at_least(TARGET_PER_S)
        )
        report.figure(f"cpu_us_per_decision_{end}", f"{words}: CPU µs a decision", product.cpu_us)
        report.figure(f"peak_memory_mb_{end}", f"{words}: peak memory MB", product.peak_mb)
        for what, peer in found.items():
            report.peer(f"{what}_per_s_{end}", f"{words}: {PEERS[what]}, /s", peer.per_s)
            report.peer(f"{what}_cpu_us_{end}", f"{words}: {what}, CPU µs each", peer.cpu_us)
            report.ratio(f"product_to_{what}_{end}", f"{words}: product / {what}", product.per_s / peer.per_s)


def measure_stream(bench: Bench, report: Report, runs: int) -> None:
    """Faust's own stream, on a backlog of its own size."""
    records = requests(SPEAKERS[bench.service][1](), STREAM_RECORDS, 200)
    empty_topics(bench.bootstrap_servers, [bench.requests_topic])
    asyncio.run(fill(bench.bootstrap_servers, bench.requests_topic, records))
    for _ in report.rounds(PEERS["stream"], runs, STREAM_WITHIN_S):
        peer = bench.measure("stream", STREAM_RECORDS)
        words = f"{bench.service}, 200 operations: {PEERS['stream']}, /s"
        report.peer(f"stream_per_s_{bench.service}_200_operations", words, peer.per_s)
        words = f"{bench.service}, 200 operations: stream, CPU µs each"
        report.peer(f"stream_cpu_us_{bench.service}_200_operations", words, peer.cpu_us)


def main() -> None:
    """Runs it all and prints the report."""
    parser = argparse.ArgumentParser(description="Decisions a second from a backlog.")
    parser.add_argument("--service", choices=sorted(SPEAKERS), default="checkin")
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    pins, busy = pinning(), load_line()
    with running_on(pins.others), own_state() as folder, own_kafka(folder, pins.others) as kafka:
        report = Report("decider", [machine_line(kafka_version()), pins.describe(), busy])
        report.say(
            f"backlog of {asked.requests:,} requests: 70 % accepted, 20 % repeats, 10 % refused; "
            "12 partitions, each batch flushed to disk"
        )
        bench = Bench(kafka.bootstrap_servers, folder, pins, asked.service)
        measure_stream(bench, report, asked.runs)
        for operations in (200, 1):
            measure(bench, report, requests_n=asked.requests, operations=operations, runs=asked.runs)
    report.show()


if __name__ == "__main__":
    main()
