"""What each Kafka user of Pamwal may do, made from the table of topics. What no rule allows is refused.

`pamwal topics acl` prints these rules and gives them to a broker.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from msgspec import Struct

from pamwal.contracts.kafka_users import (
    OPERATOR,
    READER,
    SERVICES,
    decider_user,
    group_of,
    transactional_id_of,
)
from pamwal.contracts.topics import EXERCISE_MARK, TOPICS

Operation = Literal["READ", "WRITE", "DESCRIBE", "DESCRIBE_CONFIGS"]
Resource = Literal["TOPIC", "GROUP", "TRANSACTIONAL_ID", "CLUSTER"]
CLUSTER_NAME: Final = "kafka-cluster"


class AccessRule(Struct, frozen=True, order=True):
    """Allows a user one operation on one resource. To read or write includes to describe."""

    user: str
    resource: Resource
    name: str
    operation: Operation
    prefixed: bool = False
    """The rule is for every resource whose name begins with `name`."""

    def __str__(self) -> str:
        return f"{self.user}: {self.operation} on {self.resource} {self.name}{'*' if self.prefixed else ''}"


def access_rules() -> tuple[AccessRule, ...]:
    """Every rule of a cluster, in the order of its users."""
    return tuple(sorted({*_of_topics(), *_of_deciders(), *_of_others()}))


def _of_topics() -> Iterator[AccessRule]:
    for topic in (*TOPICS, EXERCISE_MARK):
        for user in topic.writers:
            yield AccessRule(user, "TOPIC", topic.name, "WRITE")
        for user in topic.readers:
            yield AccessRule(user, "TOPIC", topic.name, "READ")
        # for 'pamwal topics check', also of topics that an operator does not read
        yield AccessRule(OPERATOR, "TOPIC", topic.name, "DESCRIBE")
        yield AccessRule(OPERATOR, "TOPIC", topic.name, "DESCRIBE_CONFIGS")


def _of_deciders() -> Iterator[AccessRule]:
    for service in SERVICES:
        user = decider_user(service)
        yield AccessRule(user, "GROUP", group_of(service), "READ")
        yield AccessRule(user, "TRANSACTIONAL_ID", transactional_id_of(service, ""), "WRITE", prefixed=True)


def _of_others() -> Iterator[AccessRule]:
    # which groups have members, and which rules there are
    yield AccessRule(OPERATOR, "CLUSTER", CLUSTER_NAME, "DESCRIBE")
    # groups of programs that others write
    yield AccessRule(READER, "GROUP", READER, "READ", prefixed=True)
