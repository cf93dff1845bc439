"""`python -m benchmarks.nation`: a day of the whole country over one Kafka, and how old its pictures get.

Domain scenario S6. The product runs whole, as `pamwal up` starts it, on every core there is, and so does the
load beside it.
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
from benchmarks.machine import all_cores, load_line, machine_line
from benchmarks.measured import Child, Usage, usage_of
from benchmarks.report import Report, at_least, at_most
from pamwal.edge.issuer import Issuer
from pamwal.edge.serve import allow_connections
from pamwal.simulation.nation import Country, Told, nation_of, planned
from pamwal.stack.stack import SERVICES, Stack

OPERATIONS: Final = 500
OFFICERS: Final = 100_000
PER_S: Final = 400.0
SECONDS: Final = 30.0
OLD_MS: Final = 2_000.0
"""Domain scenario S6: every operation's picture under 2 s old at p99."""
PARTS: Final = tuple(msgspec.structs.replace(part, own_port=False) for part in SERVICES)


async def one_day(folder: Path, country: Country, report: Report) -> None:
    """The whole country once."""
    issuer = Issuer(folder / "issuer")
    async with Stack(folder, PARTS) as stack:
        began = time.monotonic()
        days = await planned(address(stack, "scheduler"), issuer, country, "nation")
        words = f"{country.officers:,} officers registered and ordered: s"
        report.figure("planned_s", words, time.monotonic() - began)
        nation = nation_of(country, days, address(stack, "checkin"), address(stack, "reporting"))
        file = folder / "nation.json"
        file.write_bytes(msgspec.json.encode(nation))
        with Child(all_cores(), "benchmarks.load.nation", str(file), log_file=folder / "load.log") as child:
            await asyncio.to_thread(child.line)  # all boards are open
            before = usages(stack)
            told = msgspec.convert(await asyncio.to_thread(child.answer), Told)
        add(report, told)
        for name, usage in usages(stack).items():
            report.figure(f"{name}_peak_mb", f"{name}: peak memory MB", usage.peak_mb)
            took_s = usage.cpu_s - before[name].cpu_s
            report.figure(f"{name}_cpu_s", f"{name}: CPU s while it was loaded", took_s)
            each_us = took_s / len(told.answered_ms) * 1e6
            report.figure(f"{name}_cpu_us", f"{name}: CPU µs a check-in", each_us)


def address(stack: Stack, service: str) -> str:
    """Where a service listens."""
    return f"http://127.0.0.1:{stack.plan(service).port}"


def usages(stack: Stack) -> dict[str, Usage]:
    """What each service has taken so far."""
    pids = {part.name: stack.process(part.name).pid for part in PARTS}
    return {name: usage_of(pid) for name, pid in pids.items() if pid is not None}


def add(report: Report, told: Told) -> None:
    """One run into the report."""
    wrong = {status: count for status, count in told.statuses.items() if status not in ("201", "202")}
    if wrong:
        raise RuntimeError(f"check-ins were answered with {wrong}")
    answered = told.statuses.get("201", 0) / len(told.answered_ms)
    report.figure("late_p99_ms", "the load itself, behind its time: p99 ms", _p99(told.late_ms))
    report.figure("decided_share", "answered with the decision, within 2 s", answered)
    _times(report, "answered", "POST to answer", told.answered_ms)
    _times(report, "board", "POST to the operation's board", told.shown_ms, OLD_MS)
    _times(report, "read", "POST to a situation read with its receipt", told.read_ms, OLD_MS)
    report.figure(
        "shown_share", "shown on the boards, of all", 1 - told.unseen / len(told.answered_ms), at_least(1)
    )
    report.figure("boards_cut", "boards whose connection was cut", told.cut, at_most(0))


def _times(report: Report, name: str, words: str, took_ms: list[float], p99: float | None = None) -> None:
    report.figure(f"{name}_p50_ms", f"{words}: p50 ms", statistics.median(took_ms))
    report.figure(f"{name}_p99_ms", f"{words}: p99 ms", _p99(took_ms), None if p99 is None else at_most(p99))


def _p99(found: list[float]) -> float:
    return sorted(found)[len(found) * 99 // 100]


def main() -> None:
    """Runs it and prints the report."""
    parser = argparse.ArgumentParser(description="The whole country at its peak.")
    parser.add_argument("--operations", type=int, default=OPERATIONS)
    parser.add_argument("--officers", type=int, default=OFFICERS)
    parser.add_argument("--per-s", type=float, default=PER_S)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    given = parser.parse_args()
    country = Country(
        operations=given.operations, officers=given.officers, per_s=given.per_s, seconds=given.seconds
    )
    allow_connections()
    report = Report("nation", [machine_line(kafka_version()), load_line()])
    report.say(
        f"{country.operations} operations of {country.officers_each} officers, each with its board followed; "
        f"{country.per_s:g} check-ins a second for {country.seconds:g} s; three services, the load, and a "
        "broker that flushes each write share all cores"
    )
    with own_state() as folder:
        asyncio.run(one_day(folder, country, report))
    report.show()


if __name__ == "__main__":
    main()
