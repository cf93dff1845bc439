"""A replica that goes on from a snapshot shows what one shows that read the log from its beginning."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from pamwal.contracts.claims import MODES
from pamwal.contracts.codec import encode
from pamwal.contracts.topics import requests_of
from pamwal.edge.clock import Clock
from pamwal.snapshots.files import read_snapshot, write_snapshot
from pamwal.wire.log import Record, TopicPartition
from pamwal.wire.memory import MemoryLog
from services.reporting.kept import Sorting, TakenUp, taken_up
from services.reporting.live import LivePicture
from services.reporting.picture.history import DECISIONS
from tests.properties.reporting.test_as_of_laws import EVER_MS, Told, logs, seen
from tests.unit.reporting.telling import OPERATION

Read = tuple[TopicPartition, list[Record]]
PLACES = {topic: TopicPartition(topic, 0) for topic in DECISIONS}


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


def a_replica(taken: TakenUp | None = None) -> LivePicture:
    """One that reads nothing by itself."""
    live = LivePicture(MemoryLog(partitions=1), Clock())
    live._partitions, live._level = 1, True
    live._take_up(taken, 1)
    return live


def shown(live: LivePicture, log: list[Told]) -> Any:
    """All that it can be asked: now, as of every place in the log, and the ledger."""
    found: list[Any] = [live.vector(), {at: live._folding.due.get(at, 0) for at in PLACES.values()}]
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
    for at, some in records:
        whole._take(at, some)
    before, marks = None, ()
    if first:
        found = kept_behind(None, (), records[:first], folder)
        before, marks = taken_up(found), found.head.marks
    found = kept_behind(before, marks, records[first:second], folder)
    again = a_replica(taken_up(found))
    if data.draw(st.booleans()):
        again.operation(OPERATION, "exercise")
    for at, some in records[second:]:
        again._take(at, some)
    assert shown(again, log) == shown(whole, log)
    assert not again.pictures.of["exercise"].operations.resting
