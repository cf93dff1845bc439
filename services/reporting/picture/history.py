"""What was known when, kept beside the pictures, so that each operation can be seen as it was. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from pamwal.contracts.claims import MODES, Mode
from pamwal.contracts.instants import from_ms
from pamwal.contracts.topics import FIELD_DECISIONS, REPORTING_DECISIONS, SCHEDULING_DECISIONS
from pamwal.wire.log import TopicPartition
from services.reporting.picture import Pictures
from services.reporting.picture.arrivals import Arrivals
from services.reporting.picture.as_of import Known, as_of
from services.reporting.picture.decided import AnyData, AnyDecision
from services.reporting.picture.ledger_then import LedgerThen
from services.reporting.picture.marks import Mark, Marks
from services.reporting.picture.operation import OperationPicture

PLAN: Final = SCHEDULING_DECISIONS.name
FIELD: Final = FIELD_DECISIONS.name
REPORTING: Final = REPORTING_DECISIONS.name
DECISIONS: Final = (PLAN, FIELD, REPORTING)
TAKES: Final[dict[str, Callable[[Arrivals, AnyData, int], None]]] = {
    PLAN: Arrivals.take_plan,
    FIELD: Arrivals.take_field,
    REPORTING: Arrivals.take_reporting,
}
ArrivalsOf = Callable[[Mode, str], Arrivals]


class Cut(NamedTuple):
    """K: a place in each decisions topic of one partition. What lies before all of them was known."""

    partition: int
    plan: Mark
    field: Mark
    reporting: Mark

    @property
    def vector(self) -> dict[str, int]:
        """`<decisions topic>-<partition>` → offset behind the last decision that was known, where one was."""
        places = ((topic, mark.offset) for topic, mark in zip(DECISIONS, self[1:], strict=True))
        return {
            str(TopicPartition(topic, self.partition)): offset for topic, offset in sorted(places) if offset
        }

    @property
    def known(self) -> Known:
        """The same as places in the strands of an operation."""
        return Known(self.plan.offset, self.field.requests, self.reporting.offset)


class Partition:
    """What one partition of decisions told, and where it stood when."""

    def __init__(
        self, arrivals: ArrivalsOf, known: Mapping[Mode, Mapping[str, Arrivals]], topic: str
    ) -> None:
        self.marks = Marks()
        self._arrivals, self.known, self._take = arrivals, known, TAKES[topic]

    def take(self, offset: int, decision: AnyDecision) -> None:
        """Takes its next decision up, which the pictures have just folded."""
        request = decision.data.request
        self.marks.note(offset, None if request is None else request.offset, decision.data.knownat)
        self.arrive(offset, decision)

    def arrive(self, offset: int, decision: AnyDecision) -> None:
        """The same of a decision whose place is marked already."""
        data = decision.data
        request = data.request
        if data.outcome == "parked":
            return  # it says nothing here, as in the picture
        operation_id, mode = decision.operationid, None if request is None else request.mode
        if mode is None:
            for each in MODES:
                self._take(self._arrivals(each, operation_id), data, offset)
        else:
            found = self.known[mode].get(operation_id)
            self._take(self._arrivals(mode, operation_id) if found is None else found, data, offset)


class History:
    """Takes each decision up after the pictures have folded it, partition by partition in the log's order."""

    def __init__(self, pictures: Pictures, before: Callable[[TopicPartition], None] = lambda _: None) -> None:
        """`before`: called before anything that is kept of a partition is looked at."""
        self._pictures, self._before = pictures, before
        self._partitions: dict[TopicPartition, Partition] = {}
        self._of: dict[Mode, dict[str, Arrivals]] = {mode: {} for mode in MODES}

    def partition(self, at: TopicPartition) -> Partition:
        """What is kept of one partition of decisions."""
        self._before(at)
        found = self._partitions.get(at)
        if found is None:
            found = self._partitions[at] = Partition(self._arrivals, self._of, at.topic)
        return found

    def _arrivals(self, mode: Mode, operation_id: str) -> Arrivals:
        found = self._of[mode].get(operation_id)
        if found is None:
            picture = self._pictures.of[mode].operations[operation_id]
            found = self._of[mode][operation_id] = Arrivals(picture)
        return found

    def arrivals(self, operation_id: str, mode: Mode) -> Arrivals | None:
        """What is kept beside an operation's picture; None where nobody spoke of it."""
        self._pictures.of[mode].operations.get(operation_id)  # one that rests is folded now
        return self._of[mode].get(operation_id)

    def marks(self, topic: str, partition: int) -> Marks:
        """What is known of a partition of decisions; nothing of one that nobody wrote to."""
        at = TopicPartition(topic, partition)
        self._before(at)
        found = self._partitions.get(at)
        return Marks() if found is None else found.marks

    def at_moment(self, partition: int, known_ms: int) -> Cut:
        """Behind everything that was decided by then."""
        return Cut(partition, *(self.marks(topic, partition).at_moment(known_ms) for topic in DECISIONS))

    def at_offsets(self, partition: int, offsets: Mapping[str, int]) -> Cut:
        """Behind everything below these offsets by topic; of one that is not named nothing was known."""
        places = (self.marks(topic, partition).at_offset(offsets.get(topic, 0)) for topic in DECISIONS)
        return Cut(partition, *places)

    def end(self, partition: int) -> Cut:
        """Behind everything that was taken up."""
        return Cut(partition, *(self.marks(topic, partition).end for topic in DECISIONS))

    def known_at(self, operation_id: str, mode: Mode, cut: Cut) -> str:
        """When the operation's newest decision before `cut` was made; empty if there was none."""
        arrivals = self.arrivals(operation_id, mode)
        if arrivals is None:
            return ""
        newest = []
        for topic, (strand, place) in zip(DECISIONS, cut.known.of(arrivals), strict=True):
            last, marks = arrivals.last_of(strand, place), self.marks(topic, cut.partition)
            if last is not None:
                newest.append(marks.decided_ms(last) if topic == FIELD else marks.stood_ms(last))
        return from_ms(max(newest)) if newest else ""

    def told(self, operation_id: str, mode: Mode, cut: Cut) -> tuple[int | None, ...]:
        """The operation's last decision before `cut` in each decisions topic, as `Arrivals` counts places.

        Two cuts that give the same here were the same knowledge of this operation.
        """
        arrivals = self.arrivals(operation_id, mode)
        if arrivals is None:
            return ()
        return tuple(arrivals.last_of(strand, place) for strand, place in cut.known.of(arrivals))

    def ledger(self, operation_id: str, mode: Mode, cut: Cut) -> LedgerThen:
        """The operation's ledger as known at `cut`, for a reader of that mode."""
        modes = sorted(MODES, key=lambda each: each != mode)
        found = (self.arrivals(operation_id, each) for each in modes)
        return LedgerThen([each for each in found if each is not None], cut.known)

    def as_of(self, operation_id: str, mode: Mode, cut: Cut, at_ms: int) -> OperationPicture | None:
        """The operation as known at `cut`, as of `at_ms`; None if nobody had spoken of it.

        Look at it before the next decision is folded.
        """
        newest = self.known_at(operation_id, mode, cut)
        if not newest:
            return None
        return as_of(self._of[mode][operation_id], cut.known, newest, at_ms)
