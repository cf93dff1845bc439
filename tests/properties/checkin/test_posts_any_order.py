"""Whatever the order and repetition of requests: the same state of the decider, the same picture."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from pamwal.contracts.claims import Claims
from pamwal.contracts.field import (
    AckPoll,
    ClosePost,
    ConfirmWatch,
    EndPoll,
    HandOverWatch,
    ReopenPost,
    StartPoll,
)
from services.checkin.deciding.state import CheckinState
from services.reporting.picture import OperationPicture
from services.reporting.views.polls import operation_polls
from services.reporting.views.situation import digest_of, situation_of
from tests.unit.checkin.said import (
    OESAPA,
    OPERATION,
    SIKUMANA,
    Heard,
    check_in,
    check_out,
    decision_of,
    heartbeat,
    moment,
    request,
    void,
)
from tests.unit.reporting.telling import name_of

POSTS = ["maulafa", "oebobo"]
PERSONS = ["ani", "budi"]
HEAD = Claims(role="ops_head", operation=OPERATION, mode="exercise")
"""Takes back whatever it is, so that no void is refused for having come late."""
KINDS = [
    "in", "in", "out", "void", "close", "close", "reopen", "hand", "confirm", "start", "ack", "ack", "end",
    "beat",
]  # fmt: skip
clocks = st.integers(0, 90).map(lambda minute: f"{1 + minute // 60:02d}:{minute % 60:02d}")
officers = st.sampled_from(["NTT-0001", "NTT-0002"])
names = st.sampled_from(["one", "two"])


@st.composite
def sayings(draw: st.DrawFn) -> list[Any]:
    """Up to 16 requests of two posts; some are heard late."""
    made: list[Any] = []
    for number in range(draw(st.integers(1, 16))):
        name, clock = f"q{number}", draw(clocks)
        more: dict[str, Any] = {"post": draw(st.sampled_from(POSTS)), "actor": draw(st.sampled_from(PERSONS))}
        more["recorded"] = draw(st.none() | st.just("02:40"))
        match draw(st.sampled_from(KINDS)):
            case "in":
                place = draw(st.sampled_from([SIKUMANA, OESAPA]))
                made.append(check_in(name, clock, officer=draw(officers), place=place, **more))
            case "out":
                made.append(check_out(name, clock, officer=draw(officers), **more))
            case "void":
                made.append(void(name, clock, f"q{draw(st.integers(0, 15))}/0", claims=HEAD, **more))
            case "beat":
                made.append(heartbeat(name, clock, **more))
            case kind:
                made.append(request(name, clock, draw(own_affairs(kind, more["actor"])), **more))
    return made


@st.composite
def own_affairs(draw: st.DrawFn, kind: str, actor: str) -> Any:
    """What a post says of itself or asks."""
    match kind:
        case "close":
            return ClosePost(day="2024-10-03")
        case "reopen":
            return ReopenPost(day="2024-10-03")
        case "hand":
            other = next(each for each in PERSONS if each != actor)
            return HandOverWatch(watch_id=draw(names), from_=actor, to=other)
        case "confirm":
            return ConfirmWatch(watch_id=draw(names), answer=draw(st.sampled_from(["taken", "declined"])))
        case "start":
            asks: dict[str, Any] = draw(
                st.sampled_from([{"place": SIKUMANA}, {"post": "oebobo"}, {"officers": ["NTT-0001"]}])
            )
            return StartPoll(poll_id=draw(names), window_min=draw(st.sampled_from([5, 30])), **asks)
        case "ack":
            return AckPoll(poll_id=draw(names), officer_id=draw(officers))
        case _:
            return EndPoll(poll_id=draw(names))


def told(asked: list[Any]) -> tuple[CheckinState, OperationPicture]:
    """The decider's state and the picture after these requests; what is said again is decided once."""
    heard, picture = Heard(), OperationPicture("o", "exercise")
    known: dict[str, Any] = {}
    for offset, one in enumerate(asked):
        if one.id not in known:
            verdict = heard.hear(one)
            data = decision_of(one, verdict)
            known[one.id] = _at_offset(data, offset)
        picture.fold(known[one.id])
    return heard.state, picture


def _at_offset(data: Any, offset: int) -> Any:
    return replace(data, request=replace(data.request, offset=offset))


def shown(picture: OperationPicture) -> list[Any]:
    """What readers see, at three moments."""
    found: list[Any] = []
    for clock in ("01:30", "02:20", "03:00"):
        now = moment(clock)
        found.append(digest_of(situation_of(picture, now, sight="full", name_of=name_of)))
        found.append(operation_polls(picture, now, sight="full"))
    return found


@given(sayings(), st.randoms(use_true_random=False))
@settings(max_examples=400, deadline=None)
def test_any_order_and_repetition_is_the_same_state_and_picture(asked: list[Any], chance: Any) -> None:
    shuffled = asked + [one for one in asked if chance.random() < 0.4]
    chance.shuffle(shuffled)
    first, first_picture = told(asked)
    second, second_picture = told(shuffled)
    assert first.own == second.own
    assert first.polls == second.polls
    assert (first.voided, first.steps, first.said_by) == (second.voided, second.steps, second.said_by)
    assert shown(first_picture) == shown(second_picture)


@given(sayings())
@settings(max_examples=200, deadline=None)
def test_a_closing_marks_exactly_the_reports_that_the_picture_counts(asked: list[Any]) -> None:
    reports = [one for one in asked if not isinstance(one.data, ClosePost | ReopenPost)]
    closings = [request(f"close-{post}", "02:00", ClosePost(day="2024-10-03"), post=post) for post in POSTS]
    heard, picture = Heard(), OperationPicture("o", "exercise")
    marked = dict.fromkeys(POSTS, 0)
    for offset, one in enumerate([*closings, *reports]):
        verdict = heard.hear(one)
        picture.fold(_at_offset(decision_of(one, verdict), offset))
        marked[one.postid] += any(each.code == "after_closing" for each in verdict.warnings)
    rows = situation_of(picture, moment("03:00"), sight="full", name_of=name_of).posts.rows
    assert {row.post_id: row.after_closing for row in rows} == marked
