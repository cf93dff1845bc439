"""The law of as-of: what is seen of (T, K) is what a fresh fold of exactly those facts shows."""

from __future__ import annotations

from typing import Any, NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from pamwal.contracts import field
from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import Decision
from pamwal.contracts.field.clocks import happened_ms
from pamwal.contracts.instants import from_ms
from pamwal.contracts.reporting_alerts import AlertRaised, AlertRetracted
from pamwal.wire.log import TopicPartition
from services.reporting.deciding.alerts_then import alerts_then
from services.reporting.deciding.judging import found_in
from services.reporting.deciding.look import Look
from services.reporting.picture import OperationPicture, Pictures
from services.reporting.picture.as_of import KNOWLEDGE
from services.reporting.picture.history import DECISIONS, FIELD, PLAN, REPORTING, Cut, History
from services.reporting.views.polls import operation_polls
from services.reporting.views.presences import presences_of
from services.reporting.views.situation import situation_of
from tests.properties.reporting.planning import MINUTE_MS, MORNING_MS
from tests.properties.reporting.test_fold_laws import tellings
from tests.unit.reporting.telling import OPERATION, name_of, picture_of

EVER_MS = MORNING_MS + 10_000 * MINUTE_MS
BREACHED = from_ms(MORNING_MS + 120 * MINUTE_MS)
"""The deadline of the one alert: an episode has one."""
CONTROL_EVERY = 3
"""After so many decisions a transaction ends, and takes an offset."""


class Told(NamedTuple):
    """A decision where it stands in the log."""

    topic: str
    offset: int
    decision: Decision[Fact]


@st.composite
def logs(draw: st.DrawFn) -> list[Told]:
    """An operation as three partitions hold it, told in one order; clocks never go back.

    Between what posts and the plan say, reporting raises and retracts an alert: asked by nobody, or answering
    who takes it over.
    """
    clocks: dict[str, str] = {}
    found: list[Told] = []
    alerts = asked = 0
    for each in draw(tellings()).told:
        topic = PLAN if ".scheduling." in each.id else FIELD
        assert each.data.request is not None
        found.append(_told(topic, each.data.request.offset, each, clocks))
        if draw(st.integers(0, 4)) == 0:
            alert = _alert(each, alerts + 1, asked if draw(st.booleans()) else None)
            found.append(_told(REPORTING, alerts, alert, clocks))
            asked += alert.data.request is not None
            alerts += 1
    return found


