"""When something the field told of happened: by the sender's clock, and corrected where that clock is off.

Skew = recorded − sent is measured, not guessed (domain section 2).
"""

from __future__ import annotations

from typing import Final

from pamwal.contracts.field.terms import FieldFactBase
from pamwal.contracts.instants import from_ms, to_ms

SKEW_MS_MAX: Final = 30_000
"""A sender's clock that differs by more than this is corrected, and both times are shown."""
TEN_SECONDS: Final = len("2024-10-03T01:15:0")
"""Instants that are alike so far are less than ten seconds apart."""


def skew_ms(sent_at: str | None, recorded_at: str) -> int:
    """How far the sender's clock is behind ours, milliseconds; negative if it is ahead, 0 if nobody knows."""
    return to_ms(recorded_at) - to_ms(sent_at) if sent_at else 0


def happened_ms(fact: FieldFactBase) -> tuple[int, bool]:
    """When it happened, and whether the sender's clock had to be corrected for that.

    Beyond 30 s the skew is added. Nothing happened after we heard of it.
    """
    return corrected_ms(fact.occurred_at, fact.sent_at, fact.recorded_at)


def happened_at(fact: FieldFactBase) -> str:
    """The same as an Instant."""
    return from_ms(happened_ms(fact)[0])


def said_at(fact: FieldFactBase) -> str | None:
    """What the sender's clock showed, where that is more than 30 s from when it happened; else None."""
    off_ms = to_ms(fact.occurred_at) - happened_ms(fact)[0]
    return fact.occurred_at if abs(off_ms) > SKEW_MS_MAX else None


def corrected_ms(occurred_at: str, sent_at: str | None, recorded_at: str) -> tuple[int, bool]:
    """The same of the three clocks themselves."""
    in_order = not sent_at or sent_at[:TEN_SECONDS] == recorded_at[:TEN_SECONDS]
    if in_order and occurred_at <= recorded_at:  # nearly always, and then no other clock need be read
        return to_ms(occurred_at), False
    recorded_ms = to_ms(recorded_at)
    behind_ms = recorded_ms - to_ms(sent_at) if sent_at else 0
    occurred_ms = recorded_ms if occurred_at == recorded_at else to_ms(occurred_at)
    if abs(behind_ms) > SKEW_MS_MAX:
        return min(occurred_ms + behind_ms, recorded_ms), True
    return min(occurred_ms, recorded_ms), occurred_ms - recorded_ms > SKEW_MS_MAX
