"""Where commands print: as wide as the terminal, and wide enough for a table where there is none."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final

import typer
from rich.console import Console, RenderableType
from rich.measure import Measurement
from rich.table import Column, Table
from rich.text import Text

from pamwal.contracts.errors import SettingsError
from pamwal.quiet import INTERRUPTED

WIDTH_OF_A_FILE: Final = 110
WIDTH_OF_A_PLAN: Final = 200
"""In a file, so that most tables of many columns have their rows on one line."""
_ENDLESS: Final = 10_000


def console(width: int = WIDTH_OF_A_FILE) -> Console:
    """A console for standard output; `width` in letters is that of a file or a pipe."""
    found = Console()
    return found if found.is_terminal else Console(width=width)


def require_yes(question: str, otherwise: str) -> None:
    """Asks a person. SettingsError that says `otherwise` where there is none to ask, or the answer is no."""
    if not sys.stdin.isatty():
        raise SettingsError(f"{otherwise}: there is no terminal to ask at; look, then give --yes")
    try:
        agreed = typer.confirm(question)
    except typer.Abort:
        typer.echo()
        raise typer.Exit(INTERRUPTED) from None
    if not agreed:
        raise SettingsError(otherwise)


def show_table(to: Console, table: Table) -> None:
    """Prints a table without breaking a word, so that every id can be copied as it stands.

    Where its columns do not fit side by side, each row is printed as lines of a name and a value.
    """
    between = table.padding[1] + table.padding[3]
    ranges = [_range_of(to, column) for column in table.columns]
    spare = to.width - between * len(ranges) - sum(least for least, _ in ranges)
    if spare < 0:
        _show_rows(to, table)
        return
    for column, width in zip(table.columns, _shared_out(ranges, spare), strict=True):
        column.width = width
    to.print(table)


def _range_of(to: Console, column: Column) -> tuple[int, int]:
    """Letters of a column's longest word, and of its longest line."""
    options = to.options.update(width=_ENDLESS)
    found = [Measurement.get(to, options, each) for each in (column.header, *column.cells)]
    most = max(each.maximum for each in found)
    return most if column.no_wrap else max(each.minimum for each in found), most


def _shared_out(ranges: Sequence[tuple[int, int]], spare: int) -> list[int]:
    """Widths of columns: each has its longest word, and spare letters go to the narrowest that lacks some.

    So a moment stays on one line, and a sentence is broken before it.
    """
    widths = [least for least, _ in ranges]
    for _ in range(spare):
        lacking = [number for number, (_, most) in enumerate(ranges) if widths[number] < most]
        if not lacking:
            break
        widths[min(lacking, key=widths.__getitem__)] += 1
    return widths


def _show_rows(to: Console, table: Table) -> None:
    if table.title:
        to.print(_text(to, table.title), style="bold", soft_wrap=True)
    names = [_text(to, column.header).plain for column in table.columns]
    widest = max(map(len, names))
    for number, cells in enumerate(zip(*(column.cells for column in table.columns), strict=True)):
        if number:
            to.print()
        for name, cell in zip(names, cells, strict=True):
            if value := _text(to, cell):
                to.print(Text(f"{name:<{widest}}  ") + value, soft_wrap=True, highlight=False)
    if table.caption:
        to.print(_text(to, table.caption), soft_wrap=True)


def _text(to: Console, cell: RenderableType) -> Text:
    return cell if isinstance(cell, Text) else to.render_str(str(cell), highlight=False)
