"""Decisions as the tail brings them, and who waits for them here."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import deque
from collections.abc import Awaitable, Callable

import msgspec
import structlog

from pamwal.contracts.errors import LogError, LogTruncated
from pamwal.edge.answers import Decided, read_decided
from pamwal.wire.log import Receipt, Record, TopicPartition

Key = tuple[str, str, str]
"""(operation, post, request id): what idempotency goes by."""
Find = Callable[[Receipt], Awaitable[Record | None]]
RECENT_BYTES_MAX = 16 * 1024 * 1024
SWEEP_S = 0.05
_log = structlog.get_logger(__name__)


class Waiter:
    """One request, as the bytes that were sent, and the future its decision is set on.

    Until the offset of the request is known, `early` keeps decisions of its key.
    """

    __slots__ = ("deadline_s", "early", "future", "key", "receipt", "value")

    def __init__(self, key: Key, value: bytes, future: asyncio.Future[Decided | None]) -> None:
        self.key, self.value, self.future, self.deadline_s = key, value, future, 0.0
        self.early: list[Decided] = []
        self.receipt: Receipt | None = None

    def settle(self, decided: Decided | None) -> None:
        """Ends the wait; None when time is up."""
        if not self.future.done():
            self.future.set_result(decided)


class Decisions:
    """Follows one decisions topic for the requests of this edge."""

    def __init__(self, decisions_topic: str, find: Find) -> None:
        self.trouble: str | None = None
        """Why answers of this log cannot be trusted, once that is known: a check of `/readyz`."""
        self._topic, self._find = decisions_topic, find
        self._by_key: dict[Key, list[Waiter]] = {}
        self._by_place: dict[tuple[int, int], Waiter] = {}
        self._deadlines: deque[Waiter] = deque()
        self._recent: dict[tuple[int, int], bytes] = {}
        self._recent_bytes = 0
        self._decided: dict[int, int] = {}
        """Partition → the offset behind the last request whose decision the tail brought."""
        self._sweeping = False

    @property
    def waiting(self) -> int:
        """How many requests wait for a decision."""
        return len(self._by_place) + sum(map(len, self._by_key.values()))

    def on_records(self, at: TopicPartition, records: list[Record]) -> None:
        """Takes what the tail read of one partition, in order."""
        if at.topic != self._topic:
            return
        for record in records:
            try:
                decided = read_decided(record.value)
            except (msgspec.DecodeError, UnicodeDecodeError):
                _log.error("not a decision", topic=at.topic, partition=at.partition, offset=record.offset)
                continue
            self._arrived(at.partition, decided, record.value)

    def _arrived(self, partition: int, decided: Decided, value: bytes) -> None:
        request = decided.data.request
        if request is None:
            return
        place = (partition, request.offset)
        self._decided[partition] = request.offset + 1
        self._remember(place, value)
        waiter = self._by_place.pop(place, None)
        if waiter is not None and waiter.receipt is not None:
            self._settle(waiter, decided, waiter.receipt)
        elif self._by_key and request.id is not None and request.postid is not None:
            for early in self._by_key.get((decided.operationid, request.postid, request.id), ()):
                early.early.append(decided)

    def _remember(self, place: tuple[int, int], value: bytes) -> None:
        self._recent_bytes += len(value) - len(self._recent.pop(place, b""))
        self._recent[place] = value
        while self._recent_bytes > RECENT_BYTES_MAX:
            self._recent_bytes -= len(self._recent.pop(next(iter(self._recent))))

    def expect(self, key: Key, value: bytes) -> Waiter:
        """Registers before the request `value` is sent. `bind` or `forget` must follow."""
        waiter = Waiter(key, value, asyncio.get_running_loop().create_future())
        self._by_key.setdefault(key, []).append(waiter)
        return waiter

    def forget(self, waiter: Waiter) -> None:
        """Nobody wants it any more."""
        others = self._by_key.get(waiter.key)
        if others is not None and waiter in others:
            others.remove(waiter)
            if not others:
                del self._by_key[waiter.key]

    def bind(self, waiter: Waiter, receipt: Receipt, wait_s: float) -> None:
        """The log has the request at `receipt`: only the decision of that offset will do, within `wait_s`."""
        self.forget(waiter)
        waiter.receipt = receipt
        waiter.deadline_s = time.monotonic() + wait_s
        decided = next((d for d in waiter.early if _offset_of(d) == receipt.offset), None)
        decided = decided or self.recent(receipt)
        if decided is not None:
            self._settle(waiter, decided, receipt)
            return
        self._by_place[receipt.partition, receipt.offset] = waiter
        self._deadlines.append(waiter)
        if not self._sweeping:
            self._sweeping = True
            asyncio.get_running_loop().call_later(SWEEP_S, self._sweep)

    async def wait(self, waiter: Waiter, receipt: Receipt) -> Decided | None:
        """The decision, or None when its time is up."""
        try:
            return await waiter.future
        finally:
            self._by_place.pop((receipt.partition, receipt.offset), None)

    def _sweep(self) -> None:
        """One timer for all waiters: they wait equally long, so the oldest is always first."""
        now_s = time.monotonic()
        while self._deadlines and (
            self._deadlines[0].deadline_s <= now_s or self._deadlines[0].future.done()
        ):
            self._deadlines.popleft().settle(None)
        self._sweeping = bool(self._deadlines)
        if self._sweeping:
            asyncio.get_running_loop().call_later(SWEEP_S, self._sweep)

    @staticmethod
    def rescued(waiter: Waiter) -> Decided | None:
        """The decision of exactly the bytes sent, if it came although their acknowledgement did not."""
        if not waiter.early:
            return None
        sha256 = hashlib.sha256(waiter.value).hexdigest()
        return next((d for d in waiter.early if d.data.request and d.data.request.sha256 == sha256), None)

    def _settle(self, waiter: Waiter, decided: Decided, receipt: Receipt) -> None:
        """Answers with the decision, or with None (pending) if another request was decided at `receipt`."""
        try:
            self.check(decided, receipt, waiter.value)
        except LogTruncated:
            waiter.settle(None)
        else:
            waiter.settle(decided)

    def check(self, decided: Decided, receipt: Receipt, value: bytes | None) -> None:
        """Raises LogTruncated, and makes the edge not ready, unless `decided` answers the request `value`.

        `value` is what the log holds at `receipt` now; None if it holds nothing. A broker that lost the tail
        of a partition gives offsets out again, while the decisions of the lost requests still stand.
        """
        request = decided.data.request
        sha256 = None if value is None else hashlib.sha256(value).hexdigest()
        if request is None or request.sha256 == sha256:
            return
        found = "nothing" if value is None else "another request"
        text = (
            f"log_truncated: a request was decided at {receipt} that the log has lost; {found} is there now. "
            "Restore the log, then restart this process"
        )
        if self.trouble is None:
            self.trouble = text
            _log.error("log truncated", receipt=str(receipt), decision=decided.id)
        raise LogTruncated(text)

    def drop(self, waiter: Waiter, receipt: Receipt) -> None:
        """Nobody waits any more for the decision of the request at `receipt`."""
        self._by_place.pop((receipt.partition, receipt.offset), None)
        waiter.settle(None)

    def recent(self, receipt: Receipt) -> Decided | None:
        """The decision of the request at `receipt` if the tail brought it lately; the log is not asked."""
        value = self._recent.get((receipt.partition, receipt.offset))
        return None if value is None else read_decided(value)

    async def find(self, receipt: Receipt) -> Decided | None:
        """The decision of the request at `receipt`, None if there is none yet. LogError.

        Decisions come in the order of their requests: behind the last one the tail brought there is none, and
        the log need not be searched for what many wait for at once.
        """
        value = self._recent.get((receipt.partition, receipt.offset))
        if value is None and receipt.offset >= self._decided.get(receipt.partition, receipt.offset + 1):
            return None
        if value is None:
            record = await self._find(receipt)
            if record is None:
                return None
            value = record.value
        return read_decided(value)

    async def first_of(self, decided: Decided, receipt: Receipt) -> tuple[Decided, Receipt]:
        """The decision that a repeat repeats, and its request's receipt; anything else is its own first."""
        of = decided.data.of
        if decided.data.outcome != "repeat" or of is None:
            return decided, receipt
        first_receipt = receipt._replace(offset=of.offset)
        first = await self.find(first_receipt)
        if first is None:
            raise LogError(f"the decision of {first_receipt}, which {receipt} repeats, cannot be found")
        return first, first_receipt


def _offset_of(decided: Decided) -> int | None:
    return None if decided.data.request is None else decided.data.request.offset
