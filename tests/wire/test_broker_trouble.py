"""A broker that dies and comes back, with all it had or without its tail. Each test has one of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import pytest

from pamwal.contracts.errors import LogUnavailable
from pamwal.local.kafka import LocalKafka, running_kafka
from pamwal.wire import faust_worker
from pamwal.wire.faust_worker import DeciderWorker
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.log import Producer, Receipt, TopicPartition
from tests.ports import reserved_port
from tests.wire.conftest import create_topic
from tests.wire.counting import NOW, Count, CountingCore, a_request, outgoing
from tests.wire.test_worker import QUICK
from tests.wire.witness import decisions, outcomes, post, prove

pytestmark = pytest.mark.kafka

DEADLINE_S = 60
CORE = CountingCore(scope="trouble")
SHARED = CountingCore(scope="restarts")
AT = TopicPartition(CORE.requests_topic, 0)


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[LocalKafka]:
    with reserved_port() as port:
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


async def send_until_kept(log: KafkaLog, name: str, at: TopicPartition = AT) -> Receipt:
    """What a client does: the same id again until it is told that the request is kept."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            producer: Producer | None = None
            try:
                producer = await log.producer()
                return await producer.send(at.topic, outgoing(a_request(name)), partition=at.partition)
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


async def test_deciders_go_on_after_each_restart_of_the_broker_without_the_watchdog(
    broker: LocalKafka, caplog: pytest.LogCaptureFixture
) -> None:
    log = KafkaLog(broker.bootstrap_servers, answer_within_ms=1_500)
    logs = [KafkaLog(broker.bootstrap_servers) for _ in range(2)]
    workers = [DeciderWorker(SHARED, broker.bootstrap_servers, each, lambda: NOW) for each in logs]
    places = [TopicPartition(SHARED.requests_topic, number) for number in range(4)]

    def next_is(ends: dict[int, int]) -> bool:
        statuses = [one for worker in workers for one in worker.status().partitions]
        return {one.partition: one.next_offset for one in statuses if one.well} == ends

    try:
        for topic in (SHARED.requests_topic, SHARED.decisions_topic):
            await asyncio.to_thread(create_topic, broker.bootstrap_servers, topic, len(places))
        for worker in workers:
            await worker.start()
        for number, end in enumerate((broker.kill, broker.stop, broker.kill)):
            for place in places:
                await send_until_kept(log, f"{number}-before", place)
            await asyncio.to_thread(end)
            await asyncio.to_thread(broker.start)
            for place in places:
                await send_until_kept(log, f"{number}-after", place)
            ends = {at.partition: offset for at, offset in (await log.end_offsets(places)).items()}
            await until(partial(next_is, ends), lambda: [each.status() for each in workers])
    finally:
        for worker in workers:
            await worker.stop()
        for each in (log, *logs):
            await each.close()
    assert [worker.status().restarts for worker in workers] == [0, 0], "the engines survive all of it"
    told = [record.getMessage() for record in caplog.records if record.name == faust_worker.__name__]
    assert [each for each in told if "given nothing" in each or "though requests wait" in each] == []
