"""`pamwal watch`: the live board in a terminal."""

from __future__ import annotations

import os
from typing import Annotated

import httpx
import typer
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from pamwal.cli._console import console
from pamwal.cli._interrupt import run_until_interrupted
from pamwal.cli._pictures import AtOption, KnownOption, show_situation
from pamwal.cli._scheduler import OPERATION, REFUSED_S
from pamwal.cli._service import with_service
from pamwal.cli._settings import TOKEN_HELP, address_of, checked_identifier, token_or_environment
from pamwal.client.board import board_after
from pamwal.client.pictures import Pictures
from pamwal.client.stream import follow
from pamwal.client.tables import (
    also_words,
    children_table,
    happenings_table,
    kecamatan_table,
    venue_table,
)
from pamwal.contracts.errors import SettingsError
from pamwal.contracts.reporting import BoardState
from pamwal.contracts.zones import local_text

app = typer.Typer(add_completion=False)


@app.command(
    name="watch",
    epilog="Examples:  pamwal watch --operation kupang-2024 --once  |  pamwal watch --operation kupang-2024 "
    "--token $(pamwal token --role viewer --operation kupang-2024)  |  "
    "pamwal watch --operation kupang-2024 --at 2024-10-03T14:05:00+08:00",
)
def watch(
    *,
    operation: Annotated[
        str | None,
        typer.Option(
            "--operation", envvar=OPERATION, callback=checked_identifier, help="The operation to watch."
        ),
    ] = None,
    bare: Annotated[
        str | None,
        typer.Argument(metavar="[OPERATION]", callback=checked_identifier, help="In place of --operation."),
    ] = None,
    token: Annotated[str | None, typer.Option(help=TOKEN_HELP)] = None,
    url: Annotated[str | None, typer.Option(help="Where reporting is; its own port if left out.")] = None,
    venues: Annotated[bool, typer.Option("--venues", help="Show every venue and site too.")] = False,
    once: Annotated[bool, typer.Option("--once", help="Show the board as it is now, and end.")] = False,
    at: AtOption = None,
    known: KnownOption = None,
) -> None:
    """Follow the situation as it changes, until Ctrl-C; a broken connection is taken up again.

    On a terminal the board is drawn in place; otherwise a line is printed for each change. With --at or
    --known it shows how it was, once, and ends: nothing of then changes any more, or little.
    """
    if bare is not None and operation == os.environ.get(OPERATION):
        operation = None
    if (operation is None) == (bare is None):
        raise SettingsError("say once which operation to watch, such as --operation kupang-2024")
    watched = operation or bare or ""
    if at is not None or known is not None:
        found = with_service(
            "reporting", token, url, lambda client: Pictures(client, watched).situation(at=at, known=known)
        )
        show_situation(found, venues=venues)
        return
    stream = f"{address_of('reporting', url)}/reporting/v1/operations/{watched}/stream"
    bearer = token_or_environment(token)
    run_until_interrupted(lambda: _watch(stream, bearer, console(), venues=venues, once=once))


async def _watch(stream: str, token: str, console: Console, *, venues: bool, once: bool) -> None:
    state: BoardState | None = None
    live = Live(console=console, auto_refresh=False, screen=False)
    drawn = console.is_terminal and not once
    async with httpx.AsyncClient() as http:
        if drawn:
            live.start()
        try:
            async for message in follow(http, stream, token, refused_s=REFUSED_S):
                state = board_after(state, message)
                if state is None:
                    continue
                if drawn:
                    live.update(_screen(state, venues=venues), refresh=True)
                elif once:
                    console.print(_screen(state, venues=venues))
                    return
                else:
                    console.print(line(state), highlight=False, soft_wrap=True)
        finally:
            if drawn:
                live.stop()


def _screen(state: BoardState, *, venues: bool) -> Group:
    situation = state.situation
    mark = "" if situation.mode != "exercise" else " LATIHAN "
    mark = mark if situation.opened else " BELUM DIBUKA "
    latihan = Text(mark, style="black on yellow")
    parts: list[Text | Table] = [
        Text.assemble((situation.name, "bold"), " ", latihan),
        kecamatan_table(situation),
    ]
    if situation.rolled_up is not None:
        parts.append(children_table(situation, situation.rolled_up))
    if venues:
        parts.append(venue_table(situation))
    return Group(*parts, happenings_table(situation), Text(ledger_line(state)))


def line(state: BoardState) -> str:
    """The board in one line, for a log or a pipe."""
    situation, total = state.situation, state.situation.total
    also = f"{words}; " if (words := also_words(total)) else ""
    return (
        f"{local_text(situation.at, situation.zone)}  at place {total.at_place} of {total.ordered}, "
        f"present {total.present}, wrong place {total.wrong_place}, "
        f"late {total.late}, absent {total.absent}, unknown {total.unknown}, {also}"
        f"incidents open {situation.incidents.open}, "
        f"posts {situation.posts.heard} of {situation.posts.total}; "
        f"{ledger_line(state)}"
    )


def ledger_line(state: BoardState) -> str:
    """What came in and what became of it, and whether that adds up."""
    balance = state.ledger.balance
    adds_up = "balanced" if balance.balanced else "NOT BALANCED"
    if state.ledger.unread:
        adds_up = f"still being read, {state.ledger.unread} requests to go"
    aside = f"; {balance.other_mode} by tokens of the other mode, not counted" if balance.other_mode else ""
    return (
        f"ledger: {balance.received} received, {balance.accepted} accepted, {balance.repeat} repeats, "
        f"{balance.refused} refused, {balance.parked} parked, {balance.pending} pending: {adds_up}{aside}"
    )
