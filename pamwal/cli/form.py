"""`pamwal form`: FEMA's forms of a place or a post, to print or as data."""

from __future__ import annotations

from typing import Annotated, Final, cast, get_args

import typer

from pamwal.cli._pictures import AtOption, KnownOption
from pamwal.cli._scheduler import OperationOption, TokenOption, ToOption, one_of, save
from pamwal.cli._service import with_service
from pamwal.client.forms import SERVICE_OF, FormKind, Forms
from pamwal.contracts.errors import SettingsError

app = typer.Typer(no_args_is_help=True, add_completion=False)
KINDS: Final[tuple[str, ...]] = get_args(FormKind)
FORMS: Final = ("pdf", "json")


@app.command(
    epilog="Examples:  pamwal form ics-204 --operation kupang-2024 --place rally/r-1 --day 2024-10-03  |  "
    "pamwal form ics-204 --operation kupang-2024 --place rally/r-1 --known 2024-10-03T09:00:00+08:00  |  "
    "pamwal form ics-214 --operation kupang-2024 --post maulafa --day 2024-10-03 --form json"
)
def form(
    *,
    kind: Annotated[
        str, typer.Argument(help="ics-204 assignments, ics-211 who was there, ics-214 what a post did.")
    ],
    operation: OperationOption,
    place: Annotated[str | None, typer.Option("--place", help="rally/ID or site/ID, of 204 and 211.")] = None,
    post: Annotated[str | None, typer.Option("--post", help="A post, of 214.")] = None,
    day: Annotated[
        str | None, typer.Option("--day", help="The local day; of 204 the place's own if left out.")
    ] = None,
    zone: Annotated[
        str | None, typer.Option("--zone", help="The zone of that day, of 211 and 214; Asia/Makassar.")
    ] = None,
    at: AtOption = None,
    known: KnownOption = None,
    written: Annotated[str, typer.Option("--form", help="pdf, or json: the data.")] = "pdf",
    to: ToOption = None,
    token: TokenOption = None,
    url: Annotated[
        str | None,
        typer.Option(
            "--url", help="Where reporting is, or checkin for 211 and 214; its own port if left out."
        ),
    ] = None,
) -> None:
    """Write a form to a file; with --at and --known as it was known then, for 211 and 214 at a moment.

    Exit code 5 if the service turns it away, 1 if nobody answers.
    """
    wanted = cast(FormKind, one_of("the form", kind, KINDS))
    pdf = one_of("--form", written, FORMS) == "pdf"
    of, other = (post, place) if wanted == "ics-214" else (place, post)
    if of is None or other is not None:
        raise SettingsError(
            f"{wanted} is of a {'post: say --post' if wanted == 'ics-214' else 'place: say --place'}"
        )
    if wanted != "ics-204" and day is None:
        raise SettingsError(f"{wanted} is of a day: say --day")
    if wanted == "ics-204" and zone is not None:
        raise SettingsError("ics-204 is of the operation's own zone: leave --zone out")
    found = with_service(
        SERVICE_OF[wanted], token, url,
        lambda client: Forms(client, operation).form(
            wanted, of, day=day, pdf=pdf, zone=zone, at=at, known=known
        ),
    )  # fmt: skip
    save(found, to)
