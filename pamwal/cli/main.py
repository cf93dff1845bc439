"""Finds the commands in this folder and turns our errors into a sentence and an exit code."""

from __future__ import annotations

import errno
import importlib
import logging
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from pamwal import __version__
from pamwal.contracts.errors import PamwalError
from pamwal.vocabulary import nearest

FOLDER = Path(__file__).parent
EXIT_FAILED = 1
DISK_FULL = "the disk is full; free some space, then give the command again (pamwal doctor says how much)"


for _client in ("aiokafka", "kafka"):
    # what they log while no broker answers says less than the sentence a command ends with
    logging.getLogger(_client).addHandler(logging.NullHandler())


class CommandsOfThisFolder(TyperGroup):
    """A group whose commands are the files beside this one."""

    # The context is Any: some versions of typer bring their own copy of click and its types.

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  click's signature
        """Every command's name, in the order of the alphabet."""
        files = (path.stem for path in FOLDER.glob("*.py"))
        return sorted(name.rstrip("_") for name in files if name != "main" and not name.startswith("_"))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is called. A name that has none is answered with the one it is nearest to."""
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            ctx.fail(f"No such command {args[0]!r}{nearest(args[0], self.list_commands(ctx))}")
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import a command's file. None for a name that has none."""
        if cmd_name not in self.list_commands(ctx):
            return None
        file = cmd_name if (FOLDER / f"{cmd_name}.py").exists() else f"{cmd_name}_"
        command = get_command(importlib.import_module(f"pamwal.cli.{file}").app)
        command.name = cmd_name
        _part_examples(command)
        return command

    def invoke(self, ctx: Any) -> Any:
        """Run a command. An error of ours is shown as its sentence: a traceback tells an operator nothing."""
        try:
            return super().invoke(ctx)
        except (PamwalError, OSError) as error:
            if isinstance(error, OSError) and error.errno != errno.ENOSPC:
                raise
            said = DISK_FULL if isinstance(error, OSError) else error
            print(f"pamwal: {said}", file=sys.stderr)  # noqa: T201  the command's own voice
            sys.exit(EXIT_FAILED)


def _part_examples(command: Any) -> None:
    """Each example on a line of its own: side by side they would look like a pipe."""
    if command.epilog:
        command.epilog = command.epilog.replace(":  ", ":\n\n", 1).replace("  |  ", "\n\n")
    for each in getattr(command, "commands", {}).values():
        _part_examples(each)


app = typer.Typer(
    cls=CommandsOfThisFolder,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"pamwal {__version__}")
        raise typer.Exit


@app.callback()
def pamwal(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version, and end."),
    ] = False,
) -> None:
    """Planning, field observation and a live situation board for campaign days, on a log anyone can audit."""


if __name__ == "__main__":
    app()
