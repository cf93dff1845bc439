"""`pamwal claims`: a bulletin's totals against the facts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer
from rich.table import Table

from pamwal.cli._answers import EXIT
from pamwal.cli._console import WIDTH_OF_A_PLAN, console, show_table
from pamwal.cli._scheduler import JsonOption, OperationOption, TokenOption, as_json
from pamwal.cli._service import ReportingOption, with_service
from pamwal.client.scrutiny import Scrutiny
from pamwal.client.tables import mark, plain_table
from pamwal.contracts.claim_check import (
    TEXT_LETTERS_MAX,
    ClaimChecked,
    ClaimsChecked,
    NotTakenReason,
    Precision,
)
from pamwal.contracts.errors import SettingsError

app = typer.Typer(no_args_is_help=True, add_completion=False)
BEHIND_SHOWN: Final = 12
NOT_TAKEN: Final[dict[NotTakenReason, str]] = {
    "date": "a date",
    "time": "a time",
    "phone": "a telephone number",
    "personal_number": "a person's number",
    "reference": "says which one, not how many",
    "list_mark": "numbers a line",
    "measure": "a measure of something else",
    "idiom": "an expression",
    "name": "part of a name",
    "ambiguous": "can be read in two ways",
    "denied": "the text denies it",
    "unreadable": "not written as a whole number",
    "too_large": "too large",
    "no_unit": "nothing says what it counts",
    "unit_unknown": "counts what is not counted here",
    "kind_unknown": "counts one kind only",
    "part": "counts a part, not the whole",
    "uncounted": "nobody in the field counted it",
}
_PRECISIONS: Final[dict[Precision, str]] = {
    "exact": "{}",
    "range": "{} to {}",
    "about": "about {}",
    "at_least": "at least {}",
    "at_most": "at most {}",
}


@app.command(
    epilog="Example:  pamwal claims --operation kupang-2024 --text bulletin.txt;  "
    "echo '151 personel di 6 kecamatan' | pamwal claims --operation kupang-2024 --text - --day 2024-10-03"
)
def claims(
    *,
    operation: OperationOption,
    text: Annotated[
        Path, typer.Option("--text", help="The bulletin, in Indonesian; '-' for standard input.")
    ],
    day: Annotated[
        str | None,
        typer.Option("--day", help="The local day to count; left out, the one the text names, else today."),
    ] = None,
    token: TokenOption = None,
    url: ReportingOption = None,
    json: JsonOption = False,
) -> None:
    """Check the totals of a bulletin as it was pasted: each with what the facts count, and what is none.

    Exit code: 0 nothing differs, 3 something does, 5 the service turns it away, 1 nobody answers.
    """
    bulletin = _read(text)
    found = with_service(
        "reporting", token, url, lambda client: Scrutiny(client, operation).claims(text=bulletin, day=day)
    )
    if json:
        as_json(found)
    else:
        for table in (_claims_table(found), _not_taken_table(found)):
            if table.row_count:
                show_table(console(WIDTH_OF_A_PLAN), table)
    raise typer.Exit(EXIT["refused"] if found.flags else EXIT["accepted"])


def _read(path: Path) -> str:
    """The text. SettingsError if there is none that can be checked."""
    name = "standard input" if str(path) == "-" else str(path)
    try:
        content = typer.get_binary_stream("stdin").read() if str(path) == "-" else path.read_bytes()
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise SettingsError(f"--text {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"--text: {name} is no text in UTF-8; save it as that") from error
    if not text.strip():
        raise SettingsError(f"--text: {name} is empty")
    if len(text) > TEXT_LETTERS_MAX:
        raise SettingsError(
            f"--text: {name} has {len(text):,} letters, over {TEXT_LETTERS_MAX:,}; check it in parts"
        )
    return text


def _claims_table(found: ClaimsChecked) -> Table:
    named = {"asked": "", "text": ", the day the text names", "now": ", today"}[found.day_from]
    table = plain_table(f"Claims on {found.day}{named}", "in the text", ())
    table.add_column("claim")
    for column in ("stated", "counted", "difference", ""):
        table.add_column(column, justify="right")
    table.add_column("what was counted, where it differs", overflow="fold")
    for claim in found.claims:
        words = " ".join(claim.found.words.split()) if claim.found else ""
        table.add_row(
            words, claim.claim, _stated(claim), str(claim.counted), f"{claim.difference:+d}",
            mark(not claim.flag), _behind(claim) if claim.flag else "",
        )  # fmt: skip
    return table


def _not_taken_table(found: ClaimsChecked) -> Table:
    table = plain_table("Numbers that were not checked", "in the text", ())
    table.add_column("why")
    for each in found.not_taken:
        table.add_row(" ".join(each.found.words.split()), NOT_TAKEN[each.reason])
    return table


def _stated(claim: ClaimChecked) -> str:
    shown = _PRECISIONS[claim.precision].format(claim.stated, claim.stated_to)
    return shown if claim.in_brackets is None else f"{shown} ({claim.in_brackets})"


def _behind(claim: ClaimChecked) -> str:
    names = ", ".join(each.name for each in claim.behind[:BEHIND_SHOWN])
    more = len(claim.behind) - BEHIND_SHOWN
    return f"{names} and {more} more" if more > 0 else names
