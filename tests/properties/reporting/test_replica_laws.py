"""A replica shows what one shows that folded each decision as it was read, however it began.

By a snapshot or from nothing; decisions at rest until somebody looked, requests read behind them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pamwal.contracts.claims import MODES
from pamwal.contracts.codec import encode
from pamwal.contracts.topics import requests_of
from pamwal.edge.clock import Clock
from pamwal.snapshots.files import read_snapshot, write_snapshot
from pamwal.wire.log import Record, TopicPartition, bare_of
from pamwal.wire.memory import MemoryLog
from services.reporting import resting
from services.reporting.kept import Sorting, TakenUp, taken_up
from services.reporting.live import LivePicture
from services.reporting.picture.history import DECISIONS
from tests.properties.reporting.test_as_of_laws import EVER_MS, Told, logs, seen
from tests.unit.reporting.telling import OPERATION

Read = tuple[TopicPartition, list[Record]]
PLACES = {topic: TopicPartition(topic, 0) for topic in DECISIONS}
DECIDED = frozenset(PLACES.values())


def records_of(log: list[Told]) -> list[Read]:
    """The decisions as a tail hands them over, each request read with its decision."""
    found: list[Read] = []
    for told in log:
        at, request = PLACES[told.topic], told.decision.data.request
        if request is not None:
            said = {"postid": request.postid, "channel": request.channel, "source": request.source}
            topic = requests_of(told.topic).name
            value = msgspec.json.encode({name: each for name, each in said.items() if each})
            asked = Record(topic, 0, request.offset, OPERATION.encode(), value, (), 0)
            found.append((TopicPartition(topic, 0), [asked]))
        head = (("chain", f"{told.offset:064x}".encode()),)
        record = Record(told.topic, 0, told.offset, OPERATION.encode(), encode(told.decision), head, 0)
        found.append((at, [record]))
    return found


def a_replica(taken: TakenUp | None = None, *, level: bool = True) -> LivePicture:
    """One that reads nothing by itself. Once it is level it folds what it is handed."""
    live = LivePicture(MemoryLog(partitions=1), Clock())
    live.where.partitions, live._counted = 1, True
    live._go_on(taken, 1)
    if level:
        live._taken.show()
    return live


def take(live: LivePicture, records: list[Read]) -> None:
    """Hands records over."""
    for at, some in records:
        if at in DECIDED:
            live._take_decisions(at, list(map(bare_of, some)))
        else:
            live._take_requests(at, some)


def shown(live: LivePicture, log: list[Told]) -> Any:
    """All that it can be asked: now, as of every place in the log, and the ledger."""
    due = live._taken.folding.due
    found: list[Any] = [live.vector(), {at: due.get(at, 0) for at in PLACES.values()}]
    ends = {topic: max((t.offset + 1 for t in log if t.topic == topic), default=0) for topic in DECISIONS}
    for mode in MODES:
        found.append(seen(live.operation(OPERATION, mode), EVER_MS))
        for told in log[:: max(1, len(log) // 5)]:
            cut = live.history.at_offsets(0, ends | {told.topic: told.offset + 1})
            found.append((cut, seen(live.as_of(OPERATION, mode, cut, EVER_MS), EVER_MS)))
    files = live.ledger.files(OPERATION).items()
    found.append({by: [getattr(each, name) for name in each.__slots__] for by, each in files})
    marks = [live.history.marks(topic, 0).packed() for topic in DECISIONS]
    return [*found, marks, live.trouble() or ""]


def partitions_of(live: LivePicture) -> Any:
    """All that the ledger knows of which requests were read and decided."""
    return {
        at: (found.received, found.decided, found.early, sorted(found.pending), found.unread)
        for at, found in live.ledger.partitions.items()
    }


def keyless(live: LivePicture) -> Any:
    """What the ledger counts under no operation."""
    found = live.ledger.keyless()
    return [getattr(found, name) for name in found.__slots__]


def fold_some(live: LivePicture, most: int) -> None:
    """A slice of the operation that rests, and no more."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resting, "AT_ONCE", most)
        resting_ones = live._taken.resting
        resting_ones._fold_some(next(iter(resting_ones._resting.values())))


