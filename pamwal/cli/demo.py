"""`pamwal demo`: whole exercises on a real Kafka, with every number they must end with."""

from __future__ import annotations

from typing import Annotated

import typer

from pamwal.cli._console import console
from pamwal.cli._interrupt import run_until_interrupted
from pamwal.demo.exercise import Options
from pamwal.demo.program import kupang_program
from pamwal.local.sources import state_folder

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def demo() -> None:
    """Replay an exercise through the real services and check every number."""


@app.command(
    epilog="Examples:  pamwal demo kupang  |  pamwal demo kupang --exit --seconds 20  |  "
    "PAMWAL_BOOTSTRAP_SERVERS=127.0.0.1:9092 pamwal demo kupang --exit"
)
def kupang(
    *,
    leave: Annotated[
        bool, typer.Option("--exit", help="End with the verdict instead of keeping the board up.")
    ] = False,
    seed: Annotated[
        int, typer.Option(help="Who is late, lost and absent, and when everybody reports.")
    ] = 2024,
    seconds: Annotated[float, typer.Option(min=10, max=3600, help="Real seconds for the whole day.")] = 60,
) -> None:
    """3 October 2024 in Kupang: 14 rallies, 151 officers, five posts, a day in a minute.

    Starts a Kafka (unless PAMWAL_BOOTSTRAP_SERVERS names one) and the three services, plays the day, kills
    processes on the way, and prints situation, ledger, claim check and audit. Exit code 0 only if every
    expected number holds. The log stays: run it again and both runs are audited.
    """
    options = Options(state=state_folder(), seed=seed, day_s=seconds)
    holds = run_until_interrupted(lambda: kupang_program(options, console(), leave=leave))
    raise typer.Exit(0 if holds else 1)
