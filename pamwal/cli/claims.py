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
    "part": "counts a part of the total",
    "each": "says how many each has, not how many there are",
    "target": "a target, not what there is",
    "share": "a share is taken of it",
    "change": "a change or a difference",
    "other_day": "tells of another day",
    "day_unclear": "the text names several days; give --day",
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
        typer.Option(
            "--day",
            help="The local day to count; left out, the one the text names, else today. Of a text of several "
            "days a sentence that names one is counted on that.",
        ),
    ] = None,
    token: TokenOption = None,
    url: ReportingOption = None,
    json: JsonOption = False,
) -> None:
    """Check the totals of a bulletin as it was pasted: each with what the facts count, and what is none.

    Exit code: 0 nothing differs, 3 something does, or a text of several days leaves open which one it
    means, 5 the service turns it away, 1 nobody answers.
    """
    bulletin = _read(text)
    found = with_service(
        "reporting", token, url, lambda client: Scrutiny(client, operation).claims(text=bulletin, day=day)
    )
    if json:
        as_json(found)
    else:
        for table in (_claims_table(found), _sums_table(found), _not_taken_table(found)):
            if table.row_count:
                show_table(console(WIDTH_OF_A_PLAN), table)
        if found.day_from == "unclear":
            days = " or ".join(f"--day {day}" for day in found.days_named)
            console(WIDTH_OF_A_PLAN).print(
                f"The text names several days; count the rest on one of them: {days}"
            )
    open_day = any(each.reason == "day_unclear" for each in found.not_taken)
    raise typer.Exit(EXIT["refused"] if found.flags or open_day else EXIT["accepted"])


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
    named = {
        "asked": f" on {found.day}",
        "text": f" on {found.day}, the day the text names",
        "now": f" on {found.day}, today",
        "unclear": ", each on the day of its own sentence",
    }[found.day_from]
    table = plain_table(f"Claims{named}", "in the text", ())
    table.add_column("claim")
    for column in ("stated", "counted", "difference", ""):
        table.add_column(column, justify="right")
    table.add_column("what was counted, where it differs", overflow="fold")
    for claim in found.claims:
        words = " ".join(claim.found.words.split()) if claim.found else ""
        day = f" on {claim.day}" if claim.day else ""
        table.add_row(
            words, f"{_counted_of(claim)}{day}", _stated(claim), str(claim.counted), f"{claim.difference:+d}",
            mark(not claim.flag), _behind(claim) if claim.flag else "",
        )  # fmt: skip
    return table


def _sums_table(found: ClaimsChecked) -> Table:
    table = plain_table("What the text itself adds up", "total in the text", ())
    table.add_column("claim")
    table.add_column("its parts")
    for column in ("make", "stated", "difference", ""):
        table.add_column(column, justify="right")
    for each in found.sums:
        parts = (" x " if each.relation == "product" else " + ").join(map(str, each.parts))
        made = f"at least {each.made}" if each.relation == "includes" else str(each.made)
        table.add_row(
            " ".join(each.found.words.split()), each.claim, parts, made, str(each.stated),
            f"{each.difference:+d}", mark(not each.flag),
        )  # fmt: skip
    return table


def _not_taken_table(found: ClaimsChecked) -> Table:
    table = plain_table("Numbers that were not checked", "in the text", ())
    table.add_column("why")
    for each in found.not_taken:
        table.add_row(" ".join(each.found.words.split()), NOT_TAKEN[each.reason])
    return table


def _counted_of(claim: ClaimChecked) -> str:
    if claim.of is not None:
        return f"{claim.claim} of {claim.of.name}"
    if claim.per is not None:
        return f"{claim.claim} of each of the {claim.per}{', on average' if claim.average else ''}"
    return claim.claim


def _stated(claim: ClaimChecked) -> str:
    shown = _PRECISIONS[claim.precision].format(claim.stated, claim.stated_to)
    return shown if claim.in_brackets is None else f"{shown} ({claim.in_brackets})"


def _behind(claim: ClaimChecked) -> str:
    differ = [each for each in claim.behind if each.count is None or each.count != claim.stated]
    names = ", ".join(
        each.name if each.count is None else f"{each.name}: {each.count}" for each in differ[:BEHIND_SHOWN]
    )
    more = len(differ) - BEHIND_SHOWN
    return f"{names} and {more} more" if more > 0 else names
