"""`pamwal keys`: which secret and signing keys a log has, and a new signing key."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Final, TypeVar

import typer

from pamwal.cli._settings import kafka_log
from pamwal.edge.key_registry import KeyRegistry
from pamwal.edge.key_rotation import rotate as rotate_key
from pamwal.edge.settings import EdgeSettings

app = typer.Typer(no_args_is_help=True, add_completion=False)
R = TypeVar("R")
_GOOD_FOR: Final = {True: "tokens, place codes and SitReps", False: "SitReps that it signed"}


@app.callback()
def keys() -> None:
    """The keys of the log of PAMWAL_BOOTSTRAP_SERVERS, or of the local one of the state folder."""


@app.command(name="list", epilog="Example:  pamwal keys list")
def listed() -> None:
    """Say which secret and signing keys the log has, the current key last. Records nothing."""

    async def lines(registry: KeyRegistry, settings: EdgeSettings) -> list[str]:
        history = await registry.read()
        if history.first is None:
            return ["the log has no keys yet: the first service that is started on it records its own"]
        valid = {each.kid for each in history.valid()}
        found = [f"secret {history.first.secret}: {history.first.secret_file} of {history.first.host}"]
        found += [
            f"signing key {each.kid} since {each.recorded_at}: {each.key_file} of {each.host}, good for "
            f"{_GOOD_FOR[each.kid in valid]}"
            for each in history.keys
        ]
        return (
            found if history.keys else [*found, f"{settings.secret_path} is not that secret: copy it first"]
        )

    for line in _with_registry(lines):
        typer.echo(line)


@app.command(epilog="Examples:  pamwal keys rotate  |  pamwal keys rotate --at-once")
def rotate(
    *,
    at_once: Annotated[
        bool, typer.Option("--at-once", help="Refuse what earlier keys signed from now on, as after a theft.")
    ] = False,
) -> None:
    """Make a new signing key; then copy it to the other machines and start their services again.

    What the key before signed stays good until the next rotation, SitReps for ever.
    """

    async def rotated(registry: KeyRegistry, settings: EdgeSettings) -> str:
        current = await rotate_key(registry, settings.issuer_path, at_once=at_once)
        return (
            f"the signing key is {current.kid} now: copy {current.key_file} to every machine, and start the "
            "services again"
        )

    typer.echo(_with_registry(rotated))


def _with_registry(do: Callable[[KeyRegistry, EdgeSettings], Awaitable[R]]) -> R:
    async def run() -> R:
        log, settings = kafka_log(), EdgeSettings.from_environment(0)
        try:
            return await do(KeyRegistry(log, settings), settings)
        finally:
            await log.close()

    return asyncio.run(run())
