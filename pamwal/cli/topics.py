"""`pamwal topics`: make the topics of a cluster, or say what is wrong with them."""

from __future__ import annotations

from typing import Annotated

import typer

from pamwal.cli._settings import kafka_servers
from pamwal.contracts.access_rules import access_rules
from pamwal.contracts.errors import SettingsError
from pamwal.kafka_settings import command_security
from pamwal.wire.access_admin import apply_access
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


@app.command(
    epilog="Examples:  pamwal topics acl  |  PAMWAL_KAFKA_USER=pamwal-admin pamwal topics acl --apply  |  "
    "PAMWAL_KAFKA_USER=pamwal-admin pamwal topics acl --apply --remove"
)
def acl(
    *,
    apply_rules: Annotated[
        bool, typer.Option("--apply", help="Add the rules that the broker does not have.")
    ] = False,
    remove: Annotated[
        bool, typer.Option("--remove", help="Also remove rules of Pamwal's users that are not listed here.")
    ] = False,
) -> None:
    """List what each Kafka user of Pamwal may do, a line each, or give these rules to the broker.

    The list is made from the table of topics and needs no broker. --apply needs a user that may change access
    rules, such as the broker's super user pamwal-admin. 'pamwal topics check' compares without changing any.
    """
    if remove and not apply_rules:
        raise SettingsError("--remove changes the broker's rules: give it together with --apply")
    if apply_rules:
        lines = apply_access(kafka_servers(), command_security(), remove=remove) or ["all was in place"]
    else:
        lines = [str(rule) for rule in access_rules()]
    for line in lines:
        typer.echo(line)
