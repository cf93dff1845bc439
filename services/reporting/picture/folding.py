"""The fold of the log as it is read: a partition's decisions, in order, into pictures and history. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pamwal.contracts.claims import Mode
from pamwal.contracts.errors import Halted
from pamwal.wire.log import Record, TopicPartition
from services.reporting.picture import Picture, Pictures
from services.reporting.picture.decided import AnyAsked, AskedWhere, Decided, decode_decided, only_report
from services.reporting.picture.history import FIELD, History, Partition

Take = Callable[[int, Decided], None]


class Folding:
    """Takes up what the log says, and knows which request is to be decided next in each partition."""

    def __init__(self, pictures: Pictures, history: History) -> None:
        self._pictures, self._history = pictures, history
        self.due: dict[TopicPartition, int] = {}
        """Partition of decisions → the request whose decision comes next."""
        self.folded = 0
        """How many of the records of the last call."""

    def fold(self, at: TopicPartition, records: Iterable[Record], done: Callable[[Decided], None]) -> None:
        """The next records of one partition of decisions; each that is folded is handed to `done`.

        What the first that cannot be folded raises comes through: Undecodable if it is no decision, Halted if
        it answers another request than the next.
        """
        due, folded = self.due.get(at, 0), 0
        partition = self._history.partition(at)
        takes, marks = self._takes(at, partition), partition.marks
        try:
            for record in records:
                decision, offset = decode_decided(record.value), record.offset
                data = decision.data
                if data.unknown:
                    self._pictures.unknown.leave_out(decision.operationid, data.unknown, f"{at}-{offset}")
                request = data.request
                if request is None:
                    takes[None](offset, decision)
                    marks.note(offset, None, data.knownat)
                else:
                    number = request.offset
                    due = number + 1 if number == due else dense(request, due)
                    takes[request.mode](offset, decision)
                    if data.knownat == marks.knownat and offset - number == marks.distance:
                        marks.decided = due
                    else:
                        marks.note(offset, number, data.knownat)
                done(decision)
                folded += 1
        finally:
            self.due[at], self.folded = due, folded

    def _takes(self, at: TopicPartition, partition: Partition) -> dict[Mode | None, Take]:
        """The mode a decision says → what takes it up."""

        def into_both(offset: int, decision: Decided) -> None:
            self._pictures.fold(decision)
            partition.arrive(offset, decision)

        found: dict[Mode | None, Take] = {None: into_both}
        for mode, picture in self._pictures.of.items():
            field = at.topic == FIELD
            found[mode] = _reports_first(mode, picture, partition) if field else _as_usual(picture, partition)
        return found


def _as_usual(picture: Picture, partition: Partition) -> Take:
    """Takes a decision up in picture and history."""
    fold, arrive = picture.fold, partition.arrive

    def take(offset: int, decision: Decided) -> None:
        fold(decision)
        arrive(offset, decision)

    return take


def _reports_first(mode: Mode, picture: Picture, partition: Partition) -> Take:
    """Takes up a report of an operation that is known and awake by what it changes, and all else as usual."""
    known, take = partition.known[mode], _as_usual(picture, partition)
    resting, changed = picture.operations.resting, picture.changed

    def take_report(offset: int, decision: Decided) -> None:
        data = decision.data
        request, facts = data.request, data.facts
        if len(facts) == 1 and request is not None and not resting and data.outcome == "accepted":
            fact, arrivals = only_report(data), known.get(decision.operationid)
            if fact is not None and arrivals is not None:
                arrivals.picture.take_report(data.knownat, request, fact)
                arrivals.field.end = request.offset + 1
                changed.add(decision.operationid)
                return
        take(offset, decision)

    return take_report


def dense(request: AnyAsked | AskedWhere, due: int) -> int:
    """The request to be decided after this one, which is due.

    Halted if it is not: each is decided once and in order, or the log was cut, repeated or is another's.
    """
    if request.offset != due:
        message = f"the decision of request {request.offset} stands where that of {due} belongs"
        raise Halted("not_dense", f"{message}; run `pamwal audit`")
    return due + 1


def require_key(key: bytes | None, operation_id: str) -> None:
    """Halted if a decision does not stand under the key of its operation, and so in another's partition."""
    if key != operation_id.encode():
        raise Halted("wrong_key", f"a decision of {operation_id!r} has the key {(key or b'')!r}")
