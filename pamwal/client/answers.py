"""What a service can answer, and what it means to the one who asked."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from pamwal.contracts.envelope import Reason, Winner

Meaning = Literal["accepted", "refused", "parked", "turned_away", "undecided"]
"""`turned_away`: it never reached the log. `undecided`: it is kept, and its decision is not known yet."""

_PARKED: Final = "parked"


def say_again(status: int) -> bool:
    """Not now, or not known to be kept: say the same with the same id. No decision is answered with a 5xx."""
    return status == 429 or status >= 500


class Answer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One answer. `code` is stable: why it was refused or turned away; `detail` says so in a sentence."""

    meaning: Meaning
    status: int
    receipt: str | None = None
    code: str | None = None
    detail: str | None = None
    path: str | None = None
    winner: Winner | None = None
    possible: str | None = None
    """What would be possible instead, where that is known."""
    warnings: list[Reason] = []
    advice: list[Reason] = []
    """What the edge noticed beside the decision, such as how far away it was."""
    rows: list[Reason] = []
    """Of a bulk request: why which row was refused."""
    facts: list[str] = []
    """Ids of what is true from then on."""
    local_time: str | None = None
    """When it happened as the request says it, on the operation's clock; None where its edge did not know."""


class Checked(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a request would be answered now, with nothing written; somebody else's may come first."""

    outcome: Literal["accepted", "refused"]
    facts: list[dict[str, Any]] = []
    """What would hold from then on; `type` says what kind of fact."""
    warnings: list[Reason] = []
    reason: Reason | None = None
    advice: list[Reason] = []
    local_time: str | None = None
    """When it happened as the request says it, on the operation's clock."""


class Said(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The members of an answer's body that a client reads, of a plain one and of a problem alike."""

    outcome: str | None = None
    status: int | None = None
    receipt: str | None = None
    code: str | None = None
    detail: str | None = None
    path: str | None = None
    reason: Reason | None = None
    winner: Winner | None = None
    possible: str | None = None
    warnings: list[Reason] = []
    advice: list[Reason] = []
    rows: list[Reason] = []
    facts: list[str] = []
    local_time: str | None = None


class RowAnswer(Said, frozen=True, kw_only=True, omit_defaults=True):
    """One row of a batch's answer; `row` counts from 0, `problem` says why the row was turned away."""

    row: int
    status: int
    problem: Said | None = None


_said = msgspec.json.Decoder(Said)


def answer_of(status: int, body: bytes, receipt: str | None) -> Answer:
    """The meaning of an HTTP answer; a body that is not ours (a gateway's) counts as said nothing."""
    try:
        said = _said.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        said = Said(detail=body[:200].decode(errors="replace").strip() or None)
    return answer_from(status, said, receipt)


def answer_from(status: int, said: Said, receipt: str | None) -> Answer:
    """The meaning of a status and what was said with it."""
    kept = receipt or said.receipt
    code = said.code or (said.reason.code if said.reason else None)
    return Answer(
        meaning=_meaning(status, code, kept),
        status=status,
        receipt=kept,
        code=code,
        detail=said.detail or (said.reason.message if said.reason else None),
        path=said.path,
        winner=said.winner or (said.reason.winner if said.reason else None),
        possible=said.possible or (said.reason.possible if said.reason else None),
        warnings=said.warnings,
        advice=said.advice,
        rows=said.rows or (said.reason.rows if said.reason else []),
        facts=said.facts,
        local_time=said.local_time,
    )


def _meaning(status: int, code: str | None, receipt: str | None) -> Meaning:
    if status == 202:
        return "undecided"
    if status < 300:
        return "accepted"
    if receipt is None:
        return "turned_away"
    return "parked" if code == _PARKED else "refused"
