"""What an edge folds for its reads: decisions topics from their beginning, followed as they grow."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Final

import structlog

from pamwal.contracts.errors import HttpProblem, LogError
from pamwal.contracts.topics import requests_of
from pamwal.wire.log import Log, Receipt, TopicPartition
from pamwal.wire.tail import OnRecords, Tail, Wanted

RETRY_S: Final = 1.0
_log = structlog.get_logger(__name__)


def not_folded() -> HttpProblem:
    """503 for what may stand in the part of the log that is not read yet."""
    return HttpProblem(
        503, "not_folded", "this edge still reads the log; ask again", headers=(("retry-after", "1"),)
    )


class Follower:
    """`Folded` for an `EdgeSpec`: hands every committed record to `on_records`, in order, once.

    What `on_records` raises ends it and shows in `trouble`; the process is then not ready any more.
    """

    def __init__(
        self,
        log: Log,
        topics: Iterable[str],
        on_records: OnRecords,
        *,
        rest_s: float = 0.0,
        only: Wanted = lambda _: True,
    ) -> None:
        """`rest_s` and `only` as a `Tail` takes them."""
        followed = tuple(topics)
        self._requests_topics = {requests_of(name).name for name in followed if ".decisions." in name}
        self._tail = Tail(log, followed, on_records, start="begin", rest_s=rest_s, only=only)
        self._starting: asyncio.Task[None] | None = None
        self._started = False

    async def start(self) -> None:
        """Begins in the background, and tries again while Kafka is away."""
        self._starting = asyncio.get_running_loop().create_task(self._start(), name="follower")

    async def stop(self) -> None:
        """Follows no longer."""
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.wait([self._starting])
        await self._tail.stop()

    def trouble(self) -> str | None:
        """Why what is read here may be old, or None: a check of `/readyz`."""
        return self._tail.trouble

    @property
    def level_once(self) -> bool:
        """Whether all that stood in the log at the start is folded: only then is something unknown to all."""
        return self._tail.level_once

    def vector(self) -> Mapping[TopicPartition, int]:
        """Partition → offset behind the last folded decision."""
        return self._tail.vector()

    async def wait_folded(self, receipt: Receipt, timeout_ms: int) -> bool:
        """True once the decision of that request was folded; also for a topic not followed here."""
        if receipt.topic not in self._requests_topics:
            return True
        return await self._tail.wait_for_decision(receipt, timeout_ms)

    async def _start(self) -> None:
        while not self._started:
            try:
                await self._tail.start()
            except LogError as error:
                _log.warning("reads not started", why=str(error))
                await asyncio.sleep(RETRY_S)
            else:
                self._started = True
