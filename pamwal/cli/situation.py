"""`pamwal situation`: how it is, how it was, and what was known then."""

from __future__ import annotations

from typing import Annotated

import typer

from pamwal.cli._pictures import AtOption, KnownOption, show_situation
from pamwal.cli._scheduler import JsonOption, OperationOption, TokenOption, as_json
from pamwal.cli._service import ReportingOption, with_service
from pamwal.client.pictures import Pictures

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.command(
    epilog="Example:  pamwal situation --operation kupang-2024 --at 2024-10-03T14:05:00+08:00 "
    "--known 2024-10-03T15:00:00+08:00"
)
def situation(
    *,
    operation: OperationOption,
    at: AtOption = None,
    known: KnownOption = None,
    day: Annotated[str | None, typer.Option("--day", help="The local day to count; that of --at.")] = None,
    venues: Annotated[bool, typer.Option("--venues", help="Show every venue and site too.")] = False,
    token: TokenOption = None,
    url: ReportingOption = None,
    json: JsonOption = False,
) -> None:
    """Show the situation once: as it is, as it was at a moment, or as it was known at another.

    Exit code: 0, 5 the service turns it away, 1 nobody answers.
    """
    found = with_service(
        "reporting", token, url,
        lambda client: Pictures(client, operation).situation(at=at, known=known, day=day),
    )  # fmt: skip
    if json:
        as_json(found)
    else:
        show_situation(found, venues=venues)
