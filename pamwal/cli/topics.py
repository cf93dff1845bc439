"""`pamwal topics`: make the topics of a cluster, or say what is wrong with them."""

from __future__ import annotations

from typing import Annotated

import typer

from pamwal.cli._settings import kafka_servers
from pamwal.kafka_settings import command_security
from pamwal.wire.topics_admin import apply_topics, check_topics

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def topics() -> None:
    """The topics of a cluster: the one of PAMWAL_BOOTSTRAP_SERVERS, or the local one of the state folder."""


@app.command(epilog="Examples:  pamwal topics apply  |  pamwal topics apply --partitions 48")
def apply(
    *,
    partitions: Annotated[
        int | None, typer.Option(min=1, max=10_000, help="Fixed for the cluster's life; 12 if left out.")
    ] = None,
    exercise: Annotated[
        bool, typer.Option("--exercise", help="Mark the cluster, for ever, as one for exercises.")
    ] = False,
) -> None:
    """Make what is missing and mend settings that differ. Never changes a partition count."""
    done = apply_topics(kafka_servers(), partitions, exercise=exercise, security=command_security())
    for line in done or ["all was in place"]:
        typer.echo(line)


@app.command(epilog="Example:  pamwal topics check")
def check() -> None:
    """Say what is not as it should be, a line each; exit code 1 if anything is. Changes nothing."""
    found = check_topics(kafka_servers(), command_security())
    for line in found or ["all topics are as they should be"]:
        typer.echo(line)
    raise typer.Exit(1 if found else 0)
