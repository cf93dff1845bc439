"""Numbers of a device: 1, 2, 3 … per source. One that is used again says that the device began anew."""

from __future__ import annotations

from itertools import islice
from typing import Any, Final

from pamwal.contracts.envelope import (
    SEQUENCE_JUMPED,
    SEQUENCE_RESTARTED,
    DecisionData,
    Reason,
    Request,
    Verdict,
    refuse,
)
from pamwal.contracts.field import Heartbeat, ResetSource, SourceReset
from pamwal.contracts.numbers import JUMP_MAX, SOURCES_MAX, Numbers
from services.checkin.deciding.clocks import clocks_of
from services.checkin.deciding.state import CheckinState

WARNED_MAX: Final = 20
"""Of so many sources one heartbeat is warned of: it may name any number of them."""


def sequence_advice(state: CheckinState, request: Request[Any]) -> list[Reason]:
    """`sequence_restarted` if another request of this source had this number already.

    Repeats do not come here, and what arrives late fills a gap: only a device that lost its count, or two
    that count as one source, use a number twice. `sequence_jumped` if it is far above all that came;
    `crowded` if the post has named too many to watch this one.
    """
    number = request.sourceseq
    if number is None:
        return []
    of_post = state.numbers.get(request.postid, {})
    known = of_post.get(request.source)
    jumped = _jumped(known, number, request.source)
    if known is None:
        return jumped + (_crowded(request) if len(of_post) >= SOURCES_MAX else [])
    if number not in known:
        return jumped
    sentence = f"number {number} was another request's: {request.source} began to count anew"
    return [Reason(code=SEQUENCE_RESTARTED, message=sentence, subject=request.source)]


def said_advice(state: CheckinState, request: Request[Any]) -> list[Reason]:
    """`sequence_jumped` for the first sources of which a heartbeat names a number far above all that came."""
    if not isinstance(request.data, Heartbeat):
        return []
    of_post = state.numbers.get(request.postid, {})
    said = sorted(request.data.highest.items())
    found = (reason for source, number in said for reason in _jumped(of_post.get(source), number, source))
    return list(islice(found, WARNED_MAX))


def _jumped(known: Numbers | None, number: int, source: str) -> list[Reason]:
    highest = 0 if known is None else known.highest
    if number <= highest + JUMP_MAX:
        return []
    sentence = f"{source} jumped from number {highest} to {number}; none between them is missed"
    return [Reason(code=SEQUENCE_JUMPED, message=sentence, subject=source)]


def reset_source(state: CheckinState, request: Request[ResetSource], fact_id: str) -> Verdict[Any]:
    """Numbers that will never come are missed no more; whose the source is, its name says.

    `sequence_jumped` warns of a number far above all that came: a newer reset to a lower one takes it back.
    """
    said = request.data
    if said.cause is None and said.cause_ref is None:
        return refuse(
            "malformed", "a reset says why", subject=said.source, possible="say in cause why they never come"
        )
    fact = SourceReset(
        id=fact_id,
        source=said.source,
        up_to=said.up_to,
        author=request.actor,
        cause_ref=said.cause_ref,
        **clocks_of(request),
    )
    _, _, post, *_ = said.source.split("/")
    known = state.numbers.get(post, {}).get(said.source)
    highest = 0 if known is None else known.highest
    if said.up_to <= highest + JUMP_MAX:
        return Verdict(facts=[fact])
    sentence = (
        f"{said.up_to} is far above {highest}, the highest number that came of {said.source}; no gap up to"
        f" it is missed any more. If that was not meant, reset the source again, to {max(highest, 1)}"
    )
    return Verdict(
        facts=[fact], warnings=[Reason(code=SEQUENCE_JUMPED, message=sentence, subject=said.source)]
    )


def reset_kept(state: CheckinState, fact: SourceReset, post: str) -> None:  # noqa: ARG001
    """Only reporting looks for what is missing. Numbers that come count, reset or not."""
    state.steps.add(fact.id)


def number_taken(state: CheckinState, decision: DecisionData[Any]) -> None:
    """Keeps the number that an accepted request had."""
    asked = decision.request
    if asked is None or asked.sourceseq is None or asked.source is None:
        return
    of_post = state.numbers.get(asked.postid or "")
    if of_post is None:
        of_post = state.numbers[asked.postid or ""] = {}
    known = of_post.get(asked.source)
    if known is None:
        if len(of_post) >= SOURCES_MAX:
            return
        known = of_post[asked.source] = Numbers()
    known.add(asked.sourceseq)


def _crowded(request: Request[Any]) -> list[Reason]:
    sentence = (
        f"{request.postid} has named {SOURCES_MAX} devices; the numbers of a further one are not watched:"
        " a device keeps its name"
    )
    return [Reason(code="crowded", message=sentence, subject=request.source)]
