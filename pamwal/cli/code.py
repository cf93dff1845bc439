"""`pamwal code`: the codes that hang at places, as addresses, as SVG and as sheets."""

from __future__ import annotations

from typing import Annotated

import typer

from pamwal.cli._checkin import UrlOption, with_field
from pamwal.cli._console import console
from pamwal.cli._scheduler import JsonOption, Link, OperationOption, TokenOption, ToOption, as_json, save
from pamwal.contracts.errors import SettingsError
from pamwal.contracts.zones import local_text

app = typer.Typer(no_args_is_help=True, add_completion=False)
PlaceOption = Annotated[str, typer.Option("--place", help="rally/ID, site/ID or post/ID.")]
FromOption = Annotated[
    str | None, typer.Option("--from", help="From when it holds, RFC 3339; else 12 hours before the place's.")
]
UntilOption = Annotated[
    str | None, typer.Option("--until", help="Until when it holds, RFC 3339; else 12 hours after.")
]


@app.callback()
def code() -> None:
    """Codes of rallies, sites and posts. Whoever has one shows that he saw it: hang it where he should be."""


@app.command(epilog="Example:  pamwal code show --operation kupang-2024 --place rally/oebobo-1")
def show(
    *,
    operation: OperationOption,
    place: PlaceOption,
    holds_from: FromOption = None,
    holds_until: UntilOption = None,
    json: JsonOption = False,
    token: TokenOption = None,
    url: UrlOption = None,
) -> None:
    """The address that its QR holds, the letters below it, and how long they hold."""
    link = Link(operation=operation, token=token, url=url)
    found = with_field(link, lambda field: field.code(place, holds_from=holds_from, holds_until=holds_until))
    if json:
        as_json(found)
        return
    begins, ends = (local_text(each, found.zone) for each in (found.holds_from, found.holds_until))
    for line in (
        f"{found.name} ({found.place})",
        found.address,
        f"{found.letters}, from {begins} until {ends}",
    ):
        console().print(line, highlight=False, soft_wrap=True)


@app.command(epilog="Example:  pamwal code svg --operation kupang-2024 --place site/kpu --to kpu.svg")
def svg(
    *,
    operation: OperationOption,
    place: PlaceOption,
    holds_from: FromOption = None,
    holds_until: UntilOption = None,
    to: ToOption = None,
    token: TokenOption = None,
    url: UrlOption = None,
) -> None:
    """The QR alone."""
    link = Link(operation=operation, token=token, url=url)
    save(with_field(link, lambda field: field.qr(place, holds_from=holds_from, holds_until=holds_until)), to)


@app.command(epilog="Example:  pamwal code sheet --operation kupang-2024 --day 2024-10-03 --to kode.pdf")
def sheet(
    *,
    operation: OperationOption,
    place: Annotated[str | None, typer.Option("--place", help="rally/ID, site/ID or post/ID.")] = None,
    day: Annotated[str | None, typer.Option("--day", help="Each rally and site of a day.")] = None,
    holds_from: FromOption = None,
    holds_until: UntilOption = None,
    to: ToOption = None,
    token: TokenOption = None,
    url: UrlOption = None,
) -> None:
    """A page to hang up at each place, A4, PDF."""
    if (place is None) == (day is None):
        raise SettingsError("sheets are of one place or of one day: give either --place or --day")
    link = Link(operation=operation, token=token, url=url)
    save(
        with_field(
            link,
            lambda field: field.code_sheets(
                place=place, day=day, holds_from=holds_from, holds_until=holds_until
            ),
        ),
        to,
    )
