"""What a decision says of its request, held against the request itself, and against deciding it again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec.structs import replace

from pamwal.contracts import codec
from pamwal.contracts.claims import mode_in
from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import CHANNEL_HEADER, POST_HEADER, Decision, Request, RequestRef
from pamwal.contracts.errors import ContractError
from pamwal.wire.decided import NOT_SEEN, clean
from pamwal.wire.judge import IdRules, Judge
from pamwal.wire.log import Record

PAST_RULES: Final[Mapping[str, IdRules]] = {
    **dict.fromkeys(("checkin/1", "scheduler-1"), IdRules(strangers_first=False, reserved=False)),
    **{f"reporting/{number}": IdRules(reserved=False) for number in range(1, 6)},
}
"""Version of a core → the rules it had, where they were not today's."""
NOT_DECIDED_AGAIN = frozenset({"absent", "parked_by_operator", NOT_SEEN})
"""Reasons that are not the core's: nothing was there, a person put it aside, or the code failed before it."""


def read(request: Record) -> Request[Any] | None:
    """The stored request, or None if it cannot be read."""
    try:
        return codec.decode_request(request.value)
    except ContractError:
        return None


def filed(record: Record, request: Request[Any] | None) -> tuple[str | None, str | None]:
    """Post and channel as the decider reads them: from the body, or from the headers if it is unreadable."""
    if request is None:
        return clean(record.header(POST_HEADER)), clean(record.header(CHANNEL_HEADER))
    return request.postid, request.channel


def differences(
    decision: Decision[Fact], asked: RequestRef, record: Record, request: Request[Any] | None
) -> Iterator[str]:
    """Where the decision names another request than the one it answers, a sentence each."""
    parked = decision.data.outcome == "parked"
    if asked.id is None:
        if not parked:
            yield "it names no request, and is not parked"
        return
    if request is None:
        yield f"it names {asked.id!r}; what stands there cannot be read"
        return
    pairs = {
        "id": (asked.id, request.id),
        "source": (asked.source, request.source),
        "sourceseq": (asked.sourceseq, request.sourceseq),
        "postid": (asked.postid, request.postid),
        "channel": (asked.channel, request.channel),
        "operation": (decision.operationid, request.operationid),
    }
    if asked.mode is not None:
        pairs["mode"] = (asked.mode, mode_in(request.claims))
    for name, (says, is_) in pairs.items():
        if says != is_:
            yield f"it says {name} {says!r}, the request {is_!r}"
    if not parked and record.key != decision.operationid.encode():
        yield f"the request's key is {record.key!r:.200}, not {decision.operationid!r}"


def decided_so(
    judge: Judge[Any], request: Record, decision: Decision[Fact], past: IdRules | None = None
) -> str | None:
    """What the code would decide now, if that is another decision and not one by the rules of the `past`."""
    again, _ = judge.propose(request, decision.data.knownat)
    if decides_the_same(again, decision):
        return None
    if past is not None:
        before, _ = judge.propose(request, decision.data.knownat, rules=past)
        if decides_the_same(before, decision):
            return None
    return again.data.outcome


def decides_the_same(again: Decision[Fact], decision: Decision[Fact]) -> bool:
    """Everything but who decided, the version of a type that was raised since, and a mode not yet said."""
    asked, named = again.data.request, decision.data.request
    if asked is not None and named is not None:
        asked = replace(asked, type=named.type, mode=named.mode and asked.mode)
    data = replace(again.data, decider_version=decision.data.decider_version, request=asked)
    return replace(again, data=data) == decision
