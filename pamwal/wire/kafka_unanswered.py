"""Records that Kafka has not answered yet, by partition, and how a stuck partition is kept from the others.

A partition is stuck when it takes no records although Kafka answers: it has no leader, or too few replicas.
`tests/wire/test_aiokafka_canary.py` pins what this relies on in aiokafka.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Container
from typing import Any, Final, NamedTuple

from aiokafka import TopicPartition as Place

from pamwal.wire.log import Receipt

STUCK_RETRY_S: Final = 0.5
"""How long a stuck partition rests after each try; aiokafka would try again after some milliseconds."""


class _Sent(NamedTuple):
    """When a record was handed to aiokafka, and how much room it takes there at most."""

    at_s: float
    size_bytes: int


class Unanswered:
    """What was sent and not answered, oldest first, and which partitions are stuck."""

    def __init__(self) -> None:
        self.size_bytes = 0
        self.stuck: set[Place] = set()
        self._sent: defaultdict[Place, dict[asyncio.Future[Receipt], _Sent]] = defaultdict(dict)

    def add(self, at: Place, answer: asyncio.Future[Receipt], size_bytes: int, now_s: float) -> None:
        """A record is handed to aiokafka now."""
        self._sent[at][answer] = _Sent(now_s, size_bytes)
        self.size_bytes += size_bytes

    def settle(self, at: Place, answer: asyncio.Future[Receipt]) -> None:
        """It is known what became of a record."""
        sent = self._sent[at].pop(answer, None)
        if sent is not None:
            self.size_bytes -= sent.size_bytes

    def of(self, at: Place) -> list[asyncio.Future[Receipt]]:
        """The answers that are missing of one partition."""
        return list(self._sent[at])

    def refuses(self, at: Place) -> bool:
        """Whether a partition is stuck and the one try that it is allowed is under way."""
        return at in self.stuck and bool(self._sent[at])

    def older_than(self, age_s: float, now_s: float) -> list[Place]:
        """Partitions whose oldest record is not answered for so long."""
        return [
            at for at, sent in self._sent.items() if sent and now_s - next(iter(sent.values())).at_s > age_s
        ]

    def give_up(self) -> list[asyncio.Future[Receipt]]:
        """Forgets all of it, and says what that was."""
        answers = [answer for sent in self._sent.values() for answer in sent]
        self._sent.clear()
        self.size_bytes = 0
        return answers


class MutedPartitions(set[Any]):
    """aiokafka's set of partitions that it does not send to now; a stuck one stays in it for a while."""

    def __init__(self, stuck: Container[Place], wake: Callable[[], None]) -> None:
        """`wake` has aiokafka's sender look again."""
        super().__init__()
        self._stuck, self._wake = stuck, wake

    def remove(self, at: Any) -> None:
        """aiokafka calls this when a try is over."""
        if at in self._stuck:
            asyncio.get_running_loop().call_later(STUCK_RETRY_S, self._rested, at)
        else:
            super().remove(at)

    def _rested(self, at: Any) -> None:
        self.discard(at)
        self._wake()


def rest_stuck(producer: Any, stuck: Container[Place]) -> None:
    """Has an aiokafka producer try stuck partitions less often, and never fail a batch by its age.

    A batch that failed by its age has used up sequence numbers that the broker then waits for.
    """
    waiting = producer._message_accumulator

    def wake() -> None:
        if not waiting._waiter_future.done():
            waiting._waiter_future.set_result(None)

    waiting._batch_ttl = float("inf")
    producer._sender._muted_partitions = MutedPartitions(stuck, wake)


def drop_queued(producer: Any, at: Place, error: Exception) -> None:
    """Fails what is queued for a partition and was never sent: it will not be written any more."""
    batches = producer._message_accumulator._batches
    queued = [batch for batch in batches.get(at, ()) if batch.retry_count == 0]
    for batch in queued:
        batches[at].remove(batch)
        batch.failure(error)
        batch._drain_waiter.exception()  # nobody may wait for it
    if at in batches and not batches[at]:
        del batches[at]
