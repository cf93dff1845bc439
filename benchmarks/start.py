"""`python -m benchmarks.start`: how soon a process is of use when a million decisions lie behind it.

The processes are `python -m services.checkin --role decider` and `python -m services.reporting --role edge`,
without a snapshot and with one, made by `--role snapshots`. Ready is the 200 of `/readyz`, and of a replica
also a situation that it answers; a takeover runs from kill -9 of the owner, the group's session timeout of
6 s with it, until a request to an operation of its is decided.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from pathlib import Path
from typing import Final

from benchmarks.backlog import fill, opened, record_keys
from benchmarks.broker import kafka_version, own_kafka, own_state
from benchmarks.fold import OPERATIONS, Decided
from benchmarks.fold import write as write_facts
from benchmarks.machine import load_line, machine_line, pinning, running_on
from benchmarks.report import Report, at_most
from benchmarks.start_judge import TAKEOVER_S, measure_judge
from benchmarks.started import (
    LOOK_S,
    READY_WITHIN_S,
    WITHIN_S,
    Bench,
    until_answered,
    until_ready,
    until_shared,
)
from benchmarks.workload import Field, requests, sealing
from pamwal.contracts.topics import FIELD_DECISIONS, FIELD_REQUESTS, PARTITIONS_DEFAULT
from pamwal.edge.issuer import Issuer
from pamwal.wire.log import Outgoing
from pamwal.wire.partitioning import partition_of
from pamwal.wire.tail import find_decision
from services.checkin.core import CheckinCore

READY_S: Final = 2.0
READY_FROM_0_S: Final = 6.0
OPERATION: Final = "bench-007"
SITUATION: Final = f"/reporting/v1/operations/{OPERATION}/situation"


def write(bench: Bench, decisions: int, operations: int) -> list[Outgoing]:
    """Requests and their decisions, as deciders of this cluster would have left them; requests to come."""

    async def cluster_id() -> str:
        async with opened(bench.bootstrap_servers) as log:
            return await log.cluster_id()

    cluster = asyncio.run(cluster_id())
    decided = Decided(CheckinCore(), Field(), decisions, operations=operations, cluster_id=cluster)
    asyncio.run(fill(bench.bootstrap_servers, FIELD_REQUESTS.name, decided.requests()))
    asyncio.run(fill(bench.bootstrap_servers, FIELD_DECISIONS.name, decided.decisions()))
    asyncio.run(record_keys(bench.bootstrap_servers, bench.folder, FIELD_REQUESTS.name))
    more = list(requests(Field(), 3 * operations, operations))
    return more[-operations:]


async def until_decided(bootstrap_servers: str, request: Outgoing) -> None:
    """Says one request, and waits for its committed decision."""
    async with opened(bootstrap_servers) as log:
        producer = await log.producer()
        receipt = await producer.send(FIELD_REQUESTS.name, request)
        async with asyncio.timeout(READY_WITHIN_S):
            while await find_decision(log, receipt) is None:  # noqa: ASYNC110 - nothing announces it
                await asyncio.sleep(LOOK_S)
        await producer.close()


def ready_s(bench: Bench, name: str, *, snapshots: bool) -> tuple[float, float]:
    """Seconds from the start of a process until it is ready, and its memory then."""
    began = time.perf_counter()
    with bench.decider(name, snapshots=snapshots) as decider:
        asyncio.run(until_ready(decider))
        return time.perf_counter() - began, decider.child.usage().rss_mb


def takeover_s(bench: Bench, request: Outgoing, *, snapshots: bool) -> float:
    """Seconds from kill -9 of a partition's owner until its next request is decided."""
    partition = partition_of(request.key, PARTITIONS_DEFAULT)
    with (
        bench.decider("first", snapshots=snapshots) as first,
        bench.decider("second", snapshots=snapshots) as second,
    ):
        for each in (first, second):
            asyncio.run(until_ready(each))
        owned = asyncio.run(until_shared([first, second]))
        owner = first if partition in owned[0] else second
        began = time.perf_counter()
        owner.child.kill()
        asyncio.run(
            until_decided(bench.bootstrap_servers, sealing(bench.folder, FIELD_REQUESTS.name)(request))
        )
        return time.perf_counter() - began


