"""`pamwal erase`: erase a person's name, phone, texts, files and PIN for ever."""

from __future__ import annotations

from typing import Annotated

import typer

from pamwal.cli._checkin import UrlOption, with_field
from pamwal.cli._console import console, require_yes
from pamwal.cli._scheduler import JsonOption, Link, OperationOption, TokenOption, as_json
from pamwal.contracts.field import Erasure
from pamwal.edge.clock import Clock

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.command(
    epilog='Example:  pamwal erase KPG-0001 --reason "request of 3 December" --operation kupang-2024'
)
def erase(
    *,
    person: Annotated[str, typer.Argument(help="The officer's id.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, without naming the person.")],
    operation: OperationOption,
    yes: Annotated[bool, typer.Option("--yes", help="Erase without asking.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Only show what would be erased.")] = False,
    token: TokenOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """Erase what an operation keeps of an officer outside the log: name, NRP, phone, texts, files and PIN.

    The log stays as it is: it has ids, times and references. It records who erased, when and how much. Given
    again, the command does no harm. Texts of others that name the officer are not found.

    Exit code: 0 erased, 5 the service turns it away, 1 nobody answers or nothing was erased.
    """
    link = Link(operation=operation, token=token, url=url)
    if check or not yes:
        found = with_field(link, lambda field: field.erasure(person))
        if json:
            as_json(found)
        else:
            console().print(f"{found.officer_id}: {_counted(found)}", highlight=False, soft_wrap=True)
        if check:
            return
        require_yes("Erase this for ever?", "nothing was erased")
    done = with_field(link, lambda field: field.erase(person, cause=reason, time=Clock().now()))
    if json:
        as_json(done)
        return
    to = console()
    to.print(f"{done.officer_id}: erased {_counted(done)}", highlight=False, soft_wrap=True)
    to.print("The words are off the disks of Kafka within a day; backups and copies are yours to erase.")
    if done.on_roster:
        to.print(
            f"{done.officer_id} is still on the roster, without a name: registered again, there is one again",
            highlight=False, soft_wrap=True,
        )  # fmt: skip


def _counted(found: Erasure) -> str:
    parts = [
        f"{count} {noun}{'' if count == 1 else 's'}"
        for count, noun in ((found.names, "name"), (found.texts, "text"), (found.files, "file"))
    ]
    before = f"; {found.erased_before} of them were erased before" if found.erased_before else ""
    return f"{', '.join(parts)}, {'a' if found.pin else 'no'} PIN{before}"
