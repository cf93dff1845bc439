"""The log of an operation over a drawn plan and field: who may not place intel is told of no duty on it."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings

from pamwal.contracts.claims import MODES
from pamwal.contracts.instants import to_ms
from pamwal.contracts.timeline import TimelineEntry
from pamwal.contracts.topics import decisions_of
from pamwal.contracts.zones import local_day
from pamwal.wire.log import TopicPartition
from services.reporting.picture import OperationPicture, Pictures
from services.reporting.picture.as_of import Known
from services.reporting.picture.decided import decode_decided
from services.reporting.picture.history import FIELD, History
from services.reporting.timeline.index import Timeline
from services.reporting.timeline.matching import Asked, Matcher
from services.reporting.timeline.page import page_of, shown
from services.reporting.timeline.sight import Reader
from services.reporting.views.window import zone_of
from tests.properties.reporting.test_field_over_plan import told
from tests.unit.reporting.telling import OPERATION

ALL = Known(*[2**62] * 3)
LAST_MS = to_ms("2025-01-01T00:00:00.000Z")


class _Named(msgspec.Struct):
    id: str


def kept(decisions: list[bytes]) -> History:
    """What a replica keeps of decisions in the order of their logs."""
    pictures = Pictures()
    history = History(pictures)
    offsets: dict[str, int] = {}
    for value in decisions:
        decision = decode_decided(value)
        topic = decisions_of(msgspec.json.decode(value, type=_Named).id.split("/")[0]).name
        pictures.fold(decision)
        offset = offsets.get(topic, 0)
        offsets[topic] = offset + 1
        history.partition(TopicPartition(topic, 0)).take(offset, decision)
    return history


def intel_days(picture: OperationPicture) -> set[tuple[str, str]]:
    """(officer, local day) of every duty on intel, whatever became of it."""
    zone = zone_of(picture)
    return {
        (each.officer_id, local_day(instant, zone))
        for each in picture.plan.deployments.values()
        if each.role == "intel"
        for instant in (each.starts_at, each.ends_at)
    }


def entries_of(picture: OperationPicture, timeline: Timeline, asked: Asked) -> list[TimelineEntry]:
    """Everything a reader without full sight finds."""
    matcher = Matcher(picture, Reader([picture], "guarded"), asked, None)
    page = page_of(timeline.back_from(None, ALL, LAST_MS), matcher, 10_000)
    return [shown(picture, each, None) for each in page.found]


@given(told())
@settings(max_examples=80, deadline=None)
def test_who_may_not_place_intel_is_told_of_no_duty_on_it_nor_of_who_is_there(decisions: list[bytes]) -> None:
    history = kept(decisions)
    for mode in MODES:
        arrivals = history.arrivals(OPERATION, mode)
        assert arrivals is not None
        picture, timeline = arrivals.picture, Timeline(arrivals)
        timeline.grow(history.marks(FIELD, 0).decided_ms)
        secret, zone = intel_days(picture), zone_of(picture)
        ids = {each.deployment_id for each in picture.plan.deployments.values() if each.role == "intel"}
        for entry in entries_of(picture, timeline, Asked()):
            planned = entry.context == "scheduling"
            assert planned or b'"officer_id":"x"' not in msgspec.json.encode(entry)
            for fact in entry.facts:
                assert fact.deployment_id not in ids
                assert planned or (fact.officer_id, local_day(entry.at, zone)) not in secret
        for asked in (Asked(officer="x"), Asked(text=("secret", "check"))):
            for entry in entries_of(picture, timeline, asked):
                assert entry.context == "scheduling" or local_day(entry.at, zone) != "2024-10-03"
