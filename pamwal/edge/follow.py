"""What an edge folds for its reads: decisions topics from their beginning, followed as they grow."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import structlog

from pamwal.contracts.codec import Fact, decode_known
from pamwal.contracts.envelope import Decision
from pamwal.contracts.errors import HttpProblem, LogError, Undecodable
from pamwal.contracts.topics import requests_of
from pamwal.contracts.unknown_facts import LeftOut, UnknownFacts, listed
from pamwal.wire.log import Log, Receipt, Record, TopicPartition
from pamwal.wire.tail import OnRecords, Tail, Wanted

RETRY_S: Final = 1.0
_log = structlog.get_logger(__name__)


def not_folded() -> HttpProblem:
    """503 for what may stand in the part of the log that is not read yet."""
    return HttpProblem(
        503, "not_folded", "this edge still reads the log; ask again", headers=(("retry-after", "1"),)
    )


class Follower(UnknownFacts):
    """`Folded` for an `EdgeSpec`: hands every committed record to `on_records`, in order, once.

    What `on_records` raises ends it and shows in `trouble`; the process is then neither ready nor healthy.
    Facts that this version does not know do not: `decisions` leaves them out and counts them.
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
        super().__init__()
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

    def decisions(self, records: Iterable[Record]) -> Iterator[tuple[Record, Decision[Fact]]]:
        """Each record with its decision, less facts that this version does not know; these are counted.

        What is no decision at all is counted and left out as well.
        """
        for record in records:
            try:
                decision, unknown = decode_known(record.value)
            except Undecodable:
                self._leave_out((record.key or b"").decode(errors="replace"), [LeftOut("unreadable")], record)
                continue
            if unknown:
                self._leave_out(decision.operationid, unknown, record)
            yield record, decision

    def require_known(self, operation_id: str) -> None:
        """HttpProblem 503 if facts of the operation were left out: what is folded of it would be wrong."""
        unknown = self.unknown_of(operation_id)
        if unknown:
            raise HttpProblem(
                503,
                "unknown_facts",
                f"{operation_id} has facts that this version does not know: {listed(unknown)}; "
                "ask a process of the version that wrote them, or update this one",
            )

    def vector(self) -> Mapping[TopicPartition, int]:
        """Partition → offset behind the last folded decision."""
        return self._tail.vector()

    async def wait_folded(self, receipt: Receipt, timeout_ms: int) -> bool:
        """True once the decision of that request was folded; also for a topic not followed here."""
        if receipt.topic not in self._requests_topics:
            return True
        return await self._tail.wait_for_decision(receipt, timeout_ms)

    def _leave_out(self, operation_id: str, facts: Iterable[LeftOut], record: Record) -> None:
        place = f"{record.topic}-{record.partition}-{record.offset}"
        for name in self.leave_out(operation_id, facts, place):
            _log.error("a fact that this version does not know", type=name, first_at=place)

    async def _start(self) -> None:
        while not self._started:
            try:
                await self._tail.start()
            except LogError as error:
                _log.warning("reads not started", why=str(error))
                await asyncio.sleep(RETRY_S)
            else:
                self._started = True
