"""What the local broker is configured with, and why it differs from Kafka's defaults."""

from __future__ import annotations

from collections.abc import Mapping

RECORD_BYTES_MAX = 9 * 1024 * 1024
"""A decisions record is at most 8 MiB; the rest is for headers and the batch around it."""

NODE_ID = 1

_FOR_ONE_NODE = {
    "process.roles": "broker,controller",
    "node.id": str(NODE_ID),
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "default.replication.factor": "1",
    "min.insync.replicas": "1",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
}

_FOR_US = {
    # A mistyped topic must be an error, not a new topic.
    "auto.create.topics.enable": "false",
    # The log is kept for ever; a topic that wants otherwise says so.
    "log.retention.ms": "-1",
    "message.max.bytes": str(RECORD_BYTES_MAX),
    "replica.fetch.max.bytes": str(RECORD_BYTES_MAX),
    "socket.request.max.bytes": str(100 * 1024 * 1024),
    # Deciders run with sessions of 6 s, tests with shorter ones.
    "group.min.session.timeout.ms": "1000",
    # A lone process need not wait for others that never come.
    "group.initial.rebalance.delay.ms": "0",
}

_FOR_SPEED = {
    # After kill -9 a broker may register again only when its old session is over; Kafka's default is 9 s.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    # Kafka makes 50 partitions of each at first use, which alone would take longer than a test.
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.num.partitions": "1",
    # The cleaner would take 128 of the heap's 512 MB.
    "log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024),
    # Two 10 MB index files a partition are sparse on disk, but not in a copy of the data folder.
    "log.index.size.max.bytes": str(2 * 1024 * 1024),
    "num.network.threads": "2",
    "num.io.threads": "4",
    "background.threads": "2",
    "num.recovery.threads.per.data.dir": "2",
}


def broker_settings(
    *,
    port: int,
    controller_port: int,
    data: str,
    bind: str = "127.0.0.1",
    extra: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Every setting of the broker, by Kafka's own names.

    Clients are always told 127.0.0.1; `bind` differs only inside a container, whose engine maps that port
    to this machine's loopback. `extra` wins over everything else.
    """
    return {
        **_FOR_ONE_NODE,
        **_FOR_US,
        **_FOR_SPEED,
        "listeners": f"PLAINTEXT://{bind}:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        # A fixed voter, not a dynamic quorum: its port may then change from one start to the next.
        "controller.quorum.voters": f"{NODE_ID}@127.0.0.1:{controller_port}",
        "log.dirs": data,
        **(extra or {}),
    }


def as_properties(settings: Mapping[str, str]) -> str:
    """The settings as the text of a Java properties file."""
    return "".join(f"{name}={_escaped(value)}\n" for name, value in sorted(settings.items()))


def _escaped(value: str) -> str:
    """A value as a properties file wants it; a folder's name may hold anything."""
    return "".join(
        char
        if char.isascii() and char != "\\"
        else f"\\u{ord(char):04x}"
        if ord(char) < 0x10000
        else _pair(char)
        for char in value
    )


def _pair(char: str) -> str:
    units = char.encode("utf-16-be")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in (0, 2))


LOG4J = """\
<?xml version="1.0" encoding="UTF-8"?>
<Configuration status="warn">
  <Appenders>
    <Console name="out" target="SYSTEM_OUT"><PatternLayout pattern="%d{ISO8601} %-5p %c{1} %m%n"/></Console>
  </Appenders>
  <Loggers>
    <Root level="info"><AppenderRef ref="out"/></Root>
    <Logger name="org.apache.kafka.common.config" level="warn"/>
    <Logger name="kafka.server.KafkaConfig" level="warn"/>
    <Logger name="state.change.logger" level="warn"/>
  </Loggers>
</Configuration>
"""
