"""Each request is decided once and in order, or the log was cut, repeated or written by another."""

from __future__ import annotations

from pamwal.contracts.errors import Halted
from pamwal.wire.log import TopicPartition
from services.reporting.picture.decided import AnyAsked


def take_due(due: dict[TopicPartition, int], at: TopicPartition, request: AnyAsked | None) -> None:
    """Notes that a request was decided in this partition of decisions; Halted unless it is the next."""
    if request is None:
        return
    expected = due.get(at, 0)
    if request.offset != expected:
        message = f"the decision of request {request.offset} stands where that of {expected} belongs"
        raise Halted("not_dense", f"{message}; run `pamwal audit`")
    due[at] = expected + 1
