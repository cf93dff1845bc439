"""`pamwal kafka`: the Kafka on this machine, kept between runs."""

from __future__ import annotations

from typing import Annotated

import typer

from pamwal.kafka_settings import command_security
from pamwal.local.kafka import running_kafka
from pamwal.local.kept import kept_broker, stop_kept
from pamwal.local.sources import state_folder

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def kafka() -> None:
    """The Kafka on this machine: start one that stays, look at it, stop it."""


@app.command()
def start(
    port: Annotated[
        int | None, typer.Option(min=1, max=65_535, help="Listen at this port of 127.0.0.1.")
    ] = None,
) -> None:
    """Start a Kafka that goes on running until 'pamwal kafka stop'. Every later run uses it."""
    with running_kafka(state_folder(), port=port, keep_warm=True, security=command_security()) as broker:
        typer.echo(broker.bootstrap_servers)


@app.command()
def status() -> None:
    """Say where a Kafka of the state folder runs; exit code 1 if none does."""
    record = kept_broker(state_folder())
    if record is None:
        typer.echo("no Kafka of ours runs here")
        raise typer.Exit(1)
    stays = "until 'pamwal kafka stop'" if record.kept else f"until process {record.starter_pid} ends"
    typer.echo(f"127.0.0.1:{record.port}, cluster {record.cluster_id}, {stays}; its log is {record.log_file}")


@app.command()
def stop() -> None:
    """Stop the Kafka that stays. Its data remains."""
    typer.echo("stopped" if stop_kept(state_folder()) else "no Kafka of ours ran here")
