"""The ledger: every record of the requests logs and what became of it. A fold like the picture, and as pure.

Two logs are counted apart and joined by request offset: what arrived is read from the requests topic itself,
what was decided from the decisions topic. A request is filed under the post, channel and source it names, if
they can be read, and its decision under the same, so that a row balances or something was lost or made up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

import msgspec
from msgspec import Struct

from pamwal.contracts.envelope import CHANNEL_HEADER, POST_HEADER, Mode, Outcome
from pamwal.contracts.numbers import Numbers
from pamwal.contracts.topics import requests_of
from pamwal.wire.log import Record, TopicPartition
from services.reporting.picture.decided import AnyAsked, AnyDecision
from services.reporting.picture.unread import Answer, Unread

KEYLESS: Final = ""
"""The operation of records whose key is no operation's id."""
FILES_MAX: Final = 5_000
"""Files of one operation and requests topic that are counted apart: a sender names its device as it likes,
and shall not slow the board by that."""
_IDENTIFIER: Final = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")


class Filed(NamedTuple):
    """Who said it: post, channel and source; each empty where no one can read it."""

    post_id: str
    channel: str
    source: str


NOBODY: Final = Filed("", "", "")


class Counts:
    """What arrived in one file, and how much of it was decided how."""

    __slots__ = ("accepted_by", "outcomes", "pending", "received", "undeclared")

    def __init__(self) -> None:
        self.received = self.pending = self.undeclared = 0
        self.outcomes: dict[Outcome, int] = {}
        self.accepted_by: dict[Mode, int] = {}
        """What tokens of each mode said and was accepted."""

    def decide(self, outcome: Outcome, mode: Mode | None, times: int = 1) -> None:
        """So many more were decided."""
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + times
        if mode is not None and outcome == "accepted":
            self.accepted_by[mode] = self.accepted_by.get(mode, 0) + times

    def add(self, other: Counts) -> None:
        """Adds another file's counts to these."""
        self.received += other.received
        self.pending += other.pending
        self.undeclared += other.undeclared
        for outcome, count in other.outcomes.items():
            self.outcomes[outcome] = self.outcomes.get(outcome, 0) + count
        for mode, count in other.accepted_by.items():
            self.accepted_by[mode] = self.accepted_by.get(mode, 0) + count


class Files:
    """Counts by file of one operation in one requests topic, whose order is the same for every replica."""

    __slots__ = ("by", "places")

    def __init__(self) -> None:
        self.by: dict[Filed, Counts] = {}
        self.places: set[tuple[str, str]] = set()

    def counts(self, by: Filed) -> Counts:
        """The counts of a file; beyond FILES_MAX of its post and channel, or of nobody if those are new."""
        found = self.by.get(by)
        if found is not None:
            return found
        if len(self.by) >= FILES_MAX:
            by = by._replace(source="") if (by.post_id, by.channel) in self.places else NOBODY
        else:
            self.places.add((by.post_id, by.channel))
        return self.by.setdefault(by, Counts())


class Undeclared(NamedTuple):
    """A decision whose request was not read yet."""

    operation_id: str
    filed: Filed
    outcome: Outcome
    mode: Mode | None


class LedgerPartition:
    """One partition of a requests topic and its decisions. Offsets are counted from 1 here."""

    __slots__ = ("decided", "early", "pending", "received", "unread")

    def __init__(self) -> None:
        self.received, self.decided = Numbers(), Numbers()
        self.pending: dict[int, Counts] = {}
        self.early: dict[int, Undeclared] = {}
        self.unread: Unread | None = None
        """While a replica begins: the answers of all requests that it has not read yet."""


class _Says(Struct, gc=False):
    """The part of a request that says whose it is."""

    postid: str = ""
    channel: str = ""
    source: str = ""


_new: Final = tuple.__new__
_says: Final = msgspec.json.Decoder(_Says)


