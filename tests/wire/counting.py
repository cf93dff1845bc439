"""A service core small enough to see through: it counts the heartbeats of an operation."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from pamwal.contracts import codec
from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import DecisionData, Reason, Request, Verdict, refuse
from pamwal.contracts.field import Heartbeat, HeartbeatHeard
from pamwal.contracts.topics import FIELD_DECISIONS, FIELD_REQUESTS
from pamwal.wire.core import ACCEPTED_ONLY
from pamwal.wire.log import Outgoing, Record

NOW = "2024-10-03T01:15:00.000Z"
LATER = "2024-10-03T01:15:01.000Z"
REFUSED, RAISES, EVOLVE_RAISES, WARNED, NAMED_WRONG, NOT_YOURS = 13, 666, 667, 7, 99, 403
"""Queue lengths that make the core refuse, raise, and so on."""


class Count(Struct, frozen=True):
    """How many heartbeats an operation had, and the last post heard."""

    heard: int = 0
    post: str = ""


class CountingCore:
    """Each heartbeat is answered with the number of those before it: a lost or repeated one shows."""

    service = "counting"
    requests_topic = FIELD_REQUESTS.name
    decisions_topic = FIELD_DECISIONS.name
    version = "counting/1"
    evolves = ACCEPTED_ONLY
    state_type = Count

    def __init__(self, *, mended: bool = False, scope: str = "") -> None:
        """With a scope it has topics and transactional ids of its own, for tests that share a broker."""
        self.mended = mended
        if scope:
            self.service = f"counting-{scope}"
            self.requests_topic = f"{scope}.field.requests.v1"
            self.decisions_topic = f"{scope}.field.decisions.v1"

    def new_state(self, operation_id: str) -> Count:  # noqa: ARG002  the protocol has it
        return Count()

    def decide(self, state: Count, request: Request[Any], knownat: str) -> Verdict[Any]:  # noqa: ARG002
        data: Heartbeat = request.data
        if data.queue_length == RAISES and not self.mended:
            raise RuntimeError("this core cannot decide a queue of 666")
        if data.queue_length == REFUSED:
            return refuse("illegal_transition", "thirteen is not counted")
        if data.queue_length == NOT_YOURS:
            return refuse("not_yours", "this queue is somebody else's")
        name = f"{request.id}/{'x' if data.queue_length == NAMED_WRONG else 0}"
        fact = HeartbeatHeard(
            id=name,
            occurred_at=request.time,
            recorded_at=request.recordedat,
            postid=request.postid,
            queue_length=state.heard,
            highest={"evolve": data.queue_length} if data.queue_length == EVOLVE_RAISES else {},
        )
        warnings = [Reason(code="queue", message="seven wait")] if data.queue_length == WARNED else []
        return Verdict(facts=[fact], warnings=warnings)

    def evolve(self, state: Count, decision: DecisionData[Fact]) -> Count:
        (fact,) = decision.facts
        assert isinstance(fact, HeartbeatHeard)
        if fact.highest and not self.mended:
            raise RuntimeError("this core cannot evolve")
        return Count(state.heard + 1, fact.postid)


def a_request(
    name: str, *, operation: str = "op", post: str = "posko", queue: int = 0, time: str = NOW
) -> Request[Heartbeat]:
    return Request(
        specversion="1.0",
        id=name,
        source=f"/posts/{post}/devices/1",
        type="pamwal.field.heartbeat.v1",
        time=time,
        channel="app",
        data=Heartbeat(queue_length=queue),
        operationid=operation,
        postid=post,
        recordedat=NOW,
        actor="tests",
        claims="role=command_post",
    )


def outgoing(request: Request[Any]) -> Outgoing:
    return Outgoing(
        request.operationid.encode(),
        codec.encode(request),
        (("postid", request.postid.encode()), ("channel", request.channel.encode())),
    )


def a_record(
    offset: int, request: Request[Any] | bytes, *, key: bytes | None = None, partition: int = 0
) -> Record:
    """The request as the log would give it back."""
    if isinstance(request, bytes):
        sent = Outgoing(b"op" if key is None else key, request)
    else:
        sent = outgoing(request)
    return Record(
        CountingCore.requests_topic,
        partition,
        offset,
        sent.key if key is None else key,
        sent.value,
        sent.headers,
        0,
    )


def stored(decisions: list[Outgoing]) -> list[Record]:
    """Decisions as the log would give them back, one transaction each."""
    return [
        Record(CountingCore.decisions_topic, 0, 2 * number, out.key, out.value, out.headers, 0)
        for number, out in enumerate(decisions)
    ]
