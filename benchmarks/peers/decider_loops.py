"""Peers of the decider's shell, on the same backlog, topics and fenced transactions.

plain     the same partition deciders and judge, fed by a bare aiokafka loop: what the shell costs
stream    the same again, fed by Faust's own stream, a record at a time: what the shell's shortcut is for
echo      nothing decided: each request's bytes come back in transactions; the floor of the transport
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable, Coroutine
from typing import Any, Final

import faust
import uvloop
from aiokafka import AIOKafkaConsumer

from pamwal.edge.clock import Clock
from pamwal.wire.core import Core
from pamwal.wire.decider import BATCH_RECORDS, PartitionDecider
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.kafka_reader import as_record
from pamwal.wire.log import Log, Outgoing, Record
from pamwal.wire.metrics import Unobserved
from pamwal.wire.owner import PartitionOwner
from services.checkin.core import CheckinCore
from services.scheduler.core import SchedulerCore

QUEUED_MAX: Final = 4 * BATCH_RECORDS
CORES: Final[dict[str, Callable[[], Core[Any]]]] = {"checkin": CheckinCore, "scheduler": SchedulerCore}


async def plain(bootstrap_servers: str, core: Core[Any]) -> None:
    """aiokafka's `getmany` into the deciders' queues."""
    owners = await _owners(KafkaLog(bootstrap_servers), core)
    consumer = await _consumer(bootstrap_servers, core)
    while True:
        for at, records in (await consumer.getmany(timeout_ms=20, max_records=4 * BATCH_RECORDS)).items():
            owners[at.partition].offer([as_record(record) for record in records])
        _hold_back(consumer, {number: owner.queued for number, owner in owners.items()})


async def echo(bootstrap_servers: str, core: Core[Any]) -> None:
    """aiokafka's `getmany`, and what it gives goes out again, 500 records a transaction."""
    log = KafkaLog(bootstrap_servers)
    consumer = await _consumer(bootstrap_servers, core)
    queues: dict[int, asyncio.Queue[Record]] = {}
    tasks = []
    for number in range(await log.partition_count(core.requests_topic)):
        queues[number] = asyncio.Queue()
        tasks.append(asyncio.create_task(_echo(log, core, number, queues[number])))
    while True:
        for at, records in (await consumer.getmany(timeout_ms=20, max_records=4 * BATCH_RECORDS)).items():
            for record in records:
                queues[at.partition].put_nowait(as_record(record))
        _hold_back(consumer, {number: queue.qsize() for number, queue in queues.items()})


def _hold_back(consumer: Any, queued: dict[int, int]) -> None:
    for at in consumer.assignment():
        (consumer.pause if queued[at.partition] > QUEUED_MAX else consumer.resume)(at)


async def stream(bootstrap_servers: str, core: Core[Any]) -> None:
    """`async for event in stream.events()` into the deciders' queues."""
    log = KafkaLog(bootstrap_servers)
    owners = await _owners(log, core)
    app = faust.App(
        "pamwal-bench-stream",
        broker=f"kafka://{bootstrap_servers}",
        store="memory://",
        web_enabled=False,
        topic_disable_leader=True,
        consumer_auto_offset_reset="earliest",
        stream_wait_empty=False,
    )

    async def agent(events: Any) -> None:
        async for event in events.noack().events():
            message = event.message
            record = Record(
                message.topic, message.partition, message.offset, message.key, message.value, (), 0
            )
            owners[message.partition].offer([record])

    app.agent(app.topic(core.requests_topic, key_type=bytes, value_type=bytes, value_serializer="raw"))(agent)
    await app.start()
    await asyncio.Event().wait()


async def _echo(log: Log, core: Core[Any], number: int, queue: asyncio.Queue[Record]) -> None:
    transactor = await log.fence(f"{core.service}-{number}")
    while True:
        batch = [await queue.get()]
        while len(batch) < BATCH_RECORDS and not queue.empty():
            batch.append(queue.get_nowait())
        written = [Outgoing(record.key or b"", record.value, record.headers) for record in batch]
        await transactor.write(core.decisions_topic, number, written)


async def _owners(log: Log, core: Core[Any]) -> dict[int, PartitionOwner[Any]]:
    clock, owners = Clock(), {}
    for number in range(await log.partition_count(core.requests_topic)):
        decider = PartitionDecider(core, log, number, now=clock.now, observer=Unobserved())
        owners[number] = PartitionOwner(decider, seek=_stay, observer=Unobserved())
        owners[number].start()
    for owner in owners.values():
        await owner.settled.wait()
    return owners


def _stay(offset: int) -> None:
    """A benchmark's client never leaves records out."""
    if offset:
        logging.getLogger(__name__).error("asked to go back to %d", offset)


async def _consumer(bootstrap_servers: str, core: Core[Any]) -> Any:
    consumer = AIOKafkaConsumer(
        core.requests_topic,
        bootstrap_servers=bootstrap_servers,
        group_id="pamwal-bench-loop",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=30,
    )
    await consumer.start()
    return consumer


LOOPS: Final[dict[str, Callable[[str, Core[Any]], Coroutine[Any, Any, None]]]] = {
    "plain": plain,
    "echo": echo,
    "stream": stream,
}


def main() -> None:
    """`python -m benchmarks.peers.decider_loops plain|echo|stream checkin|scheduler <bootstrap servers>`."""
    kind, service, bootstrap_servers = sys.argv[1:]
    logging.basicConfig(level=logging.WARNING)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(LOOPS[kind](bootstrap_servers, CORES[service]()))


if __name__ == "__main__":
    main()
