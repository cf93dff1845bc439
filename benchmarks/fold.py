"""`python -m benchmarks.fold`: how fast a replica of reporting reads the log from its beginning.

The facts are those of real decisions, made by the cores and the partition's judge, and stand in Kafka. Beside
the product, in the same run, a Kafka Streams aggregate folds the same decisions; both must give one digest.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterator
from typing import Any, Final

from benchmarks.backlog import fill, opened
from benchmarks.broker import kafka_version, own_kafka, own_state
from benchmarks.machine import load_line, machine_line, pinning, running_on
from benchmarks.measured import Child, Program
from benchmarks.peers.folds import DECISIONS, FOLDS
from benchmarks.peers.streams import built
from benchmarks.report import Report, at_least
from benchmarks.workload import Field, Mix, Plan, Speaker, requests
from pamwal.contracts import codec
from pamwal.contracts.topics import PARTITIONS_DEFAULT
from pamwal.local.sources import state_folder
from pamwal.wire.book import Book
from pamwal.wire.core import Core
from pamwal.wire.judge import Judge
from pamwal.wire.log import Outgoing, Record
from pamwal.wire.partitioning import partition_of
from services.checkin.core import CheckinCore
from services.scheduler.core import SchedulerCore

TARGET_PER_S: Final = 80_000.0
TARGET_TO_STREAMS: Final = 5.0
WITHIN_S: Final = 240.0
OPERATIONS: Final = 200
PLAN_SHARE: Final = 0.1
MIX: Final = Mix(repeat=0.05, refuse=0.0, late=0.1)
KNOWN_AT: Final = "2024-10-03T02:00:00.000Z"
WORDS: Final = {
    "picture": "picture with its history",
    "reporting": "picture and ledger, requests read too",
    "decode": "decoded and counted only",
    "dicts": "json.loads into dicts",
    "aggregate": "Kafka Streams, aggregate",
    "processor": "Kafka Streams, by hand",
}
Said = dict[str, Any]


class Decided:
    """Requests, and the decisions they get, each in the order in which the log keeps them."""

    def __init__(
        self,
        core: Core[Any],
        speaker: Speaker,
        count: int,
        *,
        operations: int = OPERATIONS,
        cluster_id: str = "bench",
    ) -> None:
        """A decider takes them for its own where `cluster_id` is that of the log they go to."""
        self.core, self._speaker, self._count = core, speaker, count
        self._operations, self._cluster_id = operations, cluster_id
        self.facts = 0
        self._requests: list[Outgoing] = []

    def decisions(self) -> Iterator[Outgoing]:
        """Decides one request after the other."""
        books = [
            Book(
                self._cluster_id,
                self.core.requests_topic,
                self.core.decisions_topic,
                number,
                PARTITIONS_DEFAULT,
            )
            for number in range(PARTITIONS_DEFAULT)
        ]
        judges = [Judge(self.core, book, partition_of) for book in books]
        for said in self.requests():
            judge = judges[partition_of(said.key, PARTITIONS_DEFAULT)]
            offset, place = judge.book.next_offset, judge.book.partition
            record = Record(self.core.requests_topic, place, offset, said.key, said.value, said.headers, 0)
            outgoing = judge.judge(record, KNOWN_AT)
            self.facts += len(codec.decode_decision(outgoing.value).data.facts)
            yield outgoing

    def requests(self) -> Iterator[Outgoing]:
        """The same every time."""
        return requests(self._speaker, self._count, self._operations, MIX)


def write(bootstrap_servers: str, facts: int) -> int:
    """Fills the four topics that reporting reads; returns how many facts their decisions hold."""

    async def cluster_id() -> str:
        async with opened(bootstrap_servers) as log:
            return await log.cluster_id()

    cluster, times = asyncio.run(cluster_id()), 1 / (1 - MIX.repeat)
    field = Decided(CheckinCore(), Field(), round(facts * (1 - PLAN_SHARE) * times), cluster_id=cluster)
    plan = Decided(SchedulerCore(), Plan(), round(facts * PLAN_SHARE * times), cluster_id=cluster)
    for decided in (plan, field):
        asyncio.run(fill(bootstrap_servers, decided.core.requests_topic, decided.requests()))
        asyncio.run(fill(bootstrap_servers, decided.core.decisions_topic, decided.decisions()))
    return field.facts + plan.facts


def add(report: Report, kind: str, facts: int, said: Said) -> None:
    """One run into the report."""
    words, per_s, cpu_us = WORDS[kind], facts / said["seconds"], said["cpu_s"] / facts * 1e6
    if kind == "picture":
        report.figure("fold_facts_per_s", f"{words}: facts/s", per_s, at_least(TARGET_PER_S))
        report.figure("fold_cpu_us_per_fact", f"{words}: CPU µs a fact", cpu_us)
        report.figure("fold_facts_per_cpu_s", f"{words}: facts a CPU second", facts / said["cpu_s"])
        report.figure("fold_peak_memory_mb", f"{words}: peak memory MB", said["peak_mb"])
    elif kind == "reporting":
        report.figure("catch_up_facts_per_s", f"{words}: facts/s", per_s)
        report.figure("catch_up_cpu_us_per_fact", f"{words}: CPU µs a fact", cpu_us)
        report.figure("catch_up_peak_memory_mb", f"{words}: peak memory MB", said["peak_mb"])
    else:
        report.peer(f"{kind}_facts_per_s", f"{words}: facts/s", per_s)
        report.peer(f"{kind}_cpu_us_per_fact", f"{words}: CPU µs a fact", cpu_us)
        report.peer(f"{kind}_facts_per_cpu_s", f"{words}: facts a CPU second", facts / said["cpu_s"])
        report.peer(f"{kind}_peak_memory_mb", f"{words}: peak memory MB", said["peak_mb"])


def compare(report: Report, found: dict[str, Said]) -> None:
    """The ratios of one run. RuntimeError if two folds of the same decisions differ in their digest."""
    digests = {kind: said["digest"] for kind, said in found.items() if said["digest"]}
    if len(set(digests.values())) != 1:
        raise RuntimeError(f"the folds differ in what they found: {digests}")
    report.say(f"the same digest by {', '.join(WORDS[kind] for kind in WORDS if kind in digests)}")
    ours = found["picture"]
    for kind in ("decode", "dicts"):
        rates = found[kind]["seconds"] / ours["seconds"]
        report.ratio(f"fold_to_{kind}", f"picture / {WORDS[kind]}", rates)
    for kind, target in (("aggregate", at_least(TARGET_TO_STREAMS)), ("processor", None)):
        per_cpu_s = found[kind]["cpu_s"] / ours["cpu_s"]
        report.ratio(f"fold_to_{kind}_per_cpu_s", f"picture / {WORDS[kind]}, a CPU second", per_cpu_s, target)


def main() -> None:
    """Runs it all and prints the report."""
    parser = argparse.ArgumentParser(description="Facts a second on replay.")
    parser.add_argument("--facts", type=int, default=300_000, help="1,000,000 is the norm, and takes longer")
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    pins, busy = pinning(), load_line()
    streams = built(state_folder())
    with running_on(pins.others), own_state() as folder, own_kafka(folder, pins.others) as kafka:
        report = Report("fold", [machine_line(kafka_version()), pins.describe(), busy])
        facts = write(kafka.bootstrap_servers, asked.facts)
        report.say(
            f"{facts:,} facts of {OPERATIONS} operations: a tenth plans, the rest from the field; 5 % of the "
            "requests are repeats, 10 % of the observations came ten minutes late"
        )
        report.say(
            "Kafka Streams: in-memory stores with changelog and cache, one thread, its second pass in one "
            "process. Aggregate: by the DSL, each fact under its own key. By hand: on its Processor API, all "
            "under the operation's key, so that nothing is repartitioned"
        )

        def measured(kind: str) -> Program:
            log_file = folder / f"{kind}.log"
            if kind in FOLDS:
                arguments = (kind, kafka.bootstrap_servers)
                return Child(pins.measured, "benchmarks.peers.folds", *arguments, log_file=log_file)
            command = (*streams, kind, kafka.bootstrap_servers, str(folder), *DECISIONS)
            return Program(pins.measured, *command, log_file=log_file)

        for run in report.rounds("replay", asked.runs, WITHIN_S):
            found: dict[str, Said] = {}
            for kind in WORDS if run % 2 == 0 else reversed(WORDS):
                with measured(kind) as program:
                    found[kind] = program.answer()
                add(report, kind, facts, found[kind])
            compare(report, found)
    report.show()


if __name__ == "__main__":
    main()
