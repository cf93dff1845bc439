"""Makes and checks the topics of `contracts.topics`, by kafka-python. It blocks: in a coroutine use a thread.

The partition count is fixed for a cluster's life: it is in each partition's first decision, and keys would
move with it. So nothing here ever changes it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Final

from kafka import KafkaConsumer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError

from pamwal.contracts.errors import LogUnavailable, TopicMismatch
from pamwal.contracts.topics import EXERCISE_MARK, PARTITIONS_DEFAULT, TOPICS, Topic, decisions_of
from pamwal.wire.access_admin import check_access
from pamwal.wire.kafka import KafkaLog
from pamwal.wire.kafka_admin import REQUEST_TIMEOUT_MS, kafka_admin
from pamwal.wire.kafka_security import PLAINTEXT, KafkaSecurity
from pamwal.wire.partition_count import refuse_other_count

BATCH_BYTES: Final = 512 * 1024
"""A broker limits whole batches, we each record; so no topic takes less than our producers' batches."""
OVERHEAD_BYTES: Final = 4 * 1024
_HOUR_MS: Final = 3_600_000
_TEN_YEARS_MS: Final = 10 * 365 * 24 * _HOUR_MS
ROLLED_MS: Final = 6 * _HOUR_MS
"""A compacted topic starts a new segment after this time, with the next record of the partition, and compacts
a finished one at the latest this time after its first record. Kafka compacts no segment that it writes to."""
_KEPT: Final[dict[str, dict[str, str]]] = {
    "for ever": {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"},
    # an edge that starts must still see what was erased: tombstones stay longer than any offline queue
    "compacted": {
        "cleanup.policy": "compact",
        "delete.retention.ms": str(_TEN_YEARS_MS),
        "min.compaction.lag.ms": "60000",  # who uses a ticket must see an earlier use of the same one
        "max.compaction.lag.ms": str(ROLLED_MS),
        "segment.ms": str(ROLLED_MS),
    },
    "1 hour": {"cleanup.policy": "delete", "retention.ms": str(_HOUR_MS)},
}


def settings_of(topic: Topic, replicas: int) -> dict[str, str]:
    """A topic's settings by Kafka's names, with this many replicas."""
    settings = {
        **_KEPT[topic.kept],
        "max.message.bytes": str(max(topic.max_bytes, BATCH_BYTES) + OVERHEAD_BYTES),
        "message.timestamp.type": "LogAppendTime" if topic.broker_time else "CreateTime",
        "min.insync.replicas": "2" if replicas >= 3 else "1",
        "unclean.leader.election.enable": "false",
    }
    if topic.durable and replicas == 1:
        # nobody else has it: an acknowledged record must survive a power cut
        settings["flush.messages"] = "1"
    return settings


def apply_topics(
    bootstrap_servers: str,
    partitions: int | None = None,
    *,
    exercise: bool = False,
    security: KafkaSecurity = PLAINTEXT,
) -> list[str]:
    """Makes what is missing, mends settings that differ, and returns a line for each thing it did.

    `partitions` is the cluster's own count; None takes what it has, or 12 on an empty one. `exercise` marks
    the cluster, for ever, as one where simulated clocks are allowed. TopicMismatch, with nothing changed, if
    topics are there with another count; LogUnavailable.
    """
    with kafka_admin(bootstrap_servers, security) as admin:
        there = _partitions_there(admin)
        count = _one_count(there, partitions)
        replicas = 3 if len(admin.describe_cluster()["brokers"]) >= 3 else 1
        wanted = [*TOPICS, EXERCISE_MARK] if exercise else [*TOPICS]
        missing = [topic for topic in wanted if topic.name not in there]
        done = [f"made {topic.name} with {topic.partitions or count} partitions" for topic in missing]
        if missing:
            admin.create_topics({topic.name: _new(topic, count, replicas) for topic in missing})
            admin.wait_for_topics([topic.name for topic in missing])
        return done + _mend(admin, [topic for topic in wanted if topic.name in there])


def check_topics(bootstrap_servers: str, security: KafkaSecurity = PLAINTEXT) -> list[str]:
    """What is not as it should be, a line each; nothing if all is well. Changes nothing. LogUnavailable."""
    with kafka_admin(bootstrap_servers, security) as admin:
        there = _partitions_there(admin)
        found = [f"{topic.name} is missing" for topic in TOPICS if topic.name not in there]
        try:
            count = _one_count(there, None)
        except TopicMismatch as error:
            return [*found, str(error)]
        present = [topic for topic in (*TOPICS, EXERCISE_MARK) if topic.name in there]
        found += [
            f"{topic.name} has {there[topic.name]} partitions instead of {topic.partitions or count}"
            for topic in present
            if there[topic.name] != (topic.partitions or count)
        ]
        for name, changes in _differences(admin, present).items():
            found += [f"{name}: {key} should be {value}" for key, value in changes.items()]
        found += check_access(admin)
    return found + asyncio.run(_other_counts(KafkaLog(bootstrap_servers, security), set(there)))


def has_mark(bootstrap_servers: str, security: KafkaSecurity = PLAINTEXT) -> bool:
    """Whether the cluster was made for exercises. LogUnavailable."""
    with kafka_admin(bootstrap_servers, security) as admin:
        return EXERCISE_MARK.name in admin.list_topics()


def holds_topics(bootstrap_servers: str, security: KafkaSecurity = PLAINTEXT) -> bool:
    """Whether any of the topics is there already. LogUnavailable."""
    with kafka_admin(bootstrap_servers, security) as admin:
        return not {topic.name for topic in TOPICS}.isdisjoint(admin.list_topics())


def holds_requests(bootstrap_servers: str, topic: str, security: KafkaSecurity = PLAINTEXT) -> bool:
    """Whether anything was ever asked in a topic of requests that is there. LogUnavailable."""
    with kafka_admin(bootstrap_servers, security) as admin:
        if topic not in admin.list_topics():
            return False
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap_servers.split(","),
        request_timeout_ms=REQUEST_TIMEOUT_MS,
        **security.options(),
    )
    try:
        places = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        return any(consumer.end_offsets(places).values())
    except KafkaError as error:
        raise LogUnavailable(f"{topic} cannot be looked at: {error!r}") from error
    finally:
        consumer.close()


