"""`pamwal doctor`: what is missing on this machine, and how to install it."""

from __future__ import annotations

from typing import Annotated

import typer

from pamwal import doctor

app = typer.Typer(add_completion=False)


@app.command(name="doctor")
def run(
    brief: Annotated[bool, typer.Option("--brief", help="Say only what is missing.")] = False,
) -> None:
    """Name what is missing on this machine and how to install it; exit code 1 if anything is."""
    raise typer.Exit(doctor.report(brief=brief))
