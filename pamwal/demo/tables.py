"""What the demo prints when the day is over: situation, ledger, claim check, audit and verdict."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from pamwal.client.tables import (
    happenings_table,
    kecamatan_table,
    ledger_table,
    mark,
    plain_table,
    satgas_table,
    venue_table,
)
from pamwal.contracts.claim_check import ClaimsChecked
from pamwal.demo.checks import AuditSummary, Check, Evidence


def evidence_tables(evidence: Evidence) -> list[Table]:
    """Everything that was read back."""
    situation = evidence.situation
    return [
        kecamatan_table(situation),
        venue_table(situation),
        satgas_table(situation),
        happenings_table(situation),
        ledger_table(evidence.ledger),
        claims_table(evidence.claims),
        audit_table(evidence.audit),
    ]


def claims_table(claims: ClaimsChecked) -> Table:
    """What the bulletin states beside what was counted."""
    table = plain_table("Claim check: what the bulletin states", "claim", ("stated", "counted", ""))
    table.add_column("what was counted, where it differs")
    for claim in claims.claims:
        names = ", ".join(named.name for named in claim.behind) if claim.flag else ""
        table.add_row(claim.claim, str(claim.stated), str(claim.counted), mark(not claim.flag), names)
    return table


def audit_table(audit: AuditSummary) -> Table:
    """The whole log: decided without gap or repeat, chain and digests, and every receipt of the posts."""
    table = plain_table("Audit of the whole log", "what", ("found",))
    table.add_row("requests in the log", str(audit.requests))
    table.add_row("their decisions", str(audit.decisions))
    table.add_row("decisions nobody asked for (alerts)", str(audit.caused))
    table.add_row("receipts of the posts, each decided", str(audit.receipts))
    table.add_row("findings", str(len(audit.findings)))
    for finding in audit.findings[:10]:
        table.add_row("", finding)
    return table


def checks_table(found: list[Check]) -> Table:
    """Every expected number with its mark."""
    table = plain_table("Expected numbers", "", ())
    for name in ("subject", "what", "expected", "found"):
        table.add_column(name, overflow="fold")
    for check in found:
        style = "" if check.holds else "bold red"
        table.add_row(mark(check.holds), check.subject, check.what, check.expected, check.found, style=style)
    return table


def print_all(console: Console, tables: Iterable[Table]) -> None:
    """One below the other."""
    for table in tables:
        console.print()
        console.print(table)
