"""Every topic of the system: one list, read by the code, `pamwal topics`, the docs and the tests."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

Context = Literal["scheduling", "field", "reporting"]
MIB: Final = 1024 * 1024
PARTITIONS_DEFAULT: Final = 12


class Topic(Struct, frozen=True, kw_only=True):
    """One topic. `partitions` is 0 for the cluster's own count, fixed for its life."""

    name: str
    written_by: str
    key: str
    max_bytes: int
    kept: Literal["for ever", "compacted", "1 hour"]
    partitions: int = 0
    durable: bool = False
    """Each write is flushed to disk where there is only one replica."""
    broker_time: bool = False
    """Records carry the broker's clock instead of the producer's."""


def _context(context: Context, service: str) -> tuple[Topic, Topic]:
    return (
        Topic(
            name=f"pamwal.{context}.requests.v1",
            written_by=f"{service} edge, idempotent producer, acks=all, never transactional",
            key="operation_id",
            max_bytes=MIB,
            kept="for ever",
            durable=True,
        ),
        Topic(
            name=f"pamwal.{context}.decisions.v1",
            written_by=f"{service} decider only, fenced transactions",
            key="operation_id",
            max_bytes=8 * MIB,
            kept="for ever",
            durable=True,
        ),
    )


SCHEDULING_REQUESTS, SCHEDULING_DECISIONS = _context("scheduling", "scheduler")
FIELD_REQUESTS, FIELD_DECISIONS = _context("field", "checkin")
REPORTING_REQUESTS, REPORTING_DECISIONS = _context("reporting", "reporting")
PERSONAL = Topic(
    name="pamwal.personal.v1",
    written_by="edges: names, NRP, phones, free text about persons",
    key="operation_id/ref",
    max_bytes=MIB,
    kept="compacted",
    durable=True,
)
SITUATIONS = Topic(
    name="pamwal.situations.v1",
    written_by="who decides its partition of reporting: latest summary of an operation, counts only",
    key="operation_id",
    max_bytes=MIB,
    kept="compacted",
)
PROBES = Topic(
    name="pamwal.cluster.probes.v1",
    written_by="every process each second, to compare its clock with the broker's",
    key="host",
    max_bytes=64 * 1024,
    kept="1 hour",
    partitions=1,
    broker_time=True,
)
KEYS = Topic(
    name="pamwal.cluster.keys.v1",
    written_by="the first process on a log, and `pamwal keys rotate`: fingerprints of its keys",
    key="none",
    max_bytes=64 * 1024,
    kept="for ever",
    partitions=1,
    durable=True,
)
EXERCISE_MARK = Topic(
    name="pamwal.cluster.exercise.v1",
    written_by="nobody: it exists on a cluster where simulated clocks are allowed",
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


def decisions_of(requests_topic: str) -> Topic:
    """The decisions topic that answers a requests topic. KeyError for any other topic."""
    return BY_NAME[requests_topic.replace(".requests.", ".decisions.")]


def requests_of(decisions_topic: str) -> Topic:
    """The requests topic that a decisions topic answers. KeyError for any other topic."""
    return BY_NAME[decisions_topic.replace(".decisions.", ".requests.")]
