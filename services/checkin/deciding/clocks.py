"""When an observation happened, by which clock, and whether that clock can be believed."""

from __future__ import annotations

from typing import Any, Final

from pamwal.contracts.envelope import Reason, Request
from pamwal.contracts.field.clocks import SKEW_MS_MAX, TEN_SECONDS
from pamwal.contracts.instants import to_ms

BEHIND_MS_MAX: Final = 300_000
"""Beyond this it is the clock that sent it that is behind, and no longer the network."""


def clocks_of(request: Request[Any]) -> dict[str, Any]:
    """The three clocks that every fact of a request carries."""
    return {
        "occurred_at": request.time,
        "recorded_at": request.recordedat,
        "sent_at": request.sentat,
    }


def clock_advice(request: Request[Any]) -> list[Reason]:
    """One `clock_suspect` if the sender's clock runs ahead, or far behind; else nothing.

    Nothing is sent before it happened and nothing is recorded before it was sent, so occurred ≤ sent ≤
    recorded, each within 30 s. What was sent minutes before an edge had it was sent by a slow clock; less
    than that may be the way it took. Its skew stands in the fact either way.
    """
    occurred, sent, recorded = request.time, request.sentat, request.recordedat
    if sent is not None and occurred <= sent <= recorded and sent[:TEN_SECONDS] == recorded[:TEN_SECONDS]:
        return []  # texts of fixed width: the common case needs no arithmetic
    if sent is not None and sent <= recorded and (behind_ms := to_ms(recorded) - to_ms(sent)) > BEHIND_MS_MAX:
        return [_suspect(f"{round(behind_ms / 1000)} s behind")]
    if occurred <= (sent or recorded) and (sent is None or sent <= recorded):
        return []
    ahead_ms = max(
        to_ms(occurred) - to_ms(sent or recorded),
        to_ms(occurred) - to_ms(recorded),
        to_ms(sent or recorded) - to_ms(recorded),
    )
    if ahead_ms <= SKEW_MS_MAX:
        return []
    return [_suspect(f"{round(ahead_ms / 1000)} s ahead")]


def _suspect(how: str) -> Reason:
    return Reason(code="clock_suspect", message=f"the sender's clock is {how}; kept as it was said")