def measure(bench: Bench, report: Report, decisions: int, operations: int, runs: int) -> None:
    """One shape: an empty process, and one of two that is killed."""
    shape = f"{operations}_operation{'s' if operations > 1 else ''}"
    words = f"{decisions:,} decisions, {operations} operation{'s' if operations > 1 else ''}"
    more = write(bench, decisions, operations)
    report.figure(
        f"made_s_{shape}",
        f"{words}: all snapshots made, s",
        bench.make_snapshots("services.checkin", "decider"),
    )
    report.figure(f"snapshots_mb_{shape}", f"{words}: snapshots, MB", bench.snapshots_mb)
    for run in report.rounds(words, runs, WITHIN_S):
        for snapshots in (True, False) if run % 2 == 0 else (False, True):
            way, said = ("by_snapshot", "by snapshot") if snapshots else ("from_0", "from 0")
            seconds, memory_mb = ready_s(bench, f"{way}-{run}", snapshots=snapshots)
            report.figure(f"ready_s_{way}_{shape}", f"{words}: ready {said}, s", seconds)
            report.figure(f"ready_mb_{way}_{shape}", f"{words}: memory when ready {said}, MB", memory_mb)
            target = at_most(TAKEOVER_S) if snapshots else None
            took_s = takeover_s(bench, more[run], snapshots=snapshots)
            report.figure(f"takeover_s_{way}_{shape}", f"{words}: takeover {said}, s", took_s, target)


def measure_replica(bench: Bench, report: Report, facts: int, runs: int) -> None:
    """An empty replica of reporting, until it is ready and until it has answered for one operation."""
    words = f"replica, {facts:,} facts, {OPERATIONS} operations"
    made_s = bench.make_snapshots("services.reporting", "edge")
    report.figure("made_s_replica", f"{words}: snapshot made, s", made_s)
    report.figure("snapshots_mb_replica", f"{words}: snapshot, MB", bench.snapshots_mb)
    for run in report.rounds(words, runs, WITHIN_S):
        for snapshots in (True, False) if run % 2 == 0 else (False, True):
            way, said = ("by_snapshot", "by snapshot") if snapshots else ("from_0", "from 0")
            began = time.perf_counter()
            with bench.replica(f"replica-{way}-{run}", snapshots=snapshots) as replica:
                asyncio.run(until_ready(replica))
                ready, cpu_s = time.perf_counter() - began, replica.child.usage().cpu_s
                asyncio.run(until_answered(replica, SITUATION, reader(bench.folder)))
                answered, memory_mb = time.perf_counter() - began, replica.child.usage().rss_mb
            target = at_most(READY_S if snapshots else READY_FROM_0_S)
            report.figure(f"ready_s_{way}_replica", f"{words}: ready {said}, s", ready, target)
            report.figure(f"ready_cpu_s_{way}_replica", f"{words}: CPU until ready {said}, s", cpu_s)
            report.figure(f"answered_s_{way}_replica", f"{words}: answered {said}, s", answered)
            report.figure(f"ready_mb_{way}_replica", f"{words}: memory then {said}, MB", memory_mb)


def reader(state: Path) -> dict[str, str]:
    """The headers of somebody who may ask for `SITUATION`."""
    token = Issuer(state / "issuer").issue(
        role="ops_head", operation=OPERATION, mode="exercise", subject="reader"
    )
    return {"authorization": f"Bearer {token}"}


def main() -> None:
    """Runs it all and prints the report."""
    parser = argparse.ArgumentParser(description="Until a decider decides, and a replica answers.")
    parser.add_argument("--of", choices=("decider", "replica", "judge", "all"), default="all")
    parser.add_argument("--decisions", type=int, default=1_000_000)
    parser.add_argument("--operations", type=int, nargs="+", default=[200, 1], help="shapes, one by one")
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    pins, busy = pinning(), load_line()
    report = Report("start", [machine_line(kafka_version()), pins.describe(), busy])
    report.say("of a takeover 6 s are the group's session timeout; a start has that of Python, 0.7 s or so")
    for operations in asked.operations if asked.of in {"decider", "all"} else ():
        with running_on(pins.others), own_state() as folder, own_kafka(folder, pins.others) as kafka:
            bench = Bench(kafka.bootstrap_servers, folder, pins)
            measure(bench, report, asked.decisions, operations, asked.runs)
    if asked.of != "decider":
        with running_on(pins.others), own_state() as folder, own_kafka(folder, pins.others) as kafka:
            bench = Bench(kafka.bootstrap_servers, folder, pins)
            facts = write_facts(kafka.bootstrap_servers, asked.decisions)
            if asked.of != "judge":
                measure_replica(bench, report, facts, asked.runs)
            if asked.of != "replica":
                measure_judge(bench, report, facts, asked.runs)
    report.show()


if __name__ == "__main__":
    main()
