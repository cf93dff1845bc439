"""The check-in form of a venue: lines for those who are ordered, and empty ones for those who come as well.

Form number and line number are what paper entry goes by. The number holds place, local day and the plan's
offset, so that the same lines can be made again from the log, whatever was ordered since.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from pamwal.contracts.zones import local_day
from pamwal.edge.names import WordsOf
from pamwal.printing.paper import Paper
from services.scheduler.deciding.state import Schedule
from services.scheduler.sheets import words
from services.scheduler.sheets.paper import Line, about, lines_of, on_paper, place_line
from services.scheduler.views.places import Place, Window, by_place

EMPTY_LINES: Final = 10


class CheckInPart(Struct, frozen=True, kw_only=True):
    """One venue's form; `empty` are the numbers of the lines without an officer."""

    form: str
    place: str
    name: str
    where: str
    about: str
    day: str
    hours: str
    lines: list[Line]
    empty: list[int]


class CheckInForms(Struct, frozen=True, kw_only=True):
    """One form a venue."""

    paper: Paper
    title: str
    parts: list[CheckInPart]


def check_in_forms(
    schedule: Schedule, paper: Paper, places: Iterable[Place], window: Window, words_of: WordsOf
) -> CheckInForms:
    """Forms of places whose hours meet the window; `intel` is on none of them."""
    there = by_place(on_paper(schedule.deployments.values(), window, intel=False))
    parts = []
    for place in places:
        lines = lines_of(schedule, there.get(place.ref, []), paper.zone, words_of)
        day = local_day(window.clip(place.starts_at, place.ends_at)[0], paper.zone)
        parts.append(
            CheckInPart(
                form=form_number(place, day, paper),
                place=place.ref,
                name=words.legible(place.name, place.ref),
                where=words.where(place),
                about=about(place),
                day=words.long_day(day),
                hours=place_line(place, paper.zone),
                lines=lines,
                empty=list(range(len(lines) + 1, len(lines) + 1 + EMPTY_LINES)),
            )
        )
    return CheckInForms(paper=paper, title="DAFTAR HADIR", parts=parts)


def form_number(place: Place, day: str, paper: Paper) -> str:
    """`rally/oebobo-1/2024-10-03/3-1234`: place, local day, partition and offset of the plan."""
    return f"{place.ref}/{day}/{paper.at}"
