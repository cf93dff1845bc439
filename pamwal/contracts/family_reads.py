"""The alerts, the ledger and the log of an operation and all below it, as its reader is told of them."""

from __future__ import annotations

from msgspec import Struct

from pamwal.contracts.alerts_shown import AlertRow, Alerts
from pamwal.contracts.claims import Mode
from pamwal.contracts.ledger import Balance
from pamwal.contracts.reporting import Sight
from pamwal.contracts.rolled_up import Unseen
from pamwal.contracts.timeline import TimelineEntry


class OperationAlert(Struct, frozen=True, kw_only=True):
    """One alert and whose it is; who sees to it asks in that operation."""

    operation_id: str
    name: str
    zone: str
    alert: AlertRow


class FamilyAlerts(Struct, frozen=True, kw_only=True):
    """The alerts of an operation and all below it, as far as the reader may see: the newest first."""

    operation_id: str
    mode: Mode
    at: str
    operations: int
    """How many are counted."""
    standing: Alerts
    """Counts of all of them together, without rows."""
    alerts: list[OperationAlert]
    unseen: list[Unseen]
    """What is missing, and why."""
    next_after: str | None = None
    """Ask again with `after` of this, where there are more."""
    settled: bool | None = None
    """Of an earlier moment: nothing can be decided any more, in any of them, that was known by then."""


class OperationLedger(Struct, frozen=True, kw_only=True):
    """The ledger of one operation in one line."""

    operation_id: str
    name: str
    vector: dict[str, int]
    balance: Balance
    missing: int
    """Numbers that its devices gave out and nobody decided."""
    unread: int = 0
    """As of a `Ledger`."""


class FamilyLedger(Struct, frozen=True, kw_only=True):
    """What arrived in an operation and all below it, and what became of it; one line for each, by id."""

    operation_id: str
    at: str
    operations: int
    balanced: bool
    """Every one of them balances, and none is unseen."""
    total: Balance
    missing: int
    rows: list[OperationLedger]
    unseen: list[Unseen]
    unread: int = 0
    """As of a `Ledger`, of all rows: those that share a partition say the same of it."""
    settled: bool | None = None


class OperationEntry(Struct, frozen=True, kw_only=True):
    """One entry of the log and whose it is."""

    operation_id: str
    name: str
    zone: str
    entry: TimelineEntry


class FamilyTimeline(Struct, frozen=True, kw_only=True):
    """A page of the logs of an operation and all below it as one, newest first, and the mark of the next.

    A page may hold fewer entries than asked for, none even: as long as there is a `next_after`, there may be
    more. Who sees counts only is told `counts` and no entry.
    """

    operation_id: str
    mode: Mode
    at: str
    operations: int
    """How many were searched."""
    sight: Sight
    entries: list[OperationEntry]
    unseen: list[Unseen]
    """What is missing, and why."""
    counts: dict[str, int] | None = None
    """Fact type → how many, of all of them."""
    next_after: str | None = None
    settled: bool | None = None
    """Of an earlier moment: nothing can be decided any more, in any of them, that was known by then."""
