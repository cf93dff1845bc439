"""`pamwal propose`: a day's deployments by the solver, as a draft that a person orders."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
import typer
from rich.console import Console
from rich.markup import escape

from pamwal.cli._answers import EXIT, show_answer, show_checked
from pamwal.cli._console import WIDTH_OF_A_PLAN, console, show_table
from pamwal.cli._scheduler import (
    OPERATION,
    JsonOption,
    Link,
    OperationOption,
    PostOption,
    TokenOption,
    UrlOption,
    as_json,
    with_scheduler,
)
from pamwal.cli._settings import checked_identifier
from pamwal.client.scheduler import Scheduler
from pamwal.client.tables import plain_table
from pamwal.contracts.drafts import ProposalAnswer, ProposalAsk
from pamwal.contracts.errors import SettingsError
from pamwal.contracts.instants import from_ms
from pamwal.contracts.plan_reads import OperationView
from pamwal.contracts.scheduling import BulkMode, Order
from pamwal.contracts.wording import in_words
from pamwal.contracts.zones import hours_text

app = typer.Typer(add_completion=False)
OFFICERS_SHOWN: Final = 12
ORDER_HINT: Final = "pamwal propose order {id} --operation {operation} --sprin '…'"

ProposalArgument = Annotated[str, typer.Argument(metavar="ID", help="The draft's id, as it was printed.")]


@app.callback(
    invoke_without_command=True,
    epilog="Examples:  pamwal propose --operation kupang-2024 --day 2024-10-03  |  "
    "pamwal propose --operation kupang-2024 --day 2024-10-03 --place rally/oebobo-1 --no-keep",
)
def propose(
    ctx: typer.Context,
    *,
    operation: Annotated[
        str | None,
        typer.Option(envvar=OPERATION, callback=checked_identifier, help="The operation it is about."),
    ] = None,
    day: Annotated[str | None, typer.Option(help="The day to propose for, 2024-10-03.")] = None,
    place: Annotated[
        list[str] | None, typer.Option(help="Only this place, rally/ID or site/ID; several times for more.")
    ] = None,
    unit: Annotated[list[str] | None, typer.Option(help="Only officers of this unit; several times.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same draft.")] = 0,
    keep: Annotated[
        bool, typer.Option("--keep/--no-keep", help="Keep the draft, so that it can be ordered.")
    ] = True,
    identifier: Annotated[
        str | None,
        typer.Option(
            "--id",
            callback=checked_identifier,
            help="The draft's id; the same one again makes it anew. Made up if left out.",
        ),
    ] = None,
    post: PostOption = None,
    token: TokenOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """Propose who goes where on a day: strengths met, no rule broken, load spread, pairs treated alike.

    Nobody is bound by a draft. Exit code 0 if every strength is met, 3 if officers lack.
    """
    if ctx.invoked_subcommand is not None:
        return
    if operation is None or day is None:
        raise SettingsError("say for what: --operation and --day; 'pamwal propose --help' shows an example")
    ask = _ask(day=day, places=place or [], units=unit or [], seed=seed, keep=keep, proposal_id=identifier)

    async def asked(scheduler: Scheduler) -> tuple[OperationView, ProposalAnswer]:
        return await scheduler.operation(), await scheduler.propose(ask)

    known, answer = with_scheduler(Link(operation=operation, token=token, url=url, post=post), asked)
    if json:
        as_json(answer)
    else:
        show_draft(console(WIDTH_OF_A_PLAN), known, answer)
    raise typer.Exit(EXIT["refused"] if answer.shortages else EXIT["accepted"])


@app.command(
    epilog="Example:  pamwal propose order draft-4f2a91c0d1ee --operation kupang-2024 --sprin SPRIN/12"
)
def order(
    *,
    identifier: ProposalArgument,
    operation: OperationOption,
    sprin: Annotated[str | None, typer.Option(help="The written order that the deployments cite.")] = None,
    best_effort: Annotated[
        bool, typer.Option("--best-effort", help="Order what still can be; else all or nothing.")
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Only say what would be ordered.")] = False,
    token: TokenOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """Order a draft with one call; every rule is asked again. Exit code as of 'pamwal send'."""
    mode: BulkMode = "best_effort" if best_effort else "atomic"
    link = Link(operation=operation, token=token, url=url)
    if check:
        checked = with_scheduler(link, lambda scheduler: scheduler.check_proposal(identifier, sprin, mode))
        if json:
            as_json(checked)
            raise typer.Exit(EXIT[checked.outcome])
        show_checked(console(), checked)
    answer = with_scheduler(link, lambda scheduler: scheduler.order_proposal(identifier, sprin, mode))
    if json:
        as_json(answer)
        raise typer.Exit(EXIT[answer.meaning])
    show_answer(console(), answer)


@app.command(epilog="Example:  pamwal propose discard draft-4f2a91c0d1ee --operation kupang-2024")
def discard(
    *,
    identifier: ProposalArgument,
    operation: OperationOption,
    post: PostOption = None,
    token: TokenOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """Throw a draft away. Exit code as of 'pamwal send'."""
    link = Link(operation=operation, token=token, url=url, post=post)
    answer = with_scheduler(link, lambda scheduler: scheduler.discard_proposal(identifier))
    if json:
        as_json(answer)
        raise typer.Exit(EXIT[answer.meaning])
    show_answer(console(), answer)


def _ask(**asked: Any) -> ProposalAsk:
    """The question, checked against its contract before it is sent. SettingsError."""
    try:
        return msgspec.convert(asked, ProposalAsk)
    except msgspec.ValidationError as error:
        raise SettingsError(f"this cannot be proposed for: {in_words(str(error), ProposalAsk)}") from error


def show_draft(to: Console, operation: OperationView, answer: ProposalAnswer) -> None:
    """Orders by place, what lacks and why, how load and pairs are spread, and what can be done next."""
    zone = operation.zone
    latihan = " LATIHAN" if operation.mode == "exercise" else ""
    table = plain_table(f"Draft {answer.proposal_id}{latihan}, {answer.status}", "place", ())
    table.add_column("hours")
    table.add_column("role")
    table.add_column("", justify="right")
    table.add_column("officers", overflow="fold")
    for (place, starts_at, ends_at, role), officers in _by_place(answer.orders).items():
        names = ", ".join(officers[:OFFICERS_SHOWN])
        more = f" … and {len(officers) - OFFICERS_SHOWN} more" if len(officers) > OFFICERS_SHOWN else ""
        hours = hours_text(starts_at, ends_at, zone)
        table.add_row(place, hours, role, str(len(officers)), names + more)
    show_table(to, table)
    _show_shortages(to, zone, answer)
    for each in answer.outranked:
        said = f"{each.place}: {each.officer_id} ({each.rank}) would lead {each.leads} ({each.leads_rank})"
        to.print(f"{said}; nobody of a higher rank there may lead", highlight=False, soft_wrap=True)
    _show_spread(to, answer)
    said = (
        f"Kept. To order it: {ORDER_HINT.format(id=answer.proposal_id, operation=operation.operation_id)}"
        if answer.kept
        else "Not kept: nobody can order it."
    )
    to.print(said, highlight=False, soft_wrap=True, markup=False)


def _show_shortages(to: Console, zone: str, answer: ProposalAnswer) -> None:
    if not answer.shortages:
        to.print("Every required strength is met.", highlight=False)
        return
    table = plain_table("What lacks", "place", ())
    for name in ("hours", "role"):
        table.add_column(name)
    table.add_column("lacking", justify="right")
    table.add_column("why", overflow="fold")
    for each in answer.shortages:
        hours = hours_text(from_ms(each.starts_ms), from_ms(each.ends_ms), zone)
        table.add_row(each.place, hours, each.role, f"{each.lacking} of {each.required}", escape(each.why))
    show_table(to, table)


def _show_spread(to: Console, answer: ProposalAnswer) -> None:
    spread = answer.spread
    to.print(
        f"{len(answer.orders)} orders; hours an officer {spread.hours_min:.1f} to {spread.hours_max:.1f}, "
        f"mean {spread.hours_mean:.1f}; {spread.travel_km:.1f} km of travel; "
        f"{spread.unit_changes} unit changes; "
        f"gap to the bound {answer.gap:.1%}; {answer.wall_s:.1f} s",
        highlight=False, soft_wrap=True,
    )  # fmt: skip
    shares = [f"{pair} {share:.0%}" for pair, share in sorted(spread.pair_shares.items())]
    if shares:
        to.print("given of what each pair needs: " + ", ".join(shares), highlight=False, soft_wrap=True)


def _by_place(orders: list[Order]) -> dict[tuple[str, str, str, str], list[str]]:
    found: dict[tuple[str, str, str, str], list[str]] = {}
    for each in sorted(
        orders, key=lambda order: (order.starts_at, order.place, order.role, order.officer_id)
    ):
        found.setdefault((each.place, each.starts_at, each.ends_at, each.role), []).append(each.officer_id)
    return found
