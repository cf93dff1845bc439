"""`pamwal situation`: how it is, how it was, and what was known then."""

from __future__ import annotations

from typing import Annotated

import typer

from pamwal.cli._console import WIDTH_OF_A_PLAN, console
from pamwal.cli._scheduler import JsonOption, OperationOption, TokenOption, as_json
from pamwal.cli._service import ReportingOption, with_service
from pamwal.client.pictures import Pictures, vector_text
from pamwal.client.tables import children_table, happenings_table, kecamatan_table, local_text, venue_table
from pamwal.contracts.reporting import Situation

app = typer.Typer(no_args_is_help=True, add_completion=False)
AtOption = Annotated[
    str | None,
    typer.Option("--at", help="The moment to look at, 2024-10-03T14:05:00+08:00; that of --known, else now."),
]
KnownOption = Annotated[
    str | None,
    typer.Option("--known", help="Only what was known then: a moment, or a vector as an answer says it."),
]


@app.command(
    epilog="Example:  pamwal situation --operation kupang-2024 --at 2024-10-03T14:05:00+08:00 "
    "--known 2024-10-03T15:00:00+08:00"
)
def situation(
    *,
    operation: OperationOption,
    at: AtOption = None,
    known: KnownOption = None,
    day: Annotated[str | None, typer.Option("--day", help="The local day to count; that of --at.")] = None,
    venues: Annotated[bool, typer.Option("--venues", help="Show every venue and site too.")] = False,
    token: TokenOption = None,
    url: ReportingOption = None,
    json: JsonOption = False,
) -> None:
    """Show the situation once: as it is, as it was at a moment, or as it was known at another.

    Exit code: 0, 5 the service turns it away, 1 nobody answers.
    """
    found = with_service(
        "reporting", token, url,
        lambda client: Pictures(client, operation).situation(at=at, known=known, day=day),
    )  # fmt: skip
    if json:
        as_json(found)
    else:
        _show(found, venues=venues)


def _show(found: Situation, *, venues: bool) -> None:
    screen = console(WIDTH_OF_A_PLAN)
    screen.print(found.name + (" — LATIHAN" if found.mode == "exercise" else ""), style="bold")
    screen.print(kecamatan_table(found))
    if found.rolled_up is not None:
        screen.print(children_table(found, found.rolled_up))
    if venues:
        screen.print(venue_table(found))
    screen.print(happenings_table(found))
    screen.print(f"\n{known_words(found)}", highlight=False, soft_wrap=True)


def known_words(found: Situation) -> str:
    """What the answer knew, in a sentence, and the vector that asks for it again."""
    vector = vector_text(found.vector)
    if found.knowledge is None:
        return f"vector {vector}"
    ends = "settled" if found.knowledge.settled else "not settled: more of then may still become known"
    known = local_text(found.knowledge.known, found.zone)
    return f"known at {known}: {found.knowledge.posts}; {ends}\n--known {vector}"
