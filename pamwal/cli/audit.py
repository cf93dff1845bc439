"""`pamwal audit`: what anyone can prove of the log."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from pamwal.cli._console import console
from pamwal.cli._cores import DECIDING, core_of
from pamwal.cli._settings import bootstrap_servers
from pamwal.client.tables import plain_table
from pamwal.contracts.errors import SettingsError
from pamwal.wire.audit import AuditReport, Told, audit, read_receipts
from pamwal.wire.kafka import KafkaLog

app = typer.Typer(add_completion=False)
FINDINGS_SHOWN = 50


@app.command(
    name="audit",
    epilog="Examples:  pamwal audit  |  pamwal audit --receipts receipts.txt --redecide",
)
def run(
    *,
    receipts: Annotated[
        list[Path] | None,
        typer.Option(help="What clients were told is kept, a receipt a line; may be given several times."),
    ] = None,
    redecide: Annotated[
        bool, typer.Option("--redecide", help="Decide every request again by this code, and compare.")
    ] = False,
) -> None:
    """Hold every decision to its request, to the one before it, and to what clients were told.

    Reads the whole log of PAMWAL_BOOTSTRAP_SERVERS, or of the local Kafka. Exit code 1 if anything is found;
    each finding names its place.
    """
    told = [one for file in receipts or [] for one in _receipts(file)]
    report = asyncio.run(_audit(told, redecide=redecide))
    show(console(), report)
    raise typer.Exit(1 if report.findings else 0)


def _receipts(file: Path) -> list[Told]:
    try:
        return read_receipts(file)
    except OSError as error:
        raise SettingsError(f"--receipts {file}: {error.strerror}") from error


async def _audit(told: list[Told], *, redecide: bool) -> AuditReport:
    log = KafkaLog(bootstrap_servers())
    try:
        cores = {topic: core_of(topic) for topic in DECIDING} if redecide else None
        return await audit(log, receipts=told, redecide=cores)
    finally:
        await log.close()


def show(to: Console, report: AuditReport) -> None:
    """A line for each partition that holds anything, then what was found and what that means."""
    table = plain_table(
        f"Cluster {report.cluster_id}", "partition", ("requests", "decisions", "unasked", "pending")
    )
    table.add_column("outcomes")
    for one in report.partitions:
        if one.requests or one.decisions:
            outcomes = ", ".join(f"{count} {outcome}" for outcome, count in one.outcomes.items())
            counts = (str(one.requests), str(one.decisions), str(one.caused), str(one.pending))
            table.add_row(f"{one.topic}-{one.partition}", *counts, outcomes)
    to.print(table)
    for found in report.findings[:FINDINGS_SHOWN]:
        to.print(f"[red]{found.code}[/] at {found.place}: {found.message}", highlight=False, soft_wrap=True)
    if len(report.findings) > FINDINGS_SHOWN:
        to.print(f"… and {len(report.findings) - FINDINGS_SHOWN} more", highlight=False)
    again = ", decided again by this code with the same answers" if report.redecided else ""
    style = "bold red" if report.findings else "bold green"
    to.print(
        f"[{style}]{report.verdict}[/]: {report.requests} requests, {report.decisions} decisions, "
        f"{report.caused} of them unasked, "
        f"{report.pending} pending, {report.receipts} receipts, {len(report.findings)} findings"
        + ("" if report.findings else again),
        highlight=False,
        soft_wrap=True,
    )
