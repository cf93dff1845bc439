"""Numbers of a device: 1, 2, 3 … per source. One that is used again says that the device began anew."""

from __future__ import annotations

from typing import Any

from pamwal.contracts.envelope import SEQUENCE_RESTARTED, DecisionData, Reason, Request
from pamwal.contracts.numbers import Numbers
from services.checkin.deciding.state import CheckinState


def sequence_advice(state: CheckinState, request: Request[Any]) -> list[Reason]:
    """`sequence_restarted` if another request of this source had this number already.

    Repeats do not come here, and what arrives late fills a gap: only a device that lost its count, or two
    that count as one source, use a number twice.
    """
    number, known = request.sourceseq, state.numbers.get(request.source)
    if number is None or known is None or number not in known:
        return []
    sentence = f"number {number} was another request's: {request.source} began to count anew"
    return [Reason(code=SEQUENCE_RESTARTED, message=sentence, subject=request.source)]


def number_taken(state: CheckinState, decision: DecisionData[Any]) -> None:
    """Keeps the number that an accepted request had."""
    asked = decision.request
    if asked is None or asked.sourceseq is None or asked.source is None:
        return
    known = state.numbers.get(asked.source)
    if known is None:
        known = state.numbers[asked.source] = Numbers()
    known.add(asked.sourceseq)
