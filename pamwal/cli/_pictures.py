"""How commands ask for the moment of a picture, and show the one they got."""

from __future__ import annotations

from typing import Annotated

import typer

from pamwal.cli._console import WIDTH_OF_A_PLAN, console, show_table
from pamwal.client.pictures import vector_text
from pamwal.client.tables import children_table, happenings_table, kecamatan_table, venue_table
from pamwal.contracts.reporting import Situation
from pamwal.contracts.zones import local_text

AtOption = Annotated[
    str | None,
    typer.Option("--at", help="The moment to look at, 2024-10-03T14:05:00+08:00; that of --known, else now."),
]
KnownOption = Annotated[
    str | None,
    typer.Option("--known", help="Only what was known then: a moment, or a vector as an answer says it."),
]


def show_situation(found: Situation, *, venues: bool) -> None:
    """The situation as tables, and what it knew; with `venues` every venue and site too."""
    screen = console(WIDTH_OF_A_PLAN)
    screen.print(found.name + (" — LATIHAN" if found.mode == "exercise" else ""), style="bold")
    show_table(screen, kecamatan_table(found))
    if found.rolled_up is not None:
        show_table(screen, children_table(found, found.rolled_up))
    if venues:
        show_table(screen, venue_table(found))
    show_table(screen, happenings_table(found))
    screen.print(f"\n{known_words(found)}", highlight=False, soft_wrap=True)


def known_words(found: Situation) -> str:
    """What the answer knew, in a sentence, and the vector that asks for it again."""
    vector = vector_text(found.vector)
    if found.knowledge is None:
        return f"vector {vector}"
    ends = "settled" if found.knowledge.settled else "not settled: more of then may still become known"
    known = local_text(found.knowledge.known, found.zone)
    return f"known at {known}: {found.knowledge.posts}; {ends}\n--known {vector}"
