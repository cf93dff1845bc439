"""What is audited, and the seed that follows from it. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from pamwal.contracts.reporting import Sight

SEED_BITS: Final = 48
SEED_MAX: Final = 2**SEED_BITS - 1
"""Every reader of JSON keeps such a number whole."""


class Scope(Struct, frozen=True, kw_only=True):
    """What is audited, and as known when."""

    operation_id: str
    election: str
    first_day: str
    last_day: str
    at: str
    vector: Mapping[str, int]
    sight: Sight


def seed_of(scope: Scope) -> int:
    """The seed anyone derives who knows what was asked and the vector it was answered from.

    The first 48 bits of SHA-256 over operation, election, first and last day, and each `partition@offset` in
    order, one a line.
    """
    lines = [scope.operation_id, scope.election, scope.first_day, scope.last_day]
    lines += [f"{name}@{offset}" for name, offset in sorted(scope.vector.items())]
    digest = hashlib.sha256("\n".join(lines).encode()).digest()
    return int.from_bytes(digest[: SEED_BITS // 8], "big")
