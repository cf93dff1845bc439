"""`pamwal digest`: whether replicas of reporting show the same."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from pamwal.cli._console import WIDTH_OF_A_PLAN, console
from pamwal.cli._scheduler import JsonOption, OperationOption, TokenOption, as_json
from pamwal.cli._service import with_replicas
from pamwal.client.pictures import Pictures, vector_text
from pamwal.client.replicas import Compared, compare

app = typer.Typer(no_args_is_help=True, add_completion=False)
THEY_DIFFER: Final = 3
Url = Annotated[
    list[str] | None, typer.Argument(help="Where replicas are; reporting's own port here if left out.")
]


@app.command(
    epilog="Example:  pamwal digest http://127.0.0.1:8103 http://127.0.0.1:8113 --operation kupang-2024"
)
def digest(
    urls: Url = None, *, operation: OperationOption, token: TokenOption = None, json: JsonOption = False
) -> None:
    """Compare what replicas show of an operation, at one place of the log: the same facts, the same digest.

    Exit code: 0 they show the same, 3 they differ, 5 one turns it away, 1 one does not answer.
    """
    asked: list[str | None] = [None] if not urls else [*urls]
    found = with_replicas(
        "reporting", token, asked,
        lambda clients: compare([Pictures(client, operation) for client in clients]),
    )  # fmt: skip
    if json:
        as_json(found)
    else:
        _show(found, [each or "reporting" for each in asked])
    if not found.agree:
        raise typer.Exit(THEY_DIFFER)


def _show(found: Compared, names: list[str]) -> None:
    screen, most = console(WIDTH_OF_A_PLAN), found.most
    for name, each in zip(names, found.digests, strict=True):
        marked = "" if found.agree or each.sha256 == most else "  differs"
        screen.print(f"{each.sha256[:16]}  {name}{marked}", highlight=False, soft_wrap=True)
    first = found.digests[0]
    count = f"{len(names)} replicas show" if len(names) > 1 else "shown"
    said = f"{count} the same" if len(names) > 1 else count
    if not found.agree:
        said = (
            "they differ: make those that differ start anew without snapshots (PAMWAL_SNAPSHOTS=off), "
            "and compare the versions they run"
        )
    where = "at the least that all of them know" if found.brought else "at"
    screen.print(f"{said}, {where} {first.at}", highlight=False, soft_wrap=True)
    screen.print(f"--known {vector_text(first.vector)}", highlight=False, soft_wrap=True)
