"""Head and foot of a plan's sheets, and officers as lines of one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from pamwal.contracts.zones import LETTERS
from pamwal.edge.names import WordsOf
from pamwal.printing import paper as printing
from pamwal.printing.paper import Paper
from services.scheduler.deciding.state import Deployment, Operation, Schedule
from services.scheduler.sheets import words
from services.scheduler.views.places import DISPATCHED, Place, Window

RANK_MAX: Final = 9
NRP_MAX: Final = 9
UNIT_MAX: Final = 13
PHONE_MAX: Final = 13
"""Characters of one word that fit the narrowest column of each; an NIP of 18 digits takes two lines."""


class Line(Struct, frozen=True, kw_only=True):
    """One officer; `name` is the officer's id where no name is known, may be shown or can be printed."""

    number: int
    officer_id: str
    rank: str
    name: str
    nrp: str
    phone: str
    unit: str
    role: str
    hours: str


def paper_of(operation: Operation, vector: str, now: str) -> Paper:
    """Head and foot. `vector` is `Pamwal-Vector` of the operation."""
    return printing.paper_of(
        operation.name, operation.zone, vector, now, exercise=operation.mode == "exercise"
    )


def on_paper(deployments: Iterable[Deployment], window: Window, *, intel: bool) -> list[Deployment]:
    """Who is on duty within the window. Paper changes hands: `intel` is left out unless asked for."""
    return [
        each
        for each in deployments
        if each.status in DISPATCHED
        and window.meets(each.starts_at, each.ends_at)
        and (intel or each.role != "intel")
    ]


def lines_of(
    schedule: Schedule, deployments: Iterable[Deployment], zone: str, words_of: WordsOf, first: int = 1
) -> list[Line]:
    """Officers of one place, the padal on top, then by unit, start and officer; numbered from `first`."""
    ordered = sorted(
        deployments,
        key=lambda each: (
            each.role != "field_commander",
            _unit(schedule, each),
            each.starts_at,
            each.officer_id,
            each.deployment_id,
        ),
    )
    return [_line(schedule, each, zone, words_of, number) for number, each in enumerate(ordered, first)]


def place_line(place: Place, zone: str) -> str:
    """`16.00–20.00 WITA`."""
    return f"{words.hours(place.starts_at, place.ends_at, zone)} {LETTERS[zone]}"


def about(place: Place) -> str:
    """`pertemuan terbatas · Paslon 3 walikota`."""
    return " · ".join([words.KINDS[place.kind], *(words.pair(each) for each in place.pairs)])


def _unit(schedule: Schedule, deployment: Deployment) -> str:
    officer = schedule.officers.get(deployment.officer_id)
    return officer.unit if officer else ""


def _line(schedule: Schedule, deployment: Deployment, zone: str, words_of: WordsOf, number: int) -> Line:
    officer = schedule.officers.get(deployment.officer_id)
    ref = officer.person_ref if officer else None
    known = words_of(ref) if ref else None
    return Line(
        number=number,
        officer_id=words.printable(deployment.officer_id),
        rank=words.printable(officer.rank, RANK_MAX) if officer else "",
        name=words.legible((known and known.name) or "", deployment.officer_id),
        nrp=words.printable((known and known.nrp) or "", NRP_MAX),
        phone=words.printable((known and known.phone) or "", PHONE_MAX),
        unit=words.printable(_unit(schedule, deployment), UNIT_MAX),
        role=words.role(deployment.role, deployment.purpose),
        hours=words.hours(deployment.starts_at, deployment.ends_at, zone),
    )
