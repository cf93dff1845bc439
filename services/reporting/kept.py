"""What a replica knows as snapshots keep it: ledger and marks as they are, and decisions by operation.

Pictures are not kept: they are folded from the decisions when somebody looks, by whatever code looks then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final, NamedTuple

from msgspec import Struct

from pamwal.contracts.errors import SnapshotIgnored
from pamwal.contracts.topics import FIELD_REQUESTS, REPORTING_REQUESTS, SCHEDULING_REQUESTS
from pamwal.snapshots.arrivals import Frames
from pamwal.snapshots.files import Head, Mark, Snapshot
from pamwal.snapshots.marks import mark_of
from pamwal.snapshots.packing import Packing
from pamwal.snapshots.partition import OPERATION, operations_of
from pamwal.snapshots.version import fold_version
from pamwal.wire.log import Record, TopicPartition
from pamwal.wire.shard import WHOLE, Shard
from services.reporting.picture.charter import charter_in, is_charter
from services.reporting.picture.decided import Decided, DecidedData, decode_decided
from services.reporting.picture.folding import dense
from services.reporting.picture.history import DECISIONS, PLAN
from services.reporting.picture.kept_ledger import KeptLedger, kept, ledger_of
from services.reporting.picture.ledger import Ledger
from services.reporting.picture.marks import Marks

REQUESTS: Final = (SCHEDULING_REQUESTS.name, FIELD_REQUESTS.name, REPORTING_REQUESTS.name)
REPLICA: Final = "replica"
FRAME: Final = 500
"""So many decisions are unpacked at once: an operation that is a whole log is read in steps."""


def kept_version(shard: Shard = WHOLE) -> str:
    """That of what is kept of a shard; a picture has no part in it."""
    version = fold_version(__name__)
    return version if shard.whole else sha256(f"{version} {shard}".encode()).hexdigest()


def is_followed(shard: Shard, at: TopicPartition) -> bool:
    """Whether a replica of a shard reads this: its own partitions, and plans, for who lies below whom."""
    return shard.holds(at.partition) or at.topic == PLAN


class Arrived(NamedTuple):
    """A decision of an operation, and where it stands."""

    topic: int
    """Its place in `DECISIONS`."""
    offset: int
    data: DecidedData


class KeptPlace(Struct, array_like=True):
    """One partition of one topic."""

    at: TopicPartition
    next: int
    """Behind the last record folded."""
    due: int = 0
    """Of decisions: the request whose decision comes next."""
    marks: Marks | None = None


class KeptReplica(Struct, array_like=True):
    """All but the decisions."""

    places: list[KeptPlace]
    ledger: KeptLedger
    charters: dict[str, list[Arrived]]
    """Operation → those of its decisions that say how it stands; of this shard's they are among the others
    as well."""


class TakenUp(NamedTuple):
    """A snapshot, ready to go on from."""

    places: list[KeptPlace]
    ledger: Ledger
    charters: dict[str, list[Arrived]]
    operations: Mapping[str, bytes]
    """Operation → frames of what arrived; read, where they are on disk, when they are asked for."""


frames: Final[Frames[Arrived]] = Frames(Arrived)
_replicas: Final[Packing[KeptReplica]] = Packing(KeptReplica)


def taken_up(snapshot: Snapshot) -> TakenUp:
    """What a snapshot holds. SnapshotIgnored if it does not hold together."""
    found = _replicas.unpack(snapshot.sections.get(REPLICA, b""))
    marked = {TopicPartition(mark.topic, mark.partition): mark.offset + 1 for mark in snapshot.head.marks}
    if marked != {place.at: place.next for place in found.places}:
        raise SnapshotIgnored("damaged", "a snapshot holds a replica that does not end where it says")
    try:
        ledger = ledger_of(found.ledger)
    except LookupError as error:
        raise SnapshotIgnored("unreadable", f"a snapshot's ledger names {error}, which it has not") from error
    return TakenUp(found.places, ledger, found.charters, operations_of(snapshot))


class Sorting:
    """Goes on from what a snapshot holds, as a replica would, but sorts decisions and folds none."""

    def __init__(
        self, before: TakenUp | None = None, marks: Sequence[Mark] = (), shard: Shard = WHOLE
    ) -> None:
        self._shard = shard
        places = [] if before is None else before.places
        self._next = {place.at: place.next for place in places}
        self._due = {place.at: place.due for place in places if place.due}
        self._marks = {place.at: place.marks for place in places if place.marks is not None}
        self._ledger = Ledger() if before is None else before.ledger
        self._operations = {} if before is None else dict(before.operations)
        self._charters = {} if before is None else before.charters
        self._arrived: defaultdict[str, list[Arrived]] = defaultdict(list)
        self._last = {TopicPartition(mark.topic, mark.partition): mark for mark in marks}

    def take(self, at: TopicPartition, records: list[Record]) -> None:
        """The next records of one partition. Halted, Undecodable; then this is of no use any more."""
        if not self._shard.holds(at.partition):
            self._hear(records)
        elif at.topic in DECISIONS:
            self._ledger.decide(at, [self._decision(at, record) for record in records])
        else:
            self._ledger.receive(at, records)
        self._next[at] = records[-1].offset + 1
        self._last[at] = mark_of(records[-1])

    def _hear(self, records: list[Record]) -> None:
        """Of operations in another shard only how they stand."""
        for record in records:
            decision = charter_in(record.value)
            if decision is not None:
                arrived = Arrived(DECISIONS.index(PLAN), record.offset, decision.data)
                self._charters.setdefault(decision.operationid, []).append(arrived)

    def _decision(self, at: TopicPartition, record: Record) -> Decided:
        decision = decode_decided(record.value)
        data = decision.data
        request = data.request
        if request is not None:
            self._due[at] = dense(request, self._due.get(at, 0))
        marks = self._marks.setdefault(at, Marks())
        marks.note(record.offset, None if request is None else request.offset, data.knownat)
        if data.outcome != "parked":
            arrived = Arrived(DECISIONS.index(at.topic), record.offset, data)
            self._arrived[decision.operationid].append(arrived)
            if at.topic == PLAN and is_charter(data):
                self._charters.setdefault(decision.operationid, []).append(arrived)
        return decision

    def packed(self, cluster_id: str) -> Snapshot:
        """All of it; what arrived since stands behind what was there."""
        operations = self._operations
        for name, arrived in self._arrived.items():
            some = (arrived[begin : begin + FRAME] for begin in range(0, len(arrived), FRAME))
            operations[name] = operations.get(name, b"") + b"".join(map(frames.frame, some))
        places = [
            KeptPlace(at, self._next[at], self._due.get(at, 0), self._marks.get(at))
            for at in sorted(self._next)
        ]
        sections = {REPLICA: _replicas.pack(KeptReplica(places, kept(self._ledger), self._charters))}
        sections.update((f"{OPERATION}{name}", operations[name]) for name in sorted(operations))
        marks = [self._last[at] for at in sorted(self._last)]
        return Snapshot(Head(version=kept_version(self._shard), cluster_id=cluster_id, marks=marks), sections)
