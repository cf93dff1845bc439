"""From a stored decision to the HTTP answer: the same decision gives the same bytes, on any edge, always."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal, NamedTuple

import msgspec
from msgspec import Struct

from pamwal.contracts.envelope import First, Outcome, Reason, RequestRef
from pamwal.edge.http import AT_HEADER, JSON, PROBLEM_JSON, Reply
from pamwal.edge.problems import problem
from pamwal.wire.log import Receipt


class Told(NamedTuple):
    """What an answer says beside the decision, by all that its edge knows now; it stands in no log."""

    local_time: str | None = None
    """`time` on the operation's clock; None where its zone is not known here."""
    advice: Sequence[Reason] = ()
    """For the sender of an accepted request."""
    unknown: Sequence[Reason] = ()
    """Warnings of fields that were left out, for every sender."""


NOTHING_TOLD: Final = Told()


class FactId(Struct):
    """All an answer says of a fact."""

    id: str


class DecidedData(Struct, kw_only=True):
    """The part of a decision's data that an answer needs, whatever the context."""

    request: RequestRef | None
    knownat: str
    outcome: Outcome
    facts: list[FactId] = []
    warnings: list[Reason] = []
    reason: Reason | None = None
    of: First | None = None


class Decided(Struct, kw_only=True):
    """A decision as an edge reads it."""

    id: str
    operationid: str
    data: DecidedData


class Answer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the sender of an accepted (or not yet decided) request is told."""

    receipt: str
    """Where the log keeps the request: topic-partition-offset."""
    outcome: str
    """`accepted`, or `pending` while there is no decision."""
    decision: str | None = None
    knownat: str | None = None
    facts: list[str] = []
    """Ids of the facts that hold from then on."""
    warnings: list[Reason] = []
    advice: list[Reason] = []
    """What the edge noticed: by all it knows now, such as how far away it was, and fields that it left out
    (`unknown_field`). It stands in no log."""
    local_time: str | None = None
    """When it happened as the request says it, on the operation's clock."""


class Checked(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a request would be answered now. Somebody else's may come first and change that."""

    outcome: Literal["accepted", "refused"]
    facts: list[dict[str, Any]] = []
    """What would hold from then on; ids as they would be."""
    warnings: list[Reason] = []
    reason: Reason | None = None
    advice: list[Reason] = []
    local_time: str | None = None
    """When it happened as the request says it, on the operation's clock."""


_decoder = msgspec.json.Decoder(Decided)
_encoder = msgspec.json.Encoder()


def read_decided(value: bytes) -> Decided:
    """A stored decision. msgspec.DecodeError if it is none."""
    return _decoder.decode(value)


def requests_path(service: str, receipt: Receipt) -> str:
    """Where any edge of the service answers for that request."""
    return f"/{service}/v1/requests/{receipt}"


def status_of(decided: Decided) -> int:
    """201 accepted, 409 refused, 422 key used for another request, or parked. Never called with a repeat."""
    data = decided.data
    if data.outcome == "accepted":
        return 201
    if data.outcome == "refused" and data.reason is not None and data.reason.code != "key_reused":
        return 409
    return 422


def decided_reply(decided: Decided, receipt: Receipt, service: str, told: Told = NOTHING_TOLD) -> Reply:
    """The answer to the first request of its key; for a repeat, give the first one's decision and receipt."""
    data, status = decided.data, status_of(decided)
    if status == 201:
        answer = Answer(
            receipt=str(receipt),
            outcome=data.outcome,
            decision=decided.id,
            knownat=data.knownat,
            facts=[fact.id for fact in data.facts],
            warnings=data.warnings,
            advice=[*told.unknown, *told.advice],
            local_time=told.local_time,
        )
        return Reply(status, _encoder.encode(answer))
    reason = data.reason or Reason(
        code="parked", message="nobody could decide this request; it is kept and parked"
    )
    found = problem(
        status,
        "parked" if data.outcome == "parked" else reason.code,
        reason.message,
        instance=requests_path(service, receipt),
        receipt=str(receipt),
        decision=decided.id,
        outcome=data.outcome,
        knownat=data.knownat,
        reason=reason,
        warnings=data.warnings,
        local_time=told.local_time,
        advice=list(told.unknown),
    )
    return Reply(status, _encoder.encode(found), PROBLEM_JSON)


def pending_reply(receipt: Receipt, service: str, unknown: Sequence[Reason] = ()) -> Reply:
    """202: kept, not decided yet; `Location` answers for it. The bytes of an `Answer`, cheaper."""
    at = str(receipt).encode()
    location = b"/%b/v1/requests/%b" % (service.encode(), at)
    body = b'{"receipt":"%b","outcome":"pending"}' % at
    if unknown:
        body = _encoder.encode(Answer(receipt=str(receipt), outcome="pending", advice=list(unknown)))
    return Reply(202, body, JSON, ((b"location", location), (b"retry-after", b"1"), (AT_HEADER, at)))
