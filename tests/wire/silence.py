"""A core that watches, small enough to see through: it raises and retracts that a post is silent.

It follows the heartbeats that two counting cores decided. Raised is a `PostClosed`, retracted a
`PostReopened`, and the episode, the last heartbeat before the silence, is their `day`. A heartbeat sent to
this core itself is answered with all it has seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct

from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import DecisionData, Request, Verdict
from pamwal.contracts.field import HeartbeatHeard, PostClosed, PostReopened
from pamwal.wire.core import ACCEPTED_ONLY, Judged, Seen
from tests.wire.counting import CountingCore

SILENT_S = 5
BEGAN = datetime(2024, 10, 3, 1, 15, tzinfo=UTC)
RAISES, ENDLESS, OVERDUE = "post-raises", "post-endless", "post-overdue"
"""Posts on whose silence the core raises, goes on for ever, or names a deadline that has passed."""


def at(seconds: float) -> str:
    """A stamp so many seconds after the tests' days begin."""
    return (BEGAN + timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def by_the_clock() -> str:
    """The system's time as a stamp."""
    return at((datetime.now(UTC) - BEGAN).total_seconds())


def later(stamp: str, seconds: float) -> str:
    """A stamp so many seconds after another."""
    return at((datetime.fromisoformat(stamp) - BEGAN).total_seconds() + seconds)


class Heard(Struct):
    """What was seen of an operation: each post's last heartbeat, and how many decisions of each kind."""

    posts: dict[str, str] = {}
    seen: dict[str, int] = {}


class Silences(Struct):
    """Which posts are said to be silent, since which heartbeat; and how much was said at all."""

    raised: dict[str, str] = {}
    said: int = 0
    real: bool = False


class SilenceCore:
    """The silence of a post begins `SILENT_S` after its last heartbeat."""

    version = "silence/1"
    evolves = ACCEPTED_ONLY

    def __init__(self, scope: str = "silence") -> None:
        self.service = f"watching-{scope}"
        self.requests_topic = f"{scope}.field.requests.v1"
        self.decisions_topic = f"{scope}.field.decisions.v1"
        self.followed = (CountingCore(scope=f"{scope}-a"), CountingCore(scope=f"{scope}-b"))
        self.follows: tuple[str, ...] = tuple(one.decisions_topic for one in self.followed)

    @property
    def topics(self) -> list[str]:
        """Every topic it needs to be there."""
        asked = [one.requests_topic for one in self.followed]
        return [self.requests_topic, self.decisions_topic, *asked, *self.follows]

    def new_state(self, operation_id: str) -> Silences:
        return Silences(real=operation_id.startswith("real"))

    def evolve(self, state: Silences, decision: DecisionData[Fact]) -> Silences:
        raised, said = dict(state.raised), state.said
        for fact in decision.facts:
            if isinstance(fact, PostClosed):
                assert fact.postid not in raised, "raised twice"
                raised[fact.postid] = fact.day
            if isinstance(fact, PostReopened):
                assert raised.pop(fact.postid) == fact.day, "another episode was raised"
            said += 1
        return Silences(raised, said, state.real)

    def new_picture(self, operation_id: str) -> Heard:
        return Heard(seen={operation_id: 0})

    def see(self, picture: Heard, decision: DecisionData[Fact]) -> None:
        picture.seen[decision.outcome] = picture.seen.get(decision.outcome, 0) + 1
        for fact in decision.facts:
            assert isinstance(fact, HeartbeatHeard)
            picture.posts[fact.postid] = max(fact.occurred_at, picture.posts.get(fact.postid, ""))

    def decide_seeing(
        self, state: Silences, request: Request[Any], knownat: str, seen: Seen[Heard]
    ) -> Verdict[Any]:
        heads = {place: int(head[:8], 16) for place, head in seen.heads.items()}
        fact = HeartbeatHeard(
            id=f"{request.id}/0",
            occurred_at=request.time,
            recorded_at=knownat,
            postid=request.postid,
            queue_length=state.said,
            highest={**seen.picture.seen, **seen.vector, **{f"head {one}": heads[one] for one in heads}},
        )
        return Verdict(facts=[fact])

    def judge(self, picture: Heard, state: Silences, now: str, cause_id: str) -> Judged:
        facts: list[Fact] = []
        deadlines: list[str] = []
        for post, heard in sorted(picture.posts.items()):
            silent_at, raised = later(heard, SILENT_S), state.raised.get(post)
            if silent_at > now or post == OVERDUE:
                deadlines.append(silent_at)
            if raised is not None and (raised != heard or post == ENDLESS):
                facts.append(_says(PostReopened, f"{cause_id}/{len(facts)}", now, post, raised))
                raised = None
            if silent_at <= now and raised is None:
                if post == RAISES:
                    raise RuntimeError("this core cannot judge that post")
                facts.append(_says(PostClosed, f"{cause_id}/{len(facts)}", now, post, heard))
        return Judged(facts, min(deadlines, default=None))

    def is_real(self, picture: Heard, state: Silences) -> bool:  # noqa: ARG002  the protocol has it
        return state.real


def _says(kind: type[Any], name: str, now: str, post: str, episode: str) -> Fact:
    fact: Fact = kind(
        id=name, occurred_at=now, recorded_at=now, postid=post, day=episode, zone="UTC", author="watching"
    )
    return fact


def said(facts: Sequence[Fact]) -> list[tuple[str, str, str]]:
    """What was raised and retracted: the word, the post, the episode."""
    words = {PostClosed: "raised", PostReopened: "retracted"}
    return [
        (words[type(fact)], fact.postid, fact.day)
        for fact in facts
        if isinstance(fact, PostClosed | PostReopened)
    ]
