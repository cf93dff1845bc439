"""Where commands print: as wide as the terminal, and wide enough for a table where there is none."""

from __future__ import annotations

from typing import Final

from rich.console import Console

WIDTH_OF_A_FILE: Final = 110


def console() -> Console:
    """A console for standard output."""
    found = Console()
    return found if found.is_terminal else Console(width=WIDTH_OF_A_FILE)
