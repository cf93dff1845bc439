"""`python -m benchmarks.nation`: a day of the whole country over one Kafka, and how old its pictures get.

Domain scenario S6. The product runs whole, as `pamwal up` starts it, on every core there is, and so does the
load beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.broker import kafka_version, own_state
from benchmarks.day import check_in, plan, token
from benchmarks.load.nation import Nation, Told
from benchmarks.load.steady import Day
from benchmarks.machine import all_cores, load_line, machine_line
from benchmarks.measured import Child, Usage, usage_of
from benchmarks.report import Report, at_least, at_most
from pamwal.edge.issuer import Issuer
from pamwal.edge.serve import allow_connections
from pamwal.stack.stack import SERVICES, Stack

OPERATIONS: Final = 500
OFFICERS: Final = 100_000
PER_S: Final = 400.0
SECONDS: Final = 30.0
PLANNED_AT_ONCE: Final = 4
OLD_MS: Final = 2_000.0
"""Domain scenario S6: every operation's picture under 2 s old at p99."""
PARTS: Final = tuple(msgspec.structs.replace(part, own_port=False) for part in SERVICES)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """How large a country."""

    operations: int
    officers: int
    per_s: float
    seconds: float

    @property
    def officers_each(self) -> int:
        """Of one operation."""
        return self.officers // self.operations


async def planned(stack: Stack, issuer: Issuer, asked: Asked, report: Report) -> list[Day]:
    """Opens and plans every operation, over HTTP."""
    api, turn, days = stack.plan("scheduler").api, asyncio.Semaphore(PLANNED_AT_ONCE), []
    began = asyncio.get_running_loop().time()

    async def one(operation: str) -> Day:
        async with turn:
            await plan(api, issuer, operation, asked.officers_each)
        post, board = (token(issuer, operation, role) for role in ("command_post", "ops_head"))
        return Day(operation=operation, post_token=post, board_token=board)

    days = await asyncio.gather(*(one(f"nation-{number:03d}") for number in range(asked.operations)))
    took_s = asyncio.get_running_loop().time() - began
    report.figure("planned_s", f"{asked.officers:,} officers registered and ordered: s", took_s)
    return list(days)


async def one_day(folder: Path, asked: Asked, report: Report) -> None:
    """The whole country once."""
    issuer = Issuer(folder / "issuer")
    async with Stack(folder, PARTS) as stack:
        days = await planned(stack, issuer, asked, report)
        rounds = round(asked.per_s * asked.seconds / asked.operations) + 1
        nation = Nation(
            per_s=asked.per_s,
            seconds=asked.seconds,
            checkin_port=stack.plan("checkin").port,
            reporting_port=stack.plan("reporting").port,
            operations=days,
            bodies=[check_in(number) for number in range(rounds)],
        )
        file = folder / "nation.json"
        file.write_bytes(msgspec.json.encode(nation))
        before = usages(stack)
        with Child(all_cores(), "benchmarks.load.nation", str(file), log_file=folder / "load.log") as child:
            told = msgspec.convert(await asyncio.to_thread(child.answer), Told)
        add(report, told)
        for name, usage in usages(stack).items():
            report.figure(f"{name}_peak_mb", f"{name}: peak memory MB", usage.peak_mb)
            report.figure(
                f"{name}_cpu_s", f"{name}: CPU s while it was loaded", usage.cpu_s - before[name].cpu_s
            )


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
    asked = Asked(
        operations=given.operations, officers=given.officers, per_s=given.per_s, seconds=given.seconds
    )
    allow_connections()
    report = Report("nation", [machine_line(kafka_version()), load_line()])
    report.say(
        f"{asked.operations} operations of {asked.officers_each} officers, each with its board followed; "
        f"{asked.per_s:g} check-ins a second for {asked.seconds:g} s; three services, the load, and a broker "
        "that flushes each write share all cores"
    )
    with own_state() as folder:
        asyncio.run(one_day(folder, asked, report))
    report.show()


if __name__ == "__main__":
    main()
