"""What a replica folds as it reads is what the pictures and the history take up one by one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from pamwal.contracts.claims import MODES
from pamwal.contracts.errors import Halted, Undecodable
from pamwal.wire.log import Record, TopicPartition
from services.reporting.picture import Pictures
from services.reporting.picture.decided import Decided
from services.reporting.picture.folding import Folding
from services.reporting.picture.history import DECISIONS, FIELD, History
from tests.properties.reporting.test_as_of_laws import EVER_MS, Told, kept, logs, seen
from tests.properties.reporting.test_replica_laws import PLACES, records_of
from tests.unit.reporting.telling import OPERATION


def decisions_of(log: list[Told]) -> list[tuple[TopicPartition, list[Record]]]:
    return [(at, records) for at, records in records_of(log) if at.topic in DECISIONS]


def shown(history: History, log: list[Told]) -> Any:
    """All that is kept: when posts were heard, where strands end, the picture now and as of earlier."""
    found: list[Any] = [history.marks(topic, 0).packed() for topic in DECISIONS]
    ends = {topic: max((t.offset + 1 for t in log if t.topic == topic), default=0) for topic in DECISIONS}
    for mode in MODES:
        picture, arrivals = history._pictures.of[mode], history.arrivals(OPERATION, mode)
        operation = picture.operations.get(OPERATION)
        found.append((picture.changed, seen(operation, EVER_MS)))
        if operation is not None and arrivals is not None:
            found.append((operation.known_at, operation.latest))
            strands = (arrivals.plan, arrivals.field, arrivals.reporting)
            found += [(each.end, each.aside, each.kept_at, sorted(each.posts)) for each in strands]
            for name, post in sorted(operation.posts.items()):
                sources = [(each, own.reported, own.told_again) for each, own in sorted(post.sources.items())]
                offsets = [request.offset for _, request in post.told.reports]
                found.append((name, offsets, post.told._behind, sources))
            arrived = operation.arrived
            offsets = [request.offset for _, request in arrived.reports]
            found.append((offsets, arrived.in_order, arrived._heard_at, arrived._behind, arrived._odd))
        for told in log[::3]:
            cut = history.at_offsets(0, ends | {told.topic: told.offset + 1})
            found.append(seen(history.as_of(OPERATION, mode, cut, EVER_MS), EVER_MS))
    return found


def a_folding() -> tuple[Folding, History]:
    pictures = Pictures()
    history = History(pictures)
    return Folding(pictures, history), history


@settings(max_examples=150, deadline=None)
@given(logs())
def test_read_together_as_taken_up_one_by_one(log: list[Told]) -> None:
    folding, history = a_folding()
    done: list[Decided] = []

    for at, records in decisions_of(log):
        folding.fold(at, records, done.append)

    assert len(done) == len(log)
    assert shown(history, log) == shown(kept(log), log)


@settings(max_examples=30, deadline=None)
@given(logs())
def test_what_cannot_be_folded_leaves_what_came_before_it(log: list[Told]) -> None:
    at = PLACES[FIELD]
    records = [record for place, some in decisions_of(log) if place == at for record in some]
    foreign = Record(FIELD, 0, records[-1].offset + 1, None, b"{", (), 0)
    folding, history = a_folding()
    done: list[Decided] = []

    with pytest.raises(Undecodable):
        folding.fold(at, [*records, foreign], done.append)
    assert folding.folded == len(done) == len(records)
    with pytest.raises(Halted, match="run `pamwal audit`"):
        folding.fold(at, records[:1], done.append)

    assert folding.folded == 0
    assert len(done) == len(records)
    told = [each for each in log if each.topic == FIELD]
    assert shown(history, told) == shown(kept(told), told)
