"""`pamwal explain`: whom or what a number of the situation counts, and the facts that say so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.table import Table

from pamwal.cli._console import WIDTH_OF_A_PLAN, console, show_table
from pamwal.cli._pictures import AtOption, KnownOption
from pamwal.cli._scheduler import JsonOption, OperationOption, TokenOption, as_json
from pamwal.cli._service import ReportingOption, with_service
from pamwal.client.pictures import Pictures, vector_text
from pamwal.client.tables import plain_table
from pamwal.contracts.errors import SettingsError
from pamwal.contracts.explained import Explained, FactBehind, OfficerBehind, Row
from pamwal.contracts.zones import clock_text, local_text

app = typer.Typer(no_args_is_help=True, add_completion=False)


def _row_option(name: str, what: str) -> object:
    return typer.Option(f"--{name}", help=f"Of this {what} alone.")


@app.command(
    epilog="Example:  pamwal explain absent --kecamatan 53.71.04 --operation kupang-2024 "
    "--at 2024-10-03T14:05:00+08:00"
)
def explain(
    number: Annotated[
        str,
        typer.Argument(
            help="present, absent, late …; rallies_active, incidents_open, posts_heard, alerts_new …"
        ),
    ] = "present",
    *,
    operation: OperationOption,
    venue: Annotated[str | None, _row_option("venue", "venue")] = None,
    site: Annotated[str | None, _row_option("site", "site")] = None,
    kelurahan: Annotated[str | None, _row_option("kelurahan", "kelurahan's code")] = None,
    kecamatan: Annotated[str | None, _row_option("kecamatan", "kecamatan's code")] = None,
    satgas: Annotated[str | None, _row_option("satgas", "task force")] = None,
    pair: Annotated[str | None, _row_option("pair", "candidate pair, walikota/3")] = None,
    role: Annotated[str | None, _row_option("role", "role")] = None,
    at: AtOption = None,
    known: KnownOption = None,
    day: Annotated[str | None, typer.Option("--day", help="The local day to count; that of --at.")] = None,
    token: TokenOption = None,
    url: ReportingOption = None,
    json: JsonOption = False,
) -> None:
    """Show whom or what a number of the situation counts, and behind each its facts: who said it, when, how.

    Exit code: 0, 5 the service turns it away, 1 nobody answers.
    """
    given: dict[Row, str | None] = {
        "venue": venue, "site": site, "kelurahan": kelurahan, "kecamatan": kecamatan, "satgas": satgas,
        "pair": pair, "role": role,
    }  # fmt: skip
    rows = [(row, key) for row, key in given.items() if key is not None]
    if len(rows) > 1:
        names = " and ".join(f"--{row}" for row, _ in rows)
        raise SettingsError(f"{names}: a number stands in one row; ask for one of them")
    row, key = rows[0] if rows else ("total", "")
    found = with_service(
        "reporting", token, url,
        lambda client: Pictures(client, operation).explain(number, row, key, at=at, known=known, day=day),
    )  # fmt: skip
    if json:
        as_json(found)
    else:
        _show(found)


def _show(found: Explained) -> None:
    screen = console(WIDTH_OF_A_PLAN)
    latihan = "LATIHAN: " if found.exercise else ""
    of = f" of {found.row} {found.key}" if found.key else ""
    table = plain_table(
        f"{latihan}{found.count} {found.number}{of} at {local_text(found.at, found.zone)}", "who or what", ()
    )
    for name in ("how it stands", "fact", "about", "happened", "by", "id"):
        table.add_column(name)
    for officer in found.officers:
        _add(table, officer.officer_id, _stands(officer), officer.facts, found.zone)
    for each in found.subjects:
        _add(table, each.subject, each.state, each.facts, found.zone)
    show_table(screen, table)
    if found.unnamed:
        more = "1 more is" if found.unnamed == 1 else f"{found.unnamed} more are"
        screen.print(f"{more} counted, and not named to you", highlight=False)
    posts = f"{found.knowledge.posts}\n" if found.knowledge is not None else ""
    screen.print(f"\n{posts}--known {vector_text(found.vector)}", highlight=False, soft_wrap=True)


def _stands(officer: OfficerBehind) -> str:
    states = [f"{deployment}: {state}" for deployment, state in officer.states.items()]
    stands = [f"stands at {officer.stands_at}"] if officer.stands_at is not None else []
    return "; ".join([*states, *stands])


def _add(table: Table, who: str, how: str, facts: Sequence[FactBehind], zone: str) -> None:
    """A line for each fact, the first with whom it is about; one that says so where there is none."""
    first = who, how
    for fact in facts:
        by = " ".join(part for part in (fact.channel, fact.post_id) if part)
        happened = clock_text(fact.at, zone) if fact.at else ""
        table.add_row(*first, fact.kind, fact.about, happened, by, fact.fact_id)
        first = "", ""
    if not facts:
        table.add_row(*first, "no fact")
