"""`pamwal pin`: PINs by which people sign on at a post's PC."""

from __future__ import annotations

from typing import Annotated

import typer

from pamwal.cli._checkin import UrlOption, with_field
from pamwal.cli._console import console
from pamwal.cli._scheduler import Link, OperationOption, TokenOption

app = typer.Typer(no_args_is_help=True, add_completion=False)
OfficerArgument = Annotated[str, typer.Argument(help="The officer's id.")]
_ASK = typer.Option(prompt="PIN", hide_input=True, help="Asked for if left out.")


@app.callback()
def pin() -> None:
    """PINs: whoever signs on with one is the actor of what the post's PC says."""


@app.command("set", epilog="Example:  pamwal pin set KPG-0001 --operation kupang-2024")
def set_(
    *,
    officer: OfficerArgument,
    operation: OperationOption,
    pin: Annotated[str, _ASK],
    token: TokenOption = None,
    url: UrlOption = None,
) -> None:
    """Set or change an officer's PIN, 6 to 12 digits."""
    link = Link(operation=operation, token=token, url=url)
    with_field(link, lambda field: field.set_pin(officer, pin))
    console().print(f"{officer} has a PIN now", highlight=False)


@app.command(epilog="Example:  pamwal pin remove KPG-0001 --operation kupang-2024")
def remove(
    *,
    officer: OfficerArgument,
    operation: OperationOption,
    token: TokenOption = None,
    url: UrlOption = None,
) -> None:
    """Take an officer's PIN away."""
    link = Link(operation=operation, token=token, url=url)
    with_field(link, lambda field: field.remove_pin(officer))
    console().print(f"{officer} has no PIN any more", highlight=False)


@app.command("sign-on", epilog="Example:  PAMWAL_TOKEN=$(pamwal pin sign-on KPG-0001 --operation kupang)")
def sign_on(
    *,
    officer: OfficerArgument,
    operation: OperationOption,
    pin: Annotated[str, _ASK],
    token: TokenOption = None,
    url: UrlOption = None,
) -> None:
    """Print a token of the post whose actor is that officer."""
    link = Link(operation=operation, token=token, url=url)
    typer.echo(with_field(link, lambda field: field.sign_on(officer, pin)).token)
