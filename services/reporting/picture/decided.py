"""A decision as the picture reads it: the few parts it folds. What it never looks at is not even decoded."""

from __future__ import annotations

from typing import Final, get_args

import msgspec
from msgspec import Struct

from pamwal.contracts.codec import Fact, known_facts
from pamwal.contracts.envelope import (
    SEQUENCE_RESTARTED,
    Decision,
    DecisionData,
    Mode,
    Outcome,
    RequestRef,
)
from pamwal.contracts.errors import Undecodable
from pamwal.contracts.field import CheckedIn, CheckedOut
from pamwal.contracts.instants import Stamp
from pamwal.contracts.unknown_facts import LeftOut


class Asked(Struct, frozen=True, gc=False):
    """Who asked, and where the request stands: kept with every observation."""

    offset: int
    postid: str | None = None
    channel: str | None = None
    source: str | None = None
    sourceseq: int | None = None
    mode: Mode | None = None


class Why(Struct, frozen=True, gc=False):
    """Why a request was refused, or what was noticed about it."""

    code: str


class FirstTold(Struct, frozen=True, gc=False):
    """The first answer to a repeated request."""

    reason: Why | None = None


class DecidedData(Struct, frozen=True, gc=False):
    """The answer, as far as it is folded."""

    request: Asked | None
    knownat: Stamp
    outcome: Outcome
    facts: list[Fact] = []
    warnings: list[Why] = []
    reason: Why | None = None
    of: FirstTold | None = None
    unknown: list[LeftOut] = []
    """Type and id of facts that this version does not know; they are not among `facts`."""


class Decided(Struct, frozen=True, gc=False):
    """A stored decision of any context."""

    operationid: str
    data: DecidedData


class RawData(DecidedData, frozen=True, gc=False):
    """The answer with facts of any type."""

    facts: list[msgspec.Raw] = []  # type: ignore[assignment]  # to be told apart one by one


class RawDecided(Struct, frozen=True, gc=False):
    """A stored decision some of whose facts are not known."""

    operationid: str
    data: RawData


class AskedWhere(Struct, frozen=True, gc=False):
    """Of a request where it stands, and the mode of who asked."""

    offset: int
    mode: Mode | None = None


class PlacedData(Struct, frozen=True, gc=False):
    """What a decision says of its place in the log, and what the ledger counts."""

    request: AskedWhere | None
    knownat: Stamp
    outcome: Outcome


class Placed(Struct, frozen=True, gc=False):
    """A stored decision of which nothing is folded yet."""

    data: PlacedData


PresenceFact = CheckedIn | CheckedOut
"""What is told of officers: the picture keeps each with its request."""
REPORTS: Final = frozenset(get_args(PresenceFact))
AnyAsked = Asked | RequestRef
AnyData = DecidedData | DecisionData[Fact]
AnyDecision = Decided | Decision[Fact]
"""The fold takes a whole decision as well; it looks at the same parts."""
_decoder: Final = msgspec.json.Decoder(Decided)
_raw_decoder: Final = msgspec.json.Decoder(RawDecided)
PLACED: Final = msgspec.json.Decoder(Placed)
"""In half the time of a whole decision; what it raises are `NO_DECISION`."""
NO_DECISION: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def of_a_stranger(data: AnyData) -> bool:
    """True if who asked may not speak for the post he named, so that the post itself said nothing."""
    why = data.reason if data.of is None else data.of.reason
    return why is not None and why.code == "not_yours"


def counted_anew(data: AnyData) -> bool:
    """True if the request's number was another request's before: its source began to count anew."""
    for each in data.warnings:  # noqa: SIM110 - any() takes three times as long, once a decision
        if each.code == SEQUENCE_RESTARTED:
            return True
    return False


def only_report(data: AnyData) -> PresenceFact | None:
    """What was seen of an officer, where a decision tells a post's one report of that and nothing else.

    Nearly all decisions do.
    """
    facts = data.facts
    if len(facts) == 1:
        fact, request = facts[0], data.request
        named = type(fact) in REPORTS and request is not None and request.postid is not None
        if named and (not data.warnings or not counted_anew(data)):
            return fact  # type: ignore[return-value]  # `REPORTS` are of these types
    return None


def decode_decided(value: bytes) -> Decided:
    """A stored decision, less the facts that this version does not know. Undecodable if it is none."""
    try:
        return _decoder.decode(value)
    except NO_DECISION:
        pass
    try:
        found = _raw_decoder.decode(value)
    except NO_DECISION as error:
        raise undecodable(error) from error
    facts, unknown = known_facts(found.data.facts)
    parts = {name: getattr(found.data, name) for name in DecidedData.__struct_fields__}
    return Decided(found.operationid, DecidedData(**parts | {"facts": facts, "unknown": unknown}))


def undecodable(error: Exception) -> Undecodable:
    """What is raised for bytes that are no decision."""
    return Undecodable(f"not a decision: {error}")
