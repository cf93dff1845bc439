"""How soon a decider of reporting is of use: it holds what all others decided before it judges anything.

Ready is the 200 of `/readyz`, where all partitions are decided. A takeover runs from kill -9 or SIGTERM of
one of two processes, until the other has decided a request to each partition of the one that ended; with
kill -9 the group's session timeout of 6 s is inside it. A process then still has to judge by and by what it
took over: until it has is a figure of its own, for alerts that come due meanwhile wait so long.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from benchmarks.backlog import opened
from benchmarks.fold import OPERATIONS
from benchmarks.report import Report, at_most
from benchmarks.started import (
    LOOK_S,
    READY_WITHIN_S,
    SHARED_LOOK_S,
    WITHIN_S,
    Bench,
    Started,
    told,
    until_ready,
    until_shared,
)
from benchmarks.workload import Said, claims, record_of
from pamwal.contracts.reporting_alerts import AcknowledgeAlerts
from pamwal.contracts.topics import PARTITIONS_DEFAULT, REPORTING_REQUESTS
from pamwal.wire.log import Receipt
from pamwal.wire.metrics import JUDGED
from pamwal.wire.partitioning import partition_of
from pamwal.wire.tail import find_decision

TAKEOVER_S: Final = 8.0
HANDOVER_S: Final = 2.0
POST: Final = "alak"
LEVEL_S: Final = 2.0
"""Nothing judged for so long: all that had to be judged is."""


class TakenOver(NamedTuple):
    """Seconds from the end of one of two until the other had decided, and had judged, all that was its."""

    decided_s: float
    judged_s: float


def operations_in(partitions: Iterable[int]) -> list[str]:
    """The operations of the benchmark that live there."""
    names = [f"bench-{number:03d}" for number in range(OPERATIONS)]
    return [name for name in names if partition_of(name.encode(), PARTITIONS_DEFAULT) in partitions]


async def until_all_decided(bench: Bench, partitions: Iterable[int], number: int) -> None:
    """Asks for something in each of these partitions, and waits until all of it is decided."""
    async with opened(bench.bootstrap_servers) as log:
        producer = await log.producer()
        receipts: list[Receipt] = []
        for partition in partitions:
            operation = operations_in([partition])[0]
            asked = AcknowledgeAlerts(alerts=["none"])
            kind, own = "pamwal.reporting.acknowledge_alerts.v1", claims(operation, POST)
            said = Said(f"takeover-{number}", kind, POST, own, asked, number)
            receipts.append(await producer.send(REPORTING_REQUESTS.name, record_of(operation, said, number)))
        async with asyncio.timeout(READY_WITHIN_S):
            for receipt in receipts:
                while await find_decision(log, receipt) is None:  # noqa: ASYNC110 - nothing announces it
                    await asyncio.sleep(LOOK_S)
        await producer.close()


async def until_judged(process: Started, least: float) -> float:
    """When a process was first seen to have judged so many operations since it began."""
    async with asyncio.timeout(READY_WITHIN_S):
        while sum((await told(process, JUDGED.name)).values()) < least:  # noqa: ASYNC110 - as above
            await asyncio.sleep(LOOK_S)
    return time.perf_counter()


async def until_quiet(process: Started) -> float:
    """How many operations it judged, once it judges none any more."""
    before, since = -1.0, time.perf_counter()
    while time.perf_counter() - since < LEVEL_S:
        found = sum((await told(process, JUDGED.name)).values())
        if found != before:
            before, since = found, time.perf_counter()
        await asyncio.sleep(SHARED_LOOK_S)
    return before


def takeover_s(bench: Bench, number: int, *, snapshots: bool, kill: bool) -> TakenOver:
    """From the end of one of two; `number` tells what is asked apart from what was asked before."""
    options: dict[str, Any] = {"snapshots": snapshots}
    with (
        bench.started(f"first-{number}", "services.reporting", "decider", **options) as first,
        bench.started(f"second-{number}", "services.reporting", "decider", **options) as second,
    ):
        for each in (first, second):
            asyncio.run(until_ready(each))
        _, its = asyncio.run(until_shared([first, second]))
        _, judged = [asyncio.run(until_quiet(each)) for each in (second, first)]
        began = time.perf_counter()
        (second.child.kill if kill else second.child.end)()
        asyncio.run(until_all_decided(bench, its, number))
        decided = time.perf_counter()
        all_judged = asyncio.run(until_judged(first, judged + len(operations_in(its))))
        return TakenOver(decided - began, all_judged - began)


def measure_judge(bench: Bench, report: Report, facts: int, runs: int) -> None:
    """An empty process, and one of two that ends."""
    words = f"decider of reporting, {facts:,} facts"
    made_s = bench.make_snapshots("services.reporting", "decider")
    report.figure("made_s_judge", f"{words}: snapshots made, s", made_s)
    for run in report.rounds(words, runs, WITHIN_S):
        for snapshots in (True, False) if run % 2 == 0 else (False, True):
            way, said = ("by_snapshot", "by snapshot") if snapshots else ("from_0", "from 0")
            began, name = time.perf_counter(), f"judge-{way}-{run}"
            with bench.started(name, "services.reporting", "decider", snapshots=snapshots) as judge:
                asyncio.run(until_ready(judge))
                ready, usage = time.perf_counter() - began, judge.child.usage()
            report.figure(f"ready_s_{way}_judge", f"{words}: ready {said}, s", ready)
            report.figure(f"ready_cpu_s_{way}_judge", f"{words}: CPU until ready {said}, s", usage.cpu_s)
            report.figure(f"ready_mb_{way}_judge", f"{words}: memory then {said}, MB", usage.rss_mb)
        for kill, how, key, limit_s in (
            (True, "killed", "takeover", TAKEOVER_S),
            (False, "told to end", "handover", HANDOVER_S),
        ):
            found = takeover_s(bench, 2 * run + kill + 1, snapshots=True, kill=kill)
            what = f"{words}: {how}, all decided by the other, s"
            report.figure(f"{key}_s_by_snapshot_judge", what, found.decided_s, at_most(limit_s))
            what = f"{words}: {how}, all judged by the other, s"
            report.figure(f"{key}_judged_s_by_snapshot_judge", what, found.judged_s)
