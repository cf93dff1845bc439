"""`pamwal template`: an empty roster, plan or list of orders, with its columns explained."""

from __future__ import annotations

from typing import Annotated, Final, Literal, cast

import typer

from pamwal.cli._scheduler import Link, TokenOption, ToOption, UrlOption, one_of, save, with_scheduler
from pamwal.cli.export import KINDS
from pamwal.client.files import FileKind

app = typer.Typer(add_completion=False)
FORMS: Final = ("csv", "xlsx")


@app.command(name="template", epilog="Example:  pamwal template roster --form xlsx --to personel.xlsx")
def template(
    *,
    kind: Annotated[str, typer.Argument(help="roster, plan or orders.")],
    form: Annotated[str, typer.Option(help="csv or xlsx.")],
    to: ToOption = None,
    token: TokenOption = None,
    url: UrlOption = None,
) -> None:
    """Write an empty file to fill in; a token of any operation will do, of a command post or above."""
    wanted = cast(FileKind, one_of("template", kind, KINDS))
    written = cast(Literal["csv", "xlsx"], one_of("--form", form, FORMS))
    link = Link(operation="", token=token, url=url)
    save(with_scheduler(link, lambda scheduler: scheduler.template(wanted, written)), to)
