"""`pamwal sheet`: what is printed for a day without power, as PDF."""

from __future__ import annotations

from typing import Annotated

import typer

from pamwal.cli._scheduler import (
    Link,
    OperationOption,
    TokenOption,
    ToOption,
    UrlOption,
    save,
    with_scheduler,
)
from pamwal.contracts.errors import SettingsError

app = typer.Typer(no_args_is_help=True, add_completion=False)
PlaceOption = Annotated[str | None, typer.Option("--place", help="One place, rally/ID or site/ID.")]
EachOption = Annotated[str | None, typer.Option("--day", help="Each place of a day, 2024-10-03.")]


@app.callback()
def sheet() -> None:
    """Sheets to print, A4, black and white, in Indonesian. They name officers: for posts and the ops_head."""


@app.command(epilog="Example:  pamwal sheet annex --operation kupang-2024 --sprin SPRIN/12 --to lampiran.pdf")
def annex(
    *,
    operation: OperationOption,
    sprin: Annotated[str | None, typer.Option(help="All deployments that cite this written order.")] = None,
    day: Annotated[str | None, typer.Option(help="Or all of a day, 2024-10-03.")] = None,
    intel: Annotated[
        bool, typer.Option("--intel", help="Name officers on intel too; ops_head only.")
    ] = False,
    to: ToOption = None,
    token: TokenOption = None,
    url: UrlOption = None,
) -> None:
    """The order's annex (lampiran sprin, plotting)."""
    if (sprin is None) == (day is None):
        raise SettingsError("an annex is of one written order or of one day: give either --sprin or --day")
    link = Link(operation=operation, token=token, url=url)
    save(with_scheduler(link, lambda scheduler: scheduler.annex(sprin=sprin, day=day, intel=intel)), to)


@app.command(epilog="Example:  pamwal sheet duty --operation kupang-2024 --day 2024-10-03 --to tugas.pdf")
def duty(
    *,
    operation: OperationOption,
    place: PlaceOption = None,
    day: EachOption = None,
    to: ToOption = None,
    token: TokenOption = None,
    url: UrlOption = None,
) -> None:
    """The padal's duty sheet, of one place or of each of a day."""
    _require_either(place, day)
    link = Link(operation=operation, token=token, url=url)
    save(with_scheduler(link, lambda scheduler: scheduler.duty_sheet(place=place, day=day)), to)


@app.command(
    name="check-in",
    epilog="Example:  pamwal sheet check-in --operation kupang-2024 --place rally/oebobo-1 --to hadir.pdf",
)
def check_in(
    *,
    operation: OperationOption,
    place: PlaceOption = None,
    day: EachOption = None,
    to: ToOption = None,
    token: TokenOption = None,
    url: UrlOption = None,
) -> None:
    """The numbered check-in form, of one place or of each of a day."""
    _require_either(place, day)
    link = Link(operation=operation, token=token, url=url)
    save(with_scheduler(link, lambda scheduler: scheduler.check_in_form(place=place, day=day)), to)


def _require_either(place: str | None, day: str | None) -> None:
    if place is None and day is None:
        raise SettingsError("say for which: --place rally/ID, or --day for each of a day")