async def _other_counts(log: KafkaLog, there: AbstractSet[str]) -> list[str]:
    """What first decisions say of the partition count, where it is not what the topics have."""
    found = []
    try:
        for requests in (topic.name for topic in TOPICS if ".requests." in topic.name):
            decisions = decisions_of(requests).name
            if {requests, decisions} <= there:
                try:
                    await refuse_other_count(log, requests, decisions)
                except TopicMismatch as error:
                    found.append(f"partition_count: {error}")
    finally:
        await log.close()
    return found


def _partitions_there(admin: Any) -> dict[str, int]:
    return {topic["name"]: len(topic["partitions"]) for topic in admin.describe_topics()}


def _one_count(there: Mapping[str, int], wanted: int | None) -> int:
    """The cluster's partition count. TopicMismatch if its topics, or the wish, do not agree on one."""
    counts = {
        topic.name: there[topic.name] for topic in TOPICS if topic.name in there and not topic.partitions
    }
    different = sorted(set(counts.values()))
    if len(different) > 1:
        raise TopicMismatch(
            f"the topics do not have one partition count: {counts}; no decider may run on this"
        )
    if not different:
        return wanted or PARTITIONS_DEFAULT
    if wanted not in {None, different[0]}:
        raise TopicMismatch(
            f"the topics have {different[0]} partitions for the cluster's life; {wanted} cannot be had. "
            "A new cluster can be made with another count"
        )
    return different[0]


def _new(topic: Topic, count: int, replicas: int) -> dict[str, Any]:
    return {
        "num_partitions": topic.partitions or count,
        "replication_factor": replicas,
        "configs": settings_of(topic, replicas),
    }


def _mend(admin: Any, topics: list[Topic]) -> list[str]:
    differences = _differences(admin, topics)
    if differences:
        admin.alter_configs(
            [ConfigResource(ConfigResourceType.TOPIC, name, changes) for name, changes in differences.items()]
        )
    return [
        f"set {key}={value} on {name}"
        for name, changes in differences.items()
        for key, value in changes.items()
    ]


def _differences(admin: Any, topics: list[Topic]) -> dict[str, dict[str, str]]:
    """For each topic what its settings should be and are not."""
    if not topics:
        return {}
    replicas = {
        topic["name"]: min(len(partition["replica_nodes"]) for partition in topic["partitions"])
        for topic in admin.describe_topics([topic.name for topic in topics])
    }
    found = admin.describe_configs(
        [ConfigResource(ConfigResourceType.TOPIC, topic.name) for topic in topics], config_filter="all"
    )["topic"]
    differences: dict[str, dict[str, str]] = {}
    for topic in topics:
        wanted = settings_of(topic, replicas[topic.name])
        wrong = {key: value for key, value in wanted.items() if found[topic.name][key]["value"] != value}
        if wrong:
            differences[topic.name] = wrong
    return differences
