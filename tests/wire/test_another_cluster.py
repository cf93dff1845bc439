"""Another cluster takes the address a process writes to: it stops, says so, and writes nothing there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from pamwal.contracts.errors import AnotherCluster
from pamwal.local.kafka import running_kafka
from pamwal.wire.faust_worker import DeciderWorker
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.log import TopicPartition
from pamwal.wire.memory import MemoryLog
from tests.ports import reserved_port
from tests.wire.conftest import create_topic
from tests.wire.counting import NOW, Count, CountingCore, a_request
from tests.wire.test_broker_trouble import until
from tests.wire.test_worker import QUICK
from tests.wire.witness import Worker, everything, post, prove

CORE = CountingCore(scope="elsewhere")


async def test_a_partition_halts_before_another_cluster_and_goes_on_when_its_own_is_back() -> None:
    # given a partition that decides
    log = MemoryLog(partitions=1)
    log.create_topics()
    async with Worker(log, CountingCore(), 0) as worker:
        await post(log, a_request("a"))
        await worker.until_next(1)

        # when another cluster answers at its address, and the group deals anew
        log.cluster = "another"
        await worker.owner.hold()
        worker.owner.start()
        await worker.until_halted()

        # then it says which, and nobody opens a producer there
        status = worker.owner.status()
        assert status.reason == "another_cluster"
        assert (
            "another cluster is at this address: another. This process began on memory" in status.sentence()
        )
        with pytest.raises(AnotherCluster):
            await log.producer()

        # and with its own cluster back it goes on
        log.cluster = "memory"
        await worker.until(lambda: worker.owner.status().phase == "deciding")
        await post(log, a_request("b"))
        await worker.until_next(2)
    await prove(log, 2)


@pytest.fixture
def port() -> Iterator[int]:
    """Where one broker listens after the other."""
    with reserved_port() as port:
        yield port


@pytest.mark.kafka
async def test_a_worker_decides_nothing_on_a_cluster_that_took_the_address_of_its_own(
    port: int, tmp_path: Path
) -> None:
    servers = f"127.0.0.1:{port}"
    log = KafkaLog(servers, answer_within_ms=1_500)
    worker: DeciderWorker[Count] = DeciderWorker(CORE, servers, log, lambda: NOW, pace=QUICK)

    def next_is(offset: int) -> bool:
        return [one.next_offset for one in worker.status().partitions] == [offset] and worker.status().ready

    try:
        # given a worker that decides on one cluster
        async with running_kafka(tmp_path / "one", port=port):
            for topic in (CORE.requests_topic, CORE.decisions_topic):
                await asyncio.to_thread(create_topic, servers, topic)
            await worker.start()
            await post(log, a_request("a"), topic=CORE.requests_topic)
            await until(lambda: next_is(1), worker.status)

        # when an empty one comes up at its address, and somebody puts requests there
        async with running_kafka(tmp_path / "two", port=port):
            for topic in (CORE.requests_topic, CORE.decisions_topic):
                await asyncio.to_thread(create_topic, servers, topic)
            fresh = KafkaLog(servers)
            await post(fresh, a_request("b"), a_request("c"), topic=CORE.requests_topic)
            await until(
                lambda: "another cluster is at this address" in (worker.trouble() or ""), worker.trouble
            )

            # then it is not ready, and nothing of it stands in the new one
            assert not worker.status().ready
            with pytest.raises(AnotherCluster):
                await log.producer()
            assert await everything(fresh, CORE.decisions_topic) == []
            at = TopicPartition(CORE.decisions_topic, 0)
            assert await fresh.end_offsets([at]) == {at: 0}
            await worker.stop()
            await fresh.close()
    finally:
        await worker.stop()
        await log.close()
