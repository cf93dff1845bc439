"""What the demo prints when the day is over: situation, ledger, claim check, audit and verdict."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pamwal.contracts.instants import to_ms
from pamwal.contracts.reporting import Balance, ClaimsChecked, Ledger, Situation, Strength
from pamwal.demo.checks import AuditSummary, Check, heard_text
from pamwal.demo.day import clock_of

STRENGTH_COLUMNS = ("ordered", "present", "on time", "late", "wrong place", "absent", "unknown")
BALANCE_COLUMNS = ("received", "accepted", "repeat", "refused", "parked", "pending")


def situation_tables(situation: Situation) -> list[Table]:
    """The strength per kecamatan, venue and task force, each with its total."""
    kecamatan = ((row.name, row.strength) for row in situation.kecamatan)
    venues = ((row.name, row.strength) for row in situation.venues)
    satgas = ((row.name, row.strength) for row in situation.satgas)
    at = f"{situation.day} {clock_of(to_ms(situation.at))} WITA"
    return [
        _strength_table(f"Situation at {at}, by kecamatan", "kecamatan", kecamatan, situation.total),
        _strength_table("By venue: who stands there", "venue", venues, None),
        _strength_table("By task force", "satgas", satgas, None),
        _rest_table(situation),
    ]


def _strength_table(
    title: str, first: str, rows: Iterable[tuple[str, Strength]], total: Strength | None
) -> Table:
    table = _table(title, first, STRENGTH_COLUMNS)
    for name, strength in rows:
        table.add_row(name, *_strength_cells(strength))
    if total is not None:
        table.add_section()
        table.add_row("total", *_strength_cells(total), style="bold")
    return table


def _strength_cells(strength: Strength) -> list[str]:
    numbers = (
        strength.ordered, strength.present, strength.on_time, strength.late, strength.wrong_place,
        strength.absent, strength.unknown,
    )  # fmt: skip
    return [str(number) if number else "·" for number in numbers]


def _rest_table(situation: Situation) -> Table:
    rallies, incidents = situation.rallies, situation.incidents
    table = _table("Rallies, incidents, posts", "what", ("how it is",))
    table.add_row("rallies", f"{rallies.ended} ended, {rallies.active} active, {rallies.cancelled} cancelled")
    for incident in incidents.rows:
        table.add_row(
            f"incident {incident.incident_id}", f"{incident.kind}, {incident.severity}: {incident.state}"
        )
    table.add_row("posts", f"{heard_text(situation)} heard, {situation.posts.missing} numbers missing")
    return table


def ledger_table(ledger: Ledger) -> Table:
    """What every post said, by channel, and what became of it."""
    table = _table("Ledger: received = accepted + repeat + refused + parked + pending", "post", ())
    table.add_column("channel")
    for name in (*BALANCE_COLUMNS, ""):
        table.add_column(name, justify="right")
    for row in ledger.rows:
        table.add_row(row.post_id, row.channel, *_balance_cells(row.balance))
    table.add_section()
    table.add_row("total", "", *_balance_cells(ledger.total), style="bold")
    return table


def _balance_cells(balance: Balance) -> list[str | Text]:
    numbers = (
        balance.received, balance.accepted, balance.repeat, balance.refused, balance.parked, balance.pending,
    )  # fmt: skip
    return [*(str(number) if number else "·" for number in numbers), _mark(balance.balanced)]


def claims_table(claims: ClaimsChecked) -> Table:
    """What the bulletin states beside what was counted."""
    table = _table(
        "Claim check: what the bulletin states, what the facts say", "claim", ("stated", "counted")
    )
    table.add_column("")
    table.add_column("counted are")
    for claim in claims.claims:
        names = ", ".join(named.name for named in claim.behind[:11])
        table.add_row(
            claim.claim,
            str(claim.stated),
            str(claim.counted),
            _mark(not claim.flag),
            names if claim.flag else "",
        )
    return table


def audit_table(audit: AuditSummary) -> Table:
    """The whole log: decided without gap or repeat, chain and digests, and every receipt of the posts."""
    table = _table("Audit of the whole log", "what", ("found",))
    table.add_row("requests in the log", str(audit.requests))
    table.add_row("decisions in the log", str(audit.decisions))
    table.add_row("receipts of the posts", str(audit.receipts))
    table.add_row("findings", str(len(audit.findings)))
    for finding in audit.findings[:10]:
        table.add_row("", finding)
    return table


def checks_table(found: list[Check]) -> Table:
    """Every expected number with its mark."""
    table = Table(
        title="Expected numbers", title_justify="left", title_style="bold", box=None, pad_edge=False
    )
    for name in ("", "subject", "what", "expected", "found"):
        table.add_column(name, overflow="fold")
    for check in found:
        style = "" if check.holds else "bold red"
        table.add_row(_mark(check.holds), check.subject, check.what, check.expected, check.found, style=style)
    return table


def print_all(console: Console, tables: Iterable[Table]) -> None:
    """One below the other."""
    for table in tables:
        console.print()
        console.print(table)


def _table(title: str, first: str, columns: Iterable[str]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    table.add_column(first)
    for name in columns:
        table.add_column(name, justify="right")
    return table


def _mark(holds: bool) -> Text:
    return Text("✓", style="green") if holds else Text("✗", style="bold red")
