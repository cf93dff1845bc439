"""A broker that dies and comes back, once with all it had, once without its tail. It is this test's own."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from pamwal.contracts.errors import LogUnavailable
from pamwal.local.kafka import LocalKafka, running_kafka
from pamwal.wire.faust_worker import DeciderWorker
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.log import Producer, Receipt, TopicPartition
from tests.wire.conftest import create_topic
from tests.wire.counting import NOW, Count, CountingCore, a_request, outgoing
from tests.wire.test_worker import QUICK
from tests.wire.witness import decisions, outcomes, post, prove

pytestmark = pytest.mark.kafka

DEADLINE_S = 60
CORE = CountingCore(scope="trouble")
AT = TopicPartition(CORE.requests_topic, 0)


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[LocalKafka]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with running_kafka(tmp_path, port=port) as broker:
        for topic in (CORE.requests_topic, CORE.decisions_topic):
            await asyncio.to_thread(create_topic, broker.bootstrap_servers, topic)
        yield broker


async def until(holds: Callable[[], bool], what: Callable[[], object]) -> None:
    try:
        async with asyncio.timeout(DEADLINE_S):
            while not holds():
                await asyncio.sleep(0.02)
    except TimeoutError:
        pytest.fail(f"it never came to this: {what()}")


async def send_until_kept(log: KafkaLog, name: str) -> Receipt:
    """What a client does: the same id again until it is told that the request is kept."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            producer: Producer | None = None
            try:
                producer = await log.producer()
                return await producer.send(CORE.requests_topic, outgoing(a_request(name)), partition=0)
            except LogUnavailable:
                await asyncio.sleep(0.1)
            finally:
                if producer is not None:
                    await producer.close(flush=False)


def cut_tail(data: Path, topic: str, keep: int) -> None:
    """What a power cut does to a broker that had not flushed: the last bytes of the segment are not there."""
    folder = data / f"{topic}-0"
    with (folder / "00000000000000000000.log").open("r+b") as segment:
        segment.truncate(keep)
    for stale in (*folder.glob("*.index"), *folder.glob("*.timeindex"), *folder.glob("*.snapshot")):
        stale.unlink()
    for checkpoint in ("recovery-point-offset-checkpoint", "replication-offset-checkpoint"):
        (data / checkpoint).unlink(missing_ok=True)


async def test_a_broker_that_dies_and_comes_back_with_and_without_its_tail(broker: LocalKafka) -> None:
    log = KafkaLog(broker.bootstrap_servers, answer_within_ms=1_500)
    worker: DeciderWorker[Count] = DeciderWorker(CORE, broker.bootstrap_servers, log, lambda: NOW, pace=QUICK)
    await worker.start()

    def next_is(offset: int) -> bool:
        return [one.next_offset for one in worker.status().partitions] == [offset] and worker.status().ready

    try:
        await post(log, *(a_request(f"r{n}") for n in range(5)), topic=CORE.requests_topic)
        await until(lambda: next_is(5), worker.status)
        segment = broker.data_dir / f"{CORE.requests_topic}-0" / "00000000000000000000.log"
        kept = segment.stat().st_size
        producer = await log.producer()

        await asyncio.to_thread(broker.kill)
        with pytest.raises(LogUnavailable):
            await producer.send(CORE.requests_topic, outgoing(a_request("away")), partition=0)
        with pytest.raises(LogUnavailable):
            await producer.send(CORE.requests_topic, outgoing(a_request("away")), partition=0)
        await producer.close(flush=False)
        await until(lambda: "does not answer" in (worker.trouble() or ""), worker.trouble)
        coming_back = asyncio.create_task(asyncio.to_thread(broker.start))
        await send_until_kept(log, "away")
        await coming_back
        end = (await log.end_offsets([AT]))[AT]
        await until(lambda: next_is(end), worker.status)
        await prove(log, end, 0, CORE)
        assert (await outcomes(log, 0, CORE)).count("accepted") == 6, "sent again and again, accepted once"

        await asyncio.to_thread(broker.kill)
        cut_tail(broker.data_dir, CORE.requests_topic, kept)
        await asyncio.to_thread(broker.start)
        await until(lambda: "log_truncated" in (worker.trouble() or ""), worker.trouble)
        await post(log, *(a_request(f"new{n}") for n in range(end)), topic=CORE.requests_topic)
        await worker.stop()
        again: DeciderWorker[Count] = DeciderWorker(
            CORE, broker.bootstrap_servers, log, lambda: NOW, pace=QUICK
        )
        await again.start()
        await until(lambda: "log_truncated" in (again.trouble() or ""), again.trouble)
        await again.stop()
        assert len(await decisions(log, 0, CORE)) == end, "nothing is decided over the hole"
        assert (await log.end_offsets([AT]))[AT] == 5 + end, "and nothing new is lost"
    finally:
        await worker.stop()
        await log.close()
