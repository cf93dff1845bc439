"""Topics as the contracts list them; the count is a cluster's for its life, so one test has its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator

import pytest
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient

from pamwal.contracts.errors import LogUnavailable, TopicMismatch
from pamwal.contracts.topics import EXERCISE_MARK, FIELD_DECISIONS, FIELD_REQUESTS, PERSONAL, PROBES, TOPICS
from pamwal.local.kafka import LocalKafka, running_kafka
from pamwal.wire.decider import PartitionDecider
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.metrics import Unobserved
from pamwal.wire.topics_admin import apply_topics, check_topics, has_mark, holds_topics, settings_of
from tests.ports import reserved_port
from tests.wire.counting import NOW, CountingCore, a_request
from tests.wire.witness import everything, post

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalKafka]:
    folder = tmp_path_factory.mktemp("topics")
    with reserved_port() as port, running_kafka(folder, port=port) as broker:
        yield broker


def test_topics_are_made_once_and_kept_as_they_should_be(fresh: LocalKafka) -> None:
    servers = fresh.bootstrap_servers
    assert not holds_topics(servers)
    assert len(check_topics(servers)) == len(TOPICS)
    made = apply_topics(servers, partitions=6)
    assert len(made) == len(TOPICS)
    assert holds_topics(servers)
    assert check_topics(servers) == []
    assert apply_topics(servers) == []

    with pytest.raises(TopicMismatch, match="6 partitions for the cluster's life"):
        apply_topics(servers, partitions=12)
    assert not has_mark(servers)
    assert apply_topics(servers, exercise=True) == [f"made {EXERCISE_MARK.name} with 1 partitions"]
    assert has_mark(servers)

    asyncio.run(decide_one(servers))
    admin = KafkaAdminClient(bootstrap_servers=servers)
    admin.create_partitions({topic.name: 8 for topic in TOPICS if not topic.partitions})
    raised = found_once(servers, lambda found: len(found) == 1)
    assert raised[0].startswith(f"partition_count: {FIELD_DECISIONS.name}-0 was written for 6 partitions")

    admin.alter_configs(
        [ConfigResource(ConfigResourceType.TOPIC, FIELD_REQUESTS.name, {"retention.ms": "1000"})]
    )
    admin.delete_topics([FIELD_DECISIONS.name])
    admin.create_topics({FIELD_DECISIONS.name: {"num_partitions": 3, "replication_factor": 1}})
    admin.wait_for_topics([FIELD_DECISIONS.name])
    admin.close()
    found_once(servers, lambda found: "do not have one partition count" in "".join(found))
    with pytest.raises(TopicMismatch):
        apply_topics(servers)


async def decide_one(servers: str) -> None:
    """One request of partition 0 and its decision."""
    log = KafkaLog(servers)
    await post(log, a_request("a"))
    decider = PartitionDecider(CountingCore(), log, 0, now=lambda: NOW, observer=Unobserved())
    await decider.take_over()
    await decider.decide(await everything(log, CountingCore.requests_topic))
    await decider.drop()
    await log.close()


def found_once(servers: str, holds: Callable[[list[str]], bool]) -> list[str]:
    """What is found once that holds: a broker shows a change a moment after the controller took it."""
    until = time.monotonic() + 20
    while True:
        try:
            found = check_topics(servers)
        except LogUnavailable as error:  # a partition just made is led by nobody yet
            found = [str(error)]
        if holds(found):
            return found
        assert time.monotonic() < until, found


def test_settings_follow_the_replicas() -> None:
    assert settings_of(FIELD_REQUESTS, 1)["flush.messages"] == "1"
    assert "flush.messages" not in settings_of(FIELD_REQUESTS, 3)
    assert settings_of(FIELD_REQUESTS, 3)["min.insync.replicas"] == "2"
    assert settings_of(FIELD_DECISIONS, 3)["retention.ms"] == "-1"
    assert int(settings_of(FIELD_DECISIONS, 3)["max.message.bytes"]) > FIELD_DECISIONS.max_bytes
    assert settings_of(PERSONAL, 3)["cleanup.policy"] == "compact"
    assert int(settings_of(PERSONAL, 3)["delete.retention.ms"]) > 9 * 365 * 86_400_000
    assert int(settings_of(PERSONAL, 1)["segment.ms"]) <= 86_400_000 / 2
    assert int(settings_of(PERSONAL, 1)["max.compaction.lag.ms"]) <= 86_400_000 / 2
    assert settings_of(PROBES, 1)["message.timestamp.type"] == "LogAppendTime"


def test_a_setting_that_was_changed_is_named_and_mended(kafka: LocalKafka) -> None:
    servers = kafka.bootstrap_servers
    apply_topics(servers)
    admin = KafkaAdminClient(bootstrap_servers=servers)
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, PERSONAL.name, {"flush.messages": "99"})])
    admin.close()
    found_once(servers, lambda found: found == [f"{PERSONAL.name}: flush.messages should be 1"])
    assert apply_topics(servers) == [f"set flush.messages=1 on {PERSONAL.name}"]
    found_once(servers, lambda found: found == [])


def test_no_kafka_is_said_in_our_words() -> None:
    with pytest.raises(LogUnavailable, match=r"127\.0\.0\.1:1"):
        check_topics("127.0.0.1:1")
