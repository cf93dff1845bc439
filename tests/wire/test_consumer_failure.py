"""A consumer that reads no further by itself is replaced at once, and why it failed is said."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable

import pytest
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    NewTopic,
    ResourcePattern,
    ResourceType,
)

from pamwal.contracts.errors import LogError
from pamwal.contracts.kafka_users import ADMIN, decider_user, group_of
from pamwal.local.kafka import LocalKafka
from pamwal.wire.faust_worker import DeciderWorker
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.kafka_admin import kafka_admin
from tests.secured_kafka import SecuredKafka
from tests.wire.counting import NOW, Count, CountingCore
from tests.wire.test_worker import PARTITIONS, a_worker, post_home, until_next

pytestmark = pytest.mark.kafka
DEADLINE_S = 60
WATCHDOG = "though requests wait"


async def until(holds: Callable[[], bool], what: Callable[[], object]) -> None:
    try:
        async with asyncio.timeout(DEADLINE_S):
            while not holds():
                await asyncio.sleep(0.02)
    except TimeoutError:
        pytest.fail(f"it never came to this: {what()}")


async def sees(log: KafkaLog, core: CountingCore) -> bool:
    """Whether the broker shows both topics to this log's user: new rules take a moment."""
    try:
        for topic in (core.requests_topic, core.decisions_topic):
            await log.partition_count(topic)
    except LogError:
        return False
    return True


@pytest.mark.parametrize("task", ["_fetcher._fetch_task", "_coordinator._coordination_task"])
async def test_a_consumer_whose_task_ended_is_replaced(
    kafka: LocalKafka, kafka_log: KafkaLog, core: CountingCore, task: str, caplog: pytest.LogCaptureFixture
) -> None:
    worker = a_worker(kafka, kafka_log, core)
    await worker.start()
    try:
        await post_home(kafka_log, core, "a")
        await until_next(worker, 1, 1, 1, 1)
        assert worker._app is not None
        thread = worker._app.consumer._thread
        part, name = task.split(".")
        ending = getattr(getattr(thread._consumer, part), name)

        thread.thread_loop.call_soon_threadsafe(ending.cancel)
        await until(lambda: worker.status().restarts == 1, worker.status)
        await post_home(kafka_log, core, "b")
        await until_next(worker, 2, 2, 2, 2)

        assert worker.status().restarts == 1
        assert WATCHDOG not in caplog.text
    finally:
        await worker.stop()


async def test_a_worker_that_its_group_refused_says_so_and_joins_once_it_may(secured: SecuredKafka) -> None:
    user = decider_user("checkin")
    core = CountingCore(scope=f"group{uuid.uuid4().hex[:10]}")
    admin = secured.scram_servers, secured.security(ADMIN)

    def allow(*resources: tuple[ResourceType, str]) -> None:
        rules = [
            ACL(f"User:{user}", "*", ACLOperation.ALL, ACLPermissionType.ALLOW, ResourcePattern(*resource))
            for resource in resources
        ]
        with kafka_admin(*admin) as client:
            client.create_acls(rules)

    def prepare() -> None:
        topics = (core.requests_topic, core.decisions_topic)
        with kafka_admin(*admin) as client:
            client.create_topics([NewTopic(name, PARTITIONS, 1) for name in topics])
            client.wait_for_topics(list(topics))
        ids = (f"{core.service}-{number}" for number in range(PARTITIONS))
        allow(
            *((ResourceType.TOPIC, name) for name in topics),
            *((ResourceType.TRANSACTIONAL_ID, name) for name in ids),
        )

    await asyncio.to_thread(prepare)
    log, writer = KafkaLog(secured.scram_servers, secured.security(user)), KafkaLog(*admin)
    worker: DeciderWorker[Count] = DeciderWorker(
        core, secured.scram_servers, log, lambda: NOW, security=secured.security(user)
    )
    try:
        async with asyncio.timeout(DEADLINE_S):
            while not await sees(log, core):
                await asyncio.sleep(0.02)
        await worker.start()
        await until(lambda: "GroupAuthorizationFailed" in (worker.trouble() or ""), worker.trouble)
        await asyncio.to_thread(allow, (ResourceType.GROUP, group_of(core.service)))
        await post_home(writer, core, "a")
        await until_next(worker, 1, 1, 1, 1)
        assert worker.trouble() is None
    finally:
        await worker.stop()
        await log.close()
        await writer.close()
