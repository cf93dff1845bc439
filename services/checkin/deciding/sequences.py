"""Numbers of a device: 1, 2, 3 … per source. One that is used again says that the device began anew."""

from __future__ import annotations

from typing import Any

from pamwal.contracts.envelope import SEQUENCE_RESTARTED, DecisionData, Reason, Request
from pamwal.contracts.numbers import SOURCES_MAX, Numbers
from services.checkin.deciding.state import CheckinState


def sequence_advice(state: CheckinState, request: Request[Any]) -> list[Reason]:
    """`sequence_restarted` if another request of this source had this number already.

    Repeats do not come here, and what arrives late fills a gap: only a device that lost its count, or two
    that count as one source, use a number twice. `crowded` if the post has named too many to watch this one.
    """
    number = request.sourceseq
    of_post = state.numbers.get(request.postid)
    if number is None or of_post is None:
        return []
    known = of_post.get(request.source)
    if known is None:
        return _crowded(request) if len(of_post) >= SOURCES_MAX else []
    if number not in known:
        return []
    sentence = f"number {number} was another request's: {request.source} began to count anew"
    return [Reason(code=SEQUENCE_RESTARTED, message=sentence, subject=request.source)]


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
