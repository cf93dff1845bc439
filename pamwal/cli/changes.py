"""`pamwal changes`: what became known of an operation since a moment or an earlier answer."""

from __future__ import annotations

from typing import Annotated

import typer

from pamwal.cli._console import WIDTH_OF_A_PLAN, console, show_table
from pamwal.cli._pictures import AtOption, KnownOption
from pamwal.cli._scheduler import JsonOption, OperationOption, TokenOption, as_json
from pamwal.cli._service import ReportingOption, with_service
from pamwal.client.differences import differences
from pamwal.client.pictures import Pictures, vector_text
from pamwal.client.service import ServiceClient
from pamwal.client.tables import plain_table
from pamwal.contracts.changes import Changes
from pamwal.contracts.reporting import Situation
from pamwal.contracts.zones import local_text

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.command(
    epilog="Example:  pamwal changes --since 2024-10-03T14:05:00+08:00 --operation kupang-2024;  it ends "
    "with the --since that asks for what comes after"
)
def changes(
    *,
    operation: OperationOption,
    since: Annotated[str, typer.Option("--since", help="A moment, or a vector as an answer says it.")],
    at: AtOption = None,
    known: KnownOption = None,
    day: Annotated[str | None, typer.Option("--day", help="The local day to count; that of --at.")] = None,
    token: TokenOption = None,
    url: ReportingOption = None,
    json: JsonOption = False,
) -> None:
    """Show each number of the situation that is another than it was by what was known then.

    Exit code: 0, also where nothing changed, 5 the service turns it away, 1 nobody answers.
    """

    async def read(client: ServiceClient) -> tuple[Changes, Situation]:
        pictures = Pictures(client, operation)
        found = await pictures.changes(since, at=at, known=known, day=day)
        then = found.since
        return found, await pictures.situation(at=then.at, known=vector_text(then.vector), day=day)

    found, then = with_service("reporting", token, url, read)
    if json:
        as_json(found)
    else:
        _show(found, then)


def _show(found: Changes, then: Situation) -> None:
    latihan = "LATIHAN: " if then.mode == "exercise" else ""
    moments = " to ".join(local_text(at, then.zone) for at in (found.since.at, found.change.at))
    table = plain_table(f"{latihan}{then.name}, {moments}", "what", ())
    table.add_column("before → after")
    for what, how in differences(then, found.change):
        table.add_row(what, how)
    screen = console(WIDTH_OF_A_PLAN)
    show_table(screen, table)
    nothing = "" if table.rows else "nothing changed; "
    screen.print(f"\n{nothing}{found.knowledge.posts}", highlight=False)
    screen.print(f"--since {vector_text(found.change.vector)}", highlight=False, soft_wrap=True)
