"""The name of a file that leaves an edge; LATIHAN stands before that of an exercise."""

from __future__ import annotations

from typing import Final

LATIHAN: Final = "LATIHAN"


def attached(name: str, *, exercise: bool, shown: bool = False) -> str:
    """`Content-Disposition` of a file to be saved under that name; `shown`: a browser opens it first."""
    kind = "inline" if shown else "attachment"
    return f'{kind}; filename="{f"{LATIHAN}-" if exercise else ""}{name}"'
