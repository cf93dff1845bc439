"""`pamwal practice`: a copy of a day's plan to practise on, as an exercise of its own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from typing import Annotated, Final, NamedTuple

import httpx
import typer
from rich.console import Console

from pamwal.cli._answers import EXIT, sentence
from pamwal.cli._console import console, show_table
from pamwal.cli._scheduler import (
    REFUSED_S,
    JsonOption,
    OperationOption,
    UrlOption,
    as_json,
    or_turned_away,
)
from pamwal.cli._settings import address_of, checked_identifier, issuer_folder
from pamwal.client.practice import DayPlan
from pamwal.client.rehearsal import Rehearsal, read_day, rehearse
from pamwal.client.scheduler import Scheduler
from pamwal.client.service import Patience, ServiceClient
from pamwal.client.tables import plain_table
from pamwal.contracts.claims import Mode, Role
from pamwal.contracts.errors import AccessDenied, SettingsError
from pamwal.edge.clock import Clock
from pamwal.edge.issuer import KEY_FILE, Issuer

app = typer.Typer(add_completion=False)
TOKEN_LIFETIME_S: Final = 3600
REASONS_SHOWN: Final = 20


class Speakers(NamedTuple):
    """Tokens: one reads the plan, two speak in the practice."""

    readers: list[str]
    """The first that is of the operation's mode reads."""
    admin: str
    head: str


@app.command(
    name="practice",
    epilog="Example:  pamwal practice --operation kupang-2024 --day 2024-10-04 --as latihan-1004"
    " --with-deployments",
)
def practice(
    *,
    operation: OperationOption,
    day: Annotated[str, typer.Option(help="The day to practise, 2024-10-04.")],
    as_: Annotated[
        str,
        typer.Option(
            "--as", callback=checked_identifier, help="The exercise that is opened for it, a new operation."
        ),
    ],
    deployments: Annotated[
        bool, typer.Option("--with-deployments", help="Order and reserve what is ordered and reserved.")
    ] = False,
    token: Annotated[
        str | None, typer.Option(help="Reads the operation, as its ops_head; PAMWAL_TOKEN if left out.")
    ] = None,
    admin_token: Annotated[
        str | None,
        typer.Option(help="Opens the exercise: an admin of --as, mode exercise; or PAMWAL_ADMIN_TOKEN."),
    ] = None,
    head_token: Annotated[
        str | None, typer.Option(help="Plans in it: its ops_head, mode exercise; or PAMWAL_HEAD_TOKEN.")
    ] = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """Open an exercise with a day's plan in it: posts, policy, roster without names, sites, rallies.

    Everything goes through the same requests as anyone's, and nothing in the operation changes. Run it
    again and only what is new is added. Tokens that are left out are made with the key of the state folder,
    if the services trust that. Exit code 0 all is there, 3 something was left out, 5 it was turned away.
    """
    if as_ == operation:
        raise SettingsError(f"--as {as_} is the operation itself; a practice copy is an operation of its own")
    speakers = _speakers(operation, as_, token, admin_token, head_token)
    address = f"{address_of('scheduler', url)}/scheduler/v1"
    found = or_turned_away(
        lambda: asyncio.run(_rehearsed(address, speakers, operation, as_, day, deployments=deployments))
    )
    if json:
        as_json(found)
    else:
        show(console(), found)
    raise typer.Exit(EXIT["accepted"] if found.complete else EXIT["refused"])


async def _rehearsed(
    address: str, speakers: Speakers, operation: str, practice: str, day: str, *, deployments: bool
) -> Rehearsal:
    async with httpx.AsyncClient() as http:

        def speaking(token: str, operation_id: str) -> Scheduler:
            patience = Patience(deadline_s=60, attempt_s=30, refused_s=REFUSED_S)
            client = ServiceClient(http, address, token, now=Clock().now, patience=patience)
            return Scheduler(client, operation_id, now=Clock().now)

        plan = await _read(
            [speaking(token, operation) for token in speakers.readers], day, deployments=deployments
        )
        return await rehearse(
            plan,
            speaking(speakers.admin, practice),
            speaking(speakers.head, practice),
            deployments=deployments,
        )


async def _read(readers: Sequence[Scheduler], day: str, *, deployments: bool) -> DayPlan:
    """By the first whose token is of the operation's mode: which that is, is not known before."""
    for reader in readers[:-1]:
        try:
            return await read_day(reader, day, deployments=deployments)
        except AccessDenied as error:
            if error.code != "wrong_mode":
                raise
    return await read_day(readers[-1], day, deployments=deployments)


def _speakers(
    operation: str, practice: str, token: str | None, admin: str | None, head: str | None
) -> Speakers:
    """The tokens given, or of the environment, or made here. SettingsError if one is missing."""
    local = _local_issuer()

    def found(given: str | None, variable: str, role: Role, operation_id: str, mode: Mode) -> str:
        known = given or os.environ.get(variable)
        if known:
            return known
        if local is None:
            raise SettingsError(
                f"no token of a {role} of {operation_id}: set {variable} or see 'pamwal practice --help'; "
                "none can be made here, for the state folder has no key of its own"
            )
        return local.issue(
            role=role,
            operation=operation_id,
            mode=mode,
            subject=f"{role}@local",
            lifetime_s=TOKEN_LIFETIME_S,
        )

    modes: tuple[Mode, ...] = ("real", "exercise")
    readers = [found(token, "PAMWAL_TOKEN", "ops_head", operation, mode) for mode in modes]
    return Speakers(
        readers=list(dict.fromkeys(readers)),
        admin=found(admin, "PAMWAL_ADMIN_TOKEN", "admin", practice, "exercise"),
        head=found(head, "PAMWAL_HEAD_TOKEN", "ops_head", practice, "exercise"),
    )


def _local_issuer() -> Issuer | None:
    """The key of the state folder, if there is one; a fresh one would be trusted by nobody."""
    folder = issuer_folder()
    return Issuer(folder) if (folder / KEY_FILE).exists() else None


def show(to: Console, found: Rehearsal) -> None:
    """What the copy is, what was added now, and what was left out and why."""
    how = "opened" if found.opened else "amended" if found.amended else "open already"
    to.print(
        f"[bold]LATIHAN[/] {found.operation_id}: {found.of} on {found.day}, {how}",
        highlight=False,
        soft_wrap=True,
    )
    table = plain_table("Copied", "what", ("planned", "added or changed", "there already", "left out"))
    for part in found.parts:
        table.add_row(
            part.what, *(str(count) for count in (part.total, part.done, part.there, part.left_out))
        )
    show_table(to, table)
    for part in found.parts:
        for reason in part.reasons[:REASONS_SHOWN]:
            to.print(f"  - {part.what}: {sentence(reason)}", highlight=False, soft_wrap=True, markup=False)
        if len(part.reasons) > REASONS_SHOWN:
            to.print(f"  … and {len(part.reasons) - REASONS_SHOWN} more", highlight=False)
    if not found.changed:
        to.print("Nothing changed: the practice stands so already.", highlight=False)
