"""What reporting's replay is made of, and what it is compared with. Each reads the topics to their end.

picture    the product: decode and fold into picture and history, as a replica does on start
reporting  the product, whole: picture and ledger from decisions and requests, by its own tails; what it does
           once it is ready leaves half of the time to readers
decode     decoded and counted only: the floor
dicts      what one would write first: json.loads, and facts put into dicts
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Coroutine
from typing import Any, Final

import uvloop

from benchmarks.measured import usage_of
from benchmarks.peers.digest import digest_of
from pamwal.contracts import codec
from pamwal.contracts.topics import FIELD_DECISIONS, SCHEDULING_DECISIONS
from pamwal.edge.clock import Clock
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.log import Log, Record, TopicPartition
from pamwal.wire.replay import replay
from services.reporting.live import LivePicture
from services.reporting.picture import Pictures
from services.reporting.picture.decided import Decided
from services.reporting.picture.folding import Folding
from services.reporting.picture.history import History

Fold = Callable[[TopicPartition, list[Record]], None]
Found = Pictures | None
"""The pictures made, if any."""
DECISIONS: Final = (SCHEDULING_DECISIONS.name, FIELD_DECISIONS.name)
LEVEL_WITHIN_S: Final = 200.0


async def _picture(log: Log) -> Pictures:
    pictures = Pictures()
    folding = Folding(pictures, History(pictures))

    def fold(at: TopicPartition, records: list[Record]) -> None:
        folding.fold(at, records, _nothing_else)

    await _replay(log, fold)
    return pictures


def _nothing_else(_: Decided) -> None:
    """Where a replica counts the ledger."""


async def _decode(log: Log) -> None:
    count, decode = 0, codec.decode_decision

    def fold(_: TopicPartition, records: list[Record]) -> None:
        nonlocal count
        for record in records:
            count += len(decode(record.value).data.facts)

    await _replay(log, fold)


async def _dicts(log: Log) -> None:
    operations: dict[str, dict[str, dict[str, Any]]] = {}

    def fold(_: TopicPartition, records: list[Record]) -> None:
        for record in records:
            decision = json.loads(record.value)
            data = decision["data"]
            operation = operations.setdefault(decision["operationid"], {})
            for fact in data.get("facts", ()):
                kept = operation.setdefault(fact["type"], {})
                kept[data["request"]["postid"] + fact["id"]] = fact

    await _replay(log, fold)


async def _reporting(log: Log) -> Pictures:
    live = LivePicture(log, Clock())
    await live.start()
    async with asyncio.timeout(LEVEL_WITHIN_S):
        while not live.whole:  # noqa: ASYNC110 - it is asked for, nothing announces it
            await asyncio.sleep(0.005)
    return live.pictures


async def _replay(log: Log, fold: Fold) -> None:
    starts = {
        TopicPartition(topic, number): 0
        for topic in DECISIONS
        for number in range(await log.partition_count(topic))
    }
    await replay(log, starts, fold)


FOLDS: Final[dict[str, Callable[[Log], Coroutine[Any, Any, Found]]]] = {
    "picture": _picture,
    "reporting": _reporting,
    "decode": _decode,
    "dicts": _dicts,
}


async def run(kind: str, bootstrap_servers: str) -> dict[str, float | str]:
    """One fold in this process: seconds, CPU seconds and memory, before and at its highest.

    Where it made pictures also their digest, which takes its time after the clock stopped.
    """
    log = KafkaLog(bootstrap_servers)
    await log.cluster_id()
    before, began = usage_of(os.getpid()), time.perf_counter()
    found = await FOLDS[kind](log)
    seconds, after = time.perf_counter() - began, usage_of(os.getpid())
    return {
        "digest": "" if found is None else digest_of(found),
        "seconds": seconds,
        "cpu_s": after.cpu_s - before.cpu_s,
        "before_mb": before.rss_mb,
        "peak_mb": after.peak_mb,
    }


def main() -> None:
    """`python -m benchmarks.peers.folds <fold> <bootstrap servers>`: a line of JSON."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(run(*sys.argv[1:]))), flush=True)
    os._exit(0)  # taking a million objects apart, one by one, is nobody's time to wait for


if __name__ == "__main__":
    main()
