"""`pamwal audit`: what anyone can prove of the log."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from pamwal.anchoring import Anchors, anchor_of, anchors_in, anchors_of, join
from pamwal.cli._console import console, show_table
from pamwal.cli._cores import DECIDING, core_of
from pamwal.cli._settings import issuer, kafka_log, trusted_keys
from pamwal.client.tables import plain_table
from pamwal.contracts.anchors import AnchorKept
from pamwal.contracts.errors import SettingsError
from pamwal.edge.clock import Clock
from pamwal.edge.key_registry import recorded_seals
from pamwal.edge.settings import EdgeSettings
from pamwal.private_files import write_private
from pamwal.wire.audit import AuditReport, Told, audit, read_receipts
from pamwal.wire.log import Log

app = typer.Typer(add_completion=False)
FINDINGS_SHOWN = 50


@app.command(
    name="audit",
    epilog="Examples:  pamwal audit  |  pamwal audit --receipts receipts.txt --redecide  |  "
    "pamwal audit --anchor-to anchor.json  |  pamwal audit --anchor anchor.json --anchor sitrep",
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
    anchor: Annotated[
        list[str] | None,
        typer.Option(
            "--anchor",
            help="What somebody signed of this log: a file of --anchor-to, or of 'pamwal sitrep show 3 --as"
            " json'; or the word sitrep, for all signed SitReps in it. May be given several times.",
        ),
    ] = None,
    keys: Annotated[
        Path | None,
        typer.Option(
            "--keys",
            help="Public keys that anchors are signed with, as /reporting/v1/keys has them; the local"
            " issuer's if left out.",
        ),
    ] = None,
    anchor_to: Annotated[
        Path | None,
        typer.Option(
            "--anchor-to",
            help="If nothing is found, sign where the chains stand now and write that into this file: keep it"
            " where who runs the broker cannot write.",
        ),
    ] = None,
) -> None:
    """Hold every decision to its request, to the one before it, and to what clients were told.

    Without --anchor a log without findings is consistent; with one it is unaltered up to what was signed.
    With --redecide the seals of requests are checked too, where the secret of the deployment is at hand.
    Reads the whole log of PAMWAL_BOOTSTRAP_SERVERS, or of the local Kafka. Exit code 1 if anything is found;
    each finding names its place.
    """
    if keys is not None and not anchor:
        raise SettingsError("--keys are those of what --anchor names; add --anchor with a file, or sitrep")
    told = [one for file in receipts or [] for one in _receipts(file)]
    report = asyncio.run(_audit(told, anchor or [], keys, redecide=redecide))
    show(console(), report)
    if anchor_to is not None:
        _write(anchor_of(report, Clock().now(), issuer()), anchor_to)
    raise typer.Exit(1 if report.findings else 0)


def _receipts(file: Path) -> list[Told]:
    try:
        return read_receipts(file)
    except OSError as error:
        raise SettingsError(f"--receipts {file}: {error.strerror}") from error


def _write(anchor: AnchorKept, to: Path) -> None:
    try:
        write_private(to, msgspec.json.encode(anchor) + b"\n")
    except OSError as error:
        raise SettingsError(f"--anchor-to {to}: {error.strerror}") from error


async def _anchors(log: Log, given: list[str], keys: Path | None) -> Anchors:
    trusted, found = trusted_keys(keys) if given else {}, Anchors()
    for each in given:
        if each == "sitrep":
            join(found, await anchors_in(log, trusted))
            continue
        join(found, anchors_of(_anchor_file(each), each, trusted))
    return found


def _anchor_file(given: str) -> bytes:
    try:
        return Path(given).read_bytes()
    except OSError as error:
        raise SettingsError(f"--anchor {given}: {error.strerror}; give a file, or sitrep") from error


async def _audit(told: list[Told], anchor: list[str], keys: Path | None, *, redecide: bool) -> AuditReport:
    log = kafka_log()
    try:
        cores = {topic: core_of(topic) for topic in DECIDING} if redecide else None
        return await audit(
            log,
            receipts=told,
            redecide=cores,
            anchors=await _anchors(log, anchor, keys),
            seals=await recorded_seals(log, EdgeSettings.from_environment(0)) if redecide else None,
        )
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
    show_table(to, table)
    for found in report.findings[:FINDINGS_SHOWN]:
        to.print(f"[red]{found.code}[/] at {found.place}: {found.message}", highlight=False, soft_wrap=True)
    if len(report.findings) > FINDINGS_SHOWN:
        to.print(f"… and {len(report.findings) - FINDINGS_SHOWN} more", highlight=False)
    for one in report.partitions if report.verdict == "unaltered" else ():
        if one.decisions:
            upto = (
                f"unaltered up to {one.unaltered}" if one.unaltered else "only consistent, nobody signed it"
            )
            to.print(f"{one.place}: {upto}", highlight=False)
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