def kept_behind(before: TakenUp | None, marks: Any, records: list[Read], folder: Path) -> Any:
    """A snapshot of these records behind another, as it comes from its file."""
    sorting = Sorting(before, marks)
    for at, some in records:
        sorting.take(at, some)
    return read_snapshot(write_snapshot(folder, *sorting.packed("cluster")))


@settings(max_examples=60, deadline=None)
@given(logs(), st.data())
def test_by_snapshot_and_tail_as_from_the_beginning(
    tmp_path_factory: Any, log: list[Told], data: st.DataObject
) -> None:
    folder, records = tmp_path_factory.mktemp("replicas"), records_of(log)
    second = data.draw(st.integers(1, len(records)))
    first = data.draw(st.integers(0, second))
    whole = a_replica()
    take(whole, records)
    before, marks = None, ()
    if first:
        found = kept_behind(None, (), records[:first], folder)
        before, marks = taken_up(found), found.head.marks
    found = kept_behind(before, marks, records[first:second], folder)
    again = a_replica(taken_up(found))
    if data.draw(st.booleans()):
        again.operation(OPERATION, "exercise")
    take(again, records[second:])
    assert shown(again, log) == shown(whole, log)
    assert not again.pictures.of["exercise"].operations.resting


@settings(max_examples=40, deadline=None)
@given(logs(), st.data())
def test_at_rest_until_somebody_looks_as_folded_when_it_was_read(
    tmp_path_factory: Any, log: list[Told], data: st.DataObject
) -> None:
    """Decisions are read first, requests behind them; some requests are not in the log at all."""
    read = records_of(log)
    gone = data.draw(
        st.sets(st.sampled_from([(at, some[0].offset) for at, some in read if at not in DECIDED]))
    )
    records = [each for each in read if (each[0], each[1][0].offset) not in gone]
    whole = a_replica()
    take(whole, records)

    begun = data.draw(st.integers(0, len(records)))
    level = data.draw(st.integers(begun, len(records)))
    taken = None
    if begun:
        found = kept_behind(None, (), records[:begun], tmp_path_factory.mktemp("replicas"))
        taken = taken_up(found)
    lazy = a_replica(taken, level=False)
    take(lazy, [each for each in records[begun:level] if each[0] in DECIDED])
    lazy._taken.show()
    requests = [each for each in records[begun:] if each[0] not in DECIDED]
    early = data.draw(st.integers(0, len(requests)))
    take(lazy, requests[:early])
    for each in records[level:]:
        looks = data.draw(st.integers(0, 9))
        if data.draw(st.booleans()) and lazy._taken._unnoted:
            lazy._taken.note_some_places()
        if looks == 0:
            lazy.operation(OPERATION, "exercise")
        elif looks == 1 and lazy._taken.resting:
            fold_some(lazy, data.draw(st.integers(1, 3)))
        take(lazy, [each] if each[0] in DECIDED else [])
    while lazy._taken._unnoted:  # as a replica does before it counts requests
        lazy._taken.note_some_places()
    take(lazy, requests[early:])
    undeclared = lazy.ledger.answered()
    assert {(at, offset) for at, offsets in undeclared.items() for offset in offsets} <= gone
    for told in log:
        request = told.decision.data.request
        at = TopicPartition(requests_of(told.topic).name, 0)
        if request is not None and request.offset in undeclared.get(at, ()):
            assert lazy.history.marks(told.topic, 0).stands_at(request.offset) == told.offset
            lazy.ledger.undeclare(PLACES[told.topic], told.decision)

    assert shown(lazy, log) == shown(whole, log)
    assert not lazy._taken.resting
    assert partitions_of(lazy) == partitions_of(whole)
    assert keyless(lazy) == keyless(whole)
