"""The two records: a request asks, a decision answers. Both are CloudEvents 1.0 in structured JSON mode."""

from __future__ import annotations

from typing import Annotated, Final, Generic, Literal, TypeVar

from msgspec import Meta, Struct

from pamwal.contracts.instants import Instant, Stamp

CONTENT_TYPE = "application/cloudevents+json"
CONTENT_TYPE_HEADER = "content-type"
CHAIN_HEADER = "chain"
POST_HEADER = "postid"
CHANNEL_HEADER = "channel"
SEAL_HEADER = "seal"
PARKED_BYTES_KEPT = 4096
OFFICE = "ops"
"""As which post somebody speaks who has none: the operation's head, or a service. It is a post only where the
operation lists one of that id."""
SEQUENCE_JUMPED = "sequence_jumped"
"""Warning: the `sourceseq` is far above all that came of this source."""
SEQUENCE_RESTARTED = "sequence_restarted"
"""Warning: another request of the same source had the same `sourceseq`."""

IDENTIFIER: Final = r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}"
"""Regular expression of an id, without the ends of the text."""
Identifier = Annotated[
    str,
    Meta(
        pattern=rf"^{IDENTIFIER}(?!\n)$",
        description="1 to 64 letters, digits, dot, underscore, colon, hyphen; starts with a letter or digit",
    ),
]
Text = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S", description="not blank")]
ClaimsText = Annotated[
    str, Meta(min_length=1, max_length=400, description="role, bindings and mode, as the verified token says")
]
Source = Annotated[
    str,
    Meta(
        pattern=r"^/posts/[A-Za-z0-9][A-Za-z0-9._:-]{0,63}(/[A-Za-z0-9._:-]{1,64}){0,6}(?!\n)$",
        description="who speaks: /posts/{post}/devices/{device}; numbered by sourceseq",
    ),
]
Sequence = Annotated[
    int, Meta(ge=1, le=2_147_483_647, description="1, 2, 3 … per source, so that a gap is visible")
]
Mode = Literal["real", "exercise"]
Channel = Literal["app", "web", "radio", "phone", "chat", "paper", "import", "api"]
Outcome = Literal["accepted", "repeat", "refused", "parked"]
FirstOutcome = Literal["accepted", "refused", "parked"]

D = TypeVar("D")
F = TypeVar("F")


class RequestData(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What a request asks for; one subclass a type, listed in `codec.REQUEST_TYPES`."""


class Submission(Struct, Generic[D], frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What a sender says: the part of a request that the edge does not add."""

    id: Identifier
    source: Source
    type: Text
    time: Instant
    channel: Channel
    data: D
    subject: Text | None = None
    sentat: Instant | None = None
    sourceseq: Sequence | None = None


PlaceCode = Annotated[
    str,
    Meta(
        min_length=6,
        max_length=600,
        description="the address in a place's QR code as it was scanned, or the letters printed below it",
    ),
]


class Coded(Submission[D], Generic[D], frozen=True, kw_only=True, omit_defaults=True):
    """A submission as it is posted: what an edge looks at and takes off, so that no log ever holds it."""

    code: PlaceCode | None = None
    """What shows that its sender is at the place; `method: qr` needs one."""


class Request(Submission[D], Generic[D], frozen=True, kw_only=True, omit_defaults=True):
    """A request as it stands in the log: `time` is occurred_at, `recordedat` when our edge first had it."""

    specversion: Literal["1.0"]
    operationid: Identifier
    postid: Identifier
    recordedat: Instant
    actor: Text
    claims: ClaimsText
    traceparent: str | None = None
    datacontenttype: str | None = None
    original: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}(?!\n)$", description="hex SHA-256")] | None = None
    """Of a request lifted from an older type: the digest of what was said before. Idempotency compares it."""


class Winner(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The deployment that holds what was asked for."""

    deployment_id: str
    officer_id: str
    place: str
    starts_at: Stamp
    ends_at: Stamp
    postid: str


class Reason(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Why a request or one of its rows was refused, or what a warning says. `code` is stable."""

    code: str
    message: str
    subject: str | None = None
    row: int | None = None
    winner: Winner | None = None
    possible: str | None = None
    rows: list[Reason] = []


class RequestRef(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The request a decision answers. An undecodable one has only `offset` and `sha256`."""

    offset: int
    sha256: str
    id: str | None = None
    type: str | None = None
    source: str | None = None
    sourceseq: int | None = None
    postid: str | None = None
    channel: str | None = None
    mode: Mode | None = None
    """Of the token that said it. Decisions have it since decision 10 in docs/decisions."""


class First(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The first answer to a repeated request: HTTP answers a repeat exactly as this."""

    offset: int
    outcome: FirstOutcome
    reason: Reason | None = None
    facts: list[str] = []


class Parked(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What is kept of a record that nobody can decide; the record itself stays in requests."""

    sha256: str
    size: int
    error: str
    head: str = ""
    """The first 4 KiB as text, undecodable bytes replaced."""


class Cause(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What led to a decision that no request caused: what had been seen, and the time it was.

    `vector` as `DecisionData.seen`; `now` never goes back in a partition; `n` is 1, 2, 3 … in it.
    """

    vector: dict[str, int]
    now: Stamp
    n: int
    requests: int = 0
    """How many requests of the partition were decided before: who looks for one's decision knows where to."""


class DecisionData(Struct, Generic[F], frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """The one answer to a request, or what had to be said without one, and the facts that hold from then on.

    It has either a `request` or a `cause`.
    """

    request: RequestRef | None
    knownat: Stamp
    decider_version: str
    outcome: Outcome
    facts: list[F] = []
    warnings: list[Reason] = []
    reason: Reason | None = None
    of: First | None = None
    parked: Parked | None = None
    cause: Cause | None = None
    seen: dict[str, int] | None = None
    """`<topic>-<partition>` → first offset not folded, of every decisions topic this answer was made from."""
    digest: str | None = None
    """SHA-256 over type, subject, time and data of the request: what idempotency compares."""
    partitions: int | None = None
    """The cluster's partition count, in each partition's first decision."""


class Decision(Struct, Generic[F], frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A decision as it stands in the log; `id` is `<topic>/<partition>/<request offset>`, or `…/c<n>`."""

    specversion: Literal["1.0"]
    id: str
    source: str
    type: str
    time: Stamp
    operationid: str
    data: DecisionData[F]
    datacontenttype: str | None = None


class Verdict(Struct, Generic[F], frozen=True, kw_only=True, gc=False):
    """What a service's pure core says of one request; the partition decider makes the decision from it."""

    facts: list[F] = []
    warnings: list[Reason] = []
    reason: Reason | None = None
    """Set if and only if the request is refused; then there are no facts."""

    @property
    def outcome(self) -> Literal["accepted", "refused"]:
        """`refused` if there is a reason, else `accepted`."""
        return "accepted" if self.reason is None else "refused"


def refuse(code: str, message: str, **more: object) -> Verdict[F]:
    """A refusal with the given stable code, sentence and further `Reason` fields."""
    return Verdict(reason=Reason(code=code, message=message, **more))  # type: ignore[arg-type]