class Ledger:
    """Counts per operation and file, over all contexts, in any order; each record once."""

    def __init__(self) -> None:
        self.files_of: dict[str, dict[str, Files]] = {}
        """Operation → requests topic → files."""
        self.partitions: dict[TopicPartition, LedgerPartition] = {}
        self._operations: dict[bytes, str] = {}
        self.changed: set[str] = set()
        """Operations of which something was decided; whoever views them clears it."""
        self.arrived: set[str] = set()
        """Operations of which something arrived, decided or not yet; likewise."""

    def receive(self, at: TopicPartition, records: Iterable[Record]) -> None:
        """Counts records of one partition of a requests topic."""
        partition, topic, arrived = self._partition(at), at.topic, self.arrived
        add, early, pending = partition.received.add, partition.early, partition.pending
        unread = partition.unread
        for record in records:
            number = record.offset + 1
            if not add(number):
                continue
            operation_id = self._operation(record.key)
            counts = self._counts(operation_id, topic, filed(record))
            counts.received += 1
            told: Undeclared | Answer | None = early.pop(number, None) if early else None
            if told is None and unread is not None:
                told = unread.pop(number)
            if told is None:
                counts.pending += 1
                pending[number] = counts
            else:
                counts.decide(told.outcome, told.mode)
            arrived.add(operation_id)

    def decide(self, at: TopicPartition, decisions: Iterable[AnyDecision]) -> None:
        """Counts decisions of one partition of a decisions topic, each under the file of its request."""
        decide = self.deciding(at)
        for decision in decisions:
            decide(decision)

    def deciding(self, at: TopicPartition) -> Callable[[AnyDecision], None]:
        """What counts each, until somebody asks what changed."""
        partition = self._partition(TopicPartition(requests_of(at.topic).name, at.partition))
        is_new, pending, changed = partition.decided.add, partition.pending, self.changed

        def decide(decision: AnyDecision) -> None:
            request = decision.data.request
            if request is None or not is_new(request.offset + 1):
                return
            counts = pending.pop(request.offset + 1, None)
            if counts is None:
                self._undeclare(partition, decision, request)
            else:
                counts.pending -= 1
                counts.decide(decision.data.outcome, request.mode)
            changed.add(decision.operationid)

        return decide

    def answer(self, at: TopicPartition, first: int, ways: bytes) -> None:
        """Counts how the request of offset `first` was decided, and each that follows it, by `WAYS`.

        Most of these requests are read later; once all are, `answered` ends it.
        """
        partition = self._partition(TopicPartition(requests_of(at.topic).name, at.partition))
        partition.decided.add_run(range(first + 1, first + 1 + len(ways)))
        if partition.unread is None:
            partition.unread = Unread()
        partition.unread.add(first + 1, ways)
        pending = partition.pending
        for number in [each for each in pending if first < each <= first + len(ways)]:
            answer = partition.unread.pop(number)
            if answer is not None:
                counts = pending.pop(number)
                counts.pending -= 1
                counts.decide(answer.outcome, answer.mode)

    def answered(self) -> dict[TopicPartition, list[int]]:
        """Requests that were not there, though `answer` told of them: offsets by partition of their topic.

        To be asked once all there were are read. Their decisions count nothing before `undeclare`.
        """
        found = {
            at: [number - 1 for number in partition.unread.numbers()]
            for at, partition in self.partitions.items()
            if partition.unread is not None
        }
        for partition in self.partitions.values():
            partition.unread = None
        return {at: numbers for at, numbers in found.items() if numbers}

    def undeclare(self, at: TopicPartition, decision: AnyDecision) -> None:
        """Counts a decision whose request was not there, as `answered` said."""
        partition = self._partition(TopicPartition(requests_of(at.topic).name, at.partition))
        if decision.data.request is not None:
            self._undeclare(partition, decision, decision.data.request)

    def files(self, operation_id: str) -> dict[Filed, Counts]:
        """File → counts of one operation, with the decisions that the requests log does not show."""
        found: dict[Filed, Counts] = {}
        for files in self.files_of.get(operation_id, {}).values():
            for by, counts in files.by.items():
                found.setdefault(by, Counts()).add(counts)
        for undeclared in self._undeclared():
            if undeclared.operation_id == operation_id:
                found.setdefault(undeclared.filed, Counts()).undeclared += 1
        return found

    def keyless(self) -> Counts:
        """What stands under no operation that anyone could ask for."""
        total = Counts()
        for files in self.files_of.get(KEYLESS, {}).values():
            for counts in files.by.values():
                total.add(counts)
        total.undeclared = sum(each.operation_id not in self.files_of for each in self._undeclared())
        return total

    def _undeclare(self, partition: LedgerPartition, decision: AnyDecision, request: AnyAsked) -> None:
        by = Filed(request.postid or "", request.channel or "", request.source or "")
        early = Undeclared(decision.operationid, by, decision.data.outcome, request.mode)
        partition.early[request.offset + 1] = early
        self.changed.add(decision.operationid)

    def _undeclared(self) -> Iterator[Undeclared]:
        """Decisions whose request the requests log, read past that offset, does not show."""
        for partition in self.partitions.values():
            for number, undeclared in partition.early.items():
                if number < partition.received.highest:
                    yield undeclared

    def _partition(self, at: TopicPartition) -> LedgerPartition:
        found = self.partitions.get(at)
        if found is None:
            found = self.partitions[at] = LedgerPartition()
        return found

    def _counts(self, operation_id: str, topic: str, by: Filed) -> Counts:
        files = self.files_of.get(operation_id)
        if files is None:
            files = self.files_of[operation_id] = {}
        of_topic = files.get(topic)
        if of_topic is None:
            of_topic = files[topic] = Files()
        return of_topic.counts(by)

    def _operation(self, key: bytes | None) -> str:
        found = self._operations.get(key or b"")
        if found is not None:
            return found
        if key is None or not _IDENTIFIER.fullmatch(key):
            return KEYLESS
        found = self._operations[key] = key.decode()
        return found


def filed(record: Record) -> Filed:
    """Whose a request record is: by its content; what that does not say, by the headers its edge gave it."""
    try:
        says = _says.decode(record.value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        says = _Says()
    post_id = says.postid or _header(record, POST_HEADER)
    channel = says.channel or _header(record, CHANNEL_HEADER)
    return _new(
        Filed, (post_id, channel, says.source)
    )  # once a request: by its name it takes three times as long


def _header(record: Record, name: str) -> str:
    found = record.header(name) or b""
    return found.decode() if _IDENTIFIER.fullmatch(found) else ""
