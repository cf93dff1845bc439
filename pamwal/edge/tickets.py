"""One-time tickets: each use is a record in the log, and the first record of a ticket wins.

A process cannot know alone whether a ticket was used at another one, or before it was started. So it writes
that the ticket is used, and reads the partition up to that record: all processes find the same first use.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from typing import Final

from pamwal.contracts.codec import encode
from pamwal.contracts.errors import AccessDenied, HttpProblem, LogError, LogUnavailable
from pamwal.contracts.instants import from_ms
from pamwal.contracts.persons import PersonalRecord, PersonalWords
from pamwal.contracts.topics import PERSONAL
from pamwal.edge.auth import TokenClaims
from pamwal.edge.clock import system_ms
from pamwal.edge.sender import Sender
from pamwal.wire.log import Log, Outgoing, Receipt, Record, TopicPartition

MARK: Final = "ticket-"
ALL_OPERATIONS: Final = "all-operations"
"""Stands in a record's key for a ticket that is bound to no operation."""
CLOCKS_MS: Final = 60_000
"""By how much the clock of who issued a ticket may be ahead of the log's."""
WITHIN_S: Final = 5.0
REMEMBERED_MAX: Final = 100_000
_READ_RECORDS: Final = 500
_WAIT_MS: Final = 200


class UsedTickets:
    """Lets each ticket be used once, by all processes together."""

    def __init__(self, log: Log, sender: Sender, topic: str = PERSONAL.name) -> None:
        self._log, self._sender, self._topic = log, sender, topic
        self._used: dict[str, int] = {}
        """Tickets used here → when they expire: a second use need not ask the log."""

    async def use(self, ticket: TokenClaims) -> None:
        """AccessDenied 401 unless this is the first use.

        LogError and HttpProblem 503 while the log cannot say so: the ticket may be used up then.
        """
        if ticket.jti is None or ticket.iat is None:
            raise AccessDenied("a ticket must have a jti and an iat", status=401, code="bad_token")
        if ticket.jti in self._used:
            raise _used()
        self._remember(ticket.jti, ticket.exp)
        record = _record_of(ticket)
        try:
            async with asyncio.timeout(WITHIN_S):
                receipt = await self._sender.send(self._topic, record)
                first = await self._first(record.key, receipt, ticket.iat * 1000 - CLOCKS_MS)
        except TimeoutError as error:
            self._used.pop(ticket.jti, None)
            raise LogUnavailable("the log does not say whether this link was used") from error
        except (LogError, HttpProblem):
            self._used.pop(ticket.jti, None)
            raise
        if first < receipt.offset:
            raise _used()

    def _remember(self, jti: str, expires_s: int) -> None:
        if len(self._used) >= REMEMBERED_MAX:
            now_s = int(time.time())
            self._used = {each: until for each, until in self._used.items() if until > now_s}
        self._used[jti] = expires_s

    async def _first(self, key: bytes, receipt: Receipt, since_ms: int) -> int:
        """The offset of the first record of that key since then, up to the receipt's."""
        at = TopicPartition(receipt.topic, receipt.partition)
        reader = await self._log.reader({at: await self._since(at, receipt.offset, since_ms)})
        try:
            while True:
                found = await reader.read(max_records=_READ_RECORDS, wait_ms=_WAIT_MS)
                for record in found.get(at, []):
                    if record.key == key or record.offset >= receipt.offset:
                        return record.offset
        finally:
            await reader.close()

    async def _since(self, at: TopicPartition, end: int, since_ms: int) -> int:
        """An offset before which everything is older, by bisection: the log's stamps ascend."""
        low, high = (await self._log.begin_offsets([at]))[at], end
        while low < high:
            middle = (low + high) // 2
            found: Record | None = await self._log.fetch(at, middle)
            if found is None or found.offset >= end or found.timestamp_ms >= since_ms:
                high = middle
            else:
                low = found.offset + 1
        return low


def _record_of(ticket: TokenClaims) -> Outgoing:
    operation = ALL_OPERATIONS if ticket.operation == "*" else ticket.operation
    ref = MARK + hashlib.sha256((ticket.jti or "").encode()).hexdigest()[:32]
    record = PersonalRecord(
        operation_id=operation, ref=ref, words=PersonalWords(), written_at=from_ms(system_ms())
    )
    return Outgoing(f"{operation}/{ref}".encode(), encode(record))


def _used() -> AccessDenied:
    return AccessDenied("this link was used already; ask for a new one", status=401, code="used_ticket")
