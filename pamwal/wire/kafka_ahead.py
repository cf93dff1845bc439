"""Who reads a backlog has the next fetch under way while what the last one brought is read.

aiokafka asks a broker for nothing while anything it sent is not read yet, for a tenth of a second: reader and
broker wait for each other by turns. `tests/wire/test_aiokafka_canary.py` pins what this leans on.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from aiokafka import TopicPartition as TheirPartition

from pamwal.wire.kafka_pace import MUCH_BYTES
from pamwal.wire.kafka_records import OurFetch, OurRecords


def fetch_ahead(consumer: Any) -> None:
    """From now on this started consumer of ours does so. Call it before it learns patience.

    A broker is asked for more once at least as many of its partitions go on as have much that is not read: a
    fetch costs most of a millisecond, so twice as many as without this are enough.
    """
    fetcher = consumer._fetcher
    actions_for = fetcher._get_actions_per_node

    def ahead(assignment: Any) -> Any:
        unread = Counter[int]()
        for at, found in fetcher._records.items():
            if _is_much(found):
                unread[fetcher._client.cluster.leader_for_partition(at)] += 1
        if not unread:
            return actions_for(assignment)
        for found in fetcher._records.values():
            found._backoff = 0  # by this it waits
        requests, *others = actions_for(assignment)
        return [each for each in requests if _going_on(assignment, each[1]) >= unread[each[0]]], *others

    fetcher._get_actions_per_node = ahead


def _is_much(found: Any) -> bool:
    brought = found._partition_records if type(found) is OurFetch else None
    return isinstance(brought, OurRecords) and len(brought._records.data) >= MUCH_BYTES


def _going_on(assignment: Any, request: Any) -> int:
    """Of how many partitions that are asked for more is known to stand in the log."""
    states = (
        assignment.state_value(TheirPartition(topic, partition))
        for topic, partitions in request.topics
        for partition, *_ in partitions
    )
    return sum(state.position < _end(state) for state in states)


def _end(state: Any) -> int:
    """Where a partition ended for this reader when it was last asked; 0 where it was not."""
    end = state.highwater if state.lso is None or state.lso < 0 else state.lso
    return 0 if end is None else int(end)
