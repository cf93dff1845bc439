"""`pamwal export`: the roster, the plan or the orders as a file, and the situation."""

from __future__ import annotations

from typing import Annotated, Final, cast

import typer

from pamwal.cli._pictures import AtOption, KnownOption
from pamwal.cli._scheduler import Link, OperationOption, TokenOption, ToOption, one_of, save, with_scheduler
from pamwal.cli._service import with_service
from pamwal.client.exports import Exports, SituationForm
from pamwal.client.files import Download, FileKind, Form
from pamwal.client.service import ServiceClient
from pamwal.contracts.errors import SettingsError
from pamwal.tables import TableForm

app = typer.Typer(add_completion=False)
FORMS: Final[dict[str, tuple[str, ...]]] = {
    "roster": ("csv", "xlsx"),
    "plan": ("csv", "xlsx", "ics"),
    "orders": ("csv", "xlsx", "ics"),
    "situation": ("csv", "xlsx", "geojson"),
    "sitrep": ("edxl",),
    "facts": ("parquet",),
}
KINDS: Final = ("roster", "plan", "orders")
"""What 'pamwal import' takes back; the rest is only looked at."""

OF_A_MOMENT: Final = ("situation", "facts")


@app.command(
    name="export",
    epilog="Examples:  pamwal export plan --operation kupang-2024 --form ics  |  "
    "pamwal export orders --operation kupang-2024 --form csv --to -  |  "
    "pamwal export situation --operation kupang-2024 --form geojson",
)
def export(
    *,
    kind: Annotated[
        str,
        typer.Argument(help="roster (without names), plan (rallies), orders, situation, sitrep, facts."),
    ],
    operation: OperationOption,
    form: Annotated[
        str,
        typer.Option(
            help="csv or xlsx; a plan or orders also ics, a situation geojson; sitrep edxl; facts parquet."
        ),
    ],
    section: Annotated[
        str | None, typer.Option("--section", help="Of a situation as csv: venues, incidents, posts, …")
    ] = None,
    below: Annotated[
        bool,
        typer.Option("--below", help="Of a parent's situation: a row for each operation below, and the sum."),
    ] = False,
    day: Annotated[
        str | None, typer.Option("--day", help="Of a situation: the local day; today if left out.")
    ] = None,
    number: Annotated[
        int | None, typer.Option("--number", help="Of a sitrep: which one, as 'pamwal sitrep list' has it.")
    ] = None,
    at: AtOption = None,
    known: KnownOption = None,
    to: ToOption = None,
    token: TokenOption = None,
    url: Annotated[
        str | None,
        typer.Option(
            "--url",
            help="Where the scheduler is, or reporting for the last three; its own port here if left out.",
        ),
    ] = None,
) -> None:
    """Write what is planned to a file that 'pamwal import' takes back unchanged, or what reporting tells.

    Exit code 5 if the service turns it away, 1 if nobody answers.
    """
    wanted = one_of("what to export,", kind, tuple(FORMS))
    if form not in FORMS[wanted]:
        raise SettingsError(f"--form {form!r}: of {wanted} there are {', '.join(FORMS[wanted])}")
    _require_fitting(wanted, form, section, day, below=below)
    if wanted not in OF_A_MOMENT and (at is not None or known is not None):
        raise SettingsError("--at and --known are of a situation and of facts; leave them out")
    if (wanted == "sitrep") != (number is not None):
        raise SettingsError("--number says which sitrep; of anything else leave it out")
    if wanted in KINDS:
        save(
            _planned(
                cast(FileKind, wanted), cast(Form, form), Link(operation=operation, token=token, url=url)
            ),
            to,
        )
        return

    async def read(client: ServiceClient) -> Download:
        exports = Exports(client, operation)
        if number is not None:
            return await exports.sitrep(number)
        if wanted == "facts":
            return await exports.facts(at=at, known=known)
        if below:
            return await exports.family(cast(TableForm, form), day=day, at=at, known=known)
        shape = cast(SituationForm, form)
        return await exports.situation(shape, section=section, day=day, at=at, known=known)

    save(with_service("reporting", token, url, read), to)


def _require_fitting(wanted: str, form: str, section: str | None, day: str | None, *, below: bool) -> None:
    """SettingsError for what cannot be asked of this, or in this form."""
    if wanted != "situation" and (section is not None or day is not None or below):
        raise SettingsError("--section, --day and --below are of a situation; leave them out")
    if below and (form == "geojson" or section is not None):
        raise SettingsError("--below is of a situation as csv or xlsx, and has no sections; leave it out")


def _planned(kind: FileKind, form: Form, link: Link) -> Download:
    return with_scheduler(link, lambda scheduler: scheduler.export(kind, form))
