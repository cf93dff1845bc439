"""A decision as it is written: its envelope, its name, and the request it names. Pure."""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final

from msgspec.structs import replace

from pamwal.contracts import codec
from pamwal.contracts.claims import mode_in
from pamwal.contracts.codec import Fact
from pamwal.contracts.envelope import (
    CHANNEL_HEADER,
    PARKED_BYTES_KEPT,
    POST_HEADER,
    Decision,
    DecisionData,
    Parked,
    Reason,
    Request,
    RequestRef,
)
from pamwal.wire.book import Book
from pamwal.wire.log import Record

UNATTRIBUTED: Final = "unattributed"
NOT_SEEN: Final = "not_seen"
"""Reason of a request that is parked because its operation has no picture (decision 30)."""
_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")


def parked(
    book: Book,
    version: str,
    record: Record,
    code: str,
    message: str,
    knownat: str,
    request: Request[Any] | None = None,
    *,
    by_operator: bool = False,
    unsealed: bool = False,
) -> Decision[Fact]:
    """The decision that a record is put aside; the record itself stays in requests.

    `unsealed`: anybody may have written it, so neither its id nor its number counts for those it names.
    Parked by an operator it counts as the first answer to its id, if that has none yet, so that a sender who
    tries again gets this answer and does not stop the partition anew.
    """
    digest = None
    if request is None:
        ref = RequestRef(
            offset=record.offset,
            sha256=hashlib.sha256(record.value).hexdigest(),
            postid=clean(record.header(POST_HEADER)),
            channel=clean(record.header(CHANNEL_HEADER)),
        )
    elif unsealed:
        ref = RequestRef(
            offset=record.offset,
            sha256=hashlib.sha256(record.value).hexdigest(),
            postid=request.postid,
            channel=request.channel,
        )
    else:
        ref = request_ref(record, request)
        if by_operator and book.first_answer(request) is None:
            digest = codec.request_digest(request)
    data: DecisionData[Fact] = DecisionData(
        request=ref,
        knownat=max(knownat, book.knownat),
        decider_version=version,
        outcome="parked",
        reason=Reason(code=code, message=message),
        parked=Parked(
            sha256=ref.sha256,
            size=len(record.value),
            error=message,
            head=record.value[:PARKED_BYTES_KEPT].decode(errors="replace"),
        ),
        digest=digest,
        partitions=book.partitions_to_state,
    )
    operation_id = clean(record.key) if request is None else request.operationid
    return enveloped(book, operation_id or UNATTRIBUTED, data)


def request_ref(record: Record, request: Request[Any]) -> RequestRef:
    """How a decision names the request it answers."""
    return RequestRef(
        offset=record.offset,
        sha256=hashlib.sha256(record.value).hexdigest(),
        id=request.id,
        type=request.type,
        source=request.source,
        sourceseq=request.sourceseq,
        postid=request.postid,
        channel=request.channel,
        mode=mode_in(request.claims),
    )


def enveloped(book: Book, operation_id: str, data: DecisionData[Fact]) -> Decision[Fact]:
    """The decision with its name: by the request's offset, or by the number of its cause."""
    name = -1 if data.request is None else data.request.offset
    return Decision(
        specversion="1.0",
        id=f"{book.names}{name if data.cause is None else f'c{data.cause.n}'}",
        source=book.source,
        type=codec.DECISION_TYPE,
        time=data.knownat,
        operationid=operation_id,
        data=data,
    )


def cause_name(partition: int, n: int) -> str:
    """What begins the ids of the facts that a cause led to.

    No request can be named so: there is no tilde in an `Identifier`.
    """
    return f"c{partition}~{n}"


def clean(text: bytes | None) -> str | None:
    """The text of an identifier in a header or key that nobody has checked yet, or None."""
    found = (text or b"").decode(errors="replace")
    return found if _IDENTIFIER.fullmatch(found) else None


def too_large(decision: Decision[Fact], size: int, limit: int) -> Decision[Fact]:
    """In place of a decision that its topic or book cannot take: nothing of it holds."""
    message = f"the answer takes {size} bytes (of {limit}) and its facts; send fewer rows at once"
    reason = Reason(code="too_large", message=message, possible="send fewer rows at once")
    data = replace(decision.data, outcome="refused", facts=[], warnings=[], reason=reason, of=None)
    return replace(decision, data=data)
