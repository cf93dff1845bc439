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

    def fold(self, at: TopicPartition, records: Iterable[Record], done: list[Decided]) -> None:
        """The next records of one partition of decisions; each that is folded is added to `done`.

        What the first that cannot be folded raises comes through: Undecodable if it is no decision, Halted if
        it answers another request than the next.
        """
        due, add, takes = self.due.get(at, 0), done.append, self._takes(at)
        try:
            for record in records:
                decision = decode_decided(record.value)
                request = decision.data.request
                if request is None:
                    mode = None
                else:
                    mode = request.mode
                    due = due + 1 if request.offset == due else dense(request, due)
                takes[mode](record.offset, decision)
                add(decision)
        finally:
            self.due[at] = due

    def _takes(self, at: TopicPartition) -> dict[Mode | None, Take]:
        """The mode a decision says → what takes it up."""
        partition, pictures = self._history.partition(at), self._pictures

        def take(offset: int, decision: Decided) -> None:
            pictures.fold(decision)
            partition.take(offset, decision)

        found: dict[Mode | None, Take] = {None: take}
        for mode, picture in pictures.of.items():
            found[mode] = _reports_first(mode, picture, partition, take) if at.topic == FIELD else take
        return found


def _reports_first(mode: Mode, picture: Picture, partition: Partition, take: Take) -> Take:
    """Takes up a report of an operation that is known and awake by what it changes, and all else as usual."""
    known, note = partition.known[mode], partition.marks.note
    resting, changed = picture.operations.resting, picture.changed

    def take_report(offset: int, decision: Decided) -> None:
        data = decision.data
        request, fact = data.request, only_report(data)
        if request is not None and fact is not None and data.outcome == "accepted" and not resting:
            arrivals = known.get(decision.operationid)
            if arrivals is not None:
                arrivals.picture.take_report(data.knownat, request, fact)
                note(offset, request.offset, data.knownat)
                arrivals.take_report(request)
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
