"""The alerts and ledgers of several operations as one answer. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from pamwal.contracts.alerts_shown import Alerts
from pamwal.contracts.family_reads import OperationAlert, OperationLedger
from pamwal.contracts.ledger import Balance

_NUMBERS: Final = tuple(name for name in Balance.__struct_fields__ if name != "balanced")


def counted_together(each_counted: Iterable[Alerts]) -> Alerts:
    """Alerts that stand, of all of them."""
    found = list(each_counted)
    kinds = Counter({kind: 0 for each in found for kind in each.by_kind})
    for each in found:
        kinds.update(each.by_kind)
    return Alerts(
        standing=sum(each.standing for each in found),
        new=sum(each.new for each in found),
        unconfirmed=sum(each.unconfirmed for each in found),
        by_kind=dict(sorted(kinds.items())),
    )


def newest_of(alerts: Iterable[OperationAlert], limit: int) -> tuple[list[OperationAlert], str | None]:
    """A page of them, the newest first, and the mark of the next; None where this is the last."""
    found = sorted(alerts, key=_place, reverse=True)
    page = found[:limit]
    return page, mark_of(page[-1]) if len(found) > limit else None


def mark_of(of: OperationAlert) -> str:
    """Where a page ends: when it was raised, where, and its id."""
    return "/".join(_place(of))


def balanced_together(rows: Sequence[OperationLedger]) -> Balance:
    """The sum; it balances if each of them does."""
    sums = {name: sum(getattr(row.balance, name) for row in rows) for name in _NUMBERS}
    return Balance(**sums, balanced=all(row.balance.balanced for row in rows))


def _place(of: OperationAlert) -> tuple[str, str, str]:
    return of.alert.raised_at, of.operation_id, of.alert.alert_id
