"""Operations lie below those they name their parent: who is above whom, and which tokens read down. Pure.

An operation that names a parent lets it read. The parent counts it once it has admitted it (decision 40).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from pamwal.contracts.claims import Claims, Role

ParentOf = Callable[[str], str | None]
"""operation_id → the parent it names; None if it names none, or nobody has opened it."""
READS_BELOW: Final[frozenset[Role]] = frozenset({"viewer", "ops_head", "admin", "propam"})
"""Roles whose token reads what lies below its operation; others are bound to a post or an officer of it."""


def above(operation_id: str, of: ParentOf) -> Iterator[str]:
    """The parents an operation has, one above the other; in a ring each once, the operation itself last."""
    met: set[str] = set()
    parent = of(operation_id)
    while parent is not None and parent not in met:
        yield parent
        met.add(parent)
        parent = of(parent)


def reads_below(claims: Claims, operation_id: str, of: ParentOf) -> bool:
    """Whether a token reads this operation because it lies below its own.

    `of` has to know operations of the token's mode only.
    """
    if claims.role not in READS_BELOW or claims.device is not None:
        return False
    return claims.operation in above(operation_id, of)


def counts_child(admitted: bool | None, *, asks_parent: bool) -> bool:
    """Whether a parent counts a child that names it. `admitted`: what the parent said of it last, if it has;
    `asks_parent`: the child is counted only once it is admitted, else unless it is dismissed."""
    return admitted if admitted is not None else not asks_parent
