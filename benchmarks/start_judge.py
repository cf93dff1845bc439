"""How soon a decider of reporting is of use: it holds what all others decided before it judges anything.

Ready is the 200 of `/readyz`, where all partitions are decided. A takeover is the longest that a request to
a partition of one of two processes waits for its decision, from kill -9 or SIGTERM of that one on; with
kill -9 the group's session timeout of 6 s is inside it. The other process then still has to judge by and by
what it took over: until it has is a figure of its own, for alerts that come due meanwhile wait so long.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from benchmarks.backlog import opened, record_keys
from benchmarks.fold import OPERATIONS
from benchmarks.report import Report, at_most
from benchmarks.started import (
    LOOK_S,
    READY_WITHIN_S,
    WITHIN_S,
    Bench,
    Started,
    told,
    until_ready,
    until_shared,
)
from benchmarks.workload import Said, claims, record_of, sealing
from pamwal.contracts.reporting_alerts import AcknowledgeAlerts
from pamwal.contracts.topics import PARTITIONS_DEFAULT, REPORTING_REQUESTS
from pamwal.wire.log import Log, Receipt, TopicPartition
from pamwal.wire.metrics import JUDGED
from pamwal.wire.partitioning import partition_of
from pamwal.wire.tail import find_decision

TAKEOVER_S: Final = 8.0
HANDOVER_S: Final = 2.0
POST: Final = "alak"
ASKED: Final = 20
ASK_EVERY_S: Final = 0.1
"""From the signal on: whoever is told to end goes on deciding for a moment."""
QUIET_S: Final = 2.0
"""Nothing judged for so long: all that had to be judged is."""


class TakenOver(NamedTuple):
    """What became of the partitions of one of two that ended."""

    waited_s: float
    """The longest that a request to one of them waited for its decision."""
    judged_s: float
    """From the signal until the other had judged all operations that live there."""


def operations_in(partitions: Iterable[int]) -> list[str]:
    """The operations of the benchmark that live there."""
    names = [f"bench-{number:03d}" for number in range(OPERATIONS)]
    return [name for name in names if partition_of(name.encode(), PARTITIONS_DEFAULT) in partitions]


async def longest_wait_s(bench: Bench, partitions: Sequence[int], number: int) -> float:
    """Asks each of these partitions for something again and again: the longest until one was decided.

    By the stamps of the records, so that looking for decisions takes no part in it.
    """
    async with opened(bench.bootstrap_servers) as log:
        producer = await log.producer()
        asked: list[Receipt] = []
        sealed = sealing(bench.folder, REPORTING_REQUESTS.name)
        for turn in range(ASKED):
            for partition in partitions:
                operation, nth = operations_in([partition])[0], number * ASKED + turn
                kind, own = "pamwal.reporting.acknowledge_alerts.v1", claims(operation, POST)
                said = Said(f"takeover-{nth}", kind, POST, own, AcknowledgeAlerts(alerts=["none"]), nth)
                record = sealed(record_of(operation, said, nth))
                asked.append(await producer.send(REPORTING_REQUESTS.name, record))
            await asyncio.sleep(ASK_EVERY_S)
        async with asyncio.timeout(READY_WITHIN_S):
            waits_ms = [await _waited_ms(log, each) for each in asked]
        await producer.close()
        return max(waits_ms) / 1000


async def _waited_ms(log: Log, receipt: Receipt) -> int:
    while (decision := await find_decision(log, receipt)) is None:  # noqa: ASYNC110 - nothing announces it
        await asyncio.sleep(LOOK_S)
    request = await log.fetch(TopicPartition(receipt.topic, receipt.partition), receipt.offset)
    return decision.timestamp_ms - (decision if request is None else request).timestamp_ms


async def until_quiet(process: Started) -> float:
    """When a process judged an operation last, once it judges none any more."""
    before, since = -1.0, time.perf_counter()
    while time.perf_counter() - since < QUIET_S:
        found = sum((await told(process, JUDGED.name)).values())
        if found != before:
            before, since = found, time.perf_counter()
        await asyncio.sleep(ASK_EVERY_S)
    return since


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
        for each in (first, second):
            asyncio.run(until_quiet(each))
        began = time.perf_counter()
        second.child.signal(signal.SIGKILL if kill else signal.SIGTERM)
        waited_s = asyncio.run(longest_wait_s(bench, its, number))
        return TakenOver(waited_s, asyncio.run(until_quiet(first)) - began)


def measure_judge(bench: Bench, report: Report, facts: int, runs: int) -> None:
    """An empty process, and one of two that ends."""
    words = f"decider of reporting, {facts:,} facts"
    asyncio.run(record_keys(bench.bootstrap_servers, bench.folder, REPORTING_REQUESTS.name))
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
            what = f"{words}: {how}, longest wait for a decision, s"
            report.figure(f"{key}_s_by_snapshot_judge", what, found.waited_s, at_most(limit_s))
            what = f"{words}: {how}, all judged by the other, s"
            report.figure(f"{key}_judged_s_by_snapshot_judge", what, found.judged_s)
