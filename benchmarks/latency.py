"""`python -m benchmarks.latency`: until a check-in is seen, until all is ready; idle memory.

The product runs whole, by the code of `pamwal up`: Kafka, topics and the three services.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.broker import kafka_version, own_state
from benchmarks.load.steady import Seen, Steady
from benchmarks.machine import Pinning, all_cores, load_line, machine_line, pinning, running_on
from benchmarks.measured import Child, usage_of
from benchmarks.report import Report, Target, at_most
from pamwal.edge.issuer import Issuer
from pamwal.simulation.boards import Day
from pamwal.simulation.day import check_in, plan, token
from pamwal.stack.stack import SERVICES, Stack

PER_S: Final = 50.0
OFFICERS: Final = 151
"""The real day: domain scenario S1."""
READY_WITHIN_S: Final = 90.0
STEADY_WITHIN_S: Final = 150.0
IDLE_S: Final = 5.0
PARTS: Final = tuple(msgspec.structs.replace(part, own_port=False) for part in SERVICES)
"""The whole product, at ports nobody else has."""


def main() -> None:
    """Runs it all and prints the report."""
    parser = argparse.ArgumentParser(description="Latency at 50 a second, readiness, idle memory.")
    parser.add_argument("--operations", type=int, default=5)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    pins, busy = pinning(), load_line()
    report = Report("latency", [machine_line(kafka_version()), pins.describe(), busy])
    report.say(
        f"{PER_S:.0f} check-ins a second, in turn in operations of {OFFICERS}, RF 1, each write flushed; "
        "the three services share the measured core. Ready and idle: on all cores, Kafka included"
    )
    with own_state() as folder:
        for _ in report.rounds("ready and idle", asked.runs, READY_WITHIN_S):
            asyncio.run(start_and_idle(folder, report))
    with running_on(pins.others), own_state() as folder:
        asyncio.run(measure(folder, pins, report, asked.runs, asked.operations))
    report.show()


async def start_and_idle(folder: Path, report: Report) -> None:
    """From nothing to three ready services, and their memory when nobody has asked them anything."""
    began = time.perf_counter()
    with running_on(all_cores()):
        async with Stack(folder, PARTS) as stack:
            report.figure("ready_s", "all ready after s", time.perf_counter() - began, at_most(10.0))
            pids = {part.name: pid for part in PARTS if (pid := stack.process(part.name).pid) is not None}
            before = {name: usage_of(pid) for name, pid in pids.items()}
            await asyncio.sleep(IDLE_S)
            for name, pid in pids.items():
                after = usage_of(pid)
                share = (after.cpu_s - before[name].cpu_s) / IDLE_S
                report.figure(f"idle_{name}_mb", f"{name} idle: memory MB", after.rss_mb, at_most(150.0))
                report.figure(f"idle_{name}_cpu_share", f"{name} idle: share of one core", share)


async def measure(folder: Path, pins: Pinning, report: Report, runs: int, operations: int) -> None:
    """All runs on one stack, each with operations of its own."""
    stack = Stack(folder, PARTS)
    try:
        await stack.start_kafka()
        with running_on(pins.measured):
            await stack.start_parts()
        # a broker that has just started compiles its code meanwhile, which takes half a core
        await one_run(stack, folder, pins, "warm", operations)
        for run in report.rounds("steady", runs, STEADY_WITHIN_S):
            add(report, await one_run(stack, folder, pins, f"bench-{run}", operations))
    finally:
        await stack.close()


async def one_run(stack: Stack, folder: Path, pins: Pinning, name: str, operations: int) -> Seen:
    """Plans so many operations and one for warm-up, then lets the load generator check everybody in."""
    issuer, days = Issuer(folder / "issuer"), []
    for number in range(operations + 1):
        operation = f"{name}-{number}"
        await plan(stack.plan("scheduler").api, issuer, operation, OFFICERS)
        post, board = (token(issuer, operation, role) for role in ("command_post", "ops_head"))
        days.append(Day(operation=operation, post_token=post, board_token=board))
    steady = Steady(
        per_s=PER_S,
        checkin_port=stack.plan("checkin").port,
        reporting_port=stack.plan("reporting").port,
        operations=days,
        bodies=[check_in(number) for number in range(OFFICERS)],
        bootstrap_servers=stack.bootstrap_servers,
        state=str(folder),
    )
    file = folder / "steady.json"
    file.write_bytes(msgspec.json.encode(steady))
    log_file = folder / "steady.log"
    with Child(pins.others, "benchmarks.load.steady", str(file), log_file=log_file) as child:
        return msgspec.convert(await asyncio.to_thread(child.answer), Seen)


def add(report: Report, seen: Seen) -> None:
    """One run into the report."""
    _add(report, "visible", "POST to board, at once", seen.at_once_ms, at_most(15.0), at_most(60.0))
    _add(report, "visible_default_tick", "POST to board, its default tick", seen.usual_ms)
    _add(report, "answered", "POST to its answer, decided", seen.answered_ms)
    _add(report, "decider", "request appended to decision visible", seen.appended_ms, at_most(6.0))
    _add(report, "decider_and_append", "request sent to decision visible", seen.decided_ms)


def _add(
    report: Report,
    name: str,
    words: str,
    took_ms: list[float],
    p50: Target | None = None,
    p99: Target | None = None,
) -> None:
    report.figure(f"{name}_p50_ms", f"{words}: p50 ms", statistics.median(took_ms), p50)
    report.figure(f"{name}_p99_ms", f"{words}: p99 ms", sorted(took_ms)[len(took_ms) * 99 // 100], p99)


if __name__ == "__main__":
    main()
