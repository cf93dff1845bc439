"""`pamwal up`: everything on this machine, until interrupted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from pamwal.cli._console import console
from pamwal.cli._interrupt import run_until_interrupted
from pamwal.cli._settings import issuer
from pamwal.cli.token import board_link
from pamwal.contracts.claims import Mode
from pamwal.local.kafka import LocalKafka
from pamwal.local.sources import state_folder
from pamwal.stack.ports import DEFAULT
from pamwal.stack.stack import SERVICES, Stack

app = typer.Typer(add_completion=False)
LINK_LIFETIME_S = 3600


@app.command(
    name="up",
    epilog="Examples:  pamwal up  |  pamwal up --exercise  |  "
    "PAMWAL_BOOTSTRAP_SERVERS=127.0.0.1:9092 pamwal up",
)
def up(
    *,
    exercise: Annotated[
        bool, typer.Option("--exercise", help="Mark the cluster for exercises and print a link for them.")
    ] = False,
) -> None:
    """Start a Kafka if none is given, the topics and the three services; print where they are.

    Everything started here ends with Ctrl-C. The log stays in the state folder (PAMWAL_STATE, .pamwal).
    """
    run_until_interrupted(lambda: _up(state_folder(), console(), exercise=exercise))


async def _up(state: Path, console: Console, *, exercise: bool) -> None:
    begun_s = time.monotonic()
    console.print(
        "  starting Kafka if none is given, the topics and three services; some ten seconds", highlight=False
    )
    async with Stack(state, SERVICES, exercise=exercise) as stack:
        addresses = {name: stack.plan(name).address for name in DEFAULT}
        for name, address in addresses.items():
            metrics = f"{stack.plan(name).operators_address}/metrics"
            console.print(f"  {name:<10} {address}  (its routes: /docs; {metrics})", highlight=False)
        found = "" if stack.kafka.started_here else "  (found running)"
        console.print(f"  {'Kafka':<10} {stack.bootstrap_servers}{found}", highlight=False)
        console.print(
            f"  ready in {time.monotonic() - begun_s:.1f} s; logs in {stack.log_folder}", highlight=False
        )
        if moved := elsewhere(addresses):
            console.print(
                f"  Own ports are taken; so that commands find these: export {moved}",
                soft_wrap=True,
                highlight=False,
                markup=False,
            )
        mode: Mode = "exercise" if exercise else "real"
        ticket = issuer().ticket(
            role="admin", operation="*", mode=mode, subject="admin@local", lifetime_s=LINK_LIFETIME_S
        )
        console.print(
            "\n  The board, by a link that works once (more: pamwal token --link):", highlight=False
        )
        link = board_link(stack.plan("reporting").address, None, ticket)
        console.print(f"  {link}\n", soft_wrap=True, highlight=False, markup=False)
        console.print(f"  Ctrl-C ends {what_ends(stack.kafka)}.", highlight=False)
        await _until_interrupted(stack, console)


def elsewhere(addresses: Mapping[str, str]) -> str:
    """The settings by which commands find services that are not at their own ports; empty if all are."""
    return " ".join(
        f"PAMWAL_{name.upper()}_URL={address}"
        for name, address in addresses.items()
        if address != f"http://127.0.0.1:{DEFAULT[name]}"
    )


def what_ends(kafka: LocalKafka) -> str:
    """What ends with `pamwal up`: a broker only if it was started here."""
    if kafka.started_here:
        return "the services and Kafka"
    return f"the services; the Kafka at {kafka.bootstrap_servers} goes on running"


async def _until_interrupted(stack: Stack, console: Console) -> None:
    """Ends in order when cancelled; fails if a service keeps ending by itself."""
    try:
        await stack.watch(lambda sentence: console.print(f"  {sentence}", highlight=False))
    except asyncio.CancelledError:
        current = asyncio.current_task()
        if current is not None:
            current.uncancel()
        console.print(f"  ending {what_ends(stack.kafka)}", highlight=False)
