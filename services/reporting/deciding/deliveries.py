"""How far the alerts of an operation were delivered to each webhook; it only grows. Pure."""

from __future__ import annotations

from typing import Any, Final

from pamwal.contracts.claims import NOT_YOURS, REPORTING, Claims
from pamwal.contracts.envelope import Request, Verdict, refuse
from pamwal.contracts.reporting_deliveries import DeliveryNoted, NoteDelivery
from pamwal.contracts.topics import REPORTING_DECISIONS
from pamwal.wire.core import Seen

SINKS_MAX: Final = 16
"""Of one operation."""
Delivered = dict[str, int]
"""Sink → first offset that was not told to it."""


def note_delivery(
    delivered: Delivered, request: Request[NoteDelivery], claims: Claims, seen: Seen[Any]
) -> Verdict[Any]:
    """Refused: `not_yours`, `already_noted`, `malformed` for what is not decided yet, `too_large`."""
    asked = request.data
    if claims.service != REPORTING:  # a note by anybody else would suppress alerts that nobody received
        return refuse(NOT_YOURS, "only the reporting service itself notes what was delivered")
    own = [offset for place, offset in seen.vector.items() if place.startswith(REPORTING_DECISIONS.name)]
    if asked.upto > max(own, default=0):
        return refuse("malformed", f"nothing is decided yet up to {asked.upto}")
    if asked.upto <= delivered.get(asked.sink, 0):
        return refuse("already_noted", f"{asked.sink} was told up to {delivered[asked.sink]}")
    if asked.sink not in delivered and len(delivered) >= SINKS_MAX:
        return refuse("too_large", f"alerts of this operation go to {SINKS_MAX} sinks already")
    fact = DeliveryNoted(id=f"{request.id}/0", sink=asked.sink, upto=asked.upto, refused=asked.refused)
    return Verdict(facts=[fact])
