"""`pamwal device`: codes for devices, and a device's token for its code."""

from __future__ import annotations

from typing import Annotated

import typer

from pamwal.cli._checkin import UrlOption, with_checkin, with_field
from pamwal.cli._scheduler import JsonOption, Link, OperationOption, TokenOption, ToOption, as_json, save
from pamwal.client.field import enrol as enrol_at
from pamwal.edge.clock import Clock

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def device() -> None:
    """Phones of officers and PCs of posts; a lost one is revoked by 'pamwal send revoke_devices'."""


@app.command(epilog="Example:  pamwal device invite --operation kupang-2024 --unit 'Sat Samapta'")
def invite(
    *,
    operation: OperationOption,
    officer: Annotated[list[str] | None, typer.Option(help="An officer; may be given again.")] = None,
    unit: Annotated[str | None, typer.Option(help="All officers of a unit of the roster.")] = None,
    pcs: Annotated[int, typer.Option(help="PCs of the post itself.", min=0)] = 0,
    hours: Annotated[int, typer.Option(help="How long the codes hold.", min=1)] = 72,
    post: Annotated[str | None, typer.Option(help="For which post; a post's token says it.")] = None,
    to: ToOption = None,
    token: TokenOption = None,
    url: UrlOption = None,
) -> None:
    """One-time codes as cards to cut out and hand over, A4, PDF."""
    link = Link(operation=operation, token=token, url=url)
    save(
        with_field(
            link,
            lambda field: field.invite(
                officers=officer or [], unit=unit, pcs=pcs, hours=hours, post=post, time=Clock().now()
            ),
        ),
        to,
    )


@app.command(epilog="Example:  PAMWAL_TOKEN=$(pamwal device enrol k7qm42px...)")
def enrol(
    *,
    code: Annotated[str, typer.Argument(help="The code of a card, or the address its QR holds.")],
    json: JsonOption = False,
    url: UrlOption = None,
) -> None:
    """Print the token of a device for its code, which is used up by that."""
    found = with_checkin("none", url, lambda client: enrol_at(client, code, time=Clock().now()))
    if json:
        as_json(found)
    else:
        typer.echo(found.token)
