"""`pamwal export`: the roster, the plan or the orders as a file."""

from __future__ import annotations

from typing import Annotated, Final, cast

import typer

from pamwal.cli._scheduler import (
    Link,
    OperationOption,
    TokenOption,
    ToOption,
    UrlOption,
    one_of,
    save,
    with_scheduler,
)
from pamwal.client.files import FileKind, Form
from pamwal.contracts.errors import SettingsError

app = typer.Typer(add_completion=False)
KINDS: Final = ("roster", "plan", "orders")
FORMS: Final = ("csv", "xlsx", "ics")


@app.command(
    name="export",
    epilog="Examples:  pamwal export plan --operation kupang-2024 --form ics  |  "
    "pamwal export orders --operation kupang-2024 --form csv --to -",
)
def export(
    *,
    kind: Annotated[str, typer.Argument(help="roster (without names), plan (rallies) or orders.")],
    operation: OperationOption,
    form: Annotated[str, typer.Option(help="csv, xlsx, or ics for a plan or orders.")],
    to: ToOption = None,
    token: TokenOption = None,
    url: UrlOption = None,
) -> None:
    """Write what is planned to a file that 'pamwal import' takes back unchanged.

    Exit code 5 if the service turns it away, 1 if nobody answers.
    """
    wanted = cast(FileKind, one_of("what to export,", kind, KINDS))
    if kind == "roster" and form == "ics":
        raise SettingsError("--form ics is for what has hours: a plan or orders; a roster is csv or xlsx")
    written = cast(Form, one_of("--form", form, FORMS))
    link = Link(operation=operation, token=token, url=url)
    save(with_scheduler(link, lambda scheduler: scheduler.export(wanted, written)), to)
