"""The partition decider of a core that watches: it also folds other contexts' decisions, and goes on so.

Nothing is judged before all is folded that an earlier owner had seen: what was seen never goes back.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Final, Generic, TypeVar

from pamwal.contracts.errors import (
    CoreFailed,
    Halted,
    LogError,
    LogTruncated,
    LogUnavailable,
    SnapshotIgnored,
    TopicMismatch,
)
from pamwal.snapshots.partition import DeciderSnapshots
from pamwal.snapshots.seen import SeenSnapshots
from pamwal.wire.book import Book, Strand
from pamwal.wire.causes import Judgement, Seeing, WatchingJudge
from pamwal.wire.clock_proof import ClockProof
from pamwal.wire.core import Said, WatchingCore
from pamwal.wire.decider import PROVED_FOR_MS, PartitionDecider
from pamwal.wire.judge import Judge
from pamwal.wire.log import Log, Reader, TopicPartition
from pamwal.wire.metrics import Observer
from pamwal.wire.partitioning import partition_of
from pamwal.wire.quarantine import Quarantine
from pamwal.wire.replay import READ_RECORDS, replay
from pamwal.wire.watched import Watched

S = TypeVar("S")
P = TypeVar("P")
JUDGED_AT_ONCE: Final = 64
JUDGE_FOR_S: Final = 0.05
"""So many operations, or so long, then what was asked comes first again."""
_READ_WAIT_MS: Final = 1_000
_RETRY_AFTER_S: Final = 0.2
_LAG_EVERY_S: Final = 1.0
_LOOK_AGAIN_S: Final = 0.01
_log = logging.getLogger(__name__)


class WatchingDecider(PartitionDecider[S], Generic[S, P]):
    """One partition of a watching service. While it decides, `follow` runs; what it `gather`s is judged."""

    begins_ahead = False  # its decisions say where they stand, so no marker may come between

    def __init__(
        self,
        core: WatchingCore[S, P],
        log: Log,
        partition: int,
        *,
        now: Callable[[], str],
        observer: Observer,
        proved_for_ms: int = PROVED_FOR_MS,
        simulated: bool = False,
        snapshots: DeciderSnapshots[S] | None = None,
        seen_snapshots: SeenSnapshots[P] | None = None,
        turn: asyncio.Lock | None = None,
        proof: ClockProof | None = None,
    ) -> None:
        super().__init__(
            Seeing(core),
            log,
            partition,
            now=now,
            observer=observer,
            proved_for_ms=proved_for_ms,
            simulated=simulated,
            snapshots=snapshots,
            turn=turn,
            proof=proof,
        )
        self._watching, self._seen_snapshots = core, seen_snapshots
        self._causes: WatchingJudge[S, P] | None = None
        self._quarantine = Quarantine()
        self._followed = [TopicPartition(topic, partition) for topic in core.follows]
        self._reader: Reader | None = None
        self._folding = False
        """Whether the reader is further than what is folded."""
        self._place = 0
        """The offset at which the next transaction begins: markers count, and nobody else writes here."""

    @property
    def seen(self) -> dict[str, int]:
        """Place → first offset not folded; LogUnavailable before the takeover."""
        return self._watches(self._held()).watched.vector()

    async def asked(self) -> int:
        """Where the requests end now. LogError."""
        return (await self._log.end_offsets([self.requests]))[self.requests]

    def gather(self) -> bool:
        """Whether operations wait to be judged: all that are due; none while nothing is decided."""
        if self._causes is None or self._judge is not self._causes or self.clock.trouble is not None:
            return False
        return self._causes.gather(self.clock.time())

    @property
    def waiting(self) -> bool:
        """Whether anything that was gathered is not judged yet."""
        return self._causes is not None and bool(self._causes.waiting)

    @property
    def quarantined(self) -> dict[str, str]:
        """Operation → why it is not judged at present, and since when."""
        return {name: f"since {each.since}: {each.error}" for name, each in self._quarantine}

    @property
    def at_rest(self) -> int:
        """How many operations have to be folded before they can be judged."""
        return 0 if self._causes is None else len(self._causes.watched.resting)

    def to_tell(self, now_s: float) -> list[str]:
        """The operations whose summary has to be looked at; none while nothing is decided.

        One that rests is told once it was judged: telling folds nothing first.
        """
        causes = self._causes
        if causes is None or self._judge is not causes or self.clock.trouble is not None:
            return []
        return [each for each in causes.to_tell.due(now_s) if each not in causes.watched.resting]

    def say(self, operation_id: str, now_s: float) -> Said | None:
        """An operation's summary as of now, if it has to be told. LogUnavailable; what the core raises."""
        causes = self._watches(self._held())
        said: Said | None = None
        try:
            said = causes.say(operation_id, self.clock.time())
        finally:
            news = causes.to_tell.is_news(operation_id, said, now_s)
        return said if news else None

    def told(self, operation_id: str, said: Said | None, now_s: float) -> None:
        """The log has it; None: nobody knows whether it has."""
        if self._causes is not None and said is not None:
            self._causes.to_tell.told(operation_id, said, now_s)
        elif self._causes is not None:
            self._causes.to_tell.not_told(operation_id)

    async def is_level(self, within_s: float) -> bool:
        """Whether what is followed gets folded, in time, up to where it ends now; False if nobody knows.

        Who was frozen or cut off would otherwise miss posts that were heard meanwhile.
        """
        clock = asyncio.get_running_loop().time
        enough_at = clock() + within_s
        try:
            ends = await self._log.end_offsets(self._followed, "committed")
            while not await self._is_folded(ends):
                if clock() > enough_at:
                    return False
                await asyncio.sleep(_LOOK_AGAIN_S)
        except LogError as error:
            _log.warning("%s cannot see what it follows: %r", self.decisions, error)
            return False
        return True

    async def judge_causes(self) -> CoreFailed | None:
        """Judges some of the operations that wait; what is decided of them waits for `commit`.

        One that cannot be judged is in `quarantined` from then on, and the others go on. Returns an error if
        the core raised on evolving its own facts: what was judged before may be committed, then the partition
        has to be taken over again. SnapshotIgnored: what was seen of an operation cannot be taken from the
        snapshot.
        """
        with self._alone("judged"):
            judge = self._watches(self._held())
            now, clock = self.clock.time(), asyncio.get_running_loop().time
            enough_at = clock() + JUDGE_FOR_S
            for _ in range(min(JUDGED_AT_ONCE, len(judge.waiting))):
                if not self.room or clock() > enough_at:
                    break
                try:
                    judgement = judge.judge_next(now)
                except SnapshotIgnored as error:  # its operation was not read before
                    self._observer.snapshot_ignored(self.partition, error.reason)
                    raise
                self._observer.judged(self.partition)
                self._note(judgement)
                if judgement.written is not None:
                    self._unwritten.add(judgement.written)
                if judgement.error is not None and judgement.spoiled:
                    place = f"{self.decisions}, operation {judgement.operation_id}"
                    failed = CoreFailed(place, repr(judgement.error))
                    failed.__cause__ = judgement.error
                    return failed
                await asyncio.sleep(0)
                self._refuse_if_given_up(judge)
        return None

    def _note(self, judgement: Judgement) -> None:
        """Counts and logs which operations are in quarantine."""
        self._observer.quarantined(self.partition, len(self._quarantine))
        if judgement.error is not None:
            sentence = "%s: operation %s cannot be judged; the others go on"
            _log.error(sentence, self.decisions, judgement.operation_id, exc_info=judgement.error)

    async def follow(self) -> None:
        """Goes on folding what the other contexts decide; returns never.

        Halted if what is followed lost its tail or does not hold together.
        """
        judge = self._watches(self._held())
        while True:
            try:
                await self._read_on(judge)
            except LogTruncated as error:
                raise Halted("log_truncated", f"{error}; it is followed") from error
            except LogUnavailable as error:
                _log.warning("%s goes on following from where it stands: %r", self.decisions, error)
                await asyncio.sleep(_RETRY_AFTER_S)

    def _new_judge(self, book: Book) -> Judge[S]:
        strands = [Strand(book.cluster_id, *at, book.partitions) for at in self._followed]
        watched = Watched(self._watching, strands, partition_of)
        self._causes = WatchingJudge(
            self._watching,
            book,
            watched,
            partition_of,
            self._own_next,
            simulated=self._simulated,
            quarantine=self._quarantine,
        )
        (self._place,) = self._ends
        return self._causes

    async def _prepare(self, judge: Judge[S], *, anew: bool) -> None:
        watches = self._watches(judge)
        for topic in self._watching.follows:
            count = await self._log.partition_count(topic)
            if count != watches.book.partitions:
                mine = f"{self.decisions.topic} has {watches.book.partitions}"
                raise TopicMismatch(f"{topic} has {count} partitions, {mine}, and follows it")
        if self._seen_snapshots is not None and not anew:
            cluster_id = watches.book.cluster_id
            await self._seen_snapshots.load(self._log, watches.watched, cluster_id, self._observer)
            watches.take_up_seen()
        ends = await self._log.end_offsets(self._followed)
        for at, offset in watches.watched.behind(watches.book.seen).items():
            if ends[at] < offset:
                raise Halted("log_truncated", f"{at} ends at {ends[at]}; it was seen up to {offset}")
        begin = dict(watches.watched.next)
        await replay(self._log, begin, lambda _, records: watches.see(*records), upto="committed")
        if behind := watches.watched.behind(watches.book.seen):
            raise LogUnavailable(f"{behind} cannot be read yet, and was seen before")

    async def _read_on(self, judge: WatchingJudge[S, P]) -> None:
        reader = self._reader = await self._log.reader(judge.watched.next, "committed")
        clock = asyncio.get_running_loop().time
        told_at = clock() - _LAG_EVERY_S
        try:
            while True:
                found = await reader.read(max_records=READ_RECORDS, wait_ms=_READ_WAIT_MS)
                self._folding = bool(found)
                for at, records in found.items():
                    self._refuse_if_given_up(judge)
                    try:
                        judge.see(*records)
                    except Halted:
                        await self._ask_the_log(judge, at)
                        reader.seek(at, judge.watched.next[at])
                    await asyncio.sleep(0)
                self._folding = False
                if clock() - told_at >= _LAG_EVERY_S:
                    told_at = clock()
                    await self._tell_lag(reader)
        finally:
            self._reader, self._folding = None, False
            await reader.close()

    async def _ask_the_log(self, judge: WatchingJudge[S, P], at: TopicPartition) -> None:
        """A client may leave records out: Halted only if the log itself says so."""
        record = await self._log.fetch(at, judge.watched.next[at], "committed", urgent=True)
        self._refuse_if_given_up(judge)
        if record is None:
            raise LogUnavailable(f"nothing stands at or behind {at}-{judge.watched.next[at]}")
        judge.see(record)

    async def _is_folded(self, ends: Mapping[TopicPartition, int]) -> bool:
        reader = self._reader
        if reader is None or self._folding:
            return False
        return all([await reader.position(at) >= end for at, end in ends.items()])

    async def _tell_lag(self, reader: Reader) -> None:
        ends = await self._log.end_offsets(self._followed, "committed")
        lag = sum([max(0, end - await reader.position(at)) for at, end in ends.items()])
        self._observer.watch_lag(self.partition, lag)

    async def _commit(self, judge: Judge[S]) -> None:
        written = len(self._unwritten)
        if written:
            self._written_at = self._place
            self._place += written + 1
        causes = self._watches(judge)
        caused, causes.caused = causes.caused, 0
        await super()._commit(judge)
        if written and self._place not in self._ends:
            # the vectors of what was judged meanwhile name a place that is not theirs
            raise LogUnavailable(f"{self.decisions} goes on at {sorted(self._ends)}, not at {self._place}")
        if caused:
            self._observer.caused(self.partition, caused)

    def _own_next(self) -> int:
        return self._place + len(self._unwritten)

    def _watches(self, judge: Judge[S]) -> WatchingJudge[S, P]:
        """The judge with all it can; it is always the last one that was made."""
        if self._causes is None or judge is not self._causes:
            raise self._given_up()
        return self._causes
