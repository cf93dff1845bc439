"""The partition decider: fence, fold, verify, then decide batch by batch. Knows the log, no engine.

Correctness rests on this file, the book it keeps and the fence; not on who hands the records over, in which
order or how often.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import ClassVar, Final, Generic, TypeVar

from pamwal.contracts.errors import CoreFailed, Halted, LogTruncated, LogUnavailable
from pamwal.contracts.kafka_users import transactional_id_of
from pamwal.snapshots.partition import DeciderSnapshots
from pamwal.wire.book import Book
from pamwal.wire.clock_proof import ClockProof, DecidingClock
from pamwal.wire.core import Core
from pamwal.wire.gap import Gap, goes_back
from pamwal.wire.guards import refuse_future, refuse_truncated
from pamwal.wire.judge import Judge, SealsAsked
from pamwal.wire.log import Log, Record, TopicPartition, Transactor
from pamwal.wire.metrics import Observer
from pamwal.wire.own_fold import fold_into, new_book
from pamwal.wire.partition_count import refuse_other_count
from pamwal.wire.partitioning import partition_of
from pamwal.wire.replay import replay
from pamwal.wire.unwritten import Unwritten

S = TypeVar("S")
BATCH_RECORDS: Final = 500
PROVED_FOR_MS: Final = 1_500
"""So long after a batch the requests need not be verified again: no broker crashes and comes back in less."""
_YIELD_EVERY: Final = 64
_YIELD_TURNS: Final = 4
"""An answer from Kafka takes several turns of the event loop to reach its waiter, and a transaction needs
several answers. With one turn in 64 records a commit took longer than judging the next batch."""
_TURN_RECORDS: Final = 128
"""After so many records another partition may judge."""


class PartitionDecider(Generic[S]):
    """One partition of one service. After any exception call `drop` and `take_over` again."""

    begins_ahead: ClassVar = True
    """Whether the next transaction is begun before it is known that there is one."""

    def __init__(
        self,
        core: Core[S],
        log: Log,
        partition: int,
        *,
        now: Callable[[], str],
        observer: Observer,
        proved_for_ms: int = PROVED_FOR_MS,
        simulated: bool = False,
        snapshots: DeciderSnapshots[S] | None = None,
        turn: asyncio.Lock | None = None,
        proof: ClockProof | None = None,
    ) -> None:
        """`simulated`: `now` is a simulated clock, and real operations are refused. `turn`: see `Turns`.

        `proof`: of the clock behind `now`: nothing is judged or committed while it is not proven.
        """
        self.core, self.partition = core, partition
        self.seals: SealsAsked | None = None
        self.requests = TopicPartition(core.requests_topic, partition)
        self.decisions = TopicPartition(core.decisions_topic, partition)
        self._log = log
        self.clock, self._simulated = DecidingClock(now, proof, simulated=simulated), simulated
        self._observer, self._snapshots, self._turn = observer, snapshots, turn or asyncio.Lock()
        self._transactor: Transactor | None = None
        self._judge: Judge[S] | None = None
        self._takeovers = 0
        self.busy: set[str] = set()  # what is being done: "judged", "written", both or neither
        self._written, self._folded_knownat = 0, ""
        self._unwritten = Unwritten()
        self._written_at: int | None = None  # where what is written next has to begin, should that matter
        self._ends: frozenset[int] = frozenset()
        self._proved_for_s, self._proved_at = proved_for_ms / 1000, 0.0

    @property
    def next_offset(self) -> int | None:
        """The first request without a committed decision, or None before the takeover."""
        return None if self._judge is None else self._written

    async def take_over(self, *, anew: bool = False) -> int:
        """Shuts out every other owner, then folds and verifies; returns the next request's offset.

        Nothing is read before the fence: what an older owner still had open would appear after the fold.
        `anew`: from the log alone, whatever snapshots there are; so where a state is doubted.
        Waits until the clock is proven. Halted, CoreFailed (evolve raised), SnapshotIgnored, AnotherCluster,
        TopicMismatch, LogUnavailable, Fenced.
        """
        await self.drop()
        started, takeover = time.perf_counter(), self._takeovers
        transactor = await self._log.fence(transactional_id_of(self.core.service, self.partition))
        if takeover != self._takeovers:
            await transactor.close()
            raise self._given_up()
        self._transactor = transactor
        await transactor.abort_hanging(self.decisions)
        self._ends = frozenset((await self._log.end_offsets([self.decisions])).values())
        book = await new_book(self._log, self.core, self.partition)
        judge = self._new_judge(book)
        judge.seals = None if self.seals is None else self.seals()
        begin = 0
        if self._snapshots is not None and not anew:
            begin = await self._snapshots.load(self._log, judge, self._observer)
        await replay(self._log, {self.decisions: begin}, lambda _, records: fold_into(judge, records))
        if not judge.book.begun:
            # nothing here states a count: the oldest partition that has a decision does
            await refuse_other_count(self._log, self.requests.topic, self.decisions.topic, looked_at_most=1)
        await self._prepare(judge, anew=anew)
        await self.clock.proven()
        self._folded_knownat = judge.book.knownat
        await refuse_future(self._log, self.decisions, judge.book.knownat, self.clock)
        if takeover != self._takeovers:
            raise self._given_up()
        self._judge, self._written = judge, judge.book.next_offset
        await self.verify()
        self._observer.folded(self.partition, judge.book.next_offset, time.perf_counter() - started)
        return judge.book.next_offset

    async def resume(self) -> bool:
        """Whether state and transactor are still good: nobody wrote a decision since we last did."""
        return self._judge is not None and not self._unwritten and not await self.others_wrote()

    async def others_wrote(self) -> bool:
        """Whether the decisions end elsewhere than where this decider last saw or left them.

        AnotherCluster: what ends where at another one says nothing.
        """
        await self._log.cluster_id(anew=True)
        end = (await self._log.end_offsets([self.decisions]))[self.decisions]
        return end not in self._ends

    def has_caught_up(self) -> bool:
        """Whether what was folded last is, by a proven clock, not in the future any more."""
        return self.clock.trouble is None and not self.clock.ahead_ms(self._folded_knownat)

    async def verify(self) -> None:
        """Halted (`log_truncated`) unless the requests still hold what was decided: nothing is skipped."""
        judge = self._held()
        began = asyncio.get_running_loop().time()
        if await refuse_truncated(self._log, self.requests, judge.book):
            self._proved_at = began

    async def decide(self, records: Sequence[Record]) -> Gap | None:
        """`judge` and `commit` in one. Raises CoreFailed, after those before it were written."""
        trouble = await self.judge(records)
        await self.commit()
        if isinstance(trouble, CoreFailed):
            raise trouble
        return trouble

    async def judge(self, records: Sequence[Record]) -> Gap | CoreFailed | None:
        """Judges what follows in order; its decisions wait for `commit`, and one may be running meanwhile.

        Records below the next are skipped. Returns where the caller has to seek if the client is elsewhere,
        or the record on which the core raised; what was judged before it may be committed. Halted if the
        client went back because the log lost its tail; LogUnavailable for a second caller.
        """
        with self._alone("judged"):
            return await self._judge_all(self._held(), records)

    async def _judge_all(self, judge: Judge[S], records: Sequence[Record]) -> Gap | CoreFailed | None:
        if asyncio.get_running_loop().time() - self._proved_at > self._proved_for_s:
            # a broker may have come back meanwhile without its tail, and been filled up past the next offset
            await self.verify()
        self._refuse_if_given_up(judge)
        began = judge.book.next_offset
        if goes_back(records, began):
            await self._went_back(judge)
        for first in range(0, len(records), _TURN_RECORDS):
            if first:
                await self._let_others(judge)
            async with self._turn:
                now = await self._time(judge)
                trouble = await self._judge_some(judge, records[first : first + _TURN_RECORDS], now)
            if trouble is not None:
                return trouble
        return Gap(began, records[0].offset) if records and judge.book.next_offset == began else None

    async def _judge_some(
        self, judge: Judge[S], records: Sequence[Record], now: str
    ) -> Gap | CoreFailed | None:
        """What follows, in one turn; nothing is waited for in it but the turns of the event loop."""
        book = judge.book
        for number, record in enumerate(records):
            if number % _YIELD_EVERY == 0:
                if number:
                    await self._let_others(judge)
                judge.read_ahead(records[number : number + _YIELD_EVERY])
            if record.offset < book.next_offset:
                continue
            if record.offset > book.next_offset:
                return Gap(book.next_offset, record.offset)
            try:
                self._unwritten.add(judge.judge(record, now))
            except Exception as error:  # whatever a core raises stops this partition and no other
                failed = CoreFailed(f"{record.topic}-{record.partition}-{record.offset}", repr(error))
                failed.__cause__ = error
                return failed
        return None

    async def _let_others(self, judge: Judge[S]) -> None:
        for _ in range(_YIELD_TURNS):
            await asyncio.sleep(0)
        self._refuse_if_given_up(judge)

    async def commit(self) -> None:
        """Writes what was judged so far in one transaction. Fenced, LogUnavailable: it may stand or not."""
        with self._alone("written"):
            await self._commit(self._held())

    async def _commit(self, judge: Judge[S]) -> None:
        transactor, written = self._transactor, self._unwritten.take()
        if not written:
            return
        if transactor is None:
            raise self._given_up()
        self.clock.require(judge.book.knownat)
        outcomes, judge.outcomes = judge.outcomes, Counter()
        through = judge.book.next_offset
        began, began_at = time.perf_counter(), asyncio.get_running_loop().time()
        to, place = self.decisions, self._written_at
        last = await transactor.write(to.topic, to.partition, written, begins_at=place)
        self._refuse_if_given_up(judge)
        self._written = through
        self._proved_at = began_at
        # the commit marker may come a moment after the answer to the commit
        self._ends = frozenset((last + 1, last + 2))
        if self.begins_ahead:
            transactor.begin_next(self.decisions.topic, self.partition)
            self._ends |= {last + 3}
        self._observer.decided(self.partition, outcomes, time.perf_counter() - began)

    @property
    def unwritten(self) -> int:
        """How many decisions wait for `commit`."""
        return len(self._unwritten)

    @property
    def room(self) -> int:
        """How many more the next transaction should take."""
        return self._unwritten.room

    async def confirm_absent(self, gap: Gap) -> None:
        """Decides a gap seen twice: by a direct fetch either its records, or that they are absent."""
        judge = self._held()
        place = f"{self.requests.topic}-{self.partition}-{gap.expected}"
        try:
            record = await self._log.fetch(self.requests, gap.expected, urgent=True)
        except LogTruncated as error:
            raise Halted("log_truncated", str(error)) from error
        if record is None:
            raise LogUnavailable(f"nothing stands at or behind {place}, where {gap.found} was read")
        if record.offset == judge.book.next_offset:
            await self.decide([record])
            return
        while judge.book.next_offset < record.offset:
            upto = min(record.offset, judge.book.next_offset + BATCH_RECORDS)
            now = await self._time(judge)
            for offset in range(judge.book.next_offset, upto):
                self._unwritten.add(judge.absent(offset, now))
            await self.commit()

    async def drop(self) -> None:
        """Gives up state and transactor; nothing is written any more."""
        self._takeovers += 1
        transactor, self._transactor = self._transactor, None
        self._judge, self._unwritten, self._proved_at = None, Unwritten(), 0.0
        if transactor is not None:
            await transactor.close()

    async def _went_back(self, judge: Judge[S]) -> None:
        """A client that hands over decided requests was perhaps told that the log is shorter than it was."""
        await self.verify()
        self._refuse_if_given_up(judge)

    def _new_judge(self, book: Book) -> Judge[S]:
        """Who judges by this book."""
        return Judge(self.core, book, partition_of, simulated=self._simulated)

    async def _prepare(self, judge: Judge[S], *, anew: bool) -> None:
        """What else must be known before anything is judged: here nothing. `anew` as for `take_over`."""

    async def _time(self, judge: Judge[S]) -> str:
        """When to judge, as soon as the clock is proven."""
        await self.clock.proven()
        self._refuse_if_given_up(judge)
        return self.clock.time()

    def _held(self) -> Judge[S]:
        if self._judge is None:
            raise LogUnavailable(f"partition {self.partition} is not taken over")
        return self._judge

    @contextmanager
    def _alone(self, what: str) -> Iterator[None]:
        """One caller at a time: two loops on one partition would each take what the other judged."""
        if what in self.busy:
            raise LogUnavailable(f"partition {self.partition} is being {what} by another loop")
        self.busy.add(what)
        try:
            yield
        finally:
            self.busy.discard(what)

    def _refuse_if_given_up(self, judge: Judge[S]) -> None:
        """After each wait: what was judged before a `drop` must not get among what is judged behind it."""
        if self._judge is not judge:
            raise self._given_up()

    def _given_up(self) -> LogUnavailable:
        return LogUnavailable(f"partition {self.partition} was given up meanwhile")
