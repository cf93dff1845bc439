"""Which services have a decider on a cluster now, by the members of their consumer groups."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pamwal.contracts.kafka_users import group_of
from pamwal.wire.kafka_admin import kafka_admin
from pamwal.wire.kafka_security import PLAINTEXT, KafkaSecurity

_NOBODY: Final = frozenset({"Empty", "Dead"})


def deciding_now(
    bootstrap_servers: str, services: Iterable[str], security: KafkaSecurity = PLAINTEXT
) -> list[str]:
    """Those of the services that have a decider on this Kafka, in the order given. LogUnavailable.

    One that was killed counts until its session is over, 6 s. It blocks: in a coroutine use a thread.
    """
    with kafka_admin(bootstrap_servers, security) as admin:
        groups = admin.list_groups()
    with_members = {group["group_id"] for group in groups if group["group_state"] not in _NOBODY}
    return [service for service in services if group_of(service) in with_members]
