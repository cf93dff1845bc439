"""What a replica has taken up of what it reads: until it is level decisions rest, from then on it folds.

Does no I/O: whoever reads the log hands its records over, and says when all there was is read.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from itertools import groupby
from typing import Final

import structlog

from pamwal.contracts.errors import PamwalError
from pamwal.contracts.topics import decisions_of
from pamwal.wire.log import Bare, Record, TopicPartition, bare_of, record_of
from pamwal.wire.partitioning import partition_of
from pamwal.wire.shard import WHOLE, Shard
from services.reporting.chartered import Chartered
from services.reporting.kept import TakenUp
from services.reporting.picture import Pictures
from services.reporting.picture.charter import charter_in
from services.reporting.picture.decided import Decided, decode_decided
from services.reporting.picture.folding import Folding, require_key
from services.reporting.picture.history import PLAN, History
from services.reporting.picture.ledger import Ledger
from services.reporting.picture.noting import UNASKED, note
from services.reporting.resting import RestingOperations
from services.reporting.unfolded import Block

_UNASKED: Final = bytes([UNASKED])
_log = structlog.get_logger(__name__)


class TakingUp:
    """Pictures, their history and the ledger, as far as the log was read.

    A partition with a decision that cannot be read or folded stops where it stands; the others go on.
    """

    def __init__(self, shard: Shard = WHOLE) -> None:
        """`shard`: the partitions of which everything is taken up; of others it is how operations stand."""
        self._shard = shard
        self.pictures, self.ledger = Pictures(), Ledger()
        self.history = History(self.pictures, self.note_places)
        self.folding = Folding(self.pictures, self.history)
        self.resting = RestingOperations(self.pictures, self.history, self._stop)
        self.chartered = Chartered()
        """What is known of operations at rest, too."""
        self.elsewhere: set[str] = set()
        """Operations in other shards."""
        self.next: dict[TopicPartition, int] = {}
        """Behind the last record taken up of each partition."""
        self._unnoted: dict[TopicPartition, deque[Block]] = {}
        """Decisions at rest of which the places are not noted yet, in the order of the log."""
        self.stopped: dict[TopicPartition, str] = {}
        """Partitions of decisions that are folded no further → at which offset, and why."""
        self.level = False
        """All decisions there were have been read once: from now on whoever looks at a picture sees it."""

    def go_on(self, found: TakenUp, partitions: int) -> None:
        """Goes on from a snapshot."""
        self.ledger = found.ledger
        for place in found.places:
            self.next[place.at] = place.next
            if place.due:
                self.folding.due[place.at] = place.due
            if place.marks is not None:
                self.history.partition(place.at).marks = place.marks
        self.resting.keep(found.operations, partitions)
        for name, told in found.charters.items():
            if not self._shard.holds(partition_of(name.encode(), partitions)):
                self.elsewhere.add(name)
            for arrived in told:
                self.chartered.take(Decided(name, arrived.data))

    def show(self) -> None:
        """All decisions there were have been handed over."""
        self.level = True
        self.resting.show()

    def take_requests(self, at: TopicPartition, records: list[Record]) -> None:
        """The next records of one partition of requests."""
        self.note_places(TopicPartition(decisions_of(at.topic).name, at.partition))
        self.ledger.receive(at, records)
        self.next[at] = records[-1].offset + 1

    def take_decisions(self, at: TopicPartition, found: list[Bare]) -> None:
        """The next records of one partition of decisions; none of one that has stopped."""
        if not self._shard.holds(at.partition):
            self._hear(at, found)
        elif not self.level:
            self._rest(at, found)
        else:
            self._take(at, [record_of(at, bare) for bare in found])

    def note_places(self, at: TopicPartition) -> None:
        """Takes the places of decisions at rest up: somebody asks where one stands, or when it was made."""
        waiting = self._unnoted.pop(at, None)
        while waiting:
            self._note_block(at, waiting)

    async def note_all_places(self) -> None:
        """The same of all partitions, with at most half of the time."""
        while self._unnoted:
            began_s = time.perf_counter()
            self.note_some_places()
            await asyncio.sleep(time.perf_counter() - began_s)

    def note_some_places(self) -> None:
        """The same of one block."""
        at, waiting = self._unnoted.popitem()  # nothing may find it half noted
        self._note_block(at, waiting)
        if waiting:
            self._unnoted[at] = waiting

    def _note_block(self, at: TopicPartition, waiting: deque[Block]) -> None:
        """The next block's. One that does not follow stops its partition, and nothing behind it is noted."""
        block = waiting.popleft()
        due, ways = self.folding.due.get(at, 0), bytearray()
        try:
            note(block, due, self.history.partition(at).marks, ways)
        except Exception as error:  # a foreign record stops its partition, loudly
            waiting.clear()
            self.next[at] = block.offset(len(ways))
            self._stop(at, self.next[at], error)
        answers = ways.replace(_UNASKED, b"")
        self.folding.due[at] = due + len(answers)
        self.ledger.answer(at, due, bytes(answers))

    def _take(self, at: TopicPartition, records: list[Record]) -> None:
        self.note_places(at)
        if not self.resting:
            self._fold(at, records)
        else:
            for rests, some in groupby(records, key=lambda record: self.resting.holds(record.key)):
                (self._note if rests else self._fold)(at, list(some))

    def changed(self) -> set[str]:
        """Operations of which something new was taken up since this was last called.

        Of those at rest or elsewhere only how they stand; the former are changed again when they are folded.
        """
        if not self.level:
            return set()
        changed, self.ledger.changed = self.pictures.take_changed() | self.ledger.changed, set()
        if self.resting:
            changed = {name for name in changed if name not in self.resting}
        return changed | self.chartered.changed()

    def _rest(self, at: TopicPartition, found: list[Bare]) -> None:
        """Puts decisions to rest, in bulk; their places are noted later."""
        if at in self.stopped:
            return
        self._unnoted.setdefault(at, deque()).append(self.resting.add(at, found))
        self._read_charters(at, found)
        self.next[at] = found[-1][0] + 1

    def _note(self, at: TopicPartition, records: list[Record]) -> None:
        """Puts the news of operations at rest behind what rests of them."""
        if at in self.stopped:
            return
        decisions: list[Decided] = []
        due, marks = self.folding.due.get(at, 0), self.history.partition(at).marks
        try:
            for record in records:
                decision = decode_decided(record.value)
                due = note([bare_of(record)], due, marks, bytearray())
                decisions.append(decision)
        except Exception as error:  # as above
            self._stop(at, records[len(decisions)].offset, error)
        self.folding.due[at] = due
        noted = list(map(bare_of, records[: len(decisions)]))
        self.resting.add(at, noted)
        self._read_charters(at, noted)
        self.ledger.decide(at, decisions)
        self._went_on(at, records, len(decisions))

    def _fold(self, at: TopicPartition, records: list[Record]) -> None:
        if at in self.stopped:
            return
        try:
            self.folding.fold(at, records, self.ledger.deciding(at))
        except Exception as error:  # bad code or a foreign record stops its partition, loudly
            self._stop(at, records[self.folding.folded].offset, error)
        self._went_on(at, records, self.folding.folded)

    def _hear(self, at: TopicPartition, found: list[Bare]) -> None:
        """Of operations in another shard takes up how they stand."""
        if at in self.stopped:
            return
        self.elsewhere.update(self._read_charters(at, found))
        self.next[at] = found[-1][0] + 1

    def _read_charters(self, at: TopicPartition, found: list[Bare]) -> set[str]:
        """Of which operations it was told how they stand; under whose key, of those here their fold asks."""
        told, here = set[str](), self._shard.holds(at.partition)
        for offset, key, value in found if at.topic == PLAN else ():
            try:
                decision = charter_in(value)
                if decision is not None:
                    if not here:
                        require_key(key, decision.operationid)
                    self.chartered.take(decision)
                    told.add(decision.operationid)
            except Exception as error:  # it cannot be folded later either
                self._stop(at, offset, error)
        return told

    def _went_on(self, at: TopicPartition, records: list[Record], taken: int) -> None:
        """So many of these were taken up."""
        self.next[at] = records[taken].offset if taken < len(records) else records[-1].offset + 1

    def _stop(self, at: TopicPartition, offset: int, error: BaseException) -> None:
        """Nothing more of this partition is folded."""
        why = str(error) if isinstance(error, PamwalError) else repr(error)
        self.stopped[at] = f"offset {offset}: {why}"
        place = {"topic": at.topic, "partition": at.partition, "offset": offset}
        _log.error("a partition is folded no further", **place, exc_info=error)
