"""`pamwal sitrep`: publish situation reports, list them, read one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Final, TypeVar, cast, get_args

import typer

from pamwal.cli._answers import show_answer
from pamwal.cli._console import WIDTH_OF_A_PLAN, console, show_table
from pamwal.cli._moments import moment_of
from pamwal.cli._scheduler import (
    JsonOption,
    OperationOption,
    PostOption,
    TokenOption,
    ToOption,
    as_json,
    one_of,
    save,
)
from pamwal.cli._service import ReportingOption, with_service
from pamwal.client.sitreps import SitReps
from pamwal.client.tables import plain_table
from pamwal.contracts.scheduling import SitRepForm
from pamwal.contracts.sitreps import SitRepKind
from pamwal.contracts.sitreps_shown import SitRepLine
from pamwal.contracts.zones import local_text
from pamwal.edge.clock import Clock

app = typer.Typer(no_args_is_help=True, add_completion=False)
NumberArgument = Annotated[int, typer.Argument(min=1, help="Its number.")]
LangOption = Annotated[str, typer.Option("--lang", help="id, Indonesian; en, English.")]
LANGUAGES: Final = ("id", "en")
T = TypeVar("T")


@app.callback()
def sitrep() -> None:
    """Situation reports: numbered, signed, never edited; anyone can check one with 'pamwal verify'."""


@app.command(
    epilog="Example:  pamwal sitrep publish --operation kupang-2024;  "
    "pamwal sitrep publish --operation kupang-2024 --form daily --kind final"
)
def publish(
    *,
    operation: OperationOption,
    kind: Annotated[
        str | None,
        typer.Option("--kind", help="initial, update or final; left out, an update if there is one already."),
    ] = None,
    form: Annotated[
        str,
        typer.Option(
            "--form", help="situation; daily (harian), weekly (anev) or operation, the whole of it."
        ),
    ] = "situation",
    at: Annotated[
        str | None,
        typer.Option("--at", help="The moment to look at, 2024-10-03T14:05:00+08:00; now if left out."),
    ] = None,
    day: Annotated[
        str | None,
        typer.Option("--day", help="The last local day it counts; that of the moment if left out."),
    ] = None,
    post: PostOption = None,
    token: TokenOption = None,
    url: ReportingOption = None,
) -> None:
    """Publish the next one, by the head of operations.

    Exit code: 0 published, 3 refused and why, 5 the service turns it away, 1 nobody answers.
    """
    chosen = None if kind is None else cast(SitRepKind, one_of("--kind", kind, get_args(SitRepKind)))
    wanted = cast(SitRepForm, one_of("--form", form, get_args(SitRepForm)))
    moment = None if at is None else moment_of("--at", at)

    show_answer(
        console(),
        _with(
            operation, post, token, url, lambda sitreps: sitreps.publish(chosen, wanted, at=moment, day=day)
        ),
    )


@app.command(name="list", epilog="Example:  pamwal sitrep list --operation kupang-2024")
def listed(
    *,
    operation: OperationOption,
    token: TokenOption = None,
    url: ReportingOption = None,
    json: JsonOption = False,
) -> None:
    """All of them, the newest first."""
    found = _with(operation, None, token, url, lambda sitreps: sitreps.listed())
    if json:
        as_json(found)
        return
    table = plain_table(f"SitReps of {operation}", "number", ())
    for column in ("form", "kind", "day", "at", "signed by", "SHA-256"):
        table.add_column(column)
    for each in found.sitreps:
        table.add_row(*_row(each, found.zone))
    show_table(console(WIDTH_OF_A_PLAN), table)


@app.command(
    epilog="Example:  pamwal sitrep show 3 --operation kupang-2024;  "
    "pamwal sitrep show 3 --operation kupang-2024 --as pdf --to sitrep-3.pdf"
)
def show(
    number: NumberArgument,
    *,
    operation: OperationOption,
    form: Annotated[
        str, typer.Option("--as", help="text, for a chat group; pdf; json, as it stands and was signed.")
    ] = "text",
    lang: LangOption = "id",
    to: ToOption = None,
    token: TokenOption = None,
    url: ReportingOption = None,
) -> None:
    """One of them."""
    form, lang = one_of("--as", form, ("text", "pdf", "json")), one_of("--lang", lang, LANGUAGES)
    if form == "pdf":
        save(_with(operation, None, token, url, lambda sitreps: sitreps.pdf(number, lang)), to)
    elif form == "json":
        as_json(_with(operation, None, token, url, lambda sitreps: sitreps.shown(number)))
    else:
        text = _with(operation, None, token, url, lambda sitreps: sitreps.text(number, lang))
        typer.echo(text, nl=False)


def _with(
    operation: str,
    post: str | None,
    token: str | None,
    url: str | None,
    program: Callable[[SitReps], Awaitable[T]],
) -> T:
    return with_service(
        "reporting",
        token,
        url,
        lambda client: program(SitReps(client, operation, now=Clock().now, post=post)),
    )


def _row(each: SitRepLine, zone: str) -> tuple[str, ...]:
    signed = ", ".join(each.signed_by) or "not yet"
    number = f"{each.number} (superseded)" if each.superseded else str(each.number)
    return number, each.form, each.kind, each.day, local_text(each.at, zone), signed, each.sha256
