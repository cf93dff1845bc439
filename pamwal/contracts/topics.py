"""Every topic of the system: one list, read by the code, `pamwal topics`, the docs and the tests."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from pamwal.contracts.kafka_users import (
    DECIDERS,
    EDGES,
    OPERATOR,
    READER,
    SNAPSHOTS,
    decider_user,
    edge_user,
)

Context = Literal["scheduling", "field", "reporting"]
MIB: Final = 1024 * 1024
PARTITIONS_DEFAULT: Final = 12


class Topic(Struct, frozen=True, kw_only=True):
    """One topic. `partitions` is 0 for the cluster's own count, fixed for its life."""

    name: str
    writing: str
    """How it is written, or what for."""
    writers: tuple[str, ...] = ()
    """The Kafka users that may write it. A broker with access rules takes it from nobody else."""
    readers: tuple[str, ...] = ()
    """The Kafka users that may read it."""
    key: str
    max_bytes: int
    kept: Literal["for ever", "compacted", "1 hour"]
    partitions: int = 0
    durable: bool = False
    """Each write is flushed to disk where there is only one replica."""
    broker_time: bool = False
    """Records carry the broker's clock instead of the producer's."""


_EVERYTHING: Final = (edge_user("reporting"), SNAPSHOTS, READER, OPERATOR)
"""Who reads every request and decision: the reporting replica, its snapshots, and audits."""


def _context(
    context: Context,
    service: str,
    decisions_also_read_by: tuple[str, ...],
    requests_also_read_by: tuple[str, ...] = (),
) -> tuple[Topic, Topic]:
    edge, decider = edge_user(service), decider_user(service)
    own = tuple(dict.fromkeys((edge, decider, *_EVERYTHING)))
    return (
        Topic(
            name=f"pamwal.{context}.requests.v1",
            writing="Idempotent producer, acks=all, never transactional",
            writers=(edge,),
            readers=(*own, *requests_also_read_by),
            key="operation_id",
            max_bytes=MIB,
            kept="for ever",
            durable=True,
        ),
        Topic(
            name=f"pamwal.{context}.decisions.v1",
            writing="Fenced transactions",
            writers=(decider,),
            readers=(*own, *decisions_also_read_by),
            key="operation_id",
            max_bytes=8 * MIB,
            kept="for ever",
            durable=True,
        ),
    )


SCHEDULING_REQUESTS, SCHEDULING_DECISIONS = _context(
    "scheduling",
    "scheduler",
    (edge_user("checkin"), decider_user("reporting")),
    (edge_user("checkin"),),  # it erases: requests that were refused refer to words about persons too
)
FIELD_REQUESTS, FIELD_DECISIONS = _context(
    "field", "checkin", (edge_user("scheduler"), decider_user("reporting"))
)
REPORTING_REQUESTS, REPORTING_DECISIONS = _context("reporting", "reporting", ())
PERSONAL = Topic(
    name="pamwal.personal.v1",
    writing="Names, NRP, phones, hashes of PINs, free text about persons; a tombstone erases",
    writers=(edge_user("scheduler"), edge_user("checkin")),
    readers=EDGES,
    key="operation_id/ref",
    max_bytes=MIB,
    kept="compacted",
    durable=True,
)
SITUATIONS = Topic(
    name="pamwal.situations.v1",
    writing="The latest summary of an operation, counts only, by who decides its partition",
    writers=(decider_user("reporting"),),
    readers=(READER, OPERATOR),
    key="operation_id",
    max_bytes=MIB,
    kept="compacted",
)
PROBES = Topic(
    name="pamwal.cluster.probes.v1",
    writing="By every process each second, to compare its clock with the broker's; before keys are recorded",
    writers=(*EDGES, *DECIDERS, OPERATOR),
    readers=(*EDGES, *DECIDERS),
    key="host",
    max_bytes=64 * 1024,
    kept="1 hour",
    partitions=1,
    broker_time=True,
)
KEYS = Topic(
    name="pamwal.cluster.keys.v1",
    writing="Fingerprints of a log's keys, by the first edge on it and by `pamwal keys rotate`",
    writers=(*EDGES, OPERATOR),
    readers=(*EDGES, *DECIDERS, READER, OPERATOR),
    key="none",
    max_bytes=MIB,
    kept="for ever",
    partitions=1,
    durable=True,
)
EXERCISE_MARK = Topic(
    name="pamwal.cluster.exercise.v1",
    writing="Stays empty: it exists on a cluster where simulated clocks are allowed",
    readers=(*EDGES, *DECIDERS),
    key="none",
    max_bytes=64 * 1024,
    kept="1 hour",
    partitions=1,
)

TOPICS: Final = (
    SCHEDULING_REQUESTS,
    SCHEDULING_DECISIONS,
    FIELD_REQUESTS,
    FIELD_DECISIONS,
    REPORTING_REQUESTS,
    REPORTING_DECISIONS,
    PERSONAL,
    SITUATIONS,
    PROBES,
    KEYS,
)
"""What every cluster has; `EXERCISE_MARK` only a cluster made for exercises."""

BY_NAME: Final = {topic.name: topic for topic in (*TOPICS, EXERCISE_MARK)}


REQUESTS_OF: Final = {
    "scheduler": SCHEDULING_REQUESTS,
    "checkin": FIELD_REQUESTS,
    "reporting": REPORTING_REQUESTS,
}
"""Service → the topic of its requests."""


def decisions_of(requests_topic: str) -> Topic:
    """The decisions topic that answers a requests topic. KeyError for any other topic."""
    return BY_NAME[requests_topic.replace(".requests.", ".decisions.")]


def requests_of(decisions_topic: str) -> Topic:
    """The requests topic that a decisions topic answers. KeyError for any other topic."""
    return BY_NAME[decisions_topic.replace(".decisions.", ".requests.")]
