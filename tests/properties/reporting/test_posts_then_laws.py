"""What a post had said by an earlier moment, and under which numbers, is what a fold of only that shows."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pamwal.contracts import field
from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import SEQUENCE_RESTARTED, Decision
from pamwal.contracts.instants import from_ms
from pamwal.wire.log import TopicPartition
from services.reporting.picture import OperationPicture, Pictures
from services.reporting.picture.history import FIELD, PLAN, History
from services.reporting.picture.numbers_then import LOOKED_BACK
from tests.properties.reporting.planning import MINUTE_MS, MORNING_MS
from tests.unit.reporting.telling import OPERATION, SCHEDULING, Teller, picture_of

KINDS = [*["report"] * 8, "refused", "repeat", "beat", "reset", "squad", "poll", "planned", "anew"]
STEPS = [*[1] * 12, 0, 3, 3, -1, -2]
"""From the highest number of a device: the next, the same, behind a hole, late or said again."""


@st.composite
def days(draw: st.DrawFn) -> Teller:
    """Two posts with three devices each, whose numbers come with holes, late, twice and anew."""
    teller, last = Teller(), dict[tuple[str, str], int]()
    teller.open()
    for minute in range(draw(st.integers(1, 30))):
        post = draw(st.sampled_from(["alak", "alak", "maulafa"]))
        channel: Any = draw(st.sampled_from(["app", "app", "app", "web", "radio"]))
        highest = last.get((post, channel), 0)
        number = max(1, highest + draw(st.sampled_from(STEPS)))
        last[post, channel] = max(highest, number)
        heard_ms = MORNING_MS + (minute + draw(st.sampled_from([0, 0, 0, -1, -5]))) * MINUTE_MS
        _say(teller, draw(st.sampled_from(KINDS)), from_ms(heard_ms), post, channel, number)
    return teller


def _say(teller: Teller, kind: str, heard: str, post: str, channel: Any, number: int) -> None:
    says: dict[str, Any] = {"post": post, "channel": channel, "sequence": number}
    name, head = f"s{len(teller.told)}", {"occurred_at": heard, "recorded_at": heard}
    match kind:
        case "refused" | "repeat":
            teller.decide([], outcome=kind, refused_as="stale", **says)
        case "beat":
            said = {f"/posts/{post}/devices/{channel}": number + 1}
            teller.decide([field.HeartbeatHeard(id=f"{name}/0", postid=post, highest=said, **head)], **says)
        case "reset":
            reset = field.SourceReset(
                id=f"{name}/0", source=f"/posts/{post}/devices/{channel}", up_to=number, author="head", **head
            )
            teller.decide([reset], **says)
        case "poll":
            acked = field.PollAcked(
                id=f"{name}/0", poll_id="p", officer_id="x", author="x", said_as="officer", **head
            )
            teller.decide([acked], **says)
        case "planned":
            teller.decide([], topic=SCHEDULING, outcome="refused", refused_as="stale", **says)
        case _:
            squad = "xyz" if kind == "squad" else "x"
            came = [
                field.CheckedIn(id=f"{name}/{each}", officer_id=each, place="rally/a", method="gps", **head)
                for each in squad
            ]
            teller.decide(came, warned_of=[SEQUENCE_RESTARTED] if kind == "anew" else [], **says)


def take(pictures: Pictures, history: History, decisions: list[Decision[Fact]]) -> None:
    """As a replica does."""
    for decision in decisions:
        pictures.fold(decision)
        assert decision.data.request is not None
        topic = PLAN if ".scheduling." in decision.id else FIELD
        history.partition(TopicPartition(topic, 0)).take(decision.data.request.offset, decision)


def heard(picture: OperationPicture | None) -> dict[str, Any]:
    """Post → when it was last heard, its last heartbeat, and the numbers of its sources."""
    found: dict[str, Any] = {}
    for post_id, post in picture.posts.items() if picture is not None else ():
        sources = {
            name: (source.numbers.packed(), source.again.packed(), source.said)
            for name, source in post.sources.items()
            if source.said or source.numbers.highest
        }
        found[post_id] = post.last_heard, post.heartbeat and post.heartbeat.highest, sources
    found["resets"] = {} if picture is None else picture.resets
    return found


def then(history: History, plan: int, observed: int) -> OperationPicture | None:
    """By what had been told before these offsets."""
    cut = history.at_offsets(0, {PLAN: plan, FIELD: observed})
    return history.as_of(OPERATION, "real", cut, MORNING_MS)


def known(teller: Teller, plan: int, observed: int) -> OperationPicture:
    """A fold of only that."""
    upto = {PLAN: plan, FIELD: observed}
    told = [
        each
        for each in teller.told
        if each.data.request and each.data.request.offset < upto[PLAN if ".scheduling." in each.id else FIELD]
    ]
    return picture_of(told).operations[OPERATION]


@given(days(), st.integers(1, 4), st.lists(st.integers(0, 31), min_size=4, max_size=8), st.integers(0, 30))
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_post_had_said_what_it_said_by_then(
    teller: Teller, plan: int, observed: list[int], half: int
) -> None:
    pictures = Pictures()
    history = History(pictures)
    take(pictures, history, teller.told[: half + 1])
    then(history, plan, observed[0])  # somebody looks while it is still being told
    take(pictures, history, teller.told[half + 1 :])
    for upto in observed:
        assert heard(then(history, plan, upto)) == heard(known(teller, plan, upto))


def test_a_device_that_was_long_silent_had_said_what_it_said() -> None:
    teller = Teller()
    teller.open()
    for number, channel in enumerate(["radio", "radio", *["app"] * (LOOKED_BACK + 1), "radio"]):
        heard_at = from_ms(MORNING_MS + number * MINUTE_MS)
        _say(teller, "report", heard_at, "alak", channel, number + 1)
    pictures = Pictures()
    history = History(pictures)
    take(pictures, history, teller.told)
    for upto in (LOOKED_BACK + 3, LOOKED_BACK + 2, 2, 1, 0):
        assert heard(then(history, 1, upto)) == heard(known(teller, 1, upto))
