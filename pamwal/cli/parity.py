"""`pamwal parity`: whether the candidate pairs of an election are secured alike."""

from __future__ import annotations

from typing import Annotated, Final

import typer
from rich.table import Table

from pamwal.cli._answers import EXIT
from pamwal.cli._console import WIDTH_OF_A_PLAN, console, show_table
from pamwal.cli._scheduler import (
    JsonOption,
    OperationOption,
    TokenOption,
    ToOption,
    as_json,
    one_of,
    save,
)
from pamwal.cli._service import ReportingOption, with_service
from pamwal.client.scrutiny import Scrutiny
from pamwal.client.tables import plain_table
from pamwal.contracts.parity import ParityAudit, ParityTest

app = typer.Typer(no_args_is_help=True, add_completion=False)
FORMS: Final = ("table", "csv")
SHOWN: Final = 8
"""Comparisons said in words, smallest p first; all are in the JSON."""


@app.command(
    epilog="Example:  pamwal parity --operation kupang-2024 --election walikota --from 2024-09-25 "
    "--until 2024-10-24;  pamwal parity --operation kupang-2024 --election walikota --form csv"
)
def parity(
    *,
    operation: OperationOption,
    election: Annotated[
        str, typer.Option("--election", help="Whose candidate pairs are compared, walikota.")
    ],
    first: Annotated[
        str | None, typer.Option("--from", help="First local day; the operation's first if left out.")
    ] = None,
    last: Annotated[str | None, typer.Option("--until", help="Last local day; today if left out.")] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            "--seed", help="Draw the permutations by this seed; by the answer's vector if left out."
        ),
    ] = None,
    indonesian: Annotated[bool, typer.Option("--id", help="Say it in Indonesian.")] = False,
    form: Annotated[str, typer.Option("--form", help="table, or csv: the rows that are compared.")] = "table",
    to: ToOption = None,
    token: TokenOption = None,
    url: ReportingOption = None,
    json: JsonOption = False,
) -> None:
    """Compare officers, lead time, lateness, absence and incidents between pairs, by a permutation test.

    Exit code: 0 nothing is beyond chance, 3 something is, 5 the service turns it away, 1 nobody answers.
    """
    if one_of("--form", form, FORMS) == "csv":
        rows = with_service(
            "reporting", token, url,
            lambda client: Scrutiny(client, operation).parity_rows(election, first_day=first, last_day=last),
        )  # fmt: skip
        save(rows, to)
        return
    found = with_service(
        "reporting", token, url,
        lambda client: Scrutiny(client, operation).parity(
            election, first_day=first, last_day=last, seed=seed
        ),
    )  # fmt: skip
    if json:
        as_json(found)
    else:
        _show(found, indonesian=indonesian)
    raise typer.Exit(EXIT["refused"] if found.flags else EXIT["accepted"])


def _show(found: ParityAudit, *, indonesian: bool) -> None:
    screen = console(WIDTH_OF_A_PLAN)
    show_table(screen, _means_table(found))
    for sentence in (
        found.says,
        *(test.says for test in found.tests[:SHOWN] if test.p <= found.alpha),
        *found.cautions,
    ):
        screen.print(f"\n{sentence.id if indonesian else sentence.en}", highlight=False)
    screen.print(
        f"\n{found.permutations:,} permutations by seed {found.seed}, {found.comparisons} comparisons, "
        f"corrected by Holm; alpha {found.alpha}.",
        highlight=False,
    )


def _means_table(found: ParityAudit) -> Table:
    """One row a pair; a mean that is beyond chance has a mark."""
    measures = list(dict.fromkeys(name for pair in found.pairs for name in pair.means))
    flagged = {(test.pair, test.measure): _mark(test) for test in found.tests if test.flagged}
    title = f"Means a rally-day, {found.election}, {found.first_day} to {found.last_day}"
    table = plain_table(title, "pair", ("rally-days", *measures))
    for pair in found.pairs:
        cells = (
            f"{pair.means[name]:.2f}{flagged.get((pair.pair, name), '')}" if name in pair.means else ""
            for name in measures
        )
        table.add_row(pair.pair, str(pair.rally_days), *cells)
    return table


def _mark(test: ParityTest) -> str:
    return " ▲" if test.difference > 0 else " ▼"
