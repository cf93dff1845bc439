"""The Kafka users of Pamwal: one for each kind of process, so that a broker can tell them apart.

Who reads and writes which topic is in `contracts.topics`; `contracts.access_rules` makes the rules of it.
"""

from __future__ import annotations

from typing import Final

SERVICES: Final = ("scheduler", "checkin", "reporting")


def edge_user(service: str) -> str:
    """The user of a service's edge."""
    return f"pamwal-{service}-edge"


def decider_user(service: str) -> str:
    """The user of a service's decider."""
    return f"pamwal-{service}-decider"


def group_of(service: str) -> str:
    """The group that shares a service's partitions out; all deciders of a service on one Kafka are in it."""
    return f"{service}-deciders"


def transactional_id_of(service: str, partition: int | str) -> str:
    """The transactional id under which a partition's decider writes."""
    return f"{service}-{partition}"


EDGES: Final = tuple(edge_user(service) for service in SERVICES)
DECIDERS: Final = tuple(decider_user(service) for service in SERVICES)
SNAPSHOTS: Final = "pamwal-snapshots"
"""Processes of `--role snapshots`."""
READER: Final = "pamwal-reader"
"""Programs of others that follow the log: auditors, statistics."""
OPERATOR: Final = "pamwal-operator"
"""Commands of `pamwal` that ask the broker."""
USERS: Final = (*EDGES, *DECIDERS, SNAPSHOTS, READER, OPERATOR)
ADMIN: Final = "pamwal-admin"
"""Who sets a cluster up: its topics, users and access rules. A super user of the broker, in no rule."""
