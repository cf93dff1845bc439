"""Following topics as they grow, waiting for a place in them, and finding the decision of a request."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Literal

from pamwal.contracts.errors import LogError, LogTruncated, PamwalError
from pamwal.contracts.topics import BY_NAME, decisions_of
from pamwal.wire.ending import EndedForGood
from pamwal.wire.finding import NOTHING_SHA256, AnsweredRequest, answered_request, find_decision
from pamwal.wire.log import Bare, Log, Reader, Receipt, Record, TopicPartition, record_of
from pamwal.wire.replay import READ_RECORDS, CollectorNap, whole
from pamwal.wire.staleness import Staleness
from pamwal.wire.waiters import Waiters, within

OnRecords = Callable[[TopicPartition, list[Record]], None]
OnBare = Callable[[TopicPartition, list[Bare]], None]
Reads = Callable[..., Awaitable[Mapping[TopicPartition, Sequence[Any]]]]
Wanted = Callable[[TopicPartition], bool]
Start = Literal["begin", "end"] | Mapping[TopicPartition, int]
_READ_WAIT_MS = 1_000
_CHECK_EVERY_S = 1.0
_RETRY_AFTER_S = 0.2
_log = logging.getLogger(__name__)


class Tail:
    """Hands every committed record of some topics to `on_records`, partition by partition, in order, once.

    `on_records` runs on the loop, must not block, and must not raise: what it raises ends the tail, and shows
    in `failed`. After trouble with the log the tail opens another reader where it stands.
    """

    def __init__(
        self,
        log: Log,
        topics: Iterable[str],
        on_records: OnRecords | OnBare,
        *,
        start: Start = "end",
        gently: bool = False,
        rest_s: float = 0.0,
        only: Wanted = lambda _: True,
        bare: bool = False,
    ) -> None:
        """Of the partitions it follows `only` those. With `gently` what stood in the log when it started is
        read with at most half of the time.

        `rest_s` and `bare`: as a reader takes them; `on_records` is handed what that gives.
        """
        self._log, self._gently, self._rest_s, self._bare, self._only = log, gently, rest_s, bare, only
        self._topics = tuple(topics)
        self._names = ", ".join(self._topics)
        self._on_records: Callable[[TopicPartition, Any], None] = on_records
        self._from: Start = start
        self._next: dict[TopicPartition, int] = {}
        self._ends: dict[TopicPartition, int] = {}
        self._decided: dict[TopicPartition, int] = {}
        self._last: dict[TopicPartition, AnsweredRequest] = {}
        """The newest request whose decision was handed over, of those that the log had."""
        self._looked_s: dict[TopicPartition, float] = {}
        self._reused: dict[TopicPartition, str] = {}
        """Partitions whose offsets of requests may have been given out again → why."""
        self._positions: dict[TopicPartition, Waiters] = {}
        self._requests: dict[TopicPartition, Waiters] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._reader: Reader | None = None
        self._behind = True
        self._staleness = Staleness()
        self._lost: LogTruncated | None = None
        self.failed: BaseException | None = None
        self._level = asyncio.Event()

    @property
    def level_once(self) -> bool:
        """Whether everything that stood in the log when it started has been handed over."""
        return self._level.is_set()

    async def until_level(self) -> None:
        """Until that is so."""
        await self._level.wait()

    @property
    def caught_up(self) -> bool:
        """Whether everything that stood in the log a second ago has been handed over."""
        return not self._behind and self.broken is None

    @property
    def broken(self) -> str | None:
        """Why it will not hand over what stands in the log, in a sentence; None if it only takes time."""
        if self.failed is not None:
            return EndedForGood(f"reading {self._names} ended: {self.failed!r}; restart this process")
        if self._lost is not None:
            return f"log_truncated: {self._lost}"
        return None

    @property
    def trouble(self) -> str | None:
        """Why what is read from here is missing or too old, in a sentence; None if it is not."""
        if self.broken is not None or not self.level_once:
            return self.broken or f"{self._names} is not read to its end yet"
        return self._staleness.trouble(self._names, time.monotonic())

    def left(self, at: TopicPartition) -> int:
        """How many records of a partition it has not handed over, of those that stood there a second ago."""
        return max(0, self._ends.get(at, 0) - self._next.get(at, 0))

    def vector(self) -> dict[TopicPartition, int]:
        """For each partition the offset behind the last record handed over."""
        return dict(self._next)

    def decided(self, at: TopicPartition) -> int:
        """The offset behind the highest request whose decision this tail handed over; else 0."""
        return self._decided.get(at, 0)

    async def start(self) -> None:
        """Finds where to stand, and begins to follow. LogError, LogUnavailable."""
        places = [at for at in await whole(self._log, self._topics) if self._only(at)]
        self._ends = await self._log.end_offsets(places, "committed")
        if self._from == "begin":
            self._next = dict.fromkeys(places, 0)
        elif self._from == "end":
            self._next = dict(self._ends)
        else:
            self._next = {at: self._from.get(at, 0) for at in places}
        self._positions = {at: Waiters() for at in places}
        self._requests = {at: Waiters() for at in places}
        self._staleness.see(time.monotonic(), self._ends)
        self._note_progress(self._next)
        self._tasks = [
            asyncio.create_task(self._follow(), name="tail"),
            asyncio.create_task(self._check(), name="tail check"),
        ]

    async def wait_for_position(self, at: TopicPartition, offset: int, within_ms: int) -> bool:
        """Whether the record at `offset` has been handed over, within that time."""
        return self._next[at] > offset or await within(self._positions[at].add(offset), within_ms)

    async def wait_for_decision(self, receipt: Receipt, within_ms: int) -> bool:
        """Whether a decision of a followed partition was handed over, or stood before that, in time.

        LogTruncated where the log lost requests that were decided: others may stand at their offsets.
        """
        at = TopicPartition(decisions_of(receipt.topic).name, receipt.partition)
        if at not in self._requests:
            return False
        if self.decided(at) > receipt.offset:
            await self._require_decided(at, receipt.topic)
            return True
        waiting = self._requests[at].add(receipt.offset)
        if at not in self._decided and await self._stood_before(at, receipt):
            return True
        return await within(waiting, within_ms)

    async def stop(self) -> None:
        """Follows no longer; who still waits is left to its deadline."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        self._tasks = []

    async def _require_decided(self, at: TopicPartition, requests_topic: str) -> None:
        """LogTruncated unless the newest decided request stands in the log: others may have its offset else.

        The log is asked once a second, as a broker takes longer to lose it. Where it cannot be asked it gives
        no offset out again either.
        """
        last, now_s = self._last.get(at), time.monotonic()
        if last is not None and now_s - self._looked_s.get(at, -_CHECK_EVERY_S) >= _CHECK_EVERY_S:
            self._looked_s[at] = now_s
            place = TopicPartition(requests_topic, at.partition)
            try:
                async with asyncio.timeout(_CHECK_EVERY_S):
                    record = await self._log.fetch(place, last.offset)
            except LogTruncated:
                record = None
            except (LogError, TimeoutError) as error:
                _log.warning("the tail of %s cannot see %s: %r", self._names, place, error)
                return
            if record is None or hashlib.sha256(record.value).hexdigest() != last.sha256:
                text = (
                    f"{place}-{last.offset} is not the request that was decided there. Restore the log, and "
                    "restart this process"
                )
                self._reused[at] = text
                self._note_trouble(LogTruncated(text))
        if at in self._reused:
            raise LogTruncated(f"log_truncated: {self._reused[at]}")

    async def _stood_before(self, at: TopicPartition, receipt: Receipt) -> bool:
        try:
            record = await find_decision(self._log, receipt)
        except PamwalError:
            return False
        return record is not None and record.offset < self._next[at]

    async def _follow(self) -> None:
        try:
            while True:
                try:
                    await self._read()
                except LogError as error:
                    self._behind = True
                    self._note_trouble(error)
                    await asyncio.sleep(_RETRY_AFTER_S)
        except Exception as error:  # whoever looks at `failed` decides what becomes of the process
            self.failed = error
            _log.exception("the tail of %s ended", self._names)

    def _note_trouble(self, error: LogError) -> None:
        """Lost records stay lost, also when others come to stand at their offsets."""
        if not isinstance(error, LogTruncated):
            _log.warning("the tail of %s starts over: %r", self._names, error)
        elif str(error) != str(self._lost):
            _log.error("the tail of %s cannot go on there: %s", self._names, error)
            self._lost = error

    async def _read(self) -> None:
        self._reader = reader = await self._log.reader(
            self._next, "committed", rest_s=self._rest_s, bare=self._bare
        )
        read: Reads = reader.read_bare if self._bare else reader.read
        nap = CollectorNap()
        try:
            while True:
                found = await read(max_records=READ_RECORDS, wait_ms=_READ_WAIT_MS)
                if found and not self.level_once:
                    nap.begin()  # only while the first replay flows: the log may be away for long
                else:
                    nap.end()
                began_s = time.perf_counter()
                for at, records in found.items():
                    self._on_records(at, records)
                    self._next[at] = record_of(at, records[-1]).offset + 1
                    self._positions[at].passed(self._next[at])
                    self._note_decided(at, records)
                if self._behind:
                    self._note_progress(await self._reached(reader))
                if self.level_once:
                    nap.end()
                rest = self._gently and not self.level_once
                await asyncio.sleep(time.perf_counter() - began_s if rest else 0)
        finally:
            nap.end()
            self._reader = None
            with suppress(PamwalError):
                await reader.close()

    def _note_decided(self, at: TopicPartition, records: Sequence[Record | Bare]) -> None:
        topic = BY_NAME.get(at.topic)
        if topic is None or ".decisions." not in topic.name:
            return
        for record in reversed(records):
            request = answered_request(record_of(at, record))
            if request is not None:
                self._decided[at] = request.offset + 1
                self._requests[at].passed(request.offset + 1)
                if request.sha256 != NOTHING_SHA256:
                    self._last[at] = request
                return

    async def _reached(self, reader: Reader) -> dict[TopicPartition, int]:
        """Positions count control records: a partition is level though its last record lies further back."""
        return {at: await reader.position(at) for at in self._ends}

    def _note_progress(self, positions: Mapping[TopicPartition, int]) -> None:
        self._staleness.reach(positions)
        self._behind = any(positions[at] < end for at, end in self._ends.items())
        if not self._behind:
            self._level.set()

    async def _check(self) -> None:
        """Every second: what stood in the log a second ago must have been handed over by now."""
        while True:
            await asyncio.sleep(_CHECK_EVERY_S)
            try:
                ends = await self._log.end_offsets(list(self._next), "committed")
                self._staleness.see(time.monotonic(), ends)
                if self._reader is not None:
                    self._note_progress(await self._reached(self._reader))
            except LogError as error:
                self._behind = True
                _log.warning("the tail of %s cannot see the log: %r", self._names, error)
            else:
                self._ends = ends
