"""`pamwal import`: a roster, a plan or orders from a file, after a look at what it would do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.markup import escape

from pamwal.cli._answers import EXIT, show_answer, show_checked
from pamwal.cli._console import console, require_yes
from pamwal.cli._scheduler import (
    JsonOption,
    Link,
    OperationOption,
    PostOption,
    TokenOption,
    UrlOption,
    as_json,
    with_scheduler,
)
from pamwal.client.files import FileKind
from pamwal.contracts.errors import SettingsError
from pamwal.contracts.import_answers import ImportAnswer, LineAnswer

app = typer.Typer(no_args_is_help=True, add_completion=False)
LINES_SHOWN: Final = 20
REMOVED_SHOWN: Final = 20

FileArgument = Annotated[Path, typer.Argument(help="The file; its name ends in .csv or .xlsx.")]
PlanFileArgument = Annotated[Path, typer.Argument(help="The file; its name ends in .csv, .xlsx or .ics.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Import after the preview without asking.")]
CheckOption = Annotated[bool, typer.Option("--check", help="Only show the preview.")]
IdOption = Annotated[
    str | None, typer.Option("--id", help="The import's id: give it to go on with one that was cut.")
]


@app.callback()
def import_() -> None:
    """Take in a file: first what each line would do, then, once you agree, the same for good.

    Exit code: 0 all lines are taken, 3 some are refused, 5 the file as a whole is turned away, 1 nobody
    answered or nothing was imported for want of a yes. The same file again changes nothing.
    """


@app.command(epilog="Example:  pamwal import roster personel.xlsx --operation kupang-2024 --remove")
def roster(
    *,
    file: FileArgument,
    operation: OperationOption,
    remove: Annotated[
        bool, typer.Option("--remove", help="Withdraw who is on the roster and not in the file.")
    ] = False,
    yes: YesOption = False,
    check: CheckOption = False,
    identifier: IdOption = None,
    post: PostOption = None,
    token: TokenOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """Officers, from CSV or XLSX ('pamwal template roster' writes an empty one)."""
    link = Link(operation=operation, token=token, url=url, post=post)
    _run(_Wanted("roster", file, remove=remove, yes=yes, check=check, identifier=identifier, json=json), link)


@app.command(epilog="Example:  pamwal import plan kampanye.ics --operation kupang-2024 --yes")
def plan(
    *,
    file: PlanFileArgument,
    operation: OperationOption,
    yes: YesOption = False,
    check: CheckOption = False,
    identifier: IdOption = None,
    post: PostOption = None,
    token: TokenOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """Rallies, from CSV, XLSX or iCalendar."""
    link = Link(operation=operation, token=token, url=url, post=post)
    _run(_Wanted("plan", file, yes=yes, check=check, identifier=identifier, json=json), link)


@app.command(epilog="Example:  pamwal import orders plotting.csv --operation kupang-2024 --post oebobo")
def orders(
    *,
    file: FileArgument,
    operation: OperationOption,
    yes: YesOption = False,
    check: CheckOption = False,
    identifier: IdOption = None,
    post: PostOption = None,
    token: TokenOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """Deployments, from CSV or XLSX; each line is judged by every rule."""
    link = Link(operation=operation, token=token, url=url, post=post)
    _run(_Wanted("orders", file, yes=yes, check=check, identifier=identifier, json=json), link)


@app.command(
    epilog="Example:  pamwal import revert import-4f2a91c0d1ee --operation kupang-2024 --cause 'old file'"
)
def revert(
    *,
    identifier: Annotated[str, typer.Argument(metavar="ID", help="The import's id, as it was printed.")],
    operation: OperationOption,
    cause: Annotated[str, typer.Option(help="Why; it is kept in the decision for ever.")],
    begun: Annotated[
        bool, typer.Option("--begun", help="Cancel orders whose hours have begun as well.")
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Only say what would be undone.")] = False,
    post: PostOption = None,
    token: TokenOption = None,
    url: UrlOption = None,
    json: JsonOption = False,
) -> None:
    """Undo in one decision what an import changed and nobody changed since.

    What was ordered meanwhile is named, as a warning each; so are imported orders that were acknowledged or
    changed since, or whose hours have begun, and they stand. Exit code as of 'pamwal send'.
    """
    link = Link(operation=operation, token=token, url=url, post=post)
    if check:
        checked = with_scheduler(
            link, lambda scheduler: scheduler.check_revert(identifier, cause, begun=begun)
        )
        if json:
            as_json(checked)
            raise typer.Exit(EXIT[checked.outcome])
        show_checked(console(), checked)
    answer = with_scheduler(link, lambda scheduler: scheduler.revert_import(identifier, cause, begun=begun))
    if json:
        as_json(answer)
        raise typer.Exit(EXIT[answer.meaning])
    show_answer(console(), answer)


class _Wanted:
    """A file to be imported, and how."""

    def __init__(
        self,
        kind: FileKind,
        file: Path,
        *,
        yes: bool,
        check: bool,
        identifier: str | None,
        json: bool,
        remove: bool = False,
    ) -> None:
        self.kind, self.file, self.remove = kind, file, remove
        self.yes, self.check, self.identifier, self.json = yes, check, identifier, json
        try:
            self.content = file.read_bytes()
        except OSError as error:
            raise SettingsError(f"{file}: {error.strerror}") from error

    def asked(self, link: Link, *, dry_run: bool) -> ImportAnswer:
        """What the service says of it."""
        return with_scheduler(
            link,
            lambda scheduler: scheduler.import_file(
                self.kind,
                self.content,
                self.file.name,
                dry_run=dry_run,
                remove=self.remove,
                import_id=self.identifier,
            ),
        )


def _run(wanted: _Wanted, link: Link) -> None:
    preview, to = wanted.asked(link, dry_run=True), console()
    if wanted.json and not wanted.yes:
        as_json(preview)
        _end(preview)
    if not wanted.json:
        show_import(to, wanted.kind, preview, wanted.file.name)
    if wanted.check or not preview.changes:
        if wanted.json:
            as_json(preview)
        elif not preview.changes:
            to.print("Nothing would change, so nothing was imported.", highlight=False)
        _end(preview)
    if not wanted.yes:
        question = f"Import {preview.changes} change{'' if preview.changes == 1 else 's'}?"
        require_yes(question, "nothing was imported")
    done = wanted.asked(link, dry_run=False)
    if wanted.json:
        as_json(done)
    else:
        show_import(to, wanted.kind, done, wanted.file.name, shown=preview)
        to.print(undo(done, link.operation), highlight=False, soft_wrap=True, markup=False)
    _end(done)


def _end(answer: ImportAnswer) -> None:
    raise typer.Exit(EXIT["refused"] if answer.counts.get("refused") else EXIT["accepted"])


def undo(done: ImportAnswer, operation: str) -> str:
    """How what was done is undone."""
    return (
        f"Import {done.import_id}. To undo it: "
        f"pamwal import revert {done.import_id} --operation {operation} --cause '…'"
    )


def show_import(
    to: Console, kind: FileKind, answer: ImportAnswer, name: str, shown: ImportAnswer | None = None
) -> None:
    """Counts, refused lines with what to do, who would be removed, notes; `shown` was shown before."""
    counts = ", ".join(f"{number} {outcome}" for outcome, number in answer.counts.items()) or "no lines"
    if (problems := len(answer.refused)) > answer.counts.get("refused", 0):
        counts += f"; {problems} problems"
    would = "Preview, nothing is written" if answer.dry_run else "Imported"
    style = "bold" if answer.dry_run else "bold green"
    to.print(
        f"[{style}]{would}[/]: {kind} from {escape(name)} ({answer.encoding}): {counts}", highlight=False
    )
    if shown is not None and answer.refused == shown.refused:
        return
    for line in answer.refused[:LINES_SHOWN]:
        to.print(f"  {_line(line)}", highlight=False, soft_wrap=True, markup=False)
    _more(to, len(answer.refused) - LINES_SHOWN, "problems; --json has them all")
    removed = [each.subject for each in answer.lines if each.outcome == "removed"]
    if removed:
        names = ", ".join(removed[:REMOVED_SHOWN])
        to.print(f"  removed: {names}", highlight=False, soft_wrap=True, markup=False)
        _more(to, len(removed) - REMOVED_SHOWN, "removed")
    for note in answer.notes:
        where = f"line {note.line}" + (f", {note.column}" if note.column else "")
        to.print(
            f"  note, {where}: {note.message}; {note.possible}", highlight=False, soft_wrap=True, markup=False
        )


def _line(line: LineAnswer) -> str:
    where = f"line {line.line}" if line.line else "in no line"
    column = f", {line.column}" if line.column else ""
    subject = f", {line.subject}" if line.subject and not column else ""
    possible = f"; {line.possible}" if line.possible else ""
    return f"{where}{column}{subject}: {line.message}{possible}"


def _more(to: Console, left: int, what: str) -> None:
    if left > 0:
        to.print(f"  … and {left} more {what}", highlight=False)
