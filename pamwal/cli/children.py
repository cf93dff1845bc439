"""`pamwal children`: which operations a parent counts in its own numbers."""

from __future__ import annotations

from typing import Annotated

import typer

from pamwal.cli._answers import EXIT, show_answer
from pamwal.cli._console import console
from pamwal.cli._scheduler import (
    JsonOption,
    Link,
    OperationOption,
    TokenOption,
    UrlOption,
    as_json,
    with_scheduler,
)
from pamwal.cli._settings import checked_identifier
from pamwal.contracts.scheduling import AdmitChild, DismissChild

app = typer.Typer(no_args_is_help=True, add_completion=False)

ChildArgument = Annotated[
    str, typer.Argument(metavar="CHILD", callback=checked_identifier, help="The id of the operation below.")
]


@app.callback()
def children() -> None:
    """Say which operations below --operation it counts, of those that name it their parent.

    The situation of the parent lists whom it has neither admitted nor dismissed; 'pamwal plan operation'
    lists the others. For its head of operations and admins.
    """


@app.command(epilog="Example:  pamwal children admit kupang-2024 --operation ntt-2024")
def admit(
    *,
    child: ChildArgument,
    operation: OperationOption,
    token: TokenOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """Count an operation, with all below it, while it names this one its parent.

    Exit code as of 'pamwal send'.
    """
    _ask(AdmitChild(child=child), Link(operation=operation, token=token, url=url), json=json)


@app.command(epilog="Example:  pamwal children dismiss kupang-2024 --operation ntt-2024 --cause 'not ours'")
def dismiss(
    *,
    child: ChildArgument,
    operation: OperationOption,
    cause: Annotated[str, typer.Option(help="Why; it is kept in the decision for ever.")],
    token: TokenOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """Do not count an operation, whatever parent it names. Exit code as of 'pamwal send'."""
    _ask(DismissChild(child=child, cause=cause), Link(operation=operation, token=token, url=url), json=json)


def _ask(data: AdmitChild | DismissChild, link: Link, *, json: bool) -> None:
    answer = with_scheduler(link, lambda scheduler: scheduler.ask(data))
    if json:
        as_json(answer)
        raise typer.Exit(EXIT[answer.meaning])
    show_answer(console(), answer)
