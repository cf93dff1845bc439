"""`pamwal alerts`: what has to be looked at, and who sees to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar, cast

import typer
from rich.table import Table

from pamwal.cli._answers import show_answer
from pamwal.cli._console import WIDTH_OF_A_PLAN, console, show_table
from pamwal.cli._moments import TYPED, moment_ahead
from pamwal.cli._pictures import AtOption, KnownOption
from pamwal.cli._scheduler import JsonOption, OperationOption, PostOption, TokenOption, as_json, one_of
from pamwal.cli._service import ReportingOption, with_service
from pamwal.client.alerts import OperationsAlerts
from pamwal.client.answers import Answer
from pamwal.client.tables import plain_table
from pamwal.contracts.alerts_shown import AlertRow, Alerts, OperationAlerts
from pamwal.contracts.family_reads import FamilyAlerts
from pamwal.contracts.reporting_alerts import (
    ALERT_KINDS,
    AcknowledgeAlerts,
    AlertKind,
    AssignAlerts,
    SnoozeAlerts,
)
from pamwal.contracts.zones import clock_text
from pamwal.edge.clock import Clock

app = typer.Typer(no_args_is_help=True, add_completion=False)
IdsArgument = Annotated[list[str], typer.Argument(help="Ids of alerts, as 'list' has them.")]
T = TypeVar("T")


@app.callback()
def alerts() -> None:
    """Alerts: silent posts, missed officers, weak places and the like, raised and taken back by reporting."""


@app.command(
    name="list",
    epilog="Example:  pamwal alerts list --operation kupang-2024;  "
    "pamwal alerts list --operation kupang-2024 --kind silent_post --all",
)
def listed(
    *,
    operation: OperationOption,
    kind: Annotated[
        str | None, typer.Option("--kind", help=f"Only of this kind: {', '.join(ALERT_KINDS)}.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Those that were retracted, too.")] = False,
    below: Annotated[
        bool, typer.Option("--below", help="Of a parent: those of all operations below it, too.")
    ] = False,
    at: AtOption = None,
    known: KnownOption = None,
    token: TokenOption = None,
    url: ReportingOption = None,
    json: JsonOption = False,
) -> None:
    """Those that stand, the newest first; with --at or --known those that stood then."""
    wanted = None if kind is None else cast(AlertKind, one_of("--kind", kind, ALERT_KINDS))
    if below:
        family = _with(
            operation, None, token, url, lambda of: of.of_family(every=every, kind=wanted, at=at, known=known)
        )
        _show(family, _family_table(family), family.standing, json=json)
        for each in () if json else family.unseen:
            console().print(f"not counted: {each.operation_id or 'some'}, {each.why}", highlight=False)
        return
    found = _with(
        operation, None, token, url, lambda of: of.listed(every=every, kind=wanted, at=at, known=known)
    )
    _show(found, _table(found), found.standing, json=json)


def _show(found: OperationAlerts | FamilyAlerts, table: Table, counted: Alerts, *, json: bool) -> None:
    if json:
        as_json(found)
        return
    show_table(console(WIDTH_OF_A_PLAN), table)
    console().print(
        f"{counted.standing} stand, {counted.new} of them new, {counted.unconfirmed} unconfirmed",
        highlight=False,
    )


@app.command(epilog="Example:  pamwal alerts acknowledge no_show-0123456789abcdef --operation kupang-2024")
def acknowledge(
    ids: IdsArgument,
    *,
    operation: OperationOption,
    post: PostOption = None,
    token: TokenOption = None,
    url: ReportingOption = None,
) -> None:
    """Say that these are seen and seen to; all of them or none."""
    data = AcknowledgeAlerts(alerts=ids)
    show_answer(console(), _with(operation, post, token, url, lambda of: of.handle(data)))


@app.command(
    epilog="Example:  pamwal alerts snooze uncovered-0123456789abcdef --until 18:30 --operation kupang-2024"
)
def snooze(
    ids: IdsArgument,
    *,
    until: Annotated[str, typer.Option("--until", help=f"On the operation's clock: {TYPED}.")],
    operation: OperationOption,
    post: PostOption = None,
    token: TokenOption = None,
    url: ReportingOption = None,
) -> None:
    """Show these as new no sooner than then; all of them or none."""

    async def snoozed(of: OperationsAlerts) -> tuple[str, Answer]:
        now, zone = await of.clock()
        moment = moment_ahead("--until", until, zone, now)
        answer = await of.handle(SnoozeAlerts(alerts=ids, until=moment), now)
        return clock_text(moment, zone), answer

    moment, answer = _with(operation, post, token, url, snoozed)
    console().print(f"until {moment}", highlight=False)
    show_answer(console(), answer)


@app.command(
    epilog="Example:  pamwal alerts assign no_show-0123456789abcdef --to post/maulafa --operation kupang-2024"
)
def assign(
    ids: IdsArgument,
    *,
    to: Annotated[str, typer.Option("--to", help="officer/{officer_id} or post/{post_id}.")],
    operation: OperationOption,
    post: PostOption = None,
    token: TokenOption = None,
    url: ReportingOption = None,
) -> None:
    """Say whose these are to see to; all of them or none."""
    data = AssignAlerts(alerts=ids, to=to)
    show_answer(console(), _with(operation, post, token, url, lambda of: of.handle(data)))


def _with(
    operation: str,
    post: str | None,
    token: str | None,
    url: str | None,
    program: Callable[[OperationsAlerts], Awaitable[T]],
) -> T:
    return with_service(
        "reporting",
        token,
        url,
        lambda client: program(OperationsAlerts(client, operation, now=Clock().now, post=post)),
    )


def _table(found: OperationAlerts) -> Table:
    latihan = "LATIHAN: " if found.mode == "exercise" else ""
    table = plain_table(f"{latihan}Alerts of {found.operation_id}", "alert", ())
    for column in ("since", "severity", "what", "state", "seen to by"):
        table.add_column(column)
    for each in found.alerts:
        table.add_row(*_row(each, found.zone))
    return table


def _family_table(found: FamilyAlerts) -> Table:
    latihan = "LATIHAN: " if found.mode == "exercise" else ""
    table = plain_table(f"{latihan}Alerts of {found.operation_id} and all below it", "operation", ())
    for column in ("alert", "since", "severity", "what", "state", "seen to by"):
        table.add_column(column)
    for each in found.alerts:
        table.add_row(each.operation_id, *_row(each.alert, each.zone))
    return table


def _row(each: AlertRow, zone: str) -> tuple[str, ...]:
    counts = ", ".join(f"{name} {count}" for name, count in each.counts.items())
    what = " ".join(part for part in (each.about or each.subject, f"({counts})" if counts else "") if part)
    if each.explains:
        what += f"; explains {each.explains} more"
    state = f"{each.state}: {each.reason}" if each.reason else each.state
    if each.unconfirmed:
        state += ", unconfirmed"
    for sink, status in each.refused_by.items():
        state += f"; refused by {sink} ({status or 'no answer'})"
    by = ", ".join(part for part in (each.acknowledged_by, each.assigned_to) if part)
    return each.alert_id, clock_text(each.since, zone), each.severity, what, state, by
