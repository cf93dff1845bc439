"""Where commands print: as wide as the terminal, and wide enough for a table where there is none."""

from __future__ import annotations

from typing import Final

from rich.console import Console

WIDTH_OF_A_FILE: Final = 110
WIDTH_OF_A_PLAN: Final = 200
"""In a file, so that no id of many columns is broken."""


def console(width: int = WIDTH_OF_A_FILE) -> Console:
    """A console for standard output; `width` in letters is that of a file or a pipe."""
    found = Console()
    return found if found.is_terminal else Console(width=width)
