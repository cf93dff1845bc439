"""The ledger readers are told: every request of an operation and what became of it."""

from __future__ import annotations

from msgspec import Struct

from pamwal.contracts.knowledge import Knowledge


class Gap(Struct, frozen=True, kw_only=True):
    """Numbers `first` to `last`, both included, that a source gave out and nobody decided yet."""

    first: int
    last: int


class Balance(Struct, frozen=True, kw_only=True):
    """Received = accepted + repeat + refused + parked + pending, else something was lost or made up.

    `received` is counted from the requests log, outcomes from the decisions log. `pending`: requests whose
    decision is not folded yet. `undeclared`: decisions on a request that the requests log does not show.
    """

    received: int
    accepted: int
    repeat: int
    refused: int
    parked: int
    pending: int
    undeclared: int
    balanced: bool
    """Nothing undeclared, and the sum is right; false as long as requests are `unread`."""
    other_mode: int = 0
    """Part of `accepted`: said by tokens of the other mode before the operation was opened, and no part of
    the picture."""


class LedgerRow(Struct, frozen=True, kw_only=True):
    """One post and channel; post and channel are empty in the row of what no one can read."""

    post_id: str
    channel: str
    balance: Balance


class SourceBalance(Struct, frozen=True, kw_only=True):
    """One source of a post: what arrived from it, beside what it says it sent."""

    post_id: str
    source: str
    balance: Balance
    said: int
    """The highest number it or its post's heartbeats named."""
    missing: int
    gaps: list[Gap]
    reused: int = 0
    """Numbers that more than one request had: the device began to count anew."""


class TurnedAway(Struct, frozen=True, kw_only=True):
    """Requests that never reached the log: each edge counts its own, so this is one process's share only."""

    counted_by: str
    """Which process counted; the others count in their own metrics."""
    by_post: dict[str, dict[str, int]]
    """Post → reason → how many since that process started."""


class LedgerLine(Struct, frozen=True, kw_only=True):
    """The ledger in one line, for the board."""

    balance: Balance
    missing: int
    unread: int = 0
    """As of a `Ledger`."""


class Ledger(Struct, frozen=True, kw_only=True):
    """Every request of an operation and what became of it, over all contexts."""

    operation_id: str
    at: str
    vector: dict[str, int]
    """Requests and decisions topics alike."""
    total: Balance
    rows: list[LedgerRow]
    sources: list[SourceBalance]
    unattributed: Balance
    """What names the operation but no readable post: not part of any row, part of the total."""
    keyless: Balance
    """Records of any partition without a readable operation; part of no operation's total."""
    turned_away: TurnedAway
    unread: int = 0
    """Requests that who answers has not counted since it began, at least so many, of this operation or others
    beside it. Until there are none nothing here balances, and nothing is wrong: ask again."""
    knowledge: Knowledge | None = None
