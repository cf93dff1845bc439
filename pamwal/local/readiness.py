"""Waits until a broker answers a real request. An open port proves little: it opens before it can serve."""

from __future__ import annotations

import contextlib
import logging
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pamwal.wire.kafka_security import PLAINTEXT, KafkaSecurity


@dataclass(frozen=True, slots=True)
class Answer:
    """What a broker said about its cluster."""

    cluster_id: str
    brokers: int


def ask(bootstrap_servers: str, timeout_s: float = 5.0, security: KafkaSecurity = PLAINTEXT) -> Answer | None:
    """Ask for the cluster's description; None if nobody answered in time.

    The cheap question comes first, again and again: the client backs off between its own attempts and would
    answer late, and it leaves the sockets of refused ones to the garbage collector.
    """
    deadline = time.monotonic() + timeout_s
    while not any(accepts(host, port) for host, port in addresses(bootstrap_servers)):
        if time.monotonic() >= deadline:
            return None
        time.sleep(0.05)
    return _describe(bootstrap_servers, max(deadline - time.monotonic(), 0.5), security)


def addresses(bootstrap_servers: str) -> list[tuple[str, int]]:
    """The hosts and ports of a comma-separated list; Kafka's 9092 where none is given."""
    pairs = (server.strip().rpartition(":") for server in bootstrap_servers.split(",") if server.strip())
    return [
        (host.strip("[]"), int(port)) if host and port.isdigit() else (host + colon + port, 9092)
        for host, colon, port in pairs
    ]


def _describe(bootstrap_servers: str, timeout_s: float, security: KafkaSecurity) -> Answer | None:
    # Imported here: the client takes a fifth of a second to load, and most callers of this package never ask.
    from kafka import KafkaAdminClient
    from kafka.errors import KafkaError

    limit_ms = int(timeout_s * 1000)
    with _quiet():
        try:
            admin = KafkaAdminClient(
                bootstrap_servers=bootstrap_servers,
                client_id="pamwal-readiness",
                bootstrap_timeout_ms=limit_ms,
                request_timeout_ms=limit_ms,
                reconnect_backoff_ms=20,
                reconnect_backoff_max_ms=100,
                **security.options(),
            )
        except (KafkaError, OSError, ValueError):
            return None
        try:
            said = admin.describe_cluster()
        except (KafkaError, OSError):
            return None
        finally:
            admin.close()
    return Answer(str(said["cluster_id"]), len(said["brokers"]))


def wait_until_ready(port: int, within_s: float, ended: Callable[[], bool]) -> Answer | None:
    """Wait for the broker on this machine's port to answer; None when it `ended` or the time is over."""
    deadline = time.monotonic() + within_s
    while (left_s := deadline - time.monotonic()) > 0 and not ended():
        # Short questions, so that a broker that ended meanwhile is noticed.
        answer = ask(f"127.0.0.1:{port}", timeout_s=min(left_s, 5.0)) if accepts("127.0.0.1", port) else None
        if answer is not None and answer.brokers > 0:
            return answer
        time.sleep(0.05)
    return None


def accepts(host: str, port: int) -> bool:
    """Whether anything accepts connections there."""
    try:
        with socket.create_connection((host, port), timeout=1.0):
            return True
    except OSError:
        return False


def can_listen(port: int) -> bool:
    """Whether a server could listen at this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            return False
    return True


def free_port() -> int:
    """A loopback port nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The client logs every refused connection as an error; here a refusal is the expected answer."""
    logger = logging.getLogger("kafka")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)