def _told(topic: str, number: int, decision: Decision[Fact], clocks: dict[str, str]) -> Told:
    knownat = clocks[topic] = max(clocks.get(topic, ""), decision.data.knownat)
    stamped = replace(decision, data=replace(decision.data, knownat=knownat))
    return Told(topic, number + number // CONTROL_EVERY, stamped)


def _alert(near: Decision[Fact], version: int, asked: int | None) -> Decision[Fact]:
    """A decision about the one alert, at the moment of another decision; answering a request or none."""
    head: Any = {
        "id": f"alert-{version}/0", "alert_id": "no_show-0", "version": version, "at": near.data.knownat,
    }  # fmt: skip
    fact: Any
    if version % 2:
        fact = AlertRaised(**head, kind="no_show", subject="x", episode="e", since=BREACHED)
    else:
        fact = AlertRetracted(**head, reason="seen")
    assert near.data.request is not None
    request = None if asked is None else replace(near.data.request, offset=asked)
    return replace(near, data=replace(near.data, request=request, facts=[fact], warnings=[]))


def kept(log: list[Told]) -> History:
    """What a replica keeps that read all of it."""
    pictures = Pictures()
    history = History(pictures)
    for topic, offset, decision in log:
        pictures.fold(decision)
        history.partition(TopicPartition(topic, 0)).take(offset, decision)
    return history


def fresh(log: list[Told], cut: Cut, at_ms: int) -> OperationPicture | None:
    """A fold of exactly the facts that were known at K of what had happened at T.

    When posts were heard is known from all that had been told.
    """
    offsets = {topic: mark.offset for topic, mark in zip(DECISIONS, cut[1:], strict=True)}
    known = [told.decision for told in log if told.offset < offsets[told.topic]]
    if not known:
        return None
    happened = picture_of([_happened(each, at_ms) for each in known]).operations[OPERATION]
    happened.posts = picture_of(known).operations[OPERATION].posts
    return happened


def _happened(decision: Decision[Fact], at_ms: int) -> Decision[Fact]:
    facts = [
        fact
        for fact in decision.data.facts
        if type(fact) in KNOWLEDGE
        or not isinstance(fact, field.FieldFactBase)
        or happened_ms(fact)[0] <= at_ms
    ]
    return replace(decision, data=replace(decision.data, facts=facts))


def seen(picture: OperationPicture | None, at_ms: int) -> Any:
    """All that readers are shown of it at T."""
    if picture is None:
        return None
    now = from_ms(at_ms)
    situation = situation_of(picture, now, sight="full", name_of=name_of)
    polls = operation_polls(picture, now, sight="full")
    stays = [presences_of(picture, each, now, sight="full") for each in ("x", "y", "z")]
    beats = {post: heard.heartbeat for post, heard in picture.posts.items()}
    return situation, polls, stays, beats, dict(picture.planned_at), dict(picture.lost), _alerts(picture, now)


def _alerts(picture: OperationPicture, now: str) -> Any:
    """The alert that was told of, and every one whose reason is found."""
    told = alerts_then(picture.alerts, picture, now)
    reasons = found_in(Look(picture, picture.alerts, {}, now, earlier=True))
    found = sorted((each.alert_id, each.since_ms, each.unconfirmed) for each in reasons)
    return {each.alert_id: (each.version, each.stands) for each in told.known.values()}, found


moments_ms = st.integers(-60, 400).map(lambda minute: MORNING_MS + minute * MINUTE_MS)


@given(logs(), st.integers(0, 60), st.integers(0, 60), st.integers(0, 20), moments_ms)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_known_up_to_a_vector_is_a_fresh_fold_of_that(
    log: list[Told], plan: int, observed: int, said: int, at_ms: int
) -> None:
    history = kept(log)
    cut = history.at_offsets(0, {PLAN: plan, FIELD: observed, REPORTING: said})
    assert seen(history.as_of(OPERATION, "real", cut, at_ms), at_ms) == seen(fresh(log, cut, at_ms), at_ms)


@given(logs(), moments_ms, moments_ms)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_known_by_a_moment_is_a_fresh_fold_of_what_was_decided_by_then(
    log: list[Told], known_ms: int, at_ms: int
) -> None:
    history = kept(log)
    cut = history.at_moment(0, known_ms)
    by_then = [told for told in log if told.decision.data.knownat <= from_ms(known_ms)]
    for topic, mark in zip(DECISIONS, cut[1:], strict=True):
        last = max((told.offset for told in by_then if told.topic == topic), default=-1)
        assert mark.offset == last + 1
    picture = history.as_of(OPERATION, "real", cut, at_ms)
    assert seen(picture, at_ms) == seen(fresh(log, cut, at_ms), at_ms)
    assert picture is None or picture.known_at <= from_ms(known_ms)


@given(logs(), st.integers(0, 60), moments_ms)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_told_later_changes_nothing_that_was_known(log: list[Told], half: int, at_ms: int) -> None:
    pictures = Pictures()
    history = History(pictures)
    before: tuple[Cut, Any] | None = None
    for number, (topic, offset, decision) in enumerate(log):
        pictures.fold(decision)
        history.partition(TopicPartition(topic, 0)).take(offset, decision)
        if number == half:
            cut = history.end(0)
            before = cut, seen(history.as_of(OPERATION, "real", cut, at_ms), at_ms)
    if before is not None:
        assert seen(history.as_of(OPERATION, "real", before[0], at_ms), at_ms) == before[1]


@given(logs())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_known_to_its_end_of_a_late_moment_is_the_picture_itself(log: list[Told]) -> None:
    history = kept(log)
    picture = picture_of([told.decision for told in log]).operations[OPERATION]
    found = history.as_of(OPERATION, "real", history.end(0), EVER_MS)
    assert seen(found, EVER_MS) == seen(picture, EVER_MS)


@given(logs(), moments_ms)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whoever_has_no_earlier_picture_finds_the_same_alerts(log: list[Told], at_ms: int) -> None:
    """The decider publishes a SitRep of an earlier moment by its picture of now."""
    history = kept(log)
    now = picture_of([told.decision for told in log]).operations[OPERATION]
    then = history.as_of(OPERATION, "real", history.end(0), at_ms)
    assert then is not None
    assert _alerts(now, from_ms(at_ms)) == _alerts(then, from_ms(at_ms))
