"""One operation's plan as a command speaks with it: where it is, who speaks, and what an answer ends with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Final, TypeVar, get_args

import httpx
import msgspec
import typer
from msgspec import Struct

from pamwal.cli._console import console
from pamwal.cli._settings import TOKEN_HELP, address_of, checked_identifier, token_or_environment
from pamwal.client.files import Download
from pamwal.client.scheduler import Scheduler
from pamwal.client.service import Patience, ServiceClient
from pamwal.contracts.errors import AccessDenied, HttpProblem, SettingsError
from pamwal.contracts.zones import Zone
from pamwal.edge.clock import Clock
from pamwal.private_files import write_private
from pamwal.vocabulary import meant, nearest

T = TypeVar("T")
REFUSED_S: Final = 3.0
"""So long nobody may listen, as while a service starts again, before a person is told."""
TURNED_AWAY: Final = 5

OPERATION: Final = "PAMWAL_OPERATION"
OperationOption = Annotated[
    str,
    typer.Option(
        "--operation", envvar=OPERATION, callback=checked_identifier, help="The operation it is about."
    ),
]
TokenOption = Annotated[str | None, typer.Option("--token", help=TOKEN_HELP)]
UrlOption = Annotated[
    str | None, typer.Option("--url", help="Where the scheduler is; its own port here if left out.")
]
PostOption = Annotated[
    str | None,
    typer.Option(
        "--post",
        callback=checked_identifier,
        help="The post that speaks; a token of a post or device says it.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the answer as JSON, for a machine.")]
DayOption = Annotated[
    str | None, typer.Option("--day", help="A day of the operation, 2024-10-03; all of it if left out.")
]
ZoneOption = Annotated[
    str | None,
    typer.Option(
        "--zone", help=f"In which the day is: {', '.join(get_args(Zone))}; the operation's own if left out."
    ),
]
MostOption = Annotated[int, typer.Option("--most", min=1, help="Show so many at the most.")]
ToOption = Annotated[
    Path | None,
    typer.Option("--to", help="The file to write; '-' for standard output. Its own name here if left out."),
]


class Link(Struct, frozen=True, kw_only=True):
    """Where a command speaks, and as whom."""

    operation: str
    token: str | None
    url: str | None = None
    post: str | None = None


def with_scheduler(link: Link, program: Callable[[Scheduler], Awaitable[T]]) -> T:
    """What the program returns. What the service turns away ends with its sentence and exit code 5."""
    address, token = f"{address_of('scheduler', link.url)}/scheduler/v1", token_or_environment(link.token)

    async def run() -> T:
        async with httpx.AsyncClient() as http:
            client = ServiceClient(
                http, address, token, now=Clock().now, patience=Patience(deadline_s=30, refused_s=REFUSED_S)
            )
            return await program(Scheduler(client, link.operation, now=Clock().now, post=link.post))

    return or_turned_away(lambda: asyncio.run(run()))


def or_turned_away(program: Callable[[], T]) -> T:
    """What the program returns; what a service turns away becomes a sentence and exit code 5."""
    try:
        return program()
    except (AccessDenied, HttpProblem) as error:
        typer.echo(f"pamwal: {error}", err=True)
        raise typer.Exit(TURNED_AWAY) from error


def as_json(answer: Struct) -> None:
    """The answer, one line."""
    typer.echo(msgspec.json.encode(answer).decode())


def save(download: Download, to: Path | None) -> None:
    """Writes a file and says so. Without `to` nothing that is there is written over. SettingsError."""
    if str(to) == "-":
        typer.get_binary_stream("stdout").write(download.content)
        return
    path = to or Path(download.name)
    if to is None and path.exists():
        raise SettingsError(f"{path} is there already: remove it, or say where to write with --to")
    try:
        write_private(path, download.content)
    except OSError as error:
        raise SettingsError(f"--to {path}: {error.strerror}") from error
    console().print(f"{path}: {len(download.content):,} bytes", highlight=False, soft_wrap=True)


def one_of(name: str, given: str, allowed: tuple[str, ...]) -> str:
    """The term that is given, or that a word given stands for. SettingsError names those that would do."""
    found = meant(given, allowed)
    if found is None:
        raise SettingsError(f"{name} {given!r} is none of {', '.join(allowed)}{nearest(given, allowed)}")
    return found
