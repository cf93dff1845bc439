"""A Kafka of the benchmark's own: nobody else's records are in it, and none of its are left."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.errors import UnknownTopicOrPartitionError

from benchmarks.machine import Cores, running_on
from pamwal.contracts.topics import Topic
from pamwal.local.kafka import LocalKafka, running_kafka
from pamwal.local.sources import KAFKA_IMAGE, jars_folder, state_folder
from pamwal.wire.topics_admin import apply_topics, settings_of


@contextmanager
def own_state() -> Iterator[Path]:
    """A new folder inside the state folder, so on the same disk as real data; removed at the end.

    The jars are shared. A broker of PAMWAL_BOOTSTRAP_SERVERS is left in peace. SIGTERM ends a benchmark as
    Ctrl-C does, so that nothing is left.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.environ.pop("PAMWAL_BOOTSTRAP_SERVERS", None)
    state = state_folder()
    os.environ["PAMWAL_KAFKA_JARS"] = str(jars_folder(state))
    state.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=state))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def own_kafka(folder: Path, cores: Cores) -> Iterator[LocalKafka]:
    """A broker with Pamwal's topics, on these cores. LocalKafkaError says what to install."""
    with running_on(cores), running_kafka(folder) as kafka:
        apply_topics(kafka.bootstrap_servers)
        yield kafka


def kafka_version() -> str:
    """The version of the jars, or of the image."""
    for jar in jars_folder(state_folder()).glob("kafka-clients-*.jar"):
        return jar.stem.removeprefix("kafka-clients-")
    return KAFKA_IMAGE.partition(":")[2]


def empty_topics(bootstrap_servers: str, names: Iterable[str]) -> None:
    """Deletes topics with all they hold and makes them anew. TimeoutError if the broker does not follow."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap_servers)
    try:
        names = list(names)
        admin.delete_topics(names)
        deadline = time.monotonic() + 30
        while set(names) & set(admin.list_topics()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"the broker still has {names}")
            time.sleep(0.1)
    except UnknownTopicOrPartitionError:
        pass
    finally:
        admin.close()
    apply_topics(bootstrap_servers)


def flush_each_write(bootstrap_servers: str, topic: Topic, *, yes: bool) -> None:
    """As shipped for one broker, or as where three replicas stand in for the disk."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap_servers)
    try:
        changes = {**settings_of(topic, 1 if yes else 3), "min.insync.replicas": "1"}
        changes.setdefault("flush.messages", str(2**63 - 1))
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic.name, changes)])
    finally:
        admin.close()
