"""Where a process finds its Kafka, and who it is to it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from pamwal.contracts.errors import SettingsError
from pamwal.contracts.kafka_users import OPERATOR, decider_user, edge_user
from pamwal.local.kept import kept_broker
from pamwal.wire.kafka_security import PLAINTEXT, KafkaSecurity


def bootstrap_servers(state: Path, environment: Mapping[str, str] | None = None) -> str:
    """PAMWAL_BOOTSTRAP_SERVERS, or the broker kept on the state folder. SettingsError if there is neither."""
    given = (os.environ if environment is None else environment).get("PAMWAL_BOOTSTRAP_SERVERS")
    if given:
        return given
    kept = kept_broker(state)
    if kept is None:
        raise SettingsError(
            f"no Kafka runs on the state folder {state}: start one with 'pamwal up' or 'pamwal kafka start', "
            "or set PAMWAL_BOOTSTRAP_SERVERS"
        )
    return f"127.0.0.1:{kept.port}"


def users_of(
    service: str, role: str, *, decides: bool, environment: Mapping[str, str] | None = None
) -> tuple[KafkaSecurity, KafkaSecurity]:
    """Who a service's process is to Kafka, and who its decider is. SettingsError.

    In the role `all` these are two users: the connections of what speaks HTTP cannot write a decision.
    """
    first = decider_user(service) if role == "decider" else edge_user(service)
    own = KafkaSecurity.from_environment(first, environment)
    if role != "all" or not decides or own is PLAINTEXT:
        return own, own
    return own, KafkaSecurity.from_environment(decider_user(service), environment)


def command_security(environment: Mapping[str, str] | None = None) -> KafkaSecurity:
    """Who a command is to Kafka: the user of PAMWAL_KAFKA_USER, or the operator's. SettingsError."""
    env = os.environ if environment is None else environment
    return KafkaSecurity.from_environment(env.get("PAMWAL_KAFKA_USER") or OPERATOR, env)
