"""Ids that sort by time: UUIDv7 (RFC 9562, section 5.7)."""

from __future__ import annotations

import secrets
import time
from uuid import UUID

RANDOM_BITS = 74


def uuid7(ms: int, random_bits: int) -> str:
    """The UUIDv7 of a moment (milliseconds since 1970) and 74 random bits, as text."""
    if not 0 <= ms < 1 << 48:
        raise ValueError(f"{ms} ms does not fit the 48 bits a UUIDv7 has for its time")
    high, low = divmod(random_bits & ((1 << RANDOM_BITS) - 1), 1 << 62)
    return str(UUID(int=ms << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low))


def new_id() -> str:
    """A fresh id of this moment: make one when the button is pressed, and keep it for every retry."""
    return uuid7(time.time_ns() // 1_000_000, secrets.randbits(RANDOM_BITS))
