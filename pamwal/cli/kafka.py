"""`pamwal kafka`: the Kafka on this machine, kept between runs."""

from __future__ import annotations

from typing import Annotated

import typer

from pamwal.cli._settings import kafka_servers
from pamwal.contracts.errors import SettingsError
from pamwal.contracts.kafka_users import ADMIN, USERS
from pamwal.kafka_settings import command_security
from pamwal.local.kafka import running_kafka
from pamwal.local.kept import kept_broker, stop_kept
from pamwal.local.sources import state_folder
from pamwal.wire.kafka_security import secret_in

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


@app.command(epilog="Example:  PAMWAL_KAFKA_USER=pamwal-admin pamwal kafka passwords")
def passwords() -> None:
    """Give the broker of PAMWAL_BOOTSTRAP_SERVERS the passwords in PAMWAL_KAFKA_CREDENTIALS, for SCRAM.

    Sets the password of each user of Pamwal whose file is there. It needs a user that may change them, such
    as the super user pamwal-admin with its certificate (PAMWAL_KAFKA_SECURITY_PROTOCOL=SSL).
    """
    from pamwal.wire.access_admin import apply_passwords  # a fifth of a second, for those who ask a broker

    security = command_security()
    if security.credentials is None:
        raise SettingsError("set PAMWAL_KAFKA_CREDENTIALS to the folder with the passwords of the users")
    files = {user: security.credentials / f"{user}.password" for user in (*USERS, ADMIN)}
    found = {user: secret_in(file) for user, file in files.items() if file.exists()}
    if not found:
        raise SettingsError(
            f"{security.credentials} holds no password of a user, such as {USERS[0]}.password"
        )
    for line in apply_passwords(kafka_servers(), security, found):
        typer.echo(line)


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
