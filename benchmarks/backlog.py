"""Filling topics, and following one to its end while a measured process writes it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.measured import Usage
from pamwal.edge.key_registry import KeyRegistry
from pamwal.edge.settings import EdgeSettings
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.log import Outgoing, TopicPartition

IN_FLIGHT: Final = 2_000
STALLED_AFTER_S: Final = 60.0
_LOOK_MS: Final = 20
_READ_RECORDS: Final = 10_000


class Stretch(NamedTuple):
    """From the first records seen to the last: how many came, how long it took, what the process took."""

    records: int
    seconds: float
    cpu_s: float
    peak_mb: float

    @property
    def per_s(self) -> float:
        """Records a second."""
        return self.records / self.seconds

    @property
    def cpu_us(self) -> float:
        """CPU microseconds a record."""
        return self.cpu_s / self.records * 1e6


@asynccontextmanager
async def opened(bootstrap_servers: str) -> AsyncIterator[KafkaLog]:
    """A log that is closed at the end. What aiokafka says while a new topic gets its leaders is not shown."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    log = KafkaLog(bootstrap_servers, answer_within_ms=30_000)
    try:
        yield log
    finally:
        await log.close()


async def record_keys(bootstrap_servers: str, state: Path, requests_topic: str) -> None:
    """Records the keys of a state folder as the first edge on a log does. Deciders wait for that."""
    async with opened(bootstrap_servers) as log:
        await KeyRegistry(log, EdgeSettings(state=state), requests_topic=requests_topic).agree()


async def fill(bootstrap_servers: str, topic: str, records: Iterable[Outgoing]) -> int:
    """Appends records and returns how many, once all are acknowledged."""
    async with opened(bootstrap_servers) as log:
        producer = await log.producer()
        sent, waiting = 0, []
        for record in records:
            waiting.append(await producer.post(topic, record))
            sent += 1
            if len(waiting) >= IN_FLIGHT:
                await asyncio.gather(*waiting)
                waiting.clear()
        await asyncio.gather(*waiting)
        return sent


async def follow(bootstrap_servers: str, topic: str, total: int, usage: Callable[[], Usage]) -> Stretch:
    """Reads an empty topic until `total` committed records came: from when the first came to when all had.

    So a process's start is not counted. TimeoutError if nothing moves for a minute.
    """
    async with opened(bootstrap_servers) as log:
        places = [TopicPartition(topic, number) for number in range(await log.partition_count(topic))]
        reader = await log.reader(dict.fromkeys(places, 0))
        seen = first = 0
        began = moved = time.perf_counter()
        before = usage()
        while seen < total:
            found = await reader.read(max_records=_READ_RECORDS, wait_ms=_LOOK_MS)
            now, count = time.perf_counter(), sum(map(len, found.values()))
            if count and not seen:
                began, first, before = now, count, usage()
            seen += count
            moved = now if count else moved
            if now - moved > STALLED_AFTER_S:
                raise TimeoutError(f"{topic}: {seen} of {total} records, and nothing more")

        ended, after = time.perf_counter(), usage()
        return Stretch(seen - first, ended - began, after.cpu_s - before.cpu_s, after.peak_mb)
