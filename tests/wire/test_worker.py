"""The worker shell over a real Kafka: each guard, and partitions that change hands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from kafka.admin import KafkaAdminClient

from pamwal.contracts import codec
from pamwal.local.kafka import LocalKafka
from pamwal.wire.faust_worker import DeciderWorker
from pamwal.wire.groups import deciding_now
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.log import Outgoing, TopicPartition
from pamwal.wire.owner import Pace
from pamwal.wire.parking import park
from pamwal.wire.partitioning import partition_of
from tests.wire.conftest import create_topic
from tests.wire.counting import NOW, RAISES, Count, CountingCore, a_request
from tests.wire.witness import DEADLINE_S, decisions, outcomes, post, prove

pytestmark = pytest.mark.kafka

PARTITIONS = 4
QUICK = Pace(backoff_min_ms=20, backoff_max_ms=100, fenced_ms=50, halted_poll_ms=50)


def operations_of(partition: int) -> list[str]:
    """Five operations whose home is that partition."""
    found = (f"op{number}" for number in range(10_000))
    return [name for name in found if partition_of(name.encode(), PARTITIONS) == partition][:5]


HOME = [operations_of(partition)[0] for partition in range(PARTITIONS)]


def a_worker(kafka: LocalKafka, log: KafkaLog, core: CountingCore) -> DeciderWorker[Count]:
    return DeciderWorker(core, kafka.bootstrap_servers, log, lambda: NOW, pace=QUICK)


@pytest.fixture
async def worker(
    kafka: LocalKafka, kafka_log: KafkaLog, core: CountingCore
) -> AsyncIterator[DeciderWorker[Count]]:
    worker = a_worker(kafka, kafka_log, core)
    await worker.start()
    yield worker
    await worker.stop()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not holds():
            await asyncio.sleep(0.01)


async def until_next(worker: DeciderWorker[Count], *offsets: int) -> None:
    """Until the partitions stand at these offsets."""
    try:
        await until(lambda: tuple(one.next_offset for one in worker.status().partitions) == offsets)
    except TimeoutError:
        pytest.fail(f"{worker.status()} never came to {offsets}")


async def post_home(log: KafkaLog, core: CountingCore, *names: str, queue: int = 0) -> None:
    """One request of each name to every partition."""
    requests = [a_request(name, operation=home, queue=queue) for home in HOME for name in names]
    await post(log, *requests, partition=None, topic=core.requests_topic)


async def test_what_is_there_and_what_comes_is_decided_once(
    worker: DeciderWorker[Count], kafka: LocalKafka, kafka_log: KafkaLog, core: CountingCore
) -> None:
    await post_home(kafka_log, core, "a", "b", "a")
    await until_next(worker, 3, 3, 3, 3)
    assert worker.trouble() is None
    assert worker.status().ready
    await worker.stop()
    await post_home(kafka_log, core, "b", "c")
    again = a_worker(kafka, kafka_log, core)
    await again.start()
    await until_next(again, 5, 5, 5, 5)
    await again.stop()
    for partition in range(PARTITIONS):
        await prove(kafka_log, 5, partition, core)
        assert await outcomes(kafka_log, partition, core) == [
            "accepted",
            "accepted",
            "repeat",
            "repeat",
            "accepted",
        ]


async def test_records_that_never_came_are_asked_for_again_without_a_restart(
    worker: DeciderWorker[Count], kafka_log: KafkaLog, core: CountingCore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await post_home(kafka_log, core, "a")
    await until_next(worker, 1, 1, 1, 1)
    lost: list[int] = []

    def lose(partition: int, records: list[object]) -> None:
        lost.append(partition)
        if partition:
            handed(partition, records)

    handed = worker.take
    monkeypatch.setattr(worker, "take", lose)
    await post_home(kafka_log, core, "b")
    await until(lambda: 0 in lost)
    monkeypatch.setattr(worker, "take", handed)
    await until_next(worker, 2, 2, 2, 2)
    assert worker.status().restarts == 0


async def test_bad_records_are_parked_and_nothing_stops(
    worker: DeciderWorker[Count], kafka_log: KafkaLog, core: CountingCore
) -> None:
    await post(kafka_log, b"\xff{", b'{"type":"pamwal.field.dance.v1"}', topic=core.requests_topic)
    await post(kafka_log, a_request("x", operation=HOME[1]), partition=0, topic=core.requests_topic)
    producer = await kafka_log.producer()
    strange = a_request("y", operation=HOME[0])
    await producer.send(core.requests_topic, Outgoing(b"strange", codec.encode(strange)), partition=0)
    await producer.close()
    await post(kafka_log, a_request("z", operation=HOME[0]), topic=core.requests_topic)
    await until_next(worker, 5, 0, 0, 0)
    assert await outcomes(kafka_log, 0, core) == [
        "undecodable",
        "unknown_type",
        "wrong_partition",
        "wrong_key",
        "accepted",
    ]
    await prove(kafka_log, 5, 0, core)


async def test_a_core_that_raises_halts_its_partition_alone_until_an_operator_parks_the_record(
    worker: DeciderWorker[Count], kafka_log: KafkaLog, core: CountingCore
) -> None:
    await post(
        kafka_log, a_request("bad", operation=HOME[2], queue=RAISES), partition=2, topic=core.requests_topic
    )
    await until(lambda: "core_failed" in (worker.trouble() or ""))
    await post_home(kafka_log, core, "a", "b")
    await until_next(worker, 2, 2, 0, 2)
    trouble = worker.trouble()
    assert trouble is not None
    assert f"{core.requests_topic}-2-0" in trouble
    assert not worker.status().ready
    await park(kafka_log, core, 2, 0, reason="queue overflow", operator="siti", now=NOW)
    await until_next(worker, 2, 2, 3, 2)
    assert worker.trouble() is None
    assert await outcomes(kafka_log, 2, core) == ["parked_by_operator", "accepted", "accepted"]
    await prove(kafka_log, 3, 2, core)


async def test_a_service_decides_from_when_it_joined_until_it_left(
    worker: DeciderWorker[Count], kafka: LocalKafka, core: CountingCore
) -> None:
    services = ("nobody", core.service)
    await until(lambda: worker.status().joined)
    assert await asyncio.to_thread(deciding_now, kafka.bootstrap_servers, services) == [core.service]
    await worker.stop()
    assert await asyncio.to_thread(deciding_now, kafka.bootstrap_servers, services) == []


async def test_mended_code_decides_the_record_that_halted(
    worker: DeciderWorker[Count], kafka: LocalKafka, kafka_log: KafkaLog, core: CountingCore
) -> None:
    await post_home(kafka_log, core, "bad", queue=RAISES)
    await until(lambda: (worker.trouble() or "").count("core_failed") == PARTITIONS)
    await worker.stop()
    core.mended = True
    again = a_worker(kafka, kafka_log, core)
    await again.start()
    await until_next(again, 1, 1, 1, 1)
    await again.stop()
    assert await outcomes(kafka_log, 0, core) == ["accepted"]


async def test_a_client_that_skipped_records_is_sent_back(
    worker: DeciderWorker[Count], kafka_log: KafkaLog, core: CountingCore
) -> None:
    await post_home(kafka_log, core, "a")
    await until_next(worker, 1, 1, 1, 1)
    app = worker._app
    assert app is not None
    await app.consumer.seek_soon(core.requests_topic, 0, 3)
    await post_home(kafka_log, core, "b", "c", "d", "e")
    await until_next(worker, 5, 5, 5, 5)
    assert set(await outcomes(kafka_log, 0, core)) == {"accepted"}
    await prove(kafka_log, 5, 0, core)


async def test_offsets_the_log_does_not_have_are_parked_as_absent(
    worker: DeciderWorker[Count], kafka_log: KafkaLog, core: CountingCore
) -> None:
    await post(kafka_log, a_request("a", operation=HOME[0]), topic=core.requests_topic)
    foreign = await kafka_log.fence(f"foreign to {core.service}")
    await foreign.write(core.requests_topic, 0, [Outgoing(b"op", b"{")])
    await foreign.close()
    await post(kafka_log, a_request("b", operation=HOME[0]), topic=core.requests_topic)
    await until_next(worker, 4, 0, 0, 0)
    assert await outcomes(kafka_log, 0, core) == ["accepted", "undecodable", "absent", "accepted"]


async def test_a_foreign_writer_of_decisions_is_shut_out_or_halts_the_partition(
    worker: DeciderWorker[Count], kafka_log: KafkaLog, core: CountingCore
) -> None:
    await post_home(kafka_log, core, "a")
    await until_next(worker, 1, 1, 1, 1)
    foreign = await kafka_log.fence(f"{core.service}-0")
    await post_home(kafka_log, core, "b")
    await until_next(worker, 2, 2, 2, 2)
    await prove(kafka_log, 2, 0, core)
    await foreign.close()
    intruder = await kafka_log.fence("another id")
    await intruder.write(core.decisions_topic, 0, [Outgoing(b"op", b"{}")])
    await intruder.close()
    await (await kafka_log.fence(f"{core.service}-0")).close()
    await post_home(kafka_log, core, "c")
    await until(lambda: "decisions_broken" in (worker.trouble() or ""))
    await until_next(worker, 2, 3, 3, 3)


async def test_two_workers_share_the_partitions_and_a_leaving_one_hands_over_at_once(
    worker: DeciderWorker[Count], kafka: LocalKafka, kafka_log: KafkaLog, core: CountingCore
) -> None:
    await post_home(kafka_log, core, "a")
    await until_next(worker, 1, 1, 1, 1)
    other_log = KafkaLog(kafka.bootstrap_servers)
    other = a_worker(kafka, other_log, core)
    await other.start()

    def shared() -> bool:
        owned = [one.partition for each in (worker, other) for one in each.status().partitions]
        return sorted(owned) == [0, 1, 2, 3] and worker.status().ready and other.status().ready

    await until(lambda: shared() and len(other.status().partitions) == 2)
    await post_home(kafka_log, core, "b", "a")
    await until(
        lambda: all(one.next_offset == 3 for each in (worker, other) for one in each.status().partitions)
    )
    clock = asyncio.get_running_loop().time
    left_at = clock()
    await other.stop()
    await other_log.close()
    await post_home(kafka_log, core, "c")
    await until_next(worker, 4, 4, 4, 4)
    assert clock() - left_at < 3, "2 s is the promise; a busy machine gets one more"
    for partition in range(PARTITIONS):
        await prove(kafka_log, 4, partition, core)


async def test_requests_made_anew_behind_their_decisions_halt_every_partition(
    worker: DeciderWorker[Count], kafka: LocalKafka, kafka_log: KafkaLog, core: CountingCore
) -> None:
    await post_home(kafka_log, core, "a", "b")
    await until_next(worker, 2, 2, 2, 2)
    await worker.stop()
    admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
    admin.delete_topics([core.requests_topic])
    admin.close()
    create_topic(kafka.bootstrap_servers, core.requests_topic, PARTITIONS)
    await post(kafka_log, *(a_request(f"new{n}") for n in range(5)), partition=1, topic=core.requests_topic)
    again = a_worker(kafka, kafka_log, core)
    await again.start()
    await until(lambda: (again.trouble() or "").count("log_truncated") == PARTITIONS)
    assert not again.status().ready
    await again.stop()
    for partition in range(PARTITIONS):
        assert len(await decisions(kafka_log, partition, core)) == 2
    at = TopicPartition(core.requests_topic, 1)
    assert (await kafka_log.end_offsets([at]))[at] == 5, "and nothing new is lost"
